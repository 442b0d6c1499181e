"""Clocks that are wrong, differ or jump: what one process is at no other begins, and the books fit."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from bot.outside import open_database
from bot.wiring import build
from models.base import Db, server_time
from models.order import Order, OrderStatus
from models.outbox import OutboxEffect
from services import Services
from services.clock import Clock, SharedClock, SystemClock
from services.effects import EffectKind
from services.links import Links
from services.rules import Rules
from services.shops import Shop
from tests.conftest import db  # the run's own database: its servers are well
from tests.drills.line import free_port
from tests.outside import OUTSIDE
from tests.services import buying
from tests.services.books_kept import books_findings
from tests.services.conftest import ADA, MakeProduct
from tests.services.dying import Ahead
from tests.services.quiet import quiet

__all__ = ["db"]

APART = timedelta(seconds=90)
CLOSE = timedelta(seconds=0.5)


class Steady:
    """Seconds that go on as a test says."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@asynccontextmanager
async def process(db: Db, clock: Clock) -> AsyncIterator[Services]:
    """One of several processes over one database, each with its own idea of the time."""
    links = Links(["a-secret-that-is-long-enough-for-tests"], "https://shop.example", clock)
    services = build(db, clock, Rules(), links, OUTSIDE)
    quiet(services)
    yield services
    await services.calls.close()


async def shared(db: Db) -> SharedClock:
    """The clock of a process that has just started."""
    clock = SharedClock(db)
    await clock.look()
    return clock


async def both_at_work(db: Db, shop: Shop, mug_of: MakeProduct, ours: Clock, theirs: Clock) -> int:
    """How often a notice was begun while one process was still at it and the other looked for work."""
    begun = 0
    async with process(db, ours) as one, process(db, theirs) as two:
        at_it, go_on = asyncio.Event(), asyncio.Event()

        async def slow(_: OutboxEffect) -> str:
            nonlocal begun
            begun += 1
            at_it.set()
            await go_on.wait()
            return "told"

        for each in (one, two):
            each.worker.unregister(EffectKind.CUSTOMER_NOTICE)
            each.worker.register(EffectKind.CUSTOMER_NOTICE, slow)
        await buying.order(one, shop, ADA, await mug_of())
        first = asyncio.create_task(one.worker.drain())
        await at_it.wait()
        second = asyncio.create_task(two.worker.drain())
        await asyncio.sleep(0.5)
        go_on.set()
        await asyncio.gather(first, second)
    return begun


async def test_a_lease_holds_for_every_process_that_asks_the_database_what_time_it_is(
    db: Db, shop: Shop, product: MakeProduct
) -> None:
    """Whatever their machines' clocks say, nobody begins what another is still at."""
    assert await both_at_work(db, shop, product, await shared(db), await shared(db)) == 1
    assert await books_findings(db) == []


async def test_by_clocks_of_their_own_that_differ_a_lease_would_not_hold(
    db: Db, shop: Shop, product: MakeProduct
) -> None:
    """Why the machines' clocks are not asked: ninety seconds are three leases. Even so it is closed once."""
    assert await both_at_work(db, shop, product, SystemClock(), Ahead(APART)) == 2
    told = await OutboxEffect.find_all(db, {"kind": EffectKind.CUSTOMER_NOTICE})
    assert [each.status for each in told] == ["DONE"]
    assert await books_findings(db) == []


async def test_the_time_is_the_databases(db: Db) -> None:
    """Two processes agree with it, and so with each other."""
    one, two = await shared(db), await shared(db)
    assert abs(one.now() - two.now()) < CLOSE
    assert abs(one.now() - await server_time(db)) < CLOSE
    assert one.now().microsecond % 1000 == 0


async def test_between_two_looks_it_goes_on_evenly(db: Db) -> None:
    """What this machine's clock does meanwhile, five minutes or an hour either way, is nobody's concern."""
    steady = Steady()
    clock = SharedClock(db, steady=steady)
    await clock.look()
    before = clock.now()
    steady.seconds += 12.345
    assert clock.now() - before == timedelta(seconds=12.345)


@pytest.mark.parametrize("wrong", [-3600, -300, 300, 3600])
async def test_a_look_puts_right_what_went_wrong(
    db: Db, wrong: float, caplog: pytest.LogCaptureFixture
) -> None:
    """A machine that slept, or counts badly: the next look knows better, and the operator reads of it."""
    steady = Steady()
    clock = SharedClock(db, steady=steady)
    await clock.look()
    steady.seconds += wrong
    assert abs(clock.now() - await server_time(db)) > APART
    await clock.look()
    assert abs(clock.now() - await server_time(db)) < CLOSE
    assert "clock_moved" in caplog.messages


async def test_an_answer_that_took_long_is_not_believed(db: Db) -> None:
    """Nobody knows when within it the time was told."""

    class Slow(Steady):
        def __call__(self) -> float:
            self.seconds += 2
            return self.seconds

    clock = SharedClock(db, steady=Slow())
    before = clock._time
    await clock.look()
    assert clock._time == before


async def test_without_a_database_time_goes_on(db: Db) -> None:
    """Who keeps the clock does not die of it."""
    gone = open_database(f"mongodb://127.0.0.1:{free_port()}/?serverSelectionTimeoutMS=100", "shop")
    clock = SharedClock(gone, every=0.05)
    keeping = asyncio.create_task(clock.keep())
    await asyncio.sleep(0.5)
    assert not keeping.done()
    assert abs(clock.now() - await server_time(db)) < CLOSE
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)
    gone.client.close()


@pytest.mark.parametrize("seconds", [-3600, -300, 300, 3600])
async def test_a_jump_of_the_databases_own_clock_leaves_the_books_right(
    db: Db, shop: Shop, product: MakeProduct, seconds: int
) -> None:
    """Nobody can know better then: what ends by it ends sooner or later, but once."""
    mug = await product(stock=10)
    async with process(db, SystemClock()) as before, process(db, Ahead(timedelta(seconds=seconds))) as after:
        first = await buying.order(before, shop, ADA, mug)
        await buying.order(after, shop, ADA, mug)
        claim = await buying.claimed(after, shop, ADA, first)
        for each in (before, after, before):
            await each.sweeper.sweep()
            await each.worker.drain()
            await each.poller.poll(0)
        orders = await Order.find_all(db, {"tenantId": shop.id})
        assert {each.status for each in orders} == {OrderStatus.PENDING_PAYMENT}
        assert claim.order.key == first.key
    assert await books_findings(db) == []
