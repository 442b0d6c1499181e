"""A report is computed once for all who ask within a minute, and each time when there is no Redis."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from bson import ObjectId
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo.errors import PyMongoError
from redis.asyncio import Redis

from models.base import Db
from models.errors import NotFound
from models.money import MAX_CENTS
from models.order import Order
from models.registry import create_indexes
from models.tenant import BotConfig, Tenant
from services.reports import known_reports
from services.reports.contract import ReportType
from services.reports.desk import ReportDesk
from services.reports.period import Period, Preset
from services.shops import Shop
from tests.models.samples import sample
from tests.models.test_queries import Recorder
from tests.services.conftest import TestClock

KIND = ReportType.REVENUE_OVERVIEW
AWAY = "redis://127.0.0.1:1/0"
DAY = datetime(2026, 3, 29, 12, tzinfo=UTC)
PERIOD = Period(date(2026, 3, 1), date(2026, 3, 31), "Europe/Berlin")


@pytest.fixture
def recorder() -> Recorder:
    """What is sent to the database."""
    return Recorder()


@pytest.fixture
async def db(mongo_uri: str, database_name: str, recorder: Recorder) -> AsyncIterator[Db]:
    """A database whose commands are counted."""
    client = AsyncIOMotorClient[dict[str, Any]](mongo_uri, tz_aware=True, event_listeners=[recorder])
    engine = Db(client=client, database=database_name)
    await create_indexes(engine)
    yield engine
    client.close()


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    """The run's own Redis."""
    client = Redis.from_url(redis_url)
    yield client
    await client.aclose()


@pytest.fixture
def shop() -> Shop:
    """A shop that nobody else of the run has."""
    tenant_id = str(ObjectId())
    config = sample(BotConfig, tenant_id=tenant_id, guild_id=tenant_id, time_zone="Europe/Berlin")
    return Shop(sample(Tenant, tenant_id=tenant_id), config)


async def sell(db: Db, shop: Shop, cents: int, currency: str = "USD") -> None:
    """An order of that time."""
    line = {"product_id": "p", "sku": "s", "name": "Mug", "quantity": 1, "unit_price_cents": cents}
    more: dict[str, Any] = {"subtotal_cents": cents, "currency": currency, "paid_at": DAY, "items": [line]}
    await sample(Order, tenant_id=shop.id, order_number=str(ObjectId()), **more).insert(db)


def computations(recorder: Recorder, collection: str = "orders") -> int:
    """How often sums were asked for."""
    return sum(command.get("aggregate") == collection for command in recorder.seen)


def key_of(shop: Shop) -> str:
    """Where the report of these tests is kept."""
    return f"shop:report:{shop.id}:{KIND}:2026-03-01:2026-03-31:Europe/Berlin:USD"


def revenue(shown: Any) -> int:
    """The revenue that is shown."""
    return int(shown.payload()["period"]["grossRevenueCents"])


async def test_ten_askers_in_several_processes_cause_one_computation(
    db: Db, redis: Redis, shop: Shop, recorder: Recorder, clock: TestClock
) -> None:
    """Five desks stand for five processes; of the two sums each is asked for once, now and later."""
    await sell(db, shop, MAX_CENTS)
    desks = [ReportDesk(db, clock, redis) for _ in range(5)]
    shown = await asyncio.gather(*(desk.report(shop, KIND, PERIOD) for desk in desks for _ in range(2)))
    assert computations(recorder) == 2
    assert {revenue(each) for each in shown} == {MAX_CENTS}
    await sell(db, shop, 100)
    again = await ReportDesk(db, clock, redis).report(shop, KIND, PERIOD)
    assert again == shown[0]
    assert computations(recorder) == 2
    assert (
        0
        < await redis.pttl(f"shop:report:{shop.id}:{KIND}:2026-03-01:2026-03-31:Europe/Berlin:USD")
        <= 60_000
    )


async def test_all_reports_asked_for_at_once_wait_for_a_place_and_are_answered(
    db: Db, shop: Shop, clock: TestClock
) -> None:
    """There are fewer places than reports."""
    desk = ReportDesk(db, clock, None)
    await sell(db, shop, 100)
    shown = await asyncio.gather(*(desk.report(shop, kind, PERIOD) for kind in known_reports()))
    assert [each.report.type for each in shown] == list(known_reports())
    assert revenue(shown[list(known_reports()).index(KIND)]) == 100


async def test_another_question_has_another_answer(
    db: Db, redis: Redis, shop: Shop, clock: TestClock
) -> None:
    """Period, zone, currency, report and shop are part of what is remembered."""
    desk = ReportDesk(db, clock, redis)
    await sell(db, shop, 100)
    await sell(db, shop, 7, "EUR")
    assert revenue(await desk.report(shop, KIND, PERIOD)) == 100
    assert revenue(await desk.report(shop, KIND, PERIOD, "EUR")) == 7
    assert revenue(await desk.report(shop, KIND, PERIOD.before)) == 0
    neighbour = Shop(shop.tenant.model_copy(update={"tenant_id": "neighbour"}), shop.config)
    assert revenue(await desk.report(neighbour, KIND, PERIOD)) == 0
    assert await desk.currencies(shop) == ["USD", "EUR"]
    assert await desk.currencies(neighbour) == ["USD"]


