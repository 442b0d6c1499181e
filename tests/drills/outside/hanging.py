"""Providers that take what they are told and do not answer for a minute, and everybody else meanwhile."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from cryptography.x509 import Certificate

from bot.outside import Outside
from models.base import Db
from models.order import OrderStatus
from models.outbox import OutboxEffect, OutboxStatus
from models.payment import Payment
from services import Services
from services.payments.processor import Site
from services.rules import Rules
from tests.fakes.coinbase import CoinbaseBusiness
from tests.fakes.nowpayments import NowPayments
from tests.fakes.paypal import PayPal
from tests.fakes.provider import FakeProvider
from tests.fakes.stripe import Stripe
from tests.outside import OUTSIDE
from tests.services import buying, hosting
from tests.services.conftest import BOB, OWNER, TestClock

# A minute takes as long as somebody has patience; nothing but what hangs is ever asked with so little.
HASTY = Rules(call=timedelta(seconds=0.6))


@dataclass(frozen=True)
class Way:
    """A payment provider, the shop's keys to it, and what it holds for the shop."""

    name: str
    method: str
    fake: FakeProvider
    keys: Mapping[str, str]
    site: Site
    pay: Callable[[Payment], object]
    pages: Callable[[], int]
    refunds: Callable[[], int] | None = None
    roots: tuple[Certificate, ...] | None = None
    knows_repetition: bool = True

    @property
    def outside(self) -> Outside:
        """It answers here."""
        return Outside(OUTSIDE.vault, {self.name: self.site}, paypal_roots=self.roots)


@asynccontextmanager
async def paypal(clock: TestClock) -> AsyncIterator[Way]:
    """Orders that the shop collects once they are approved."""
    async with PayPal(now=clock.now) as fake:
        keys = {"client_id": fake.CLIENT_ID, "secret": fake.SECRET, "webhook_id": fake.WEBHOOK_ID}
        yield Way(
            "paypal", "PAYPAL", fake, keys, Site(fake.url),
            pay=lambda payment: fake.pay(payment.provider_ref or ""),
            pages=lambda: len(fake.orders), refunds=lambda: len(fake.refunds), roots=fake.roots,
        )  # fmt: skip


@asynccontextmanager
async def stripe(clock: TestClock) -> AsyncIterator[Way]:
    """Sessions."""
    async with Stripe(clock.now) as fake:
        yield Way(
            "stripe", "STRIPE", fake, hosting.KEYS["STRIPE"], Site(fake.url),
            pay=lambda payment: fake.pay(payment.provider_ref or ""),
            pages=lambda: len(fake.sessions), refunds=lambda: len(fake.refunds),
        )  # fmt: skip


@asynccontextmanager
async def coinbase(_: TestClock) -> AsyncIterator[Way]:
    """Checkouts, which keep their refunds."""
    async with CoinbaseBusiness() as fake:
        fake.instant_refunds = True
        keys = {"key_name": fake.KEY_NAME, "private_key": fake.private_key}
        yield Way(
            "coinbase_business", "COINBASE_BUSINESS", fake,
            {**keys, "webhook_secret": fake.WEBHOOK_SECRET}, Site(fake.api, fake.sandbox),
            pay=lambda payment: fake.pay(payment.provider_ref or ""),
            pages=lambda: len(fake.checkouts),
            refunds=lambda: sum(len(each["refunds"]) for each in fake.checkouts.values()),
        )  # fmt: skip


@asynccontextmanager
async def nowpayments(clock: TestClock) -> AsyncIterator[Way]:
    """Invoices; it knows none of them again, and gives no money back."""
    async with NowPayments() as fake:
        fake.ends = {"expiration_estimate_date": (clock.now() + timedelta(minutes=20)).isoformat()}
        yield Way(
            "nowpayments", "BTC_NOWPAYMENTS", fake,
            {"api_key": fake.API_KEY, "ipn_secret": fake.IPN_SECRET}, Site(fake.url),
            pay=lambda payment: fake.pay(payment.charge_refs[-1]),
            pages=lambda: len(fake.invoices), knows_repetition=False,
        )  # fmt: skip


async def others_are_served(db: Db, services: Services) -> None:
    """In another shop somebody buys, pays and has all that is owed to them."""
    shop = await services.shops.claim("901", "Borealis", OWNER)
    shop = await services.methods.configure(shop, OWNER, "VENMO", {"recipient": "@borealis"})
    shelf = {"name": "Lantern", "sku": "LANTERN", "price_cents": 700, "is_digital": True}
    lantern = await services.catalog.create(shop, OWNER, {**shelf, "granted_role_ids": ["78"]})
    await services.stock.restock(shop, OWNER, lantern.key, 3, "first delivery")
    order = await buying.paid(services, shop, BOB, lantern)
    assert order.status is OrderStatus.PAID
    await services.worker.drain()
    owed = await OutboxEffect.find_all(db, {"tenantId": shop.id})
    assert {each.status for each in owed} == {OutboxStatus.DONE}
