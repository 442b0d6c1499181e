"""(d) Signed webhooks through the listener against a bare handler, and the time from one to its role."""

import asyncio
import secrets
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

from bench import square
from bench.children import Child, running, shop
from bench.load import Act, Run, timed
from bench.report import Figure, Table
from bot.outside import Outside, open_database
from bot.sandbox import Community, Patience, Person, Sandbox
from bot.wiring import build
from models.base import Db
from models.member import Member
from models.order import Order
from models.product import Product
from models.registry import create_indexes
from services import Services
from services.clock import SystemClock
from services.links import Links
from services.rules import Rules
from services.shops import Shop
from services.vault import Vault

CONNECTIONS = 50
EVENTS = 3000
REPEATS = 5
ORDERS = {1: 40, CONNECTIONS: 200}
# Discord takes 50 requests a second of a bot, and an order makes four: faster it is Discord that is measured.
_PAUSE = 0.1
PUBLIC = "https://shop.example"
DATABASE = "webhooks"
_BETWEEN_LOOKS = 0.002
_SECRET = secrets.token_hex(32)


@dataclass(frozen=True)
class Till:
    """A shop that is about to be paid: orders with the people who wait for their roles."""

    shop: Shop
    orders: list[tuple[Order, Person]]

    @property
    def path(self) -> str:
        """Where Square delivers."""
        return f"/webhooks/cashapp_pay/{self.shop.id}"

    def request(self, body: bytes) -> bytes:
        """A delivery of this body."""
        return square.request(PUBLIC + self.path, self.path, body)


async def measure(uri: str, redis: str, folder: Path) -> Table:
    """Every figure of part (d)."""
    patience = Patience(settle=0, first=60.0, last=60.0)
    async with AsyncExitStack() as stack:
        discord = await stack.enter_async_context(Sandbox(record=False, patience=patience))
        guild = discord.add_guild("Bench")
        db = open_database(uri, DATABASE)
        stack.callback(db.client.close)
        till = await orders(db, guild, sum(ORDERS.values()))
        bare_port, mine_port = square.free_port(), square.free_port()
        bare = await stack.enter_async_context(_bare(discord, folder, uri, till, bare_port))
        mine = await stack.enter_async_context(serving(discord, folder, uri, redis, mine_port))
        figures = [
            await _stored(db, till, (bare, bare_port), (mine, mine_port)),
            *[await _granted(till, mine_port, at_once) for at_once in ORDERS],
        ]
    return Table("Webhooks: the listener against a bare handler that inserts one document", figures)


@asynccontextmanager
async def _bare(discord: Sandbox, folder: Path, uri: str, till: Till, port: int) -> AsyncIterator[Child]:
    settings = {"HOOK_DATABASE": uri, "HOOK_PORT": str(port), "HOOK_KEY": square.KEY}
    settings["HOOK_URL"] = PUBLIC + till.path
    async with running(("-m", "bench.hook"), discord, folder / "hook.log", settings) as child:
        await square.until_open(port)
        yield child


@asynccontextmanager
async def serving(discord: Sandbox, folder: Path, uri: str, redis: str, port: int) -> AsyncIterator[Child]:
    """The shop over the database in which the orders are, once it listens and is in Discord."""
    settings = {
        "SHOP_DATABASE__URI": uri,
        "SHOP_DATABASE__NAME": DATABASE,
        "SHOP_REDIS__URL": redis,
        "SHOP_WEB__PORT": str(port),
        "SHOP_WEB__PUBLIC_URL": PUBLIC,
        "SHOP_SECURITY__SECRETS": _SECRET,
        # Nobody is there: what is measured here needs no provider.
        "SHOP_PROVIDERS__SQUARE_URL": f"http://127.0.0.1:{square.free_port()}",
    }
    async with running(shop(folder), discord, folder / "shop.log", settings) as child:
        await square.until_open(port)
        await discord.ready("shop")
        yield child


async def orders(db: Db, guild: Community, many: int) -> Till:
    """Orders of a product with a role, each with a customer of its own, which wait for Square's word."""
    await create_indexes(db)
    clock = SystemClock()
    services = build(db, clock, Rules(), Links([_SECRET], PUBLIC, clock), Outside(Vault([_SECRET])))
    owner = Member(str(guild.owner.id), "owner", "Owner", owns_guild=True)
    found = await services.shops.claim(str(guild.id), "Bench", owner)
    staff = guild.add_channel("staff")
    found = await services.shops.configure(found, owner, admin_channel_id=str(staff.channel.id))
    keys = {"access_token": "nobody-asks", "location_id": "L88917AVBK2S5", "signature_key": square.KEY}
    found = await services.providers.configure(found, owner, "CASHAPP_PAY", keys)
    fields = {"name": "VIP", "sku": "VIP", "price_cents": 500, "is_digital": True}
    fields["granted_role_ids"] = [str(guild.add_role("VIP").id)]
    vip = await services.catalog.create(found, owner, fields)
    await services.stock.restock(found, owner, vip.key, 100_000, "bench")
    people = [guild.add_member(f"user{number}") for number in range(many)]
    placed = [(await _placed(services, found, person, vip), person) for person in people]
    # The pages on which they would be paid are not needed.
    await db.database["outbox"].delete_many({})
    await services.calls.close()
    return Till(found, placed)


