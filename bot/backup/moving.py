"""`run.py restore` with an address: into an empty database, on which no bot starts until it is whole."""

import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from pymongo import AsyncMongoClient
from pymongo.errors import PyMongoError

from bot.backup.archive import BackupError, Manifest, examine
from bot.backup.filling import about_secret, about_stock, all_drifts, compare, fill
from bot.config import Settings
from bot.outside import open_database
from models.base import Db
from models.ledger import Drift
from models.registry import IndexRefused, create_indexes
from models.schema import RESTORING, note_restoring, restoring
from models.server import takes_transactions

type Say = Callable[[str], object]


async def move_in(settings: Settings, path: Path, say: Say) -> int:
    """Put a backup into the empty database at database.uri; status 1 with a sentence where that cannot be."""
    try:
        manifest = examine(path)
        say(f"{path} of {manifest.made_at} is whole: {sum(manifest.counts.values())} records.")
        async with _emptied(settings, say) as db:
            drifted = await _put_in(settings, db, path, manifest)
    except (BackupError, IndexRefused) as reason:
        say(f"{reason} Nothing was kept of it.")
        return 1
    except (OSError, PyMongoError) as error:
        why = getattr(error, "strerror", None) or type(error).__name__
        say(f"The backup could not be put in whole ({why}). No bot starts on it; call restore again.")
        return 1
    say(f"The shop of {manifest.made_at} is in the database {settings.database.name} now.")
    for line in (*about_stock(drifted), *about_secret(settings, manifest, "SHOP_SECURITY__SECRETS")):
        say(line)
    return 0


@contextlib.asynccontextmanager
async def _emptied(settings: Settings, say: Say) -> AsyncIterator[Db]:
    """The database, marked as one that nobody may start on; cleared again where something was wrong."""
    db = open_database(_uri(settings), settings.database.name)
    try:
        if not takes_transactions(await db.client.admin.command("hello")):
            raise BackupError("The server at database.uri is no replica set, which the shop needs.")
        if await restoring(db):
            say("An earlier restore was not finished: what it left is cleared away.")
            await _clear(db)
        else:
            await _refuse_to_mix(settings, db)
            await note_restoring(db, under_way=True)
        try:
            yield db
        except (BackupError, IndexRefused):
            await _clear(db)
            await note_restoring(db, under_way=False)
            raise
        await note_restoring(db, under_way=False)
    finally:
        db.client.close()


async def _put_in(settings: Settings, db: Db, path: Path, manifest: Manifest) -> list[Drift]:
    async with AsyncMongoClient[Any](_uri(settings), w="majority") as client:
        await fill(client[settings.database.name], path, manifest)
    # Before there are indexes, or those that let records expire would change the counts.
    await compare(db, manifest)
    await create_indexes(db, settings.retention)
    return [drift async for drift in all_drifts(db)]


async def _refuse_to_mix(settings: Settings, db: Db) -> None:
    for name in await _collections(db):
        if await db.rows(name).find_one({}, {"_id": 1}) is not None:
            raise BackupError(
                f"The database {settings.database.name} at database.uri is not empty. "
                "Give SHOP_DATABASE__NAME another name, or drop it yourself if nothing in it is needed."
            )
    await _clear(db)


async def _clear(db: Db) -> None:
    for name in await _collections(db):
        await db.rows(name).drop()


async def _collections(db: Db) -> list[str]:
    names = await db.database.list_collection_names()
    return [name for name in names if name != RESTORING and not name.startswith("system.")]


def _uri(settings: Settings) -> str:
    if settings.database.uri is None:
        raise BackupError("There is no database.uri.")
    return settings.database.uri.get_secret_value()
