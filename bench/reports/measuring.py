"""How long a report takes: computed, by hand, out of the cache, and as a picture."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from statistics import median
from typing import NamedTuple

import psutil
from redis.asyncio import Redis

from bench.report import Figure
from bench.reports.by_hand import Asked, ByHand, Database
from bench.reports.by_hand_others import OTHERS
from bench.reports.by_hand_sales import SALES
from bench.reports.trader import PERIOD, Trader
from cogs._charts import Charts, Press, svg
from cogs._ui.words import Words
from models.base import Db
from services.clock import SystemClock
from services.reports.desk import ReportDesk, Shown
from services.shops import Shop

BY_HAND = {each.type: each for each in (*SALES, *OTHERS)}
# How often each is computed, after once to warm up: more often what is quick, until so many seconds are over.
FEWEST, MOST, ENOUGH = 3, 15, 5.0
_CACHED, _DRAWN = 30, 3
_GOAL, _LARGE = 1.3, 1_000_000
_WORDS = Words.of("en-US")


class Took(NamedTuple):
    """Seconds on the clock, and of processor time, which the machine's other business changes less."""

    clock: float
    work: float


@dataclass(frozen=True)
class Compared:
    """A report as it was computed, and by hand in turn with it."""

    mine: list[Took]
    bare: list[Took]

    def middle(self, of: str) -> tuple[float, float]:
        """Milliseconds of both."""
        mine, bare = (1000 * median(getattr(each, of) for each in every) for every in (self.mine, self.bare))
        return mine, bare

    def ratio(self, of: str) -> float:
        """The middle of the ratios."""
        pairs = zip(self.mine, self.bare, strict=True)
        return float(median(getattr(mine, of) / getattr(bare, of) for mine, bare in pairs))

    def told(self, of: str) -> str:
        """Both, in milliseconds."""
        return "{:.0f} vs {:.0f} ms".format(*self.middle(of))


@dataclass(frozen=True)
class Place:
    """Where it is measured: a database with shops of every size, and Redis."""

    db: Db
    redis: Redis
    traders: tuple[Trader, ...]
    server: psutil.Process

    @classmethod
    async def of(cls, db: Db, redis: Redis, traders: tuple[Trader, ...]) -> "Place":
        """With the process that the database is."""
        status = await db.database.command("serverStatus")
        return cls(db, redis, traders, psutil.Process(int(status["pid"])))

    @property
    def spent(self) -> float:
        """The seconds of processor time that the database and this process used so far."""
        times = self.server.cpu_times()
        return float(times.user + times.system) + time.process_time()

    @property
    def database(self) -> Database:
        """The same without models."""
        return self.db.database


async def own_indexes(place: Place) -> None:
    """Make the indexes of the pipelines by hand, which the shop does not see."""
    for hand in BY_HAND.values():
        if hand.own is not None:
            await place.database[hand.own.collection].create_indexes([hand.own.index])
            await _show(place, hand, shown=False)


async def report(place: Place, hand: ByHand) -> list[Figure]:
    """Every figure of one report."""
    found = {trader.orders: await _alternating(place, hand, trader) for trader in place.traders}
    largest = place.traders[-1]
    compared = found[largest.orders]
    growth = ", ".join(f"{orders:,} orders {each.middle('clock')[0]:.0f}" for orders, each in found.items())
    cached, got, size, shown = await _from_cache(place, hand, largest)
    png, page = await _drawn(shown)
    return [
        Figure(
            f"{hand.type}: computed / by hand",
            compared.ratio("clock"),
            # In a small shop it is what every report does anyway that is compared.
            _GOAL if largest.orders >= _LARGE else None,
            f"{compared.told('clock')}; processor {compared.told('work')} ({compared.ratio('work'):.2f}); "
            f"{growth} ms",
            at_most=True,
        ),
        Figure(
            f"{hand.type}: cached / bare GET",
            cached / got,
            None,
            f"{1000 * cached:.2f} vs {1000 * got:.2f} ms, {size:,} bytes; "
            f"chart as PNG {1000 * png:.0f}, as SVG {1000 * page:.1f} ms",
        ),
    ]


async def _alternating(place: Place, hand: ByHand, trader: Trader) -> Compared:
    """A few of both in turn, after one of each that warms up."""
    shop = Shop(trader.tenant, trader.config)
    asked = Asked(place.database, trader.tenant_id, PERIOD, datetime.now(UTC))
    before = Asked(place.database, trader.tenant_id, PERIOD.before, asked.now, compared=True)
    mine, bare = list[Took](), list[Took]()
    while len(mine) <= FEWEST or (len(mine) <= MOST and sum(took.clock for took in mine) < ENOUGH):
        # At a desk of its own, which does not rest from the last one.
        desk = ReportDesk(place.db, SystemClock(), None)
        shown, took = await _worked(place, partial(desk.report, shop, hand.type, PERIOD))
        mine.append(took)
        await _show(place, hand, shown=True)
        figures, took = await _worked(place, lambda: hand.both(asked, before))
        bare.append(took)
        await _show(place, hand, shown=False)
        told = [hand.told(result) for result in (shown.now, shown.before)]
        assert told == list(figures), f"{hand.type} by hand is something else"
    return Compared(mine[1:], bare[1:])


async def _show(place: Place, hand: ByHand, *, shown: bool) -> None:
    """Let the database know an index of the pipeline's own, which the report must not read by chance."""
    if hand.own is not None:
        change = {"name": hand.own.name, "hidden": not shown}
        await place.database.command("collMod", hand.own.collection, index=change)


async def _from_cache(place: Place, hand: ByHand, trader: Trader) -> tuple[float, float, int, Shown]:
    """(cached, bare GET, bytes, the report)."""
    desk, shop = ReportDesk(place.db, SystemClock(), place.redis), Shop(trader.tenant, trader.config)
    await desk.report(shop, hand.type, PERIOD)
    [key] = [key async for key in place.redis.scan_iter(f"shop:report:{shop.id}:{hand.type}:*")]
    await place.redis.copy(key, "bench", replace=True)
    mine, bare = [], []
    for _ in range(_CACHED):
        shown, took = await _timed(lambda: desk.report(shop, hand.type, PERIOD))
        mine.append(took)
        bare.append((await _timed(lambda: place.redis.get("bench")))[1])
    return median(mine), median(bare), await place.redis.strlen("bench"), shown


async def _drawn(shown: Shown) -> tuple[float, float]:
    """(PNG, SVG)."""
    charts, chart, title = Charts(Press()), shown.chart, shown.report.title

    async def page() -> str:
        return svg(chart, _WORDS, shown.currency, title)

    pictures = [await _timed(lambda: charts.png(chart, _WORDS, shown.currency, title)) for _ in range(_DRAWN)]
    pages = [await _timed(page) for _ in range(_DRAWN)]
    return median(took for _, took in pictures), median(took for _, took in pages)


async def _worked[T](place: Place, act: Callable[[], Awaitable[T]]) -> tuple[T, Took]:
    spent = place.spent
    result, seconds = await _timed(act)
    return result, Took(seconds, place.spent - spent)


async def _timed[T](act: Callable[[], Awaitable[T]]) -> tuple[T, float]:
    began = time.perf_counter()
    result = await act()
    return result, time.perf_counter() - began
