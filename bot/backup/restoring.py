"""`run.py restore`: a backup into the data folder, checked before, during and after, and never by halves."""

import contextlib
import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from pymongo import AsyncMongoClient
from pymongo.errors import PyMongoError

from bot.backup.archive import BackupError, Manifest, examine
from bot.backup.filling import about_secret, about_stock, all_drifts, compare, fill
from bot.backup.moving import move_in
from bot.backup.swapping import swap
from bot.backup.writing import DATABASE_FILE, sync_folder
from bot.config import Settings
from bot.embedded import Mongod
from bot.embedded.ownership import owned
from bot.outside import open_database
from bot.own_secret import SECRET_FILE
from models.ledger import Drift
from models.registry import IndexRefused, create_indexes

CONFIRMATION = "replace"
_UNFINISHED = ".restoring-"

type Say = Callable[[str], object]
type Ask = Callable[[], str]


class _Restored(NamedTuple):
    """The new database, finished but not in its place yet."""

    folder: Path
    secret: bytes | None
    drifted: list[Drift]


async def restore(
    settings: Settings, path: Path, *, replace: bool, ask: Ask, say: Say, take_over: bool = False
) -> int:
    """Put a backup in the place of the database; status 1 with a sentence when nothing was changed.

    One that has an address must be empty, or with `take_over` hold what a killed restore left.
    Raises EmbeddedUnavailable, also while a bot runs on the folder.
    """
    if settings.database.uri is not None:
        return await move_in(settings, path, say, take_over=take_over)
    try:
        with owned(settings.data_dir.absolute() / "mongo"):
            _refuse_to_lose(settings, replace=replace, ask=ask, say=say)
            manifest = examine(path)
            say(f"{path} of {manifest.made_at} is whole: {sum(manifest.counts.values())} records.")
            with _workshop(settings.data_dir) as work:
                made = await _build(settings, path, manifest, work)
                kept = _put_in_place(settings, made)
    except (BackupError, IndexRefused) as reason:
        say(f"{reason} Nothing was changed.")
        return 1
    except (OSError, PyMongoError) as error:
        why = getattr(error, "strerror", None) or type(error).__name__
        say(f"The backup could not be restored ({why}). Nothing was changed.")
        return 1
    for line in _told(settings, manifest, made, kept):
        say(line)
    return 0


def _refuse_to_lose(settings: Settings, *, replace: bool, ask: Ask, say: Say) -> None:
    if not (settings.data_dir / "mongo" / DATABASE_FILE).exists():
        return
    if not replace:
        raise BackupError(
            f"There is a shop in {settings.data_dir} already. Give SHOP_DATA_DIR an empty folder, or call "
            "restore with --replace."
        )
    say(f"The shop in {settings.data_dir} will be set aside. Type {CONFIRMATION} to go on:")
    if ask().strip() != CONFIRMATION:
        raise BackupError(f"You did not type {CONFIRMATION}.")


@contextlib.contextmanager
def _workshop(data_dir: Path) -> Iterator[Path]:
    """A folder on the same disk; what is in it afterwards, or was left by one that died, is cleared away."""
    for left in data_dir.glob(f"{_UNFINISHED}*"):
        shutil.rmtree(left, ignore_errors=True)
    work = Path(tempfile.mkdtemp(dir=data_dir.absolute(), prefix=_UNFINISHED))
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


async def _build(settings: Settings, path: Path, manifest: Manifest, work: Path) -> _Restored:
    async with Mongod(work) as uri:
        async with AsyncMongoClient[Any](uri) as client:
            await client.admin.command("setParameter", 1, ttlMonitorEnabled=False)
            secret = await fill(client[settings.database.name], path, manifest)
        db = open_database(uri, settings.database.name)
        try:
            await compare(db, manifest)
            await create_indexes(db, settings.retention)
            drifted = [drift async for drift in all_drifts(db)]
        finally:
            db.client.close()
    return _Restored(work / "mongo", secret, drifted)


def _put_in_place(settings: Settings, made: _Restored) -> Path | None:
    """Let the new database take the place of the old, which is kept; where it is kept, if there was one."""
    home, stamp = settings.data_dir.absolute(), f"{datetime.now(UTC):%Y%m%d-%H%M%S}"
    had, aside = (home / "mongo" / DATABASE_FILE).exists(), home / f"mongo.replaced-{stamp}"
    # Under the name that the old one gets by changing places: no crash leaves it where it is cleared away.
    made.folder.rename(aside)
    try:
        swap(aside, home / "mongo")
    except OSError:
        aside.rename(made.folder)
        raise
    if not had:
        shutil.rmtree(aside)
    if made.secret is not None:
        _put_secret(home, made.secret, stamp)
    sync_folder(home)
    return aside if had else None


def _put_secret(home: Path, secret: bytes, stamp: str) -> None:
    file = home / SECRET_FILE
    if file.exists() and file.read_bytes().strip() == secret.strip():
        return
    with tempfile.NamedTemporaryFile(dir=home, delete=False) as draft:  # readable by this account only
        draft.write(secret)
    if file.exists():
        file.rename(home / f"{SECRET_FILE}.replaced-{stamp}")
    Path(draft.name).rename(file)


def _told(settings: Settings, manifest: Manifest, made: _Restored, kept: Path | None) -> Iterator[str]:
    yield f"The shop of {manifest.made_at} is in {settings.data_dir} now; every count and index is right."
    if kept is not None:
        yield f"What was there before lies in {kept}. Remove it once you are content."
    yield from about_stock(made.drifted)
    yield from about_secret(settings, manifest, str(settings.data_dir / SECRET_FILE))
