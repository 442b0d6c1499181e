"""`run.py backup` and `restore`: everything comes back, nothing broken goes in, and never by halves."""

import asyncio
import gzip
import hashlib
import io
import json
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import pytest
from pymongo import AsyncMongoClient

from bot.backup import archive
from bot.backup.archive import BackupError, Writer, examine
from bot.backup.restoring import restore
from bot.backup.swapping import by_renaming, swap
from bot.backup.writing import backup, write
from bot.config import Settings, load_settings
from bot.embedded import EmbeddedInUse, Mongod
from bot.outside import open_database
from bot.samples import sample_shop
from bot.wiring import build
from models.inventory import InventorySnapshot
from models.registry import create_indexes
from services.clock import SystemClock
from services.links import Links
from services.rules import Rules
from tests.bot.conftest import Start
from tests.outside import OUTSIDE
from tests.services.conftest import OWNER

SECRET = "the-own-secret-of-this-shop-of-forty-characters"

type Rows = dict[str, list[dict[str, Any]]]


def never() -> str:
    """Nobody is asked."""
    raise AssertionError("asked")


def settings_of(folder: Path, **environ: str) -> Settings:
    """An embedded shop in a folder."""
    return load_settings(None, {"SHOP_DATA_DIR": str(folder), **environ})


@pytest.fixture
def home(data_dir: Path, tmp_path: Path) -> Path:
    """A data folder of this test's own, whose path is short enough for sockets."""
    return data_dir / tmp_path.name


@pytest.fixture
async def seeded(data_dir: Path, home: Path) -> Settings:
    """A stopped shop with the samples and a secret of its own; made once, and copied for each test."""
    if (original := begun(data_dir / "backed-up")) is not None:
        async with Mongod(original) as uri:
            await trade(uri)
    shutil.copytree(data_dir / "backed-up", home, ignore=shutil.ignore_patterns("*.sock"))
    return settings_of(home)


def begun(folder: Path) -> Path | None:
    """A folder with a secret; None when it was begun before."""
    if folder.exists():
        return None
    folder.mkdir()
    (folder / "secret").write_text(SECRET)
    return folder


async def trade(uri: str) -> None:
    """The samples of a shop, and a collection that no model knows."""
    db, clock = open_database(uri, "shop"), SystemClock()
    await create_indexes(db)
    services = build(db, clock, Rules(), Links([SECRET], None, clock), OUTSIDE)
    shop = await services.shops.claim("900", "Aurora", OWNER)
    await sample_shop(services, shop, OWNER, {})
    await db.database["mystery"].insert_many([{"n": n, "text": "é" * 50} for n in range(12_000)])
    db.client.close()


def within(folder: Path, pattern: str = "*") -> set[str]:
    """The names of what lies in a folder."""
    return {each.name for each in folder.glob(pattern)}


async def rows_of(settings: Settings) -> Rows:
    """Everything that the database holds."""
    async with Mongod(settings.data_dir) as uri, AsyncMongoClient[dict[str, Any]](uri) as client:
        database = client[settings.database.name]
        names = await database.list_collection_names()
        return {name: await database[name].find().sort("_id", 1).to_list() for name in names}


async def saved(settings: Settings, path: Path, *, with_secret: bool = False) -> list[str]:
    """Back up, and what was said."""
    said: list[str] = []
    assert await backup(settings, path, with_secret=with_secret, say=said.append) == 0
    return said


async def put_back(
    settings: Settings, path: Path, *, replace: bool = False, ask: Callable[[], str] = never
) -> tuple[int, str]:
    """Restore: its status and what was said."""
    said: list[str] = []
    status = await restore(settings, path, replace=replace, ask=ask, say=said.append)
    return status, "\n".join(said)


def filled(rows: Rows) -> Rows:
    """Without collections that are empty: the next start declares them anew."""
    return {name: found for name, found in rows.items() if found}


