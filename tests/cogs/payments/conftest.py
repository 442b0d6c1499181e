"""A shop that takes Cash App Pay and Bitcoin, with stand-ins for both providers, and what people do there."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from bot.outside import Outside
from bot.sandbox import Person, Seen
from models.base import Db
from models.order import Order
from models.payment import Payment
from models.product import Product
from services import Services
from services.payments.processor import News, Site
from services.shops import Shop
from tests.cogs.buying import placed, review
from tests.cogs.conftest import member
from tests.fakes.nowpayments import NowPayments
from tests.fakes.provider import FakeProvider, Fault
from tests.fakes.square import Square
from tests.outside import OUTSIDE
from tests.services import hosting
from tests.services.conftest import MakeProduct, TestClock

CASH, COINS = "CASHAPP_PAY", "BTC_NOWPAYMENTS"
KEYS = {
    "CASHAPP_PAY": hosting.KEYS["CASHAPP_PAY"],
    COINS: {"api_key": NowPayments.API_KEY, "ipn_secret": NowPayments.IPN_SECRET},
}
# A call that may be repeated is tried three times before it counts as failed.
DOWN = [Fault.DOWN] * 3


@pytest.fixture
async def nowpayments(clock: TestClock) -> AsyncIterator[NowPayments]:
    """NOWPayments, whose addresses are watched for 20 minutes."""
    async with NowPayments() as fake:
        fake.ends = {"expiration_estimate_date": (clock.now() + timedelta(minutes=20)).isoformat()}
        yield fake


@pytest.fixture
def outside(square: Square, nowpayments: NowPayments) -> Outside:
    """Both answer here."""
    sites = {"cashapp_pay": Site(square.url), "nowpayments": Site(nowpayments.url)}
    return Outside(OUTSIDE.vault, sites)


@pytest.fixture
async def shop(shop: Shop, services: Services, olivia: Person, square: Square) -> Shop:
    """The shop with keys to both."""
    for method, keys in KEYS.items():
        shop = await services.providers.configure(shop, member(olivia), method, keys)
    square.registered_url = f"https://shop.example/webhooks/cashapp_pay/{shop.id}"
    return shop


@dataclass
class Till:
    """Orders at this shop, and what their providers do."""

    db: Db
    services: Services
    shop: Shop
    clock: TestClock
    square: Square
    nowpayments: NowPayments
    _seen: dict[str, int] = field(default_factory=dict)

    async def order(self, person: Person, product: Product, by: str = CASH) -> Order:
        """A placed order of one piece, without its page."""
        return await placed(self.services, self.shop, person, product.key, by=by)

    async def opened(self, person: Person, product: Product, by: str = CASH) -> Order:
        """A placed order with its page."""
        made = await self.order(person, product, by)
        await self.services.hosted.open(self.shop, made)
        return made

    async def paid(self, person: Person, product: Product) -> Order:
        """An order that was paid with Cash App Pay."""
        made = await self.opened(person, product)
        self.square.pay(await self.ref(made))
        await self.deliver()
        return made

    async def payment(self, order: Order) -> Payment:
        """The order's payment as it stands."""
        return await hosting.payment(self.services, self.shop, order)

    async def now(self, order: Order) -> Order:
        """The order as it stands."""
        return (await self.services.orders.staff_view(self.shop, order.key)).order

    async def ref(self, order: Order) -> str:
        """What the provider calls the order's page, or its address."""
        payment = await self.payment(order)
        return payment.charge_refs[-1] if payment.method == COINS else payment.provider_ref or ""

    async def deliver(self) -> None:
        """Both providers deliver what they have not delivered yet, and it is acted upon."""
        fakes: Mapping[str, FakeProvider] = {"cashapp_pay": self.square, "nowpayments": self.nowpayments}
        for name, fake in fakes.items():
            new = fake.notices[self._seen.get(name, 0) :]
            self._seen[name] = len(fake.notices)
            for notice in new:
                headers = {key.lower(): value for key, value in notice.headers.items()}
                status = await self.services.inbox.receive(name, self.shop.id, notice.body, headers)
                assert status == 200
        while await self.services.inbox.drain():
            pass

    async def told(self, order: Order, *news: News) -> None:
        """News of a kind that the stand-ins do not bring."""
        name = "cashapp_pay" if order.payment_method == CASH else "nowpayments"
        for each in news:
            await self.services.hosted.take(self.shop.id, name, each)

    async def drain(self) -> None:
        """Everything owed happens, also what it owes in turn."""
        while await self.services.worker.drain():
            pass

    def pages(self) -> int:
        """How many pages the providers were asked for."""
        asked = [*self.square.requests, *self.nowpayments.requests]
        return sum(each.path in {"/v2/online-checkout/payment-links", "/invoice"} for each in asked)


@pytest.fixture
def till(
    db: Db, services: Services, shop: Shop, clock: TestClock, square: Square, nowpayments: NowPayments
) -> Till:
    """The till of this test."""
    return Till(db, services, shop, clock, square, nowpayments)


@pytest.fixture
async def mug(product: MakeProduct) -> Product:
    """A mug for 15.00, of ten in stock."""
    return await product("Mug")


async def confirmed(person: Person, product: Product, pay_with: str) -> Seen:
    """The order as its customer sees it after Confirm."""
    return await (await review(person, product.name, pay_with=pay_with)).press("Confirm")


def links(seen: Seen) -> dict[str, str]:
    """The link buttons: label and address."""
    return {each.label: each.url for each in seen.buttons if each.url}


def labels(seen: Seen) -> list[str]:
    """What stands on the buttons."""
    return [each.label for each in seen.buttons]
