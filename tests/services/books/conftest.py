"""A shop in which everything happened that leaves something in its books."""

from dataclasses import dataclass

import pytest

from models.base import Db
from models.entitlement import Entitlement
from models.fund_ledger import Account
from models.order import Order
from models.tenant import ShippingType
from models.webhook import WebhookEvent, WebhookProvider, WebhookState
from services import Services
from services.settling.credit import Picked
from services.shops import Shop
from tests.services import buying, giving, keys, refunding
from tests.services.conftest import ADA, BOB, OWNER, MakeProduct, TestClock
from tests.services.quiet import quiet


@dataclass(frozen=True)
class World:
    """The shop and its orders: a basket that was paid, sent and refunded in part, and others."""

    db: Db
    shop: Shop
    paid: Order
    waiting: Order
    cancelled: Order
    game: Order
    gift: Order


@pytest.fixture
async def shop(shop: Shop, services: Services) -> Shop:
    """A shop with 10% off, a way to ship, an open fund, and a Discord that takes everything."""
    quiet(services)
    made = await services.discounts.create(shop, OWNER, {"off": "10%", "usage_limit": "50"})
    await services.discounts.switch(shop, OWNER, made.discount.key, active=True)
    kind = ShippingType(code="std", label="Standard", cost_cents=450)
    shop = await services.shops.configure(shop, OWNER, shipping_types=[kind])
    return await giving.opened(services, shop)


@pytest.fixture
async def world(db: Db, services: Services, shop: Shop, product: MakeProduct, clock: TestClock) -> World:
    """Bought, paid, packed, refunded, cancelled, given, paid out, and told by a provider."""
    of = await refunding.basket(product)
    paid = await refunding.approved(services, shop, of)
    await services.worker.drain()
    for owed in await Entitlement.of_order(db, shop.id, paid.key):
        await services.delivery.granted(owed)
    await services.ship_desk.send(shop, OWNER, paid.key, {of.mug.key: 2})
    await refunding.take_back(services, shop, paid, Picked({of.vip.key: 2}), by_hand=True)
    cancelled = await refunding.order(services, shop, of, "VENMO", BOB)
    await services.orders.cancel(shop, BOB, cancelled.key)
    waiting = await refunding.order(services, shop, of, "VENMO", BOB)
    pool = await keys.pool(services, shop, product, ["AAAA-1", "BBBB-2", "CCCC-3"])
    game = await assigned(services, shop, product)
    sold = await buying.paid(services, shop, ADA, pool, 2)
    await giving.given(services, shop, 2500)
    gift = await giving.given(services, shop, 1000)
    await services.fund.balance(Account(shop.id, shop.currency))
    await giving.pay_out(services, shop, "7.50")
    await services.worker.drain()
    await WebhookEvent(
        tenant_id=shop.id,
        provider=WebhookProvider.STRIPE,
        event_id="evt_1",
        received_at=clock.now(),
        state=WebhookState.DONE,
    ).insert(db)
    assert game.discount_amount_cents
    return World(db, shop, await refunding.now(services, shop, paid), waiting, cancelled, sold, gift)


async def assigned(services: Services, shop: Shop, product: MakeProduct) -> Order:
    """An order with a discount that its customer was given for three orders."""
    made = await product("Poster", 2000, None)
    view = await services.discounts.create(shop, OWNER, {"off": "50%"})
    await services.discounts.choose_audience(shop, OWNER, view.discount.key, assigned_only=True)
    await services.discounts.switch(shop, OWNER, view.discount.key, active=True)
    await services.discounts.assign(shop, OWNER, view.discount.key, [ADA], "3")
    return await buying.order(services, shop, ADA, made)
