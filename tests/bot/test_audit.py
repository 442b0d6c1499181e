"""`run.py audit`: what it says, its exit status, and that it changes nothing and needs no right to."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from bson import ObjectId
from pymongo import AsyncMongoClient
from pymongo.errors import OperationFailure

from bot.audit.keeping import FILE
from bot.audit.running import Asked, audit
from bot.config import Settings, load_settings
from bot.embedded import Mongod, find_mongod
from bot.embedded.daemon import running
from bot.outside import open_database
from models.base import Db
from models.discount import Discount, DiscountType
from models.fund_ledger import FundBalance
from models.tenant import BotConfig, Tenant

ROOT = Path(__file__).parents[2]
TENANT = str(ObjectId())


class Told(NamedTuple):
    """The exit status, and what was said and told beside it."""

    status: int
    said: list[str]
    beside: str


async def asked(settings: Settings, **wanted: Any) -> Told:
    """An audit as run.py makes it."""
    said, beside = list[str](), list[str]()
    status = await audit(settings, Asked(**wanted), said.append, beside.append)
    return Told(status, said, "\n".join(beside))


def settings(folder: Path, **more: str) -> Settings:
    """Those of an installation whose data folder this is."""
    return load_settings(None, {"SHOP_DATA_DIR": str(folder), **{f"SHOP_{k}": v for k, v in more.items()}})


@pytest.fixture
async def own(db: Db, mongo_uri: str, tmp_path: Path) -> Settings:
    """A database of the operator's own, with one shop in it."""
    await stocked(db)
    return settings(tmp_path, DATABASE__URI=mongo_uri, DATABASE__NAME=db.database.name)


async def stocked(db: Db) -> None:
    """A shop with an empty fund, which adds up."""
    await Tenant(tenant_id=TENANT, name="Aurora", owner_user_id="1").insert(db)
    await BotConfig(tenant_id=TENANT, guild_id="900").insert(db)
    await FundBalance(tenant_id=TENANT, currency="USD").insert(db)


async def spoilt(db: Db) -> None:
    """Two faults in the shop's books, of two kinds of records."""
    off = {"type": DiscountType.AMOUNT, "amount_cents": 100, "usage_count": 3}
    await Discount(tenant_id=TENANT, **off).insert(db)
    await FundBalance.rows(db).update_one({}, {"$set": {"balanceCents": 5, "inCents": 5}})


async def hashes(db: Db) -> dict[str, str]:
    """By what MongoDB itself tells whether anything was changed."""
    return dict((await db.database.command("dbHash"))["collections"])


async def test_books_that_add_up_have_status_0_and_stay_as_they_are(own: Settings, db: Db) -> None:
    """Nothing is said, what was looked at is told beside it, and no file is left."""
    before = await hashes(db)
    told = await asked(own)
    assert (told.status, told.said) == (0, [])
    assert "no findings" in told.beside
    assert await hashes(db) == before
    assert not (own.data_dir / FILE).exists()


async def test_findings_have_status_1_and_say_what_to_do(own: Settings, db: Db) -> None:
    """Each in three lines, or as one object of JSON; and nothing is mended by looking."""
    await spoilt(db)
    before = await hashes(db)
    told = await asked(own)
    assert told.status == 1
    assert [line.split()[1] for line in told.said] == ["uses_off", "fund_balance"]
    assert all("Look first: " in line and "To mend: " in line for line in told.said)
    told = await asked(own, as_json=True, only=["fund"], tenant="900")
    assert [json.loads(line)["code"] for line in told.said] == ["fund_balance"]
    values = {"said": 5, "due": 0, "came": 0, "went": 0}
    assert json.loads(told.said[0])["values"] == values
    assert await hashes(db) == before


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        ({"tenant": "12345"}, "There is no shop 12345"),
        ({"only": ["nothing"]}, "There is no check nothing. There are: discounts"),
        ({"resume": True}, "no audit to go on with"),
    ],
)
async def test_what_cannot_be_done_has_status_2_and_says_why(
    own: Settings, wanted: dict[str, Any], why: str
) -> None:
    """In one sentence, beside the findings."""
    told = await asked(own, **wanted)
    assert (told.status, told.said) == (2, [])
    assert why in told.beside


