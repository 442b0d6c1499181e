"""A shop that traded for a month, in every way that a report tells of, and links to its reports."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser

from aiohttp import ClientSession
from redis.asyncio import Redis

from bot.web.app import make_app
from bot.web.listener import Listener
from bot.wiring import build
from models.base import Db, Document
from models.customer import Customer
from models.discount import Discount
from models.fund_ledger import FundEntry, FundMove
from models.inventory import InventoryMove, InventorySnapshot, InventoryTransaction
from models.member import Member
from models.order import Order, OrderItem
from models.payment import Payment, PaymentStatus
from models.payment_method import PaymentMethod
from models.product import Product
from models.session import OrderSession, SessionState, SessionStep
from models.share_link import ShareLink
from models.shipment import Shipment, ShipmentStatus
from models.tenant import BotConfig
from services import Services
from services.links import Links
from services.reports.contract import ReportType
from services.reports.period import Period
from services.rules import Rules
from services.shares import Wish
from services.shops import Shop
from tests.bot.web.conftest import PUBLIC, SECRET, Site
from tests.invoicing import StoppedClock, an_order, open_shop
from tests.models.samples import sample
from tests.outside import OUTSIDE

BERLIN = "Europe/Berlin"
MARCH = Period(date(2026, 3, 1), date(2026, 3, 31), BERLIN)
LONG_AGO = Period(date(2003, 2, 1), date(2003, 2, 28), BERLIN)
NOW = datetime(2026, 4, 2, 9, 30, tzinfo=UTC)
OLIVIA = Member("7", "olivia", "Olivia", owns_guild=True)
HOSTILE = '<script>alert(1)</script>"&amp;{{7*7}}'
GOODS = ("Coffee mug", "Poster", "Members' hoodie, grey", HOSTILE, "=1+1", "W" * 90, "Ẑ̧̛̞͓" * 12, "نبيلة")
PEOPLE = ("Ada Lovelace", HOSTILE, "Bob", "Grace Hopper", "@everyone")
# What the accounts of all customers begin with.
ACCOUNT = "4711471147114711"
_METHODS = (PaymentMethod.ZELLE, PaymentMethod.PAYPAL, PaymentMethod.VENMO, PaymentMethod.STRIPE)


@dataclass
class Sharing(Site):
    """A running listener that shows reports."""

    services: Services | None = None

    @property
    def made(self) -> Services:
        """The services behind it."""
        assert self.services is not None
        return self.services

    async def shop(self, tenant_id: str = "tenant-a") -> Shop:
        """The shop itself."""
        return await self.made.shops.of_tenant(tenant_id)

    async def share(
        self,
        kind: ReportType = ReportType.REVENUE_OVERVIEW,
        period: Period = MARCH,
        *,
        days: int = 7,
        named: bool = False,
        tenant_id: str = "tenant-a",
    ) -> str:
        """The path of a link that the owner just made."""
        wish = Wish(kind, period, "USD", days, named)
        link = await self.made.shares.make(await self.shop(tenant_id), OLIVIA, wish)
        return self.path_to(link)

    def path_to(self, link: ShareLink) -> str:
        """The path of a link, as its maker sees it."""
        url = self.made.shares.url(link)
        assert url is not None
        return url.removeprefix(PUBLIC)


@asynccontextmanager
async def sharing(
    db: Db, *secrets: str, opens: bool = True, redis: Redis | None = None
) -> AsyncIterator[Sharing]:
    """A listener with everything behind it, and a shop in Berlin that has not sold anything."""
    clock = StoppedClock(NOW)
    links = Links(secrets or (SECRET, "an-older-secret"), PUBLIC, clock)
    made = build(db, clock, Rules(), links, OUTSIDE, redis)
    app = make_app(
        db=db, cache=None, links=links, invoices=made.invoices, themes=made.themes, shares=made.shares
    )
    listener = Listener(app)
    await listener.start()
    if opens:
        await open_shop(db)
    await BotConfig.change(db, {"tenantId": "tenant-a"}, {"$set": {"timeZone": BERLIN}})
    async with ClientSession() as http:
        yield Sharing(db, http, listener.url, clock, made)
    await listener.stop()
    await made.calls.close()


class Text(HTMLParser):
    """What a page says, and which elements it has."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._style = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep it."""
        self._style = tag == "style"
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Keep what is read."""
        if not self._style and data.strip():
            self.words.append(" ".join(data.split()))

    @property
    def said(self) -> str:
        """All of it."""
        return " ".join(self.words)


async def read(site: Sharing, path: str, **headers: str) -> Text:
    """A page that opens."""
    answer = await site.get(path, **headers)
    assert answer.status == 200
    return Text(await answer.text())


def plainly(page: Text) -> str:
    """What it says, with dashes and spaces as one types them."""
    return page.said.replace("\u2009", " ").replace("\u2013", "-")


async def trade(db: Db, tenant_id: str = "tenant-a") -> None:
    """Two months of sales, March and the one before."""
    products = [
        sample(
            Product, tenant_id=tenant_id, sku=f"S{n}", name=name, price_cents=900 + 350 * n, currency="USD",
            cost_cents=300, is_active=True,
        )
        for n, name in enumerate(GOODS)
    ]  # fmt: skip
    people = [
        Customer(
            tenant_id=tenant_id, discord_id=f"{ACCOUNT}{n}", discord_username="x", discord_display_name=name
        )
        for n, name in enumerate(PEOPLE)
    ]
    deal = sample(Discount, tenant_id=tenant_id, label=HOSTILE, code="SPRING")
    days = [datetime(2026, 2, 1, 10, tzinfo=UTC) + timedelta(days=n) for n in range(59)]
    orders = [
        _order(tenant_id, number, day + timedelta(hours=number * 5 % 13), products, people, deal)
        for number, day in enumerate(each for at, each in enumerate(days) for _ in range(at % 4))
    ]
    every: list[Sequence[Document]] = [
        products, people, [deal], orders, _payments(orders), _parcels(orders), _stock(tenant_id, products),
        _sold(tenant_id, products, days), _carts(tenant_id, days), _gifts(tenant_id, days),
    ]  # fmt: skip
    for records in every:
        await type(records[0]).insert_all(db, records)


def _order(
    tenant_id: str, number: int, at: datetime, products: list[Product], people: list[Customer], deal: Discount
) -> Order:
    first, second = products[number % len(products)], products[number * 3 % len(products)]
    chosen = [first] if first is second else [first, second]
    items = [
        OrderItem(
            product_id=each.key, sku=each.sku, name=each.name, quantity=1 + number % 3,
            unit_price_cents=each.price_cents,
        )
        for each in chosen
    ]  # fmt: skip
    goods = sum(item.line_cents for item in items)
    off = 200 if number % 5 == 0 else 0
    return an_order(
        tenant_id, order_number=f"N{tenant_id}{number}", items=items, subtotal_cents=goods,
        total_cents=goods - off, discount_amount_cents=off, discount_id=deal.key if off else None,
        customer_id=people[number % len(people)].key, payment_method=_METHODS[number % 4], paid_at=at,
        created_at=at, shipping_cost_cents=690, tax_amount_cents=180,
        refunded_cents=300 if number % 7 == 0 else 0,
    )  # fmt: skip


def _payments(orders: list[Order]) -> list[Payment]:
    return [
        Payment(
            tenant_id=order.tenant_id, order_id=order.key, order_number=order.order_number,
            method=order.payment_method, amount_cents=order.total_cents, currency="USD",
            status=PaymentStatus.EXPIRED if number % 6 == 5 else PaymentStatus.CONFIRMED,
            created_at=order.created_at,
            confirmed_at=None if number % 6 == 5 else order.created_at + timedelta(minutes=17 * number),
        )
        for number, order in enumerate(orders)
    ]  # fmt: skip


def _parcels(orders: list[Order]) -> list[Shipment]:
    return [
        sample(
            Shipment, tenant_id=order.tenant_id, order_id=order.key, status=ShipmentStatus.DELIVERED,
            paid_at=order.paid_at, shipped_at=order.created_at + timedelta(hours=30 + number % 20),
            delivered_at=order.created_at + timedelta(hours=90), created_at=order.created_at,
        )
        for number, order in enumerate(orders)
    ]  # fmt: skip


def _stock(tenant_id: str, products: list[Product]) -> list[InventorySnapshot]:
    return [
        InventorySnapshot(tenant_id=tenant_id, product_id=product.key, quantity_available=7 * n)
        for n, product in enumerate(products)
    ]


def _sold(tenant_id: str, products: list[Product], days: list[datetime]) -> list[InventoryTransaction]:
    return [
        InventoryTransaction(
            tenant_id=tenant_id, product_id=products[n % 6].key, type=InventoryMove.SALE, quantity_delta=-2,
            created_at=day,
        )
        for n, day in enumerate(days)
    ]  # fmt: skip


def _carts(tenant_id: str, days: list[datetime]) -> list[OrderSession]:
    steps = list(SessionStep)
    return [
        OrderSession(
            tenant_id=tenant_id, discord_user_id=f"{n}", is_open=False, step=steps[n % len(steps)],
            state=SessionState.SUBMITTED if n % 3 else SessionState.EXPIRED, expires_at=day, created_at=day,
        )
        for n, day in enumerate(days)
    ]  # fmt: skip


def _gifts(tenant_id: str, days: list[datetime]) -> list[FundEntry]:
    return [
        FundEntry(
            tenant_id=tenant_id, currency="USD", at=day, amount_cents=-400 if n % 9 == 8 else 250,
            move=FundMove.DISBURSEMENT if n % 9 == 8 else FundMove.CONTRIBUTION,
        )
        for n, day in enumerate(days)
    ]  # fmt: skip
