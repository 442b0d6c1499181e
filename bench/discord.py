"""(b) Browsing, filling a cart and Confirm through nextcord against a bare echo bot in the same stand-in."""

from collections import defaultdict
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

from bench.children import ECHO, Child, running, shop
from bench.load import Act, Run, timed
from bench.report import Figure, Table
from bot.outside import Outside, open_database
from bot.sandbox import Community, Patience, Person, Sandbox
from bot.wiring import build
from models.base import Db
from models.inventory import InventorySnapshot
from models.member import Member
from models.product import Product
from models.registry import create_indexes
from services.clock import SystemClock
from services.links import Links
from services.rules import Rules
from services.vault import Vault

# Whoever is measured is never given up.
PATIENCE = Patience(settle=0, first=60.0, last=60.0)
PRODUCTS = 500
PEOPLE = 200
REPEATS = 3
# How many people at once, and how many acts of each kind are measured with them per repeat.
LOADS = {1: 100, 10: 400, 50: 1500}
CONFIRMS = {1: 50, 10: 100, 50: 200}


@dataclass(frozen=True)
class Place:
    """A bot in its guild, with the people who come to it."""

    discord: Sandbox
    child: Child
    people: Sequence[Person]


@dataclass(frozen=True)
class Measured:
    """A load and the processor time that the bot spent on one act of it."""

    run: Run
    cost: float


async def measure(uri: str, redis: str, folder: Path) -> Table:
    """Every figure of part (b)."""
    async with AsyncExitStack() as stack:
        bare = await _bare(stack, folder)
        place, products = await _shop(stack, uri, redis, folder)
        for acts in (_echoes(bare, 100), browses(place, 100)):
            await timed(acts, 10)
        figures: list[Figure] = []
        for at_once in LOADS:
            found: dict[str, list[Measured]] = defaultdict(list)
            for _ in range(REPEATS):
                await _round(found, bare, place, products, at_once)
            figures += _figures(found, at_once)
        figures.append(_memory(place, bare))
    return Table("Through nextcord: the shop against a bare echo bot", figures)


def _discord(people: int) -> tuple[Sandbox, Community, list[Person]]:
    discord = Sandbox(record=False, patience=PATIENCE)
    guild = discord.add_guild("Bench")
    return discord, guild, [guild.add_member(f"user{number}") for number in range(people)]


async def _bare(stack: AsyncExitStack, folder: Path) -> Place:
    discord, _, people = _discord(PEOPLE)
    await stack.enter_async_context(discord)
    child = await stack.enter_async_context(running(ECHO, discord, folder / "echo.log"))
    await discord.ready("echo")
    return Place(discord, child, people)


async def _shop(stack: AsyncExitStack, uri: str, redis: str, folder: Path) -> tuple[Place, list[Product]]:
    discord, guild, people = _discord(PEOPLE)
    await stack.enter_async_context(discord)
    db = open_database(uri, "discord")
    stack.callback(db.client.close)
    products = await stocked(db, guild)
    settings = {"SHOP_DATABASE__URI": uri, "SHOP_DATABASE__NAME": "discord", "SHOP_REDIS__URL": redis}
    child = await stack.enter_async_context(running(shop(folder), discord, folder / "shop.log", settings))
    await discord.ready("shop", "cart", "checkout")
    await discord.quiet(0.5)
    return Place(discord, child, people), products


async def stocked(db: Db, guild: Community) -> list[Product]:
    """The guild's shop, with plenty of everything on its shelves."""
    await create_indexes(db)
    services = build(
        db, SystemClock(), Rules(), Links(["bench" * 10], None, SystemClock()), Outside(Vault(["bench" * 10]))
    )
    owner = Member(str(guild.owner.id), "owner", "Owner", owns_guild=True)
    found = await services.shops.claim(str(guild.id), "Bench", owner)
    found = await services.methods.configure(found, owner, "VENMO", {"recipient": "@bench-shop"})
    products = [
        Product(
            tenant_id=found.id,
            name=f"Thing {number}",
            name_folded=f"thing {number}",
            description="A thing that is worth having, described in a sentence or two. " * 4,
            sku=f"T{number}",
            price_cents=1000 + number,
            is_digital=True,
            image_url=f"https://shop.example/things/{number}.png",
        )
        for number in range(PRODUCTS)
    ]
    await Product.insert_all(db, products)
    await InventorySnapshot.insert_all(
        db,
        [
            InventorySnapshot(tenant_id=found.id, product_id=product.key, quantity_available=1_000_000)
            for product in products
        ],
    )
    return products


