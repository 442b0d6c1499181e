"""Redis dies, forgets, fills up, hangs, comes back as another: the shop sells on, a second slower at most."""

import asyncio
import contextlib
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from redis import Redis as PlainRedis
from redis.exceptions import RedisError

from bot.embedded.binaries import find_redis_server
from bot.outside import open_redis
from bot.wiring import build
from models.base import Db
from models.order import OrderStatus
from services import Services
from services.links import Links
from services.reports.contract import ReportType
from services.reports.period import Preset
from services.rules import Rules
from services.shops import Shop
from services.wakeups import Wakeups
from tests.conftest import db  # the run's own database: Redis alone has a bad day here
from tests.drills.line import Line, Lines, free_port
from tests.outside import OUTSIDE
from tests.services import buying
from tests.services.books_kept import books_findings
from tests.services.conftest import ADA, OWNER, MakeProduct, TestClock

__all__ = ["db"]

type Strike = Callable[["RealRedis"], None]

# Seconds that a person may lose to Redis, and what a busy machine adds.
LOST, BUSY = 1.0, 1.0


class RealRedis:
    """A redis-server behind a line."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = free_port()
        self._lines = Lines()
        known_as = self._lines.open(self._port)
        self.line: Line = self._lines.lines[known_as]
        # What may speak of itself as the shop does: everything that goes over this line is the shop's.
        self.url = f"redis://127.0.0.1:{known_as}/0"
        self.direct = PlainRedis(port=self._port)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Run it, empty, unless it runs, and wait until it answers."""
        if self._process is not None and self._process.poll() is None:
            return
        command = [str(find_redis_server()), "--port", str(self._port), "--save", "", "--appendonly", "no"]
        self._process = subprocess.Popen(command, cwd=self._folder, stdout=subprocess.DEVNULL)  # noqa: S603 - our own
        until = time.monotonic() + 10
        while time.monotonic() < until:
            with contextlib.suppress(RedisError):
                self.direct.ping()
                return
            time.sleep(0.02)
        raise AssertionError("redis-server does not start")

    def told(self, sign: signal.Signals) -> None:
        """Send it a signal."""
        if self._process is not None:
            self._process.send_signal(sign)
            if sign is signal.SIGKILL:
                self._process.wait()

    def close(self) -> None:
        """End it."""
        self.told(signal.SIGCONT)
        self.told(signal.SIGKILL)
        self.direct.close()
        self._lines.close()


@pytest.fixture
def real(tmp_path: Path) -> Iterator[RealRedis]:
    """A Redis of this drill's own."""
    started = RealRedis(tmp_path)
    started.start()
    yield started
    started.close()


@pytest.fixture
async def services(db: Db, clock: TestClock, real: RealRedis) -> AsyncIterator[Services]:
    """Every service, with that Redis."""
    async with other_process(db, clock, real) as built:
        yield built


@contextlib.asynccontextmanager
async def other_process(db: Db, clock: TestClock, real: RealRedis) -> AsyncIterator[Services]:
    """Every service as one more process would have them, its bells hung up."""
    redis = open_redis(real.url)
    links = Links(["a-secret-that-is-long-enough-for-tests"], "https://shop.example", clock)
    built = build(db, clock, Rules(), links, OUTSIDE, redis)
    relay = asyncio.create_task(built.wakeups.relay())
    yield built
    assert not relay.done()
    relay.cancel()
    await asyncio.gather(relay, return_exceptions=True)
    await built.calls.close()
    await redis.aclose()


class Longest:
    """The longest of the steps taken, in seconds."""

    def __init__(self) -> None:
        self.seconds = 0.0

    async def __call__[T](self, step: Awaitable[T]) -> T:
        """Take a step."""
        began = time.monotonic()
        done = await step
        self.seconds = max(self.seconds, time.monotonic() - began)
        return done


async def sells(services: Services, shop: Shop, product: MakeProduct, name: str) -> float:
    """Sell something, look at a report and at refused deliveries; the seconds of the longest step."""
    mug, longest = await product(name), Longest()
    placed = await longest(buying.order(services, shop, ADA, mug))
    view = await longest(buying.claimed(services, shop, ADA, placed))
    payment, number = view.payment, view.order.order_number
    done = await longest(services.claims.approve(shop, OWNER, payment.key, payment.claims, number))
    assert done.order.status is OrderStatus.COMPLETE
    period = services.reports.period(shop, Preset.LAST_7_DAYS)
    shown = await longest(services.reports.report(shop, ReportType.REVENUE_OVERVIEW, period))
    assert shown.figures
    await longest(services.inbox.refused(shop.id))
    return longest.seconds


