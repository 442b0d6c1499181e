"""How long a report takes: computed, by hand, out of the cache, and as a picture."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median

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
REPEATS = 3
_CACHED, _DRAWN = 30, 3
_WORDS = Words.of("en-US")


@dataclass(frozen=True)
class Place:
    """Where it is measured: a database with shops of every size, and Redis."""

    db: Db
    redis: Redis
    traders: tuple[Trader, ...]

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
    *smaller, largest = place.traders
    grown = [(trader.orders, (await _alternating(place, hand, trader))[0]) for trader in smaller]
    mine, bare, ratio = await _alternating(place, hand, largest)
    growth = ", ".join(f"{orders:,} orders {1000 * took:.0f}" for orders, took in grown)
    cached, got, size, shown = await _from_cache(place, hand, largest)
    png, page = await _drawn(shown)
    return [
        Figure(
            f"{hand.type}: computed / by hand",
            ratio,
            1.3,
            f"{1000 * mine:.0f} vs {1000 * bare:.0f} ms; of {growth} ms",
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


async def _alternating(place: Place, hand: ByHand, trader: Trader) -> tuple[float, float, float]:
    """(computed, by hand, ratio), each the middle of a few in turn, after one of each that warms up."""
    desk, shop = ReportDesk(place.db, SystemClock(), None), Shop(trader.tenant, trader.config)
    asked = Asked(place.database, trader.tenant_id, PERIOD, datetime.now(UTC))
    before = Asked(place.database, trader.tenant_id, PERIOD.before, asked.now, compared=True)
    mine, bare = [], []
    for _ in range(REPEATS + 1):
        shown, took = await _timed(lambda: desk.report(shop, hand.type, PERIOD))
        mine.append(took)
        await _show(place, hand, shown=True)
        figures, took = await _timed(lambda: hand.both(asked, before))
        bare.append(took)
        await _show(place, hand, shown=False)
        told = [hand.told(result) for result in (shown.now, shown.before)]
        assert told == list(figures), f"{hand.type} by hand is something else"
    pairs = list(zip(mine, bare, strict=True))[1:]
    ratio = median(each / other for each, other in pairs)
    return median(mine[1:]), median(bare[1:]), ratio


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


async def _timed[T](act: Callable[[], Awaitable[T]]) -> tuple[T, float]:
    began = time.perf_counter()
    result = await act()
    return result, time.perf_counter() - began
