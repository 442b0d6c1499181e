"""(g) Reports over a year of a shop with a million orders, among other shops, against pipelines by hand."""

import sys
import time
from pathlib import Path

from bench.report import Figure, Table
from bench.reports import meanwhile, measuring
from bench.reports.building import build
from bench.reports.measuring import BY_HAND, Place
from bench.reports.trader import Trader
from bot.embedded import Mongod, RedisServer
from bot.outside import open_database, open_redis
from models.registry import create_indexes

ORDERS = 1_000_000
_GROWTH = (100, 10)
_NEIGHBOURS, _SMALL = 10, 1000
# Gigabytes that the database may keep in memory: a shop of that size has a server of its own.
_CACHE = 2.0
_NAME = "reports"


def traders(orders: int) -> tuple[Trader, ...]:
    """The shops, the large one last, with two before it that tell how time grows with orders."""
    sizes = [*[_SMALL] * _NEIGHBOURS, *(orders // part for part in _GROWTH), orders]
    return tuple(Trader(number, size) for number, size in enumerate(sizes, 1))


async def measure(folder: Path, orders: int = ORDERS) -> Table:
    """Every figure of part (g)."""
    every = traders(orders)
    async with Mongod(folder, cache_gb=_CACHE) as uri, RedisServer(folder) as redis:
        db, cache = open_database(uri, _NAME), open_redis(redis)
        began = time.perf_counter()
        await build(uri, _NAME, every)
        await create_indexes(db)
        _tell(f"{sum(each.orders for each in every):,} orders built in {time.perf_counter() - began:.0f} s")
        place, figures = await Place.of(db, cache, every[_NEIGHBOURS:]), list[Figure]()
        figures += await meanwhile.measure(place, uri, redis, folder)
        await measuring.own_indexes(place)
        for hand in BY_HAND.values():
            figures += await measuring.report(place, hand)
            _tell(f"{hand.type} measured")
        await cache.aclose()
        db.client.close()
    return Table(f"Reports over 12 months of {orders:,} orders", figures)


def _tell(what: str) -> None:
    sys.stderr.write(f"{what}\n")
