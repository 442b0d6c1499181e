"""How long the customers of one shop wait while the owner of a large one looks at report after report."""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bench import discord
from bench.children import running, shop
from bench.load import timed
from bench.report import Figure, percentile
from bench.reports.measuring import Place
from bench.reports.trader import PERIOD
from bot.sandbox import Person, Sandbox, Seen
from models.product import Product
from services.reports import known_reports

ROUNDS = 5
# How many of each at a time, and how often at least; what is bought was put into a cart before.
_BROWSES, _CONFIRMS, _LEAST = 20, 20, 8
_NAMES = {"browse": "/shop browse", "add": "/cart add", "confirm": "Confirm"}
_PEOPLE = 200

type Taken = dict[str, list[float]]


@dataclass(frozen=True)
class Street:
    """One program with two guilds: customers buy in one, and `owner` has the large shop of the other."""

    shop: discord.Place
    products: Sequence[Product]
    owner: Person


async def measure(place: Place, uri: str, redis: str, folder: Path) -> list[Figure]:
    """The slowest of twenty commands, one customer at a time, with reports and without in turn."""
    found: dict[str, list[Taken]] = defaultdict(list)
    reports, spent = 0, 0.0
    async with _opened(place, uri, redis, folder) as street:
        card = await _first_report(street.owner)
        for _ in range(ROUNDS + 1):
            found["idle"].append(await _shopping(street))
            # What is kept for a minute would not be computed again.
            await place.redis.flushdb()
            began = time.perf_counter()
            looking = asyncio.create_task(_look_at_all(card))
            found["busy"].append(await _shopping(street, looking))
            reports, spent = reports + await looking, spent + time.perf_counter() - began
    return [_figure(name, found, f"{reports} reports in {spent:.0f} s") for name in _NAMES]


@asynccontextmanager
async def _opened(place: Place, uri: str, redis: str, folder: Path) -> AsyncIterator[Street]:
    name = place.database.name
    async with AsyncExitStack() as stack:
        town = Sandbox(record=False, patience=discord.PATIENCE)
        guild, large = town.add_guild("Bench"), town.add_guild("Large", owner="large")
        people = [guild.add_member(f"user{number}") for number in range(_PEOPLE)]
        await stack.enter_async_context(town)
        products = await discord.stocked(place.db, guild)
        of = {"tenantId": place.traders[-1].tenant_id}
        await place.database["botconfigs"].update_one(of, {"$set": {"guildId": str(large.id)}})
        settings = {"SHOP_DATABASE__URI": uri, "SHOP_DATABASE__NAME": name, "SHOP_REDIS__URL": redis}
        child = await stack.enter_async_context(running(shop(folder), town, folder / "shop.log", settings))
        await town.ready("shop", "cart", "checkout", "admin")
        await town.quiet(0.5)
        yield Street(discord.Place(town, child, people), products, large.owner)


async def _first_report(owner: Person) -> Seen:
    """A card with the year on it, from which every report is one choice away."""
    card = await owner.run("/admin analytics")
    days = await card.open("Other days")
    return await days.submit({"First day": str(PERIOD.first), "Last day": str(PERIOD.last)})


async def _look_at_all(card: Seen) -> int:
    """Choose each report once; how many there were."""
    for kind in known_reports():
        card = await card.choose("Which report", kind)
    return len(known_reports())


async def _shopping(street: Street, beside: asyncio.Task[int] | None = None) -> Taken:
    """Some turns of everything, or as many as there is time for until what goes on beside them is over."""
    taken: Taken = defaultdict(list)
    turns = 0
    while turns < _LEAST if beside is None else not beside.done():
        turns += 1
        for name, acts in {
            "browse": discord.browses(street.shop, _BROWSES),
            "add": discord.adds(street.shop, street.products, _CONFIRMS),
        }.items():
            taken[name] += (await timed(acts, 1)).taken
        taken["confirm"] += (await timed(await discord.confirms(street.shop, _CONFIRMS), 1)).taken
    return taken


def _figure(name: str, found: dict[str, list[Taken]], beside: str) -> Figure:
    # The first round of each only warms up.
    busy, idle = (sum((taken[name] for taken in found[key][1:]), list[float]()) for key in ("busy", "idle"))
    (busy95, idle95), (busy50, idle50) = (
        [1000 * percentile(each, of) for each in (busy, idle)] for of in (95, 50)
    )
    return Figure(
        f"{_NAMES[name]}: p95 while reports run / idle",
        busy95 / idle95,
        1.5,
        f"{busy95:.1f} vs {idle95:.1f} ms; p50 {busy50:.1f} vs {idle50:.1f} ms; {beside}",
        at_most=True,
    )