async def _placed(services: Services, found: Shop, person: Person, product: Product) -> Order:
    member = Member(str(person.id), person.user.name, person.name)
    await services.carts.add(found, member, product.key, 1)
    view = await services.checkout.choose_payment(found, member, "CASHAPP_PAY")
    return await services.placement.place(found, member, view.session.key, view.session.version)


async def _stored(db: Db, till: Till, bare: tuple[Child, int], mine: tuple[Child, int]) -> Figure:
    """Deliveries that nothing follows from, so that what is measured is taking them in."""
    runs: dict[str, list[Run]] = defaultdict(list)
    costs: dict[str, list[float]] = defaultdict(list)
    for _ in range(REPEATS + 1):
        for name, (child, port) in {"bare": bare, "mine": mine}.items():
            spent = child.spent()
            runs[name].append(await _load(till, port))
            costs[name].append((child.spent() - spent) / EVENTS)
    assert await db.database["webhookevents"].count_documents({}) == (REPEATS + 1) * EVENTS
    # The first of each only warms up.
    pairs = list(zip(runs["mine"][1:], runs["bare"][1:], strict=True))
    rate, floor = (median(each.rate for each in runs[name][1:]) for name in ("mine", "bare"))
    cost, least = (1000 * median(costs[name][1:]) for name in ("mine", "bare"))
    return Figure(
        f"{CONNECTIONS} connections, stored and acknowledged / bare",
        median(mine.rate / bare.rate for mine, bare in pairs),
        0.6,
        f"{rate:.0f}/s vs {floor:.0f}/s; p95 {1000 * median(each.p95 for each in runs['mine'][1:]):.0f} ms; "
        f"processor {cost:.2f} vs {least:.2f} ms each",
    )


async def _load(till: Till, port: int) -> Run:
    requests = [till.request(square.payment("Latte", 500)) for _ in range(EVENTS)]
    deliveries = await square.Deliveries.over(port, CONNECTIONS)
    run = await timed(deliveries.acts(requests), CONNECTIONS)
    await deliveries.close()
    return run


async def _granted(till: Till, port: int, at_once: int) -> Figure:
    """Each connection delivers, waits until the customer has the role, and delivers the next."""
    mine = [till.orders.pop() for _ in range(ORDERS[at_once])]
    deliveries = await square.Deliveries.over(port, at_once)
    waiting: dict[Person, asyncio.Event] = {}
    looking = asyncio.create_task(_look(waiting))
    requests = [(till.request(square.payment(order.key, 500)), person) for order, person in mine]
    acts: list[Act] = [partial(_until_granted, deliveries, waiting, *each) for each in requests]
    run = await timed(acts, at_once) if at_once > 1 else await _one_by_one(acts)
    looking.cancel()
    await deliveries.close()
    said = f"{at_once} order{'s' if at_once > 1 else ''} at once"
    return Figure(
        f"{said}: seconds from webhook to role, p95",
        run.p95,
        None,
        f"p50 {1000 * run.p50:.0f}, p95 {1000 * run.p95:.0f} ms; {run.rate:.0f} orders/s"
        f"{', at the 50 requests/s that Discord allows' if at_once > 1 else ''}",
    )


async def _one_by_one(acts: list[Act]) -> Run:
    taken: list[float] = []
    for act in acts:
        taken += (await timed([act], 1)).taken
        await asyncio.sleep(_PAUSE)
    return Run(1 / median(taken), taken)


async def _until_granted(
    deliveries: square.Deliveries, waiting: dict[Person, asyncio.Event], sent: bytes, person: Person
) -> None:
    waiting[person] = granted = asyncio.Event()
    await deliveries.deliver(sent)
    await granted.wait()


async def _look(waiting: dict[Person, asyncio.Event]) -> None:
    """Notice who has got a role."""
    while True:
        for person in [each for each in waiting if each.role_names]:
            waiting.pop(person).set()
        await asyncio.sleep(_BETWEEN_LOOKS)
