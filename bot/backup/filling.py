"""Puts the records of a backup into an empty database, and looks whether they are all there and agree."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from itertools import batched
from pathlib import Path
from typing import Any

from bson.raw_bson import RawBSONDocument

from bot.backup.archive import SECRET, BackupError, Manifest, documents, load
from bot.backup.writing import secret_marks
from bot.config import Settings
from models.base import Db
from models.ledger import Drift, drifts, with_stock

_AT_ONCE = 1000


async def _at_once() -> None:
    """Nothing has to be looked at before records are inserted."""


async def fill(
    database: Any,
    path: Path,
    manifest: Manifest,
    *,
    before_each: Callable[[], Awaitable[None]] = _at_once,
) -> bytes | None:
    """Insert every record; the shop's own secret, if it came along. Raises BackupError.

    `before_each` is awaited before each thousand records, and ends it by what it raises.
    """
    secret = None
    for part, data in load(path, manifest):
        if part.name == SECRET:
            secret = data
        elif part.collection is not None:
            await _insert(database[part.collection], data, before_each)
    return secret


async def _insert(rows: Any, data: bytes, before_each: Callable[[], Awaitable[None]]) -> None:
    for chunk in batched(documents(data), _AT_ONCE):
        await before_each()
        await rows.insert_many([RawBSONDocument(document) for document in chunk])


async def compare(db: Db, manifest: Manifest) -> None:
    """Raise BackupError where there are more or fewer records than the backup names."""
    for name, count in manifest.counts.items():
        found = await db.rows(name).count_documents({})
        if found != count:
            raise BackupError(f"Of {name} there are {found} records, and the backup names {count}.")


async def all_drifts(db: Db) -> AsyncIterator[Drift]:
    """Every product whose stock is not what its ledger says."""
    async for tenant_id, product_ids in with_stock(db):
        for drift in await drifts(db, tenant_id, product_ids):
            yield drift


def about_stock(drifted: Sequence[Drift]) -> Iterator[str]:
    """What to say where stock and ledger do not agree."""
    if drifted:
        yield (
            f"The stock of {len(drifted)} product(s) does not match the ledger; it was so when the "
            "backup was made. `/admin doctor` names them."
        )


def about_secret(settings: Settings, manifest: Manifest, where: str) -> Iterator[str]:
    """What to say where the secret at hand, which belongs into `where`, is not the one of the backup."""
    if manifest.secrets and not set(manifest.secrets) & set(secret_marks(settings)):
        yield (
            "WARNING: the secret here is not the one of the backup, so providers' keys and the keys that you "
            f"sell cannot be read. Put your copy of it into {where} or "
            "security.secrets before you start the bot."
        )
