"""The primary changes while money is told of or given back, and while effects are done: each happens once."""

import json
from functools import partial

import pytest

from bot.outside import Outside
from models.base import Db
from models.entitlement import Entitlement
from models.order import Order, OrderStatus
from models.outbox import OutboxEffect, OutboxStatus
from models.payment import PaymentStatus, RefundState
from models.webhook import WebhookEvent, WebhookState
from services import Services
from services.effects import EffectKind
from services.payments.processor import Site
from services.shops import Shop
from tests.drills.asking import Asked, healed
from tests.drills.blow import points
from tests.drills.stage import Stage
from tests.drills.test_failover import BLOWS, Strike
from tests.fakes.provider import Notice
from tests.fakes.square import Square
from tests.outside import OUTSIDE
from tests.services import hosting
from tests.services.conftest import ADA, OWNER
from tests.services.quiet import quiet
from tests.services.test_crashes import everything_fits
from tests.services.test_payment_crashes import payment_notice, refundable


@pytest.fixture
def square(square: Square) -> Square:
    """Refunds are made at once."""
    square.instant_refunds = True
    return square


@pytest.fixture
def outside(square: Square) -> Outside:
    """Square answers here."""
    return Outside(OUTSIDE.vault, {"cashapp_pay": Site(square.url)})


@pytest.fixture
async def shop(shop: Shop, services: Services) -> Shop:
    """A shop that also takes Cash App Pay, and a Discord that takes everything."""
    quiet(services)
    return await hosting.offer(services, shop)


async def delivered(services: Services, shop: Shop, notice: Notice) -> int:
    """The answer to one delivery."""
    headers = {name.lower(): value for name, value in notice.headers.items()}
    return await services.inbox.receive("cashapp_pay", shop.id, notice.body, headers)


async def paid_once(db: Db, services: Services, shop: Shop, notice: Notice) -> Order:
    """The order of a notice: PAID, with one receipt and one entitlement."""
    told = json.loads(notice.body)["data"]["object"]["payment"]
    view = await services.payments.of_order(shop, told["note"])
    assert (view.order.status, view.payment.status) == (OrderStatus.PAID, PaymentStatus.CONFIRMED)
    assert [each.ref for each in view.payment.receipts] == [told["id"]]
    assert len(await Entitlement.of_order(db, shop.id, view.order.key)) == 1
    return view.order


@pytest.mark.parametrize(("strike", "many"), BLOWS)
async def test_a_delivery_while_the_primary_changes_pays_once(
    stage: Stage, square: Square, strike: Strike, many: int
) -> None:
    """What was answered 200 is never sent again and pays all the same; what was not is sent again."""
    db, members, blow, services, shop, product, clock = stage
    vip = await product("VIP", 500, 100, granted_role_ids=["77"])
    square.registered_url = f"https://shop.example/webhooks/cashapp_pay/{shop.id}"
    asked = Asked()

    async def take(notice: Notice) -> None:
        if await delivered(services, shop, notice) != 200:
            asked.outcomes["sent again"] += 1
            await healed(db, members)
            assert await delivered(services, shop, notice) == 200
        await services.inbox.drain()

    for round_, at in enumerate([0, *points(22, many)], start=1):
        placed = await hosting.order(services, shop, ADA, vip)
        notice = await payment_notice(services, shop, placed, square)
        blow.arm(at, partial(strike, members), heard=round_ % 2 == 0)
        await asked.ask(take(notice))
        blow.disarm()
        await healed(db, members)
        clock.forward(seconds=40)
        await services.inbox.drain()
        await services.sweeper.sweep()
        await everything_fits(db, shop, vip)
        await paid_once(db, services, shop, notice)
        events = await WebhookEvent.find_all(db, {})
        assert len(events) == round_, f"at command {at}"
        assert {each.state for each in events} == {WebhookState.DONE}
    assert asked.longest < 15


@pytest.mark.parametrize(("strike", "many"), BLOWS)
async def test_a_refund_while_the_primary_changes_gives_the_money_back_once(
    stage: Stage, square: Square, strike: Strike, many: int
) -> None:
    """Between asking, sending and booking: the provider gives back once, and it is booked once."""
    db, members, blow, services, shop, product, clock = stage
    mug = await product(stock=None)
    for round_, at in enumerate(points(12, many)):
        placed = await hosting.order(services, shop, ADA, mug)
        payment_id = await refundable(services, shop, placed, square)
        before = len(square.refunds)
        await services.refunds.ask(shop, OWNER, payment_id, 600, "sorry")
        blow.arm(at, partial(strike, members), heard=round_ % 2 == 0)
        await Asked().ask(services.worker.drain())
        blow.disarm()
        await healed(db, members)
        clock.forward(minutes=2)
        await services.worker.drain()
        payment = await hosting.payment(services, shop, placed)
        assert len(square.refunds) == before + 1
        assert [each.state for each in payment.refunds] == [RefundState.DONE]
        assert payment.refunded_cents == 600
    assert not await OutboxEffect.find_all(db, {"status": OutboxStatus.DEAD})


@pytest.mark.parametrize(("strike", "many"), BLOWS)
async def test_effects_while_the_primary_changes_are_all_done(
    stage: Stage, strike: Strike, many: int
) -> None:
    """A role whose effect was not closed is granted again, which is harmless; none is lost."""
    db, members, blow, services, shop, product, clock = stage
    vip = await product("VIP", 500, None, granted_role_ids=["77"])
    granted: list[str] = []

    async def grant(effect: OutboxEffect) -> str:
        owed = await services.delivery.owed(shop.id, str(effect.payload["entitlementId"]))
        granted.append(effect.dedupe_key)
        if owed is not None:
            await services.delivery.granted(owed)
        return "granted"

    services.worker.unregister(EffectKind.ROLE_GRANT)
    services.worker.register(EffectKind.ROLE_GRANT, grant)
    for round_, at in enumerate(points(30, many)):
        placed = await hosting.order(services, shop, ADA, vip)
        await services.hosted.take(shop.id, "cashapp_pay", hosting.paid(placed))
        blow.arm(at, partial(strike, members), heard=round_ % 2 == 0)
        await Asked().ask(services.worker.drain())
        blow.disarm()
        await healed(db, members)
        for _ in range(3):
            clock.forward(minutes=2)
            await services.worker.drain()
        effects = await OutboxEffect.find_all(db, {"orderId": placed.key})
        assert {each.status for each in effects} == {OutboxStatus.DONE}, f"at command {at}"
        (owed,) = await Entitlement.of_order(db, shop.id, placed.key)
        assert owed.status == "GRANTED"
    assert len(set(granted)) == round_ + 1
    assert len(granted) <= 2 * len(set(granted))
