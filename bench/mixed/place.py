"""The shop as a town of people finds it: servers, Discord, Square, and the processes that are measured."""

import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench import square as deliveries
from bench.children import Child, running, shop
from bot.embedded import Mongod, RedisServer
from bot.outside import Outside, open_database
from bot.sandbox import Community, Patience, Person, Sandbox
from bot.wiring import build
from models.base import Db
from models.member import Member
from models.registry import create_indexes
from services import Services
from services.clock import SystemClock
from services.links import Links
from services.rules import Rules
from services.shops import Shop
from services.vault import Vault
from tests.fakes.square import Square

# Discord shows "did not respond" after so many seconds.
IN_TIME = 3.0
PUBLIC = "https://shop.example"
PRODUCTS = 100
PEOPLE = 1000
PLENTY = 1_000_000
_NAME = "mixed"
_SECRET = secrets.token_hex(32)
_METHOD = "CASHAPP_PAY"
_SHARD_BIT = 22


@dataclass(frozen=True)
class Town:
    """One guild with its shop and its people; `products` are keys."""

    shop: Shop
    guild: Community
    people: Sequence[Person]
    products: Sequence[str]


@dataclass(frozen=True)
class Place:
    """Everything of one measurement; `bots` answer people, `others` are the parts beside them."""

    discord: Sandbox
    square: Square
    db: Db
    services: Services
    towns: Sequence[Town]
    bots: Sequence[Child]
    others: Sequence[Child]
    database: psutil.Process
    port: int

    def people(self, many: int) -> list[tuple[Town, Person]]:
        """So many, of all towns in turn."""
        return [self._somebody(number) for number in range(many)]

    def _somebody(self, number: int) -> tuple[Town, Person]:
        turn, town = divmod(number, len(self.towns))
        return self.towns[town], self.towns[town].people[turn]

    def webhook_of(self, town: Town) -> str:
        """Where Square reaches the listener on this machine."""
        return f"http://127.0.0.1:{self.port}{_path(town.shop)}"

    @property
    def memory(self) -> int:
        """The bytes that all processes of the shop occupy."""
        return sum(child.memory() for child in (*self.bots, *self.others))

    @property
    def database_spent(self) -> float:
        """The seconds of processor time that the database has used."""
        times = self.database.cpu_times()
        return float(times.user + times.system)


@asynccontextmanager
async def opened(folder: Path, *, bots: int, apart: bool = False) -> AsyncIterator[Place]:
    """A shop in a fresh folder: all in one process, or `bots` of them beside a listener and a worker."""
    folder.mkdir()  # noqa: ASYNC240 - before anything runs
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        uri, redis = await enter(Mongod(folder, cache_gb=1.0)), await enter(RedisServer(folder))
        patience = Patience(settle=0, first=IN_TIME, last=60.0)
        discord = await enter(Sandbox(record=False, patience=patience))
        square = await enter(Square())
        db, port = open_database(uri, _NAME), deliveries.free_port()
        stack.callback(db.client.close)
        services = await _services(stack, db)
        towns = [await _town(services, guild, PEOPLE // bots) for guild in _guilds(discord, bots)]
        settings = {
            "SHOP_DATABASE__URI": uri, "SHOP_DATABASE__NAME": _NAME, "SHOP_REDIS__URL": redis,
            "SHOP_WEB__PUBLIC_URL": PUBLIC, "SHOP_SECURITY__SECRETS": _SECRET,
            "SHOP_PROVIDERS__SQUARE_URL": square.url,
        }  # fmt: skip
        started = [
            await enter(running((*shop(folder), *part), discord, folder / "shop.log", settings | more))
            for part, more in _parts(bots if apart else 0, port)
        ]
        await deliveries.until_open(port)
        await discord.until(lambda: len(discord.gateway.shards) == max(bots, 1), timeout=60)
        await discord.ready("shop", "cart", "checkout", "orders", "admin")
        await discord.quiet(1.0, timeout=60)
        status = await db.database.command("serverStatus")
        server = psutil.Process(int(status["pid"]))
        of = bots if apart else 1
        yield Place(discord, square, db, services, towns, started[:of], started[of:], server, port)


def _parts(bots: int, port: int) -> list[tuple[tuple[str, ...], dict[str, str]]]:
    """The arguments and settings of each process; with no bots apart it is one for all."""
    listening = {"SHOP_WEB__PORT": str(port)}
    if not bots:
        return [((), listening)]
    return [
        *((("bot", "--shards", f"{number}/{bots}"), {}) for number in range(bots)),
        (("web",), listening),
        (("worker",), {}),
    ]


def _guilds(discord: Sandbox, many: int) -> list[Community]:
    """One guild for each shard."""
    found: dict[int, Community] = {}
    while len(found) < many:
        guild = discord.add_guild(f"Town {len(found)}", owner=f"owner{len(found)}")
        found.setdefault((guild.id >> _SHARD_BIT) % many, guild)
    return [found[number] for number in range(many)]


async def _services(stack: AsyncExitStack, db: Db) -> Services:
    await create_indexes(db)
    clock = SystemClock()
    services = build(db, clock, Rules(), Links([_SECRET], PUBLIC, clock), Outside(Vault([_SECRET])))
    stack.push_async_callback(services.calls.close)
    return services


async def _town(services: Services, guild: Community, people: int) -> Town:
    """A shop with plenty on its shelves, which takes Venmo and Cash App Pay."""
    owner = Member(str(guild.owner.id), guild.owner.user.name, guild.owner.name, owns_guild=True)
    found = await services.shops.claim(str(guild.id), "Bench", owner)
    staff = guild.add_channel("staff")
    found = await services.shops.configure(found, owner, admin_channel_id=str(staff.channel.id))
    found = await services.methods.configure(found, owner, "VENMO", {"recipient": "@bench-shop"})
    keys = {
        "access_token": Square.TOKEN,
        "location_id": Square.LOCATION,
        "signature_key": Square.SIGNATURE_KEY,
    }
    found = await services.providers.configure(found, owner, _METHOD, keys)
    products = []
    for number in range(PRODUCTS):
        fields = {"name": f"Thing {number}", "sku": f"T{number}", "price_cents": 1000, "is_digital": True}
        product = await services.catalog.create(found, owner, fields)
        await services.stock.restock(found, owner, product.key, PLENTY, "bench")
        products.append(product.key)
    return Town(found, guild, [guild.add_member(f"user{number}") for number in range(people)], products)


def _path(shop: Shop) -> str:
    return f"/webhooks/{_METHOD.lower()}/{shop.id}"


def registered(town: Town) -> str:
    """The address that Square signs."""
    return PUBLIC + _path(town.shop)
