"""`run.py restore` with an address: into an empty database, on which no bot starts until it is whole."""

import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, NamedTuple

from pymongo import AsyncMongoClient
from pymongo.errors import PyMongoError

from bot.backup.archive import BackupError, Manifest, examine
from bot.backup.filling import about_secret, about_stock, all_drifts, compare, fill
from bot.config import Settings
from bot.outside import open_database
from models.base import Db
from models.ledger import Drift
from models.registry import IndexRefused, create_indexes
from models.schema import (
    RESTORING,
    Restoring,
    begin_restoring,
    end_restoring,
    restoring,
    still_restoring,
)
from models.server import takes_transactions

type Say = Callable[[str], object]


async def move_in(settings: Settings, path: Path, say: Say, *, take_over: bool = False) -> int:
    """Put a backup into the empty database at database.uri; status 1 with a sentence where that cannot be.

    `take_over`: whoever calls knows that an earlier one, which was not finished, is not running any more.
    """
    try:
        manifest = examine(path)
        say(f"{path} of {manifest.made_at} is whole: {sum(manifest.counts.values())} records.")
        async with _emptied(settings, say, take_over=take_over) as place:
            drifted = await _put_in(settings, place, path, manifest)
    except (BackupError, IndexRefused) as reason:
        say(f"{reason} Nothing was kept of it.")
        return 1
    except _Overtaken as reason:
        say(str(reason))
        return 1
    except (OSError, PyMongoError) as error:
        why = getattr(error, "strerror", None) or type(error).__name__
        say(
            f"The backup could not be put in whole ({why}). No bot starts on it; "
            "call restore again with --take-over."
        )
        return 1
    say(f"The shop of {manifest.made_at} is in the database {settings.database.name} now.")
    for line in (*about_stock(drifted), *about_secret(settings, manifest, "SHOP_SECURITY__SECRETS")):
        say(line)
    return 0


class _Overtaken(Exception):
    """Another restore has taken this one's place; the database is its to fill and to clear."""


class _Place(NamedTuple):
    """The database, and by what it is known whose restore it is."""

    db: Db
    mine: Restoring

    async def keep(self) -> None:
        """Go on only while it is ours."""
        if not await still_restoring(self.db, self.mine):
            raise _Overtaken("Another restore was told to take over from this one, so this one has ended.")


@contextlib.asynccontextmanager
async def _emptied(settings: Settings, say: Say, *, take_over: bool) -> AsyncIterator[_Place]:
    """The database, marked as one that nobody may start on; cleared again where something was wrong."""
    db = open_database(_uri(settings), settings.database.name)
    try:
        if not takes_transactions(await db.client.admin.command("hello")):
            raise BackupError("The server at database.uri is no replica set, which the shop needs.")
        place = _Place(db, await _mark(settings, db, say, take_over=take_over))
        await _clear(db)
        try:
            yield place
            await place.keep()
        except (BackupError, IndexRefused):
            await place.keep()
            await _clear(db)
            await end_restoring(db, place.mine)
            raise
        if not await end_restoring(db, place.mine):
            await place.keep()
        await db.rows(RESTORING).drop()
    finally:
        db.client.close()


async def _mark(settings: Settings, db: Db, say: Say, *, take_over: bool) -> Restoring:
    """Be the only one who fills it; what is in it afterwards may be cleared away."""
    left = await restoring(db)
    if left is None:
        await _refuse_to_mix(settings, db)
    elif take_over:
        say("An earlier restore was not finished: what it left is cleared away.")
    mine = await begin_restoring(db, instead_of=left) if left is None or take_over else None
    if mine is None:
        raise _Overtaken(_under_way(await restoring(db) or left))
    if left is None:
        try:
            # Again: another may have filled it and ended in between.
            await _refuse_to_mix(settings, db)
        except BackupError:
            await end_restoring(db, mine)
            raise
    return mine


def _under_way(other: Restoring | None) -> str:
    since = f" since {other.begun_at:%Y-%m-%d %H:%M:%S} UTC" if other else ""
    return (
        f"Another restore is filling this database{since}, so this one changed nothing. Wait for it; if it "
        "was killed and runs nowhere any more, call restore again with --take-over."
    )


async def _put_in(settings: Settings, place: _Place, path: Path, manifest: Manifest) -> list[Drift]:
    db = place.db
    async with AsyncMongoClient[Any](_uri(settings), w="majority") as client:
        await fill(client[settings.database.name], path, manifest, before_each=place.keep)
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