async def test_what_was_saved_comes_back_record_by_record(
    seeded: Settings, tmp_path: Path, data_dir: Path
) -> None:
    """Also collections that no model knows; the file is for this account only and warns of the secret."""
    path, before = tmp_path / "shop.backup", await rows_of(seeded)
    said = await saved(seeded, path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert "WARNING: the secret is NOT in it" in said[-1]
    assert within(tmp_path) == {path.name}
    assert SECRET.encode() not in gzip.decompress(path.read_bytes())
    elsewhere = settings_of(data_dir / f"{tmp_path.name}-b")
    status, told = await put_back(elsewhere, path)
    assert status == 0
    assert "WARNING: the secret here is not the one" in told
    assert not (elsewhere.data_dir / "secret").exists()
    after = await rows_of(elsewhere)
    assert filled(after) == filled(before)
    assert len(after["mystery"]) == 12_000
    assert within(elsewhere.data_dir, ".*") == set()


async def test_the_indexes_are_there_again(seeded: Settings, tmp_path: Path, data_dir: Path) -> None:
    """They are declared, not saved; a restored shop refuses a second snapshot as the old one did."""
    await saved(seeded, tmp_path / "b")
    elsewhere = settings_of(data_dir / f"{tmp_path.name}-b")
    assert (await put_back(elsewhere, tmp_path / "b"))[0] == 0
    async with Mongod(elsewhere.data_dir) as uri, AsyncMongoClient[dict[str, Any]](uri) as client:
        known = await client["shop"][InventorySnapshot.__collection__].index_information()
    assert known["tenantId_1_productId_1"]["unique"]


async def test_the_secret_comes_along_when_it_is_asked_for(
    seeded: Settings, tmp_path: Path, data_dir: Path
) -> None:
    """The file says so, and nothing warns of it afterwards."""
    said = await saved(seeded, tmp_path / "b", with_secret=True)
    assert "Keep it safe" in said[-1]
    elsewhere = settings_of(data_dir / f"{tmp_path.name}-b")
    status, told = await put_back(elsewhere, tmp_path / "b")
    assert (status, "WARNING" in told) == (0, False)
    assert (elsewhere.data_dir / "secret").read_text() == SECRET
    assert (elsewhere.data_dir / "secret").stat().st_mode & 0o777 == 0o600


async def test_a_shop_is_replaced_only_after_the_word_and_kept_aside(
    seeded: Settings, tmp_path: Path
) -> None:
    """Without --replace, and without the word typed, nothing is touched."""
    await saved(seeded, tmp_path / "b", with_secret=True)
    async with Mongod(seeded.data_dir) as uri, AsyncMongoClient[dict[str, Any]](uri) as client:
        await client["shop"]["mystery"].delete_many({})
    (seeded.data_dir / "secret").write_text("another-secret-of-at-least-32-characters")
    status, told = await put_back(seeded, tmp_path / "b")
    assert (status, "--replace" in told) == (1, True)
    status, told = await put_back(seeded, tmp_path / "b", replace=True, ask=lambda: "yes\n")
    assert (status, "did not type replace" in told) == (1, True)
    status, told = await put_back(seeded, tmp_path / "b", replace=True, ask=lambda: "replace\n")
    assert status == 0
    [aside] = seeded.data_dir.glob("mongo.replaced-*")
    assert str(aside) in told
    assert (aside / "WiredTiger").exists()
    assert (seeded.data_dir / "secret").read_text() == SECRET
    assert len(list(seeded.data_dir.glob("secret.replaced-*"))) == 1
    assert len((await rows_of(seeded))["mystery"]) == 12_000


async def test_stock_that_had_drifted_is_told(seeded: Settings, tmp_path: Path, data_dir: Path) -> None:
    """The restore replays the ledger; what was wrong before is no reason to lose the backup."""
    async with Mongod(seeded.data_dir) as uri, AsyncMongoClient[dict[str, Any]](uri) as client:
        rows = client["shop"][InventorySnapshot.__collection__]
        await rows.update_one({"quantityAvailable": {"$gt": 5}}, {"$inc": {"quantityAvailable": -3}})
    await saved(seeded, tmp_path / "b")
    status, told = await put_back(settings_of(data_dir / f"{tmp_path.name}-b"), tmp_path / "b")
    assert (status, "The stock of 1 product(s)" in told) == (0, True)


async def test_neither_disturbs_a_running_bot(seeded: Settings, tmp_path: Path) -> None:
    """Both refuse while somebody owns the data folder."""
    await saved(seeded, tmp_path / "b")
    async with Mongod(seeded.data_dir):
        with pytest.raises(EmbeddedInUse, match="stop it first"):
            await put_back(seeded, tmp_path / "b", replace=True, ask=lambda: "replace")
        with pytest.raises(EmbeddedInUse, match="stop it first"):
            await backup(seeded, tmp_path / "c", with_secret=False, say=str)
    assert within(tmp_path) == {"b"}


async def test_a_restore_that_is_killed_leaves_the_shop_as_it_was(
    seeded: Settings, tmp_path: Path, start: Start
) -> None:
    """In the middle of its work; the next one clears away what it left, and succeeds."""
    await saved(seeded, tmp_path / "b")
    before = await rows_of(seeded)
    folder = str(seeded.data_dir)
    async with start("restore", str(tmp_path / "b"), "--replace", DATA_DIR=folder) as program:
        await program.until_said("Type replace")
        await program.type("replace\n")
        await program.until_said("is whole")
        while not within(seeded.data_dir, ".restoring-*"):  # noqa: ASYNC110 - a folder tells nobody
            await asyncio.sleep(0.01)
        await program.kill()
    assert len(within(seeded.data_dir, ".restoring-*")) == 1
    assert within(seeded.data_dir, "mongo.replaced-*") == set()
    assert await rows_of(seeded) == before
    status, _ = await put_back(seeded, tmp_path / "b", replace=True, ask=lambda: "replace")
    assert status == 0
    assert within(seeded.data_dir, ".restoring-*") == set()
    assert filled(await rows_of(seeded)) == filled(before)


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    """A small backup that is whole."""
    path = tmp_path / "sound"
    with path.open("wb") as file:
        made = Writer(file, 0)
        made.add("orders", b"\x05\x00\x00\x00\x00" * 3)
        made.add("payments", b"\x05\x00\x00\x00\x00")
        made.finish("2026-01-02", [])
    assert examine(path).counts == {"orders": 3, "payments": 1}
    return path


def repacked(path: Path, change: Callable[[str, bytes], bytes | None]) -> Path:
    """The same backup with other contents, packed as it should be."""
    made = path.with_name("altered")
    with tarfile.open(path) as old, tarfile.open(made, "w:gz") as new:
        for member in old:
            file = old.extractfile(member)
            data = change(member.name, file.read() if file else b"")
            if data is not None:
                member.size = len(data)
                new.addfile(member, io.BytesIO(data))
    return made


ALTERED: dict[str, Callable[[str, bytes], bytes | None]] = {
    "a changed part": lambda name, data: data[:4] + b"\1" + data[5:] if name.endswith(".bson") else data,
    "a part left out": lambda name, data: None if "00000001" in name else data,
    "no manifest": lambda name, data: None if name == "manifest.json" else data,
    "a manifest that is none": lambda name, data: b"[]" if name == "manifest.json" else data,
    "a part too many in the manifest": lambda name, data: (
        data.replace(b'"parts":[', b'"parts":[{"name":"x","sha256":""},') if name == "manifest.json" else data
    ),
    "a collection of the database's own": lambda _, data: data.replace(b'"orders"', b'"system.users"'),
}


@pytest.mark.parametrize("how", ALTERED)
async def test_an_altered_backup_is_refused_before_anything_is_written(
    sound: Path, data_dir: Path, how: str
) -> None:
    """Whatever was changed in it, however well it was packed again."""
    settings = settings_of(data_dir / sound.parent.name)
    status, told = await put_back(settings, repacked(sound, ALTERED[how]))
    assert status == 1
    assert "older backup" in told
    assert "Nothing was changed." in told
    assert within(settings.data_dir, "**/*") == {"mongo", "owner.lock"}


def test_every_cut_and_every_flipped_bit_is_seen(sound: Path) -> None:
    """A copy that broke off anywhere, and a disk that lies anywhere behind gzip's own first lines."""
    whole, copy = sound.read_bytes(), sound.with_name("copy")
    for at in range(0, len(whole) - 1, 7):
        copy.write_bytes(whole[:at])
        with pytest.raises(BackupError):
            examine(copy)
    for at in range(10, len(whole), 3):
        copy.write_bytes(whole[:at] + bytes([whole[at] ^ 4]) + whole[at + 1 :])
        with pytest.raises(BackupError):
            examine(copy)


async def test_another_format_and_other_files_are_refused_by_name(
    sound: Path, tmp_path: Path, data_dir: Path
) -> None:
    """A later version's backup names its format; a photo and a missing file are told apart."""
    settings = settings_of(data_dir / tmp_path.name)
    later = repacked(sound, lambda name, data: b'{"format": 2}' if name == "head.json" else data)
    assert "format 2, and this version reads format 1" in (await put_back(settings, later))[1]
    other = repacked(sound, lambda name, data: None if name == "head.json" else data)
    assert "no backup that `run.py backup` made" in (await put_back(settings, other))[1]
    (tmp_path / "photo").write_bytes(b"\xff\xd8" * 99)
    assert "no backup, or not whole" in (await put_back(settings, tmp_path / "photo"))[1]
    assert "no file" in (await put_back(settings, tmp_path / "missing"))[1]


async def test_a_manifest_that_counts_wrongly_leaves_everything_as_it_was(
    seeded: Settings, tmp_path: Path
) -> None:
    """What was built beside the shop is thrown away when it is not what the manifest says."""
    await saved(seeded, tmp_path / "b")

    def miscounted(name: str, data: bytes) -> bytes:
        if name != "manifest.json":
            return data
        told = json.loads(data)
        told["parts"][0]["count"] += 1
        return json.dumps(told).encode()

    wrong, before = repacked(tmp_path / "b", miscounted), await rows_of(seeded)
    status, told = await put_back(seeded, wrong, replace=True, ask=lambda: "replace")
    assert status == 1
    assert "records, and the backup names" in told
    assert await rows_of(seeded) == before
    assert within(seeded.data_dir) == {"mongo", "secret"}


def full_disk() -> IO[bytes]:
    """A file on a disk without any room."""
    return Path("/dev/full").open("wb", buffering=0)


async def test_a_full_disk_leaves_no_backup(seeded: Settings, mongo_uri: str) -> None:
    """Writing to a device that is always full fails at once, and a folder that takes nothing is told."""
    with full_disk() as full, pytest.raises(OSError, match="No space"):
        await write(mongo_uri, seeded, full, with_secret=True)
    said: list[str] = []
    target = Path("/proc/self/shop.backup")
    assert await backup(seeded, target, with_secret=False, say=said.append) == 1
    assert "Nothing is left of it" in said[-1]


async def test_what_is_not_ours_to_save_is_refused(seeded: Settings, tmp_path: Path, data_dir: Path) -> None:
    """A database of one's own, a file that is there, a folder that is not, and a shop that never began."""
    said: list[str] = []
    own = settings_of(seeded.data_dir, SHOP_DATABASE__URI="mongodb://127.0.0.1:1/")
    (tmp_path / "old").touch()
    for settings, path in (
        (own, tmp_path / "b"),
        (seeded, tmp_path / "old"),
        (seeded, tmp_path / "nowhere" / "b"),
        (settings_of(data_dir / f"{tmp_path.name}-none"), tmp_path / "b"),
    ):
        assert await backup(settings, path, with_secret=False, say=said.append) == 1
    expected = ("mongodump", "there already", "no folder", "no database")
    assert all(text in told for text, told in zip(expected, said, strict=True))
    assert not (data_dir / f"{tmp_path.name}-none").exists()


def test_folders_change_places_with_and_without_the_systems_help(tmp_path: Path) -> None:
    """The second way is for systems that know no exchange; a failure leaves everything where it was."""
    one, other = tmp_path / "one", tmp_path / "other"
    for folder in (one, other):
        folder.mkdir()
        (folder / folder.name).touch()
    swap(one, other)
    assert (one / "other").exists()
    by_renaming(one, other)
    assert (one / "one").exists()
    with pytest.raises(OSError, match="No such file"):
        by_renaming(tmp_path / "missing", other)
    assert (other / "other").exists()
    with pytest.raises(OSError, match="No such file"):
        swap(tmp_path / "missing", other)


def test_records_are_told_apart_by_their_length() -> None:
    """Nonsense is refused instead of being split anywhere."""
    assert len(list(archive.documents(b"\x05\x00\x00\x00\x00" * 4))) == 4
    for nonsense in (b"\x00\x00\x00\x00\x00", b"\xff\xff\xff\x7f\x00", b"\x05\x00\x00"):
        with pytest.raises(BackupError):
            list(archive.documents(nonsense))


async def test_the_commands_speak_to_an_operator(
    seeded: Settings, tmp_path: Path, start: Start, data_dir: Path
) -> None:
    """As they are typed: the file, its sum, a restore elsewhere, and a second one that is refused."""
    folder = str(seeded.data_dir)
    async with start("backup", str(tmp_path / "b"), "--with-secret", DATA_DIR=folder) as program:
        assert await program.ended() == 0
        assert "records of" in program.said
    before = hashlib.sha256((tmp_path / "b").read_bytes()).hexdigest()
    elsewhere = str(data_dir / f"{tmp_path.name}-b")
    for status in (0, 1):
        async with start("restore", str(tmp_path / "b"), DATA_DIR=elsewhere) as program:
            assert await program.ended() == status
    assert "--replace" in program.said
    assert hashlib.sha256((tmp_path / "b").read_bytes()).hexdigest() == before