def kill(real: RealRedis) -> None:
    """It is gone."""
    real.told(signal.SIGKILL)


def flush(real: RealRedis) -> None:
    """It forgot everything."""
    real.direct.flushall()


def fill(real: RealRedis) -> None:
    """It takes nothing more."""
    real.direct.config_set("maxmemory-policy", "noeviction")
    real.direct.config_set("maxmemory", "1")


def hang(real: RealRedis) -> None:
    """It stands still, its connections open."""
    real.told(signal.SIGSTOP)


def slow(real: RealRedis) -> None:
    """Every word takes three seconds, there and back."""
    real.line.delay = 3.0


def another(real: RealRedis) -> None:
    """It was started anew, with another run id and nothing in it."""
    before = real.direct.info("server")["run_id"]
    kill(real)
    real.start()
    assert real.direct.info("server")["run_id"] != before


@pytest.mark.parametrize("strike", [kill, flush, fill, hang, slow, another])
async def test_the_shop_sells_on_whatever_becomes_of_redis(
    db: Db, services: Services, shop: Shop, product: MakeProduct, real: RealRedis, strike: Strike
) -> None:
    """A sale, a report and a look at the deliveries: nobody waits more than a second longer."""
    usual = await sells(services, shop, product, "Before")
    strike(real)
    assert await sells(services, shop, product, "After") < usual + LOST + BUSY
    assert await books_findings(db) == []


class Process:
    """What one process hears of the others."""

    def __init__(self, real: RealRedis) -> None:
        self.redis = open_redis(real.url)
        self.wakeups = Wakeups(self.redis, quiet=0.3, again=0.2)
        self.bell = self.wakeups.bell()
        self.forgot = 0
        self.wakeups.on_change("shops", self._forget)

    def _forget(self) -> None:
        self.forgot += 1

    async def hears(self, ring: Callable[[], None], patience: float = 15.0) -> bool:
        """Whether it wakes up soon when somebody rings now and then, as a shop that sells does."""
        await self.bell.wait(timedelta(seconds=0))
        async with asyncio.timeout(patience):
            while True:
                ring()
                began = time.monotonic()
                await self.bell.wait(timedelta(seconds=0.3))
                if time.monotonic() - began < 0.25:
                    return True


@pytest.fixture
async def pair(real: RealRedis) -> AsyncIterator[tuple[Process, Process]]:
    """Two processes that hear of each other."""
    both = Process(real), Process(real)
    relays = [asyncio.create_task(each.wakeups.relay()) for each in both]
    yield both
    assert not any(relay.done() for relay in relays)
    for relay in relays:
        relay.cancel()
    await asyncio.gather(*relays, return_exceptions=True)
    for each in both:
        await each.redis.aclose()


def revive(real: RealRedis) -> None:
    """Whatever it was, it is over; a line that was silent has forgotten who was on it."""
    real.told(signal.SIGCONT)
    real.line.delay = 0.0
    real.start()


@pytest.mark.parametrize("strike", [kill, hang, slow, another])
async def test_bells_ring_again_and_no_change_stays_untold(
    real: RealRedis, pair: tuple[Process, Process], strike: Strike
) -> None:
    """One process changed something meanwhile: the other forgets what it remembers all the same."""
    one, two = pair
    assert await two.hears(one.wakeups.ring)
    strike(real)
    two.forgot = 0
    one.wakeups.tell_of_change("shops")
    await asyncio.sleep(2.5)
    revive(real)
    async with asyncio.timeout(15):
        while not two.forgot:  # noqa: ASYNC110 - it may be told more than once
            await asyncio.sleep(0.05)
    assert await two.hears(one.wakeups.ring)


async def test_a_line_that_was_cut_without_a_word_is_noticed(
    real: RealRedis, pair: tuple[Process, Process]
) -> None:
    """A firewall forgot the connection: neither side was told, and a listener would listen for ever."""
    one, two = pair
    assert await two.hears(one.wakeups.ring)
    real.line.deaf_until_now()
    assert await two.hears(one.wakeups.ring)