async def test_a_database_that_is_away_has_status_2(tmp_path: Path) -> None:
    """And is told with what looks further."""
    away = "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=200"
    told = await asked(settings(tmp_path, DATABASE__URI=away))
    assert told.status == 2
    assert "run.py check" in told.beside
    assert "There is no database in" in (await asked(settings(tmp_path))).beside


async def test_a_stopped_audit_goes_on_and_tells_nothing_twice(own: Settings, db: Db) -> None:
    """What was found before the stop counts for the status; another audit does not go on from there."""
    await spoilt(db)
    said = list[str]()
    beside = list[str]()

    def stop(line: str) -> None:
        said.append(line)
        task.cancel()

    task = asyncio.create_task(audit(own, Asked(), stop, beside.append))
    assert await task == 2
    assert "--resume" in beside[-1]
    assert len(said) == 1
    assert "something else" in (await asked(own, resume=True, only=["fund"])).beside
    rest = await asked(own, resume=True)
    assert rest.status == 1
    assert "1 were found before" in rest.beside
    assert [line.split()[1] for line in said + rest.said] == ["uses_off", "fund_balance"]
    (own.data_dir / FILE).write_text("{")
    assert "cannot be read" in (await asked(own, resume=True)).beside


@pytest.fixture
async def guarded(tmp_path: Path) -> AsyncIterator[tuple[str, str]]:
    """A database that asks who somebody is: its address for its owner, and for one who may only read."""
    folder = tmp_path / "mongo"
    async with Mongod(tmp_path) as uri, AsyncMongoClient[dict[str, Any]](uri) as client:
        for name, role in (("owner", "readWrite"), ("reader", "read")):
            roles = [{"role": role, "db": "shop"}]
            await client["shop"].command("createUser", name, pwd="secret", roles=roles)
    key = folder / "key"
    key.write_text("a2V5" * 16)
    key.chmod(0o600)
    command = [str(find_mongod()), "--dbpath", ".", "--replSet", "shop", "--bind_ip", "./mongod.sock"]
    command += ["--quiet", "--auth", "--keyFile", "key", "--logpath", "server.log", "--logappend"]
    async with running(folder, "./mongod.sock", command) as (_, socket):
        path = str(socket).replace("/", "%2F")
        shared = f"@{path}/?directConnection=true&authSource=shop"
        async with AsyncMongoClient[dict[str, Any]](f"mongodb://owner:secret{shared}") as client:
            async with asyncio.timeout(30):
                # It has to elect itself anew.
                while not (await client.admin.command("hello"))["isWritablePrimary"]:  # noqa: ASYNC110 - no event tells
                    await asyncio.sleep(0.05)
        yield f"mongodb://owner:secret{shared}", f"mongodb://reader:secret{shared}"


async def test_an_account_that_may_only_read_is_enough(guarded: tuple[str, str], tmp_path: Path) -> None:
    """The same findings, from an account that can change nothing."""
    owner, reader = guarded
    told = settings(tmp_path / "data", DATABASE__URI=reader, DATABASE__NAME="shop")
    db = open_database(owner, "shop")
    await stocked(db)
    await spoilt(db)
    found = await asked(told)
    assert found.status == 1
    assert len(found.said) == 2
    only_reading = open_database(reader, "shop")
    with pytest.raises(OperationFailure, match="not authorized"):
        await only_reading.rows("orders").insert_one({})
    only_reading.client.close()
    db.client.close()


async def run(folder: Path, *arguments: str) -> tuple[int | None, str, str]:
    """`run.py audit` as an operator calls it, on the embedded database."""
    command: Sequence[str] = [sys.executable, "run.py", "audit", *arguments]
    process = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, env={"SHOP_DATA_DIR": str(folder), "PATH": ""}, stdout=PIPE, stderr=PIPE
    )
    out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


async def test_the_embedded_database_is_audited_while_no_bot_has_it(tmp_path: Path) -> None:
    """With a bot on it the audit says so and has status 2; afterwards it says what is wrong."""
    async with Mongod(tmp_path) as uri:
        db = open_database(uri, "shop")
        await stocked(db)
        await spoilt(db)
        db.client.close()
        status, out, err = await run(tmp_path)
        assert (status, out) == (2, "")
        assert "Stop it for the audit" in err
    status, out, err = await run(tmp_path, "--only", "fund", "--only", "discounts", "--json")
    assert status == 1
    assert [json.loads(line)["code"] for line in out.splitlines()] == ["uses_off", "fund_balance"]
    assert "2 findings" in err