def _echoes(place: Place, number: int) -> list[Act]:
    return [partial(_of(place, at).run, "/echo", text="hello") for at in range(number)]


def browses(place: Place, number: int) -> list[Act]:
    """So many looks at the shop."""
    return [partial(_of(place, at).run, "/shop browse") for at in range(number)]


def adds(place: Place, products: Sequence[Product], number: int) -> list[Act]:
    """So many things for as many carts."""
    return [
        partial(_of(place, at).run, "/cart add", product=products[at % len(products)].key)
        for at in range(number)
    ]


async def confirms(place: Place, number: int) -> list[Act]:
    """What remains of as many checkouts, once everything but Confirm is done."""

    async def review(person: Person) -> Act:
        seen = await person.run("/checkout")
        return partial((await seen.choose("Choose how to pay", "Venmo")).press, "Confirm")

    return [await review(_of(place, at)) for at in range(number)]


def _of(place: Place, number: int) -> Person:
    return place.people[number % len(place.people)]


async def _round(
    found: dict[str, list[Measured]], bare: Place, place: Place, products: Sequence[Product], at_once: int
) -> None:
    """Each kind of act once, the bare bot between them, so that the machine's moods meet all alike."""
    many, few = LOADS[at_once], CONFIRMS[at_once]
    found["echo"].append(await _load(bare, _echoes(bare, many), at_once))
    found["browse"].append(await _load(place, browses(place, many), at_once))
    found["add"].append(await _load(place, adds(place, products, few), at_once))
    ready = await confirms(place, few)
    found["confirm"].append(await _load(place, ready, at_once))


async def _load(place: Place, acts: list[Act], at_once: int) -> Measured:
    spent = place.child.spent()
    run = await timed(acts, at_once)
    # What an order owes is worked off by the same bot, and belongs to its cost.
    await place.discord.quiet(0.3)
    return Measured(run, (place.child.spent() - spent) / len(acts))


def _figures(found: dict[str, list[Measured]], at_once: int) -> list[Figure]:
    users = f"{at_once} user{'s' if at_once > 1 else ''}"
    figures = []
    for name, said in {"browse": "/shop browse", "add": "/cart add", "confirm": "Confirm"}.items():
        pairs = list(zip(found[name], found["echo"], strict=True))
        browses = name == "browse"
        throughput = median(mine.run.rate / bare.run.rate for mine, bare in pairs)
        slow = median(mine.run.p95 / bare.run.p95 for mine, bare in pairs)
        figures += [
            Figure(
                f"{users}, {said}: throughput / bare",
                throughput,
                0.25 if browses and at_once == max(LOADS) else None,
                _rates(found, name),
            ),
            Figure(
                f"{users}, {said}: p95 to first answer / bare",
                slow,
                5.0 if browses else None,
                _times(found, name),
                at_most=True,
            ),
        ]
    return figures


def _rates(found: dict[str, list[Measured]], name: str) -> str:
    mine, bare = (median(each.run.rate for each in found[key]) for key in (name, "echo"))
    cost, bare_cost = (1000 * median(each.cost for each in found[key]) for key in (name, "echo"))
    return f"{mine:.0f}/s vs {bare:.0f}/s; processor {cost:.2f} vs {bare_cost:.2f} ms each"


def _times(found: dict[str, list[Measured]], name: str) -> str:
    def shown(key: str) -> str:
        p50, p95 = (median(getattr(each.run, of) for each in found[key]) for of in ("p50", "p95"))
        return f"p50 {1000 * p50:.1f}, p95 {1000 * p95:.1f} ms"

    return f"{shown(name)} vs {shown('echo')}"


def _memory(place: Place, bare: Place) -> Figure:
    mine, floor = place.child.memory() / 2**20, bare.child.memory() / 2**20
    return Figure(
        "memory of the bot after all this / bare", mine / floor, None, f"{mine:.0f} vs {floor:.0f} MiB"
    )
