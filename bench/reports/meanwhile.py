"""How long customers of another shop wait while reports of the large one are computed one after the other."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Sequence
from functools import partial
from statistics import median

from bson import ObjectId

from bench import confirm
from bench.load import Act, timed
from bench.report import Figure, percentile
from bench.reports.measuring import Place
from bench.reports.trader import PERIOD, Trader
from models.base import Db
from models.member import Member
from models.product import Product
from services import Services
from services.clock import SystemClock
from services.reports import known_reports
from services.reports.desk import ReportDesk
from services.shops import Shop

ROUNDS, AT_ONCE = 3, 5
_BROWSES, _CONFIRMS = 100, 50
_NAMES = {"browse": "Browsing", "add": "Adding to the cart", "confirm": "Confirm"}

type Taken = dict[str, list[float]]


async def measure(place: Place) -> list[Figure]:
    """The slowest of twenty, beside reports and without; at the services, all in one process."""
    services, shop, products = await confirm.prepare(place.db)
    largest = place.traders[-1]
    found: dict[str, list[Taken]] = defaultdict(list)
    reports, spent = 0, 0.0
    for _ in range(ROUNDS + 1):
        found["idle"].append(await _shopping(services, shop, products))
        began, under_way = time.perf_counter(), asyncio.create_task(_compute(place.db, largest))
        found["busy"].append(await _shopping(services, shop, products, under_way))
        reports, spent = reports + await under_way, spent + time.perf_counter() - began
    return [_figure(name, found, f"{reports} reports in {spent:.0f} s") for name in _NAMES]


async def _compute(db: Db, trader: Trader) -> int:
    """Every report once, nothing kept."""
    desk, shop = ReportDesk(db, SystemClock(), None), Shop(trader.tenant, trader.config)
    for kind in known_reports():
        await desk.report(shop, kind, PERIOD)
    return len(known_reports())


async def _shopping(
    services: Services, shop: Shop, products: Sequence[Product], beside: asyncio.Task[int] | None = None
) -> Taken:
    """Some rounds of everything, as many as there is time for until what goes on beside them is over."""
    taken: Taken = defaultdict(list)
    rounds = 0
    while not rounds or (beside is not None and not beside.done()):
        confirms = await confirm.carts(services, shop, products, many=_CONFIRMS)
        acts = {
            "browse": _browses(services, shop),
            "add": _adds(services, shop, products),
            "confirm": confirms,
        }
        for name, every in acts.items():
            if rounds and beside is not None and beside.done():
                break
            taken[name] += (await timed(every, AT_ONCE)).taken
        rounds += 1
    return taken


def _browses(services: Services, shop: Shop) -> list[Act]:
    return [partial(services.catalog.page, shop, _somebody()) for _ in range(_BROWSES)]


def _adds(services: Services, shop: Shop, products: Sequence[Product]) -> list[Act]:
    chosen = (products[at % len(products)].key for at in range(_BROWSES))
    return [partial(services.carts.add, shop, _somebody(), key, 1) for key in chosen]


def _somebody() -> Member:
    return Member(str(ObjectId()), "user", "User")


def _figure(name: str, found: dict[str, list[Taken]], beside: str) -> Figure:
    # The first round of each only warms up.
    idle, busy = ([percentile(taken[name], 95) for taken in found[key][1:]] for key in ("idle", "busy"))
    return Figure(
        f"{_NAMES[name]}, {AT_ONCE} at once: p95 while reports run / idle",
        median(each / other for each, other in zip(busy, idle, strict=True)),
        1.5,
        f"{1000 * median(busy):.1f} vs {1000 * median(idle):.1f} ms; {beside}",
        at_most=True,
    )
