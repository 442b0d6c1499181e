"""The way from one release to the next: killed in the middle, in two processes, and while the shop sells."""

import asyncio
import contextlib
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.app import running
from bot.config import Settings
from bot.sandbox import Sandbox
from bot.upkeep import Upkeep, kept_up
from models.base import Db
from models.migrations import Migration, migrations
from models.order import Order
from models.schema import end_turn, standing, take_turn
from models.tenant import Tenant
from tests.bot.conftest import ROOT, Start
from tests.bot.slow_migration import BATCH, MOVING, RECORDS, upkeep
from tests.bot.test_app import settings, told
from tests.models.samples import sample

__all__ = ["settings"]


@pytest.fixture
async def old(db: Db) -> Db:
    """A database in which a shop sold before, with a hundred records to touch."""
    await sample(Tenant, tenant_id="t").insert(db)
    await db.rows("numbers").insert_many([{"_id": number} for number in range(RECORDS)])
    return db


async def touched(db: Db) -> list[int]:
    """How often each record was touched, in order."""
    rows = db.rows("numbers").find({}).sort("_id", 1)
    return [row.get("touched", 0) async for row in rows]


@contextlib.asynccontextmanager
async def another(mongo_uri: str, name: str) -> AsyncIterator[Process]:
    """A process that moves the same records on."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bot.slow_migration", mongo_uri, name), cwd=ROOT, stderr=PIPE
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.communicate()


async def begun(db: Db, at_least: int) -> None:
    """Wait until so many records are touched."""
    for _ in range(1000):
        if sum(map(bool, await touched(db))) >= at_least:
            return
        await asyncio.sleep(0.02)
    pytest.fail("nothing moves")


async def test_a_process_that_is_killed_is_gone_on_with_where_it_was(
    old: Db, mongo_uri: str, database_name: str
) -> None:
    """At most the batch under way is done twice, and the lease of the dead is over soon."""
    async with another(mongo_uri, database_name) as process:
        await begun(old, 20)
        process.kill()
        await process.wait()
    before = await touched(old)
    assert 0 in before
    async with asyncio.timeout(60):
        await upkeep(old).move(1)
    after = await touched(old)
    assert min(after) == 1
    assert sum(after) <= RECORDS + BATCH
    assert (await standing(old, 1)).version == 1


async def test_two_processes_share_no_batch_and_both_come_to_the_end(
    old: Db, mongo_uri: str, database_name: str
) -> None:
    """One does the work, the other waits for it, and each record is touched once."""
    async with another(mongo_uri, database_name) as first, another(mongo_uri, database_name) as second:
        async with asyncio.timeout(60):
            await asyncio.gather(first.wait(), second.wait(), upkeep(old).move(1))
        assert (first.returncode, second.returncode) == (0, 0)
    assert set(await touched(old)) == {1}


async def test_one_that_is_told_to_stop_hands_its_turn_on_at_once(old: Db) -> None:
    """Nobody has to wait for its lease, and nothing is done twice."""
    stopping = Upkeep(old, [MOVING], lease_seconds=600, pause=0.05)
    async with kept_up(stopping):
        await begun(old, 20)
    async with asyncio.timeout(60):
        await upkeep(old).move(1)
    assert set(await touched(old)) == {1}


async def test_the_shop_sells_while_records_are_moved(settings: Settings, db: Db, stand_in: Sandbox) -> None:
    """The start waits for nothing that the release can do without; a person is answered meanwhile."""
    await sample(Tenant, tenant_id="t").insert(db)
    orders = [sample(Order, tenant_id="t", order_number=f"A-{number}") for number in range(1200)]
    await Order.insert_all(db, orders)
    await Order.rows(db).update_many({}, {"$unset": {"isGift": 1}})
    async with running(settings) as house:
        await stand_in.ready()
        seen = await stand_in.add_guild("Borealis", owner="bea").owner.run("/shop browse")
        assert "no shop yet" in seen.text
        async with asyncio.timeout(60):
            await asyncio.gather(*(task for task in house.work if task.get_name() == "upkeep"))
    assert await Order.rows(db).count_documents({"isGift": False}) == len(orders)
    assert (await standing(db, len(migrations()))).version == len(migrations())


async def test_a_step_that_breaks_stops_no_shop_and_is_tried_again(
    old: Db, caplog: pytest.LogCaptureFixture
) -> None:
    """A bug in it is logged; what comes before it is done, and its turn is free."""

    async def broken(_: Db, __: object) -> None:
        raise LookupError("a bug of ours")

    keeping = Upkeep(old, [MOVING, Migration(2, "breaks", broken)], pause=0)
    async with kept_up(keeping) as task:
        for _ in range(500):
            await asyncio.sleep(0 if "migration_broke" in caplog.messages else 0.02)
        assert "migration_broke" in caplog.messages
        assert not task.done()
    assert (await standing(old, 2)).version == 1
    assert await take_turn(old, 2, 1) is not None


async def test_a_start_waits_for_what_the_release_cannot_read_otherwise(old: Db) -> None:
    """And not for what comes after it."""
    first = Migration(1, MOVING.what, MOVING.step, before_selling=True)
    keeping = Upkeep(old, [first, Migration(2, MOVING.what, MOVING.step)], pause=0)
    await keeping.begin()
    assert set(await touched(old)) == {1}
    assert (await standing(old, 2)).version == 1
    await keeping.run()
    assert set(await touched(old)) == {2}


async def moved_on_by_a_newer_release(db: Db) -> None:
    """What a release leaves behind that is two ahead of ours."""
    known = len(migrations())
    await standing(db, known)
    for number in (known + 1, known + 2):
        turn = await take_turn(db, number, 30)
        assert turn is not None
        assert await end_turn(db, turn, done=True)


async def test_a_program_that_is_too_old_says_so_and_changes_nothing(
    db: Db, stand_in: Sandbox, start: Start, tmp_path: Path, mongo_uri: str, database_name: str
) -> None:
    """The start, `migrate` and `check` each end with the sentence, and no traceback."""
    await moved_on_by_a_newer_release(db)
    where = {"DATABASE__URI": mongo_uri, "DATABASE__NAME": database_name, "SECURITY__SECRETS": "x" * 40}
    for command in ("all", "migrate", "check"):
        async with start(command, **told(stand_in, tmp_path, **where)) as program:
            assert await program.ended() == 1
            assert "moved on by a newer release" in program.said
            assert "Traceback" not in program.said
    assert stand_in.requests == [] or not stand_in.gateway.connected


async def test_migrate_does_ahead_what_check_says_is_to_come(
    old: Db, start: Start, tmp_path: Path, mongo_uri: str, database_name: str
) -> None:
    """And the second time there is nothing left to do."""
    await old.rows("alerts").drop_indexes()
    where = {"DATABASE__URI": mongo_uri, "DATABASE__NAME": database_name, "SECURITY__SECRETS": "x" * 40}
    where |= {"DATA_DIR": str(tmp_path), "REDIS__URL": "redis://127.0.0.1:1/0"}
    async with start("check", **where) as program:
        await program.ended()
        assert f"Schema: {len(migrations())} migration(s) and " in program.said
    for told_again in (True, False):
        async with start("migrate", **where) as program:
            assert await program.ended() == 0
            assert ("Migration 1 of" in program.said) is told_again
            assert ("Index alerts." in program.said) is told_again
            assert "every index is there" in program.said
    async with start("check", **where) as program:
        await program.ended()
        assert "Schema: the database is at" in program.said


async def test_migrate_without_its_database_says_so(start: Start) -> None:
    """A job that ran too early ends with a sentence, and no traceback."""
    where = {"DATABASE__URI": "mongodb://127.0.0.1:1/?replicaSet=rs0&serverSelectionTimeoutMS=300"}
    async with start("migrate", **where) as program:
        assert await program.ended() == 1
        assert "The database could not be used (ServerSelectionTimeoutError)" in program.said
        assert "Traceback" not in program.said


@pytest.mark.parametrize(("sign", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
async def test_migrate_that_was_stopped_does_not_look_as_if_it_were_done(
    old: Db, start: Start, mongo_uri: str, database_name: str, sign: signal.Signals, status: int
) -> None:
    """What comes after it in a script must not begin; as a container's first process it hears both."""
    await standing(old, len(migrations()))
    assert await take_turn(old, 1, 30) is not None
    where = {"DATABASE__URI": mongo_uri, "DATABASE__NAME": database_name}
    async with start("migrate", **where) as program:
        await program.until_said("Migration 1 of")
        assert await program.told(sign) == status
        assert "Traceback" not in program.said
