"""Whether a process can do its part, when a part is away."""

import asyncio
from typing import Any

from motor.motor_asyncio import AsyncIOMotorClient
from redis.asyncio import Redis

from bot.metrics.reading import Reading
from bot.metrics.vitals import Vitals, ready
from models.base import Db
from services.clock import SystemClock
from tests.bot.metrics.test_serving import value
from tests.cogs.conftest import services_over
from tests.services.conftest import TestClock

NOBODY = "127.0.0.1:9"


async def ends() -> None:
    """Work that had nothing to do."""


async def dies() -> None:
    """Work that must not end, and does."""
    raise RuntimeError("gone")


async def test_without_the_database_nothing_is_ready_and_no_old_number_is_shown() -> None:
    """The backlog becomes unknown instead of staying what it was, within seconds."""
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(f"mongodb://{NOBODY}")
    away = Db(client, database="shop")
    vitals = Vitals(away, None)
    vitals.began(None, [])
    parts = await vitals.look()
    assert (parts["database"], parts["redis"], parts["gateway"]) == ("down", "none", "none")
    assert not ready(parts)
    services = services_over(away, TestClock())
    async with asyncio.timeout(10):
        page = await Reading(away, SystemClock(), services.meters, services.calls, vitals).page()
    client.close()
    assert str(value(page.decode(), "shop_outbox_dead")) == "nan"
    assert value(page.decode(), 'shop_part_up{part="database"}') == 0


async def test_redis_away_is_told_and_keeps_nobody_from_selling(db: Db) -> None:
    """It is one of the parts, but none that is needed."""
    async with Redis.from_url(f"redis://{NOBODY}") as cache:
        vitals = Vitals(db, cache)
        vitals.began(None, [])
        parts = await vitals.look()
    assert parts["redis"] == "down"
    assert ready(parts)


async def test_a_process_is_ready_between_its_start_and_its_end(db: Db) -> None:
    """Before and after that, nothing should be sent to it."""
    vitals = Vitals(db, None)
    assert not ready(await vitals.look())
    vitals.began(None, [])
    assert ready(await vitals.look())
    vitals.ending()
    assert not ready(await vitals.look())


async def test_work_that_died_is_named_and_work_that_ended_is_not(db: Db) -> None:
    """Without Redis there are no wake-ups to pass on, and that task ends by itself."""
    work = [asyncio.create_task(ends(), name="wakeups"), asyncio.create_task(dies(), name="outbox")]
    await asyncio.wait(work)
    vitals = Vitals(db, None)
    vitals.began(None, work)
    assert vitals.ended == ["outbox"]
    assert not ready(await vitals.look())
