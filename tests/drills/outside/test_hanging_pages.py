"""A payment provider that hangs: nobody is charged or refunded twice when it comes back, others buy on."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.outside import Outside
from bot.wiring import build
from models.base import Db
from models.errors import OutcomeUnknown, Unavailable
from models.order import Order, OrderStatus
from models.outbox import OutboxEffect, OutboxStatus
from models.payment import PaymentStatus, RefundState
from services import Services
from services.effects import EffectKind
from services.shops import Shop
from tests.drills.outside.hanging import (
    HASTY,
    Way,
    coinbase,
    nowpayments,
    others_are_served,
    paypal,
    stripe,
)
from tests.services import hosting
from tests.services.books_kept import books_findings
from tests.services.conftest import ADA, OWNER, MakeProduct, TestClock
from tests.services.quiet import quiet

PRICE, BACK = 1999, 700


@pytest.fixture
def clock() -> TestClock:
    """The time of this drill."""
    return TestClock()


@pytest.fixture(params=[paypal, stripe, coinbase, nowpayments], ids=lambda way: way.__name__)
async def way(request: pytest.FixtureRequest, clock: TestClock) -> AsyncIterator[Way]:
    """Each provider in turn."""
    async with request.param(clock) as opened:
        yield opened


@pytest.fixture
def outside(way: Way) -> Outside:
    """It answers here."""
    return way.outside


@pytest.fixture
async def shop(shop: Shop, services: Services, way: Way) -> Shop:
    """A shop that takes it, and a Discord that takes everything."""
    quiet(services)
    return await services.providers.configure(shop, OWNER, way.method, way.keys)


@pytest.fixture
async def hasty(db: Db, clock: TestClock, services: Services, outside: Outside) -> AsyncIterator[Services]:
    """The same house, with little patience."""
    built = build(db, clock, HASTY, services.links, outside)
    quiet(built)
    yield built
    await built.calls.close()


async def a_sale(services: Services, shop: Shop, product: MakeProduct, way: Way) -> Order:
    """An order that waits for its page."""
    vip = await product("VIP", PRICE, 10, granted_role_ids=["77"])
    return await hosting.order(services, shop, ADA, vip, method=way.method)


async def opened_once(services: Services, hasty: Services, shop: Shop, order: Order, way: Way) -> None:
    """Its page, which nobody knows of at first; what it was told late makes no second one to be paid on."""
    await hasty.providers.test(shop, way.name)
    way.fake.stall()
    with pytest.raises(OutcomeUnknown):
        await hasty.hosted.open(shop, order)
    payment = await hosting.payment(services, shop, order)
    assert (payment.status, payment.provider_ref) == (PaymentStatus.PENDING_PAYMENT, None)
    way.fake.resume()
    payment = await services.hosted.open(shop, order)
    assert payment.page_url
    assert way.pages() == (1 if way.knows_repetition else 2)
    way.pay(payment)


async def paid_once(services: Services, hasty: Services, shop: Shop, order: Order, way: Way) -> None:
    """It is asked in vain, and again: the money is booked once."""
    payment = await hosting.payment(services, shop, order)
    way.fake.stall()
    with pytest.raises(Unavailable):
        await hasty.hosted.ask(shop, payment)
    assert (await hosting.payment(services, shop, order)).status is PaymentStatus.PENDING_PAYMENT
    way.fake.resume()
    for _ in range(2):
        await services.hosted.ask(shop, await hosting.payment(services, shop, order))
    view = await services.payments.of_order(shop, order.key)
    assert (view.order.status, view.payment.status) == (OrderStatus.PAID, PaymentStatus.CONFIRMED)
    assert [each.amount_cents for each in view.payment.receipts] == [PRICE]


async def refunded_once(
    db: Db, services: Services, hasty: Services, shop: Shop, order: Order, way: Way, clock: TestClock
) -> None:
    """What was sent late and what is sent again are the same refund."""
    assert way.refunds is not None
    await services.worker.drain()
    await services.refunds.ask(shop, OWNER, order.payment_id, BACK, "sorry")
    way.fake.stall()
    await hasty.worker.drain()
    (owed,) = await OutboxEffect.find_all(db, {"kind": EffectKind.PAYMENT_REFUND})
    assert (owed.status, owed.last_error) == (OutboxStatus.PENDING, "provider_away")
    payment = await hosting.payment(services, shop, order)
    assert [each.state for each in payment.refunds] == [RefundState.ASKED]
    way.fake.resume()
    clock.forward(minutes=2)
    await services.worker.drain()
    payment = await hosting.payment(services, shop, order)
    assert [(each.state, each.amount_cents) for each in payment.refunds] == [(RefundState.DONE, BACK)]
    assert way.refunds() == 1


async def test_a_minute_without_an_answer_charges_and_refunds_nobody_twice(
    db: Db,
    services: Services,
    hasty: Services,
    shop: Shop,
    product: MakeProduct,
    way: Way,
    clock: TestClock,
) -> None:
    """At the page, at the question whether it is paid, at the refund; what hung is done all the same."""
    order = await a_sale(services, shop, product, way)
    await opened_once(services, hasty, shop, order, way)
    await paid_once(services, hasty, shop, order, way)
    if way.refunds is not None:
        await refunded_once(db, services, hasty, shop, order, way, clock)
    assert await books_findings(db, clock) == []


async def test_others_buy_while_a_page_is_waited_for(
    db: Db, services: Services, shop: Shop, product: MakeProduct, way: Way
) -> None:
    """Nothing of theirs stands behind it."""
    order = await a_sale(services, shop, product, way)
    way.fake.stall()
    opening = asyncio.create_task(services.worker.drain())
    await way.fake.stalled()
    await others_are_served(db, services)
    assert not opening.done()
    way.fake.resume()
    await opening
    assert (await hosting.payment(services, shop, order)).page_url
    assert way.pages() == 1
