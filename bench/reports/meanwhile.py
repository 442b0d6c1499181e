"""How long customers of another shop wait while reports of the large one are computed one after the other."""

import asyncio
import os
import sys
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
from services.reports.contract import ReportType
from services.reports.desk import ReportDesk
from services.shops import Shop

ROUNDS, AT_ONCE = 3, 1
_BROWSES, _CONFIRMS = 100, 50
_NAMES = {"browse": "Browsing", "add": "Adding to the cart", "confirm": "Confirm"}
_OTHERS = {"idle": "idle", "spun": "beside a bare loop"}

type Taken = dict[str, list[float]]


async def measure(place: Place) -> list[Figure]:
    """The slowest of twenty, beside reports, without, and beside a program that keeps a core busy.

    At the services, all in one process. Where cores are few the last one says what none could do better.
    """
    services, shop, products = await confirm.prepare(place.db)
    largest, kinds = place.traders[-1], list(known_reports())
    found: dict[str, list[Taken]] = defaultdict(list)
    reports, spent = 0, 0.0
    for at in range(ROUNDS + 1):
        # Each round begins elsewhere, so that none has the same report beside the same commands.
        turn = at * len(kinds) // (ROUNDS + 1)
        found["idle"].append(await _shopping(services, shop, products))
        began = time.perf_counter()
        under_way = asyncio.create_task(_compute(place.db, largest, [*kinds[turn:], *kinds[:turn]]))
        found["busy"].append(await _shopping(services, shop, products, under_way))
        await under_way
        reports, taken = reports + len(kinds), time.perf_counter() - began
        spent += taken
        under_way = asyncio.create_task(_spin(taken))
        found["spun"].append(await _shopping(services, shop, products, under_way))
    return [
        each
        for name in _NAMES
        for each in (
            _figure(name, found, "idle", f"{reports} reports in {spent:.0f} s", 1.5),
            _figure(name, found, "spun", f"{os.cpu_count()} cores, one of them busy", None),
        )
    ]


async def _compute(db: Db, trader: Trader, kinds: Sequence[ReportType]) -> None:
    """Each of these reports once, nothing kept."""
    desk, shop = ReportDesk(db, SystemClock(), None), Shop(trader.tenant, trader.config)
    for kind in kinds:
        await desk.report(shop, kind, PERIOD)


async def _spin(seconds: float) -> None:
    """Let another process count for so long, which touches neither database nor disk."""
    program = await asyncio.create_subprocess_exec(sys.executable, "-c", "while True: pass")
    try:
        await asyncio.sleep(seconds)
    finally:
        program.kill()
        await program.wait()


async def _shopping(
    services: Services, shop: Shop, products: Sequence[Product], beside: asyncio.Task[None] | None = None
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


def _figure(name: str, found: dict[str, list[Taken]], other: str, beside: str, goal: float | None) -> Figure:
    # The first round of each only warms up.
    busy, bare = ([percentile(taken[name], 95) for taken in found[key][1:]] for key in ("busy", other))
    return Figure(
        f"{_NAMES[name]}: p95 while reports run / {_OTHERS[other]}",
        median(each / than for each, than in zip(busy, bare, strict=True)),
        goal,
        f"{1000 * median(busy):.1f} vs {1000 * median(bare):.1f} ms; {beside}",
        at_most=True,
    )