@pytest.mark.parametrize("address", [AWAY, None])
async def test_without_redis_it_is_computed_each_time(
    db: Db, shop: Shop, recorder: Recorder, clock: TestClock, address: str | None
) -> None:
    """Only those who ask at the very same moment share it."""
    client = Redis.from_url(address) if address else None
    desk = ReportDesk(db, clock, client)
    shown = await asyncio.gather(*(desk.report(shop, KIND, PERIOD) for _ in range(10)))
    assert computations(recorder) == 2
    await sell(db, shop, 100)
    assert [revenue(shown[0]), revenue(await desk.report(shop, KIND, PERIOD))] == [0, 100]
    assert computations(recorder) == 4
    if client is not None:
        await client.aclose()


async def test_a_redis_that_does_not_answer_holds_nobody_up(
    db: Db, shop: Shop, recorder: Recorder, clock: TestClock
) -> None:
    """It is waited for once and for a second."""
    gone = asyncio.Event()

    async def silent(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await gone.wait()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    client = Redis(port=server.sockets[0].getsockname()[1])
    began = asyncio.get_running_loop().time()
    assert revenue(await ReportDesk(db, clock, client).report(shop, KIND, PERIOD)) == 0
    assert asyncio.get_running_loop().time() - began < 2.5
    assert computations(recorder) == 2
    gone.set()
    await client.aclose()
    server.close()


async def test_whoever_dies_while_computing_does_not_stop_the_others(
    db: Db, redis: Redis, shop: Shop, recorder: Recorder, clock: TestClock
) -> None:
    """The lock of a process that is gone ends by itself, and meanwhile the answer is waited for."""
    key = key_of(shop)
    await redis.set(f"{key}:lock", "dead", px=300)
    asked = asyncio.create_task(ReportDesk(db, clock, redis).report(shop, KIND, PERIOD))
    await asyncio.sleep(0.15)
    assert (asked.done(), computations(recorder)) == (False, 0)
    assert revenue(await asked) == 0
    assert computations(recorder) == 2
    assert await redis.get(f"{key}:lock") is None


async def test_who_asked_first_may_go_away(db: Db, redis: Redis, shop: Shop, clock: TestClock) -> None:
    """The answer goes on being computed for the others."""
    desk = ReportDesk(db, clock, redis)
    first = asyncio.create_task(desk.report(shop, KIND, PERIOD))
    second = asyncio.create_task(desk.report(shop, KIND, PERIOD))
    await asyncio.sleep(0)
    first.cancel()
    assert revenue(await second) == 0
    assert first.cancelled()


async def test_what_is_of_another_version_is_computed_anew(
    db: Db, redis: Redis, shop: Shop, clock: TestClock
) -> None:
    """What cannot be read is no answer."""
    key = key_of(shop)
    for other in ({"v": 0}, {"at": DAY.isoformat(), "now": {"period": 1}, "before": {}}):
        await redis.set(key, json.dumps(other), px=5000)
        assert revenue(await ReportDesk(db, clock, redis).report(shop, KIND, PERIOD)) == 0


async def test_a_failure_is_nobodys_answer(db: Db, redis: Redis, shop: Shop, clock: TestClock) -> None:
    """It reaches all who asked, and the next one tries again at once."""
    gone = AsyncIOMotorClient[dict[str, Any]]("mongodb://127.0.0.1:1", serverSelectionTimeoutMS=100)
    desk = ReportDesk(Db(client=gone, database="none"), clock, redis)
    asked = (desk.report(shop, KIND, PERIOD) for _ in range(3))
    failed = await asyncio.gather(*asked, return_exceptions=True)
    assert all(isinstance(each, PyMongoError) for each in failed)
    assert revenue(await ReportDesk(db, clock, redis).report(shop, KIND, PERIOD)) == 0
    gone.close()


async def test_an_unknown_report_is_refused(db: Db, shop: Shop, clock: TestClock) -> None:
    """As any word that is none."""
    with pytest.raises(NotFound):
        await ReportDesk(db, clock, None).report(shop, "PROFIT", PERIOD)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", known_reports())
async def test_every_report_survives_the_cache_to_the_cent(
    db: Db, redis: Redis, shop: Shop, clock: TestClock, kind: ReportType
) -> None:
    """What comes out of Redis is what was computed, and what it shows fits together."""
    clock.time = DAY + timedelta(days=1)
    await sell(db, shop, MAX_CENTS)
    desk = ReportDesk(db, clock, redis)
    days = desk.period(shop, Preset.LAST_30_DAYS)
    first = await desk.report(shop, kind, days)
    second = await ReportDesk(db, clock, redis).report(shop, kind, days)
    assert (second.now, second.before) == (first.now, first.before)
    assert second.payload() == first.payload()
    assert len(first.figures) == 3
    assert all(len(series.values) == len(first.chart.axis) for series in first.chart.series)
    assert all(len(row) == len(first.table.columns) for row in first.table.rows)
