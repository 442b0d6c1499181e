"""`run.py backup`: the stopped shop's database into one file, whole or not at all."""

import contextlib
import os
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, cast

from pymongo import AsyncMongoClient
from pymongo.errors import PyMongoError

from bot.backup.archive import BackupError, Manifest, Writer
from bot.config import Settings
from bot.embedded import Mongod
from bot.own_secret import SECRET_FILE
from services.vault import mark_of

# Records in one part, unless 16 MiB are reached before.
_BATCH = 5000
DATABASE_FILE = "WiredTiger"

type Say = Callable[[str], object]


async def backup(settings: Settings, path: Path, *, with_secret: bool, say: Say) -> int:
    """Write the backup; status 1 with a sentence when it cannot be made.

    Raises EmbeddedUnavailable, also while a bot runs on the data folder.
    """
    try:
        refuse_foreign(settings)
        _refuse_place(settings, path)
        async with Mongod(settings.data_dir) as uri:
            with _whole(path) as file:
                manifest = await write(uri, settings, file, with_secret=with_secret)
    except BackupError as reason:
        say(str(reason))
        return 1
    except OSError as reason:
        say(
            f"The backup could not be written to {path} ({reason.strerror or reason}). Nothing is left of it."
        )
        return 1
    except PyMongoError as error:
        say(f"The database could not be read ({type(error).__name__}): `run.py check` says what is wrong.")
        return 1
    counts = manifest.counts
    say(f"{path}: {sum(counts.values())} records of {len(counts)} collections.")
    say(_about_secret(settings, manifest))
    return 0


async def write(uri: str, settings: Settings, file: IO[bytes], *, with_secret: bool) -> Manifest:
    """Stream every collection into the file."""
    made = Writer(file, int(time.time()))
    own = settings.data_dir / SECRET_FILE
    if with_secret and own.exists():
        made.add_secret(own.read_bytes())
    async with AsyncMongoClient[dict[str, Any]](uri) as client:
        # Nothing else writes: the folder is ours. Only the database itself would clear away what expired.
        await client.admin.command("setParameter", 1, ttlMonitorEnabled=False)
        database = client[settings.database.name]
        for name in sorted(await database.list_collection_names()):
            if name.startswith("system."):
                continue
            batches = cast("AsyncIterator[bytes]", database[name].find_raw_batches({}, batch_size=_BATCH))
            async for batch in batches:
                made.add(name, batch)
    return made.finish(datetime.now(UTC).isoformat(timespec="seconds"), secret_marks(settings))


def secret_marks(settings: Settings) -> list[str]:
    """By what the secrets are known again that this installation has; none before its first start."""
    if settings.security.secrets:
        return [mark_of(each.get_secret_value()) for each in settings.security.secrets]
    own = settings.data_dir / SECRET_FILE
    return [mark_of(own.read_text().strip())] if own.exists() else []


def refuse_foreign(settings: Settings) -> None:
    """Raise BackupError where the database is not the embedded one."""
    if settings.database.uri is not None:
        raise BackupError(
            "database.uri names a MongoDB of your own, which has better tools: `mongodump --uri=… --oplog "
            "--gzip --archive=FILE` and `mongorestore`, or the snapshots of whoever hosts it. Keep "
            "security.secrets with it: without them nobody reads providers' keys."
        )


def _refuse_place(settings: Settings, path: Path) -> None:
    if path.exists():
        raise BackupError(f"{path} is there already. Name a file that does not exist yet.")
    if not path.parent.is_dir():
        raise BackupError(f"There is no folder {path.parent}. Make it first.")
    if not (settings.data_dir / "mongo" / DATABASE_FILE).exists():
        raise BackupError(f"There is no database in {settings.data_dir} yet, so there is nothing to back up.")


@contextlib.contextmanager
def _whole(path: Path) -> Iterator[IO[bytes]]:
    """A file, for this account only, that has its name once it is written to the disk."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as draft:
        try:
            yield draft
            draft.flush()
            os.fsync(draft.fileno())
            Path(draft.name).rename(path)
        finally:
            Path(draft.name).unlink(missing_ok=True)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """See to it that names in the folder outlive a power cut."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _about_secret(settings: Settings, manifest: Manifest) -> str:
    if manifest.has_secret:
        return "The shop's secret is in it: whoever has this file can read all keys. Keep it safe."
    where = "security.secrets" if settings.security.secrets else str(settings.data_dir / SECRET_FILE)
    return (
        f"WARNING: the secret is NOT in it. Keep a copy of {where} somewhere else: without it nobody can "
        "ever read the keys to your providers, or the keys that you sell. --with-secret puts the file in."
    )
