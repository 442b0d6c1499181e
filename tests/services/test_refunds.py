"""Money back for lines: once, exactly, with the goods; by a provider or by hand, whoever does it at once."""

import asyncio
from collections import Counter

import pytest

from models.alert import Alert, AlertSeverity
from models.audit import AuditLog
from models.base import Db
from models.entitlement import Entitlement
from models.errors import BadInput, ChangedMeanwhile, NotFound, ShopError
from models.inventory import InventoryMove, InventoryTransaction
from models.order import Order, OrderStatus
from models.outbox import OutboxEffect
from models.payment import Payment, PaymentStatus, RefundState
from services import Services
from services.effects import EffectKind, Notice
from services.payments.processor import Money, News, What
from services.settling.credit import Picked, everything, left_of
from services.shops import Shop
from tests.services import buying, hosting, refunding
from tests.services.conftest import ADA, BOB, OWNER, MakeProduct
from tests.services.refunding import (
    TOTAL,
    Basket,
    back_on_the_shelf,
    made,
    revoked,
    stock_fits,
    take_back,
    tell,
)


@pytest.fixture
async def shop(shop: Shop, services: Services) -> Shop:
    """The shop with a discount, a way to ship and a provider."""
    return await refunding.opened(services, shop)


@pytest.fixture
async def of(product: MakeProduct) -> Basket:
    """What is for sale."""
    return await refunding.basket(product)


@pytest.fixture
async def placed(services: Services, shop: Shop, of: Basket) -> Order:
    """A basket that Ada has paid for through a provider: three mugs, two roles, one e-book, a parcel."""
    return await refunding.paid(services, shop, of)


async def alerts(db: Db) -> list[str]:
    """What staff were told of refunds, oldest first."""
    return [each.message for each in await Alert.find_all(db, {"type": "REFUND"}, sort="_id")]


async def notices(db: Db) -> list[int]:
    """The sums that the customer was told of."""
    told = await OutboxEffect.find_all(db, {"payload.event": Notice.REFUNDED}, sort="_id")
    return [each.payload["amount"] for each in told]


async def removals(db: Db) -> int:
    """How many roles are to be taken away."""
    return len(await OutboxEffect.find_all(db, {"kind": EffectKind.ROLE_REVOKE}))


async def test_goods_go_back_once_the_provider_has_made_the_refund(
    db: Db, services: Services, shop: Shop, of: Basket, placed: Order
) -> None:
    """Asked for, nothing moves; made, pieces are on the shelf and whole lines are revoked, once."""
    payment = await take_back(services, shop, placed, Picked({of.mug.key: 1, of.vip.key: 2}))
    assert (await back_on_the_shelf(db, placed), await revoked(db, shop, placed)) == ({}, set())
    news = made(placed, payment)
    assert sorted(await asyncio.gather(*(tell(services, shop, news) for _ in range(5)))) == ["known"] * 4 + [
        "refunded"
    ]
    assert await back_on_the_shelf(db, placed) == {of.mug.key: 1, of.vip.key: 2}
    assert await revoked(db, shop, placed) == {of.vip.key}
    # Each role was granted once per product, and is taken away once.
    assert (await alerts(db), await notices(db), await removals(db)) == (
        ["refund_made"],
        [payment.refunds[0].amount_cents],
        1,
    )
    now = await refunding.now(services, shop, placed)
    assert (now.status, now.refunded_cents) == (
        OrderStatus.PARTIALLY_REFUNDED,
        payment.refunds[0].amount_cents,
    )
    await stock_fits(db, shop, of)


async def test_the_rest_of_a_line_takes_it_from_the_customer(
    db: Db, services: Services, shop: Shop, of: Basket, placed: Order
) -> None:
    """One of two leaves the role; the second takes it, and both sum to the line."""
    for _ in range(2):
        assert await revoked(db, shop, placed) == set()
        payment = await take_back(services, shop, placed, Picked({of.vip.key: 1}), by_hand=True)
    assert await revoked(db, shop, placed) == {of.vip.key}
    line = next(item for item in placed.items if item.product_id == of.vip.key)
    assert payment.refunded_cents == line.line_cents - line.discount_cents


async def test_what_is_not_counted_is_never_restocked(
    db: Db, services: Services, shop: Shop, of: Basket, placed: Order
) -> None:
    """Untracked products have no ledger, and without the choice nothing is restocked."""
    await take_back(services, shop, placed, Picked({of.book.key: 1}), by_hand=True)
    await take_back(services, shop, placed, Picked({of.mug.key: 2}), restock=False, by_hand=True)
    assert await back_on_the_shelf(db, placed) == {}
    assert await revoked(db, shop, placed) == {of.book.key}
    await take_back(services, shop, placed, Picked({of.mug.key: 1}), by_hand=True)
    assert await back_on_the_shelf(db, placed) == {of.mug.key: 1}
    await stock_fits(db, shop, of)


async def test_everything_at_once_gives_all_the_money_back(
    db: Db, services: Services, shop: Shop, of: Basket, placed: Order
) -> None:
    """All lines and the parcel are what was paid; the order is refunded and hands nothing over any more."""
    payment = await hosting.payment(services, shop, placed)
    payment = await take_back(services, shop, placed, everything(left_of(placed, payment)), by_hand=True)
    assert (payment.refunded_cents, payment.status) == (TOTAL, PaymentStatus.REFUNDED)
    assert (await refunding.now(services, shop, placed)).status is OrderStatus.REFUNDED
    assert await revoked(db, shop, placed) == {of.vip.key, of.book.key}
    assert await back_on_the_shelf(db, placed) == {of.mug.key: 3, of.vip.key: 2}
    with pytest.raises(ShopError):
        await take_back(services, shop, placed, Picked({of.mug.key: 1}))


async def test_an_amount_takes_nothing_until_all_of_it_is_gone(
    db: Db, services: Services, shop: Shop, of: Basket, placed: Order
) -> None:
    """Part of the money leaves the customer everything; the last of it takes all, and restocks nothing."""
    payment_id = placed.payment_id
    await services.refunds.ask(shop, OWNER, payment_id, TOTAL - 1, "nearly", by_hand=True)
    assert await revoked(db, shop, placed) == set()
    await services.refunds.ask(shop, OWNER, payment_id, 1, "all", by_hand=True)
    assert await revoked(db, shop, placed) == {of.vip.key, of.book.key}
    assert await back_on_the_shelf(db, placed) == {}


async def test_a_full_refund_in_the_dashboard_takes_everything(
    db: Db, services: Services, shop: Shop, of: Basket, placed: Order
) -> None:
    """Whoever gave the money back, the goods are not owed any more."""
    amount = Money(TOTAL, "USD")
    news = News(
        What.REFUNDED, order_id=placed.key, charge_ref=f"ch_{placed.key}", refund_ref="re", amount=amount
    )
    await tell(services, shop, news)
    assert await revoked(db, shop, placed) == {of.vip.key, of.book.key}
    assert (await notices(db), await alerts(db)) == ([TOTAL], ["refund_made"])


async def test_a_bounce_leads_back_and_gives_nothing_back_silently(
    db: Db, services: Services, shop: Shop, of: Basket, placed: Order
) -> None:
    """Order and payment stand where they stood, staff are called; made again, stock moves no second time."""
    before = placed.status
    whole = everything(left_of(placed, await hosting.payment(services, shop, placed)))
    payment = await take_back(services, shop, placed, whole)
    await tell(services, shop, made(placed, payment))
    payment = await hosting.payment(services, shop, placed)
    assert await tell(services, shop, made(placed, payment, what=What.REFUND_FAILED)) == "refund_failed"
    order, payment = (
        await refunding.now(services, shop, placed),
        await hosting.payment(services, shop, placed),
    )
    assert (order.status, order.refunded_cents, payment.status) == (before, 0, PaymentStatus.CONFIRMED)
    assert [each.what for each in order.history[-2:]] == [OrderStatus.REFUNDED, "refund_failed"]
    assert await alerts(db) == ["refund_made", "refund_bounced"]
    bounced = await Alert.find_one(db, {"message": "refund_bounced"})
    assert bounced is not None
    assert (bounced.severity, bounced.params["back"]) == (AlertSeverity.ERROR, TOTAL)
    assert await revoked(db, shop, placed) == {of.vip.key, of.book.key}
    # It is refundable again, line by line, and what is on the shelf stays there once.
    await take_back(services, shop, placed, Picked({of.mug.key: 3}), by_hand=True)
    assert await back_on_the_shelf(db, placed) == {of.mug.key: 3, of.vip.key: 2}
    await stock_fits(db, shop, of)


async def test_a_part_that_bounces_leaves_the_other_part(
    services: Services, shop: Shop, of: Basket, placed: Order
) -> None:
    """From refunded to partly refunded: only what bounced can go back again."""
    payment = await take_back(services, shop, placed, Picked({of.mug.key: 3}))
    await tell(services, shop, made(placed, payment))
    rest = everything(left_of(placed, await hosting.payment(services, shop, placed)))
    payment = await take_back(services, shop, placed, rest)
    await tell(services, shop, made(placed, payment))
    assert (await refunding.now(services, shop, placed)).status is OrderStatus.REFUNDED
    payment = await hosting.payment(services, shop, placed)
    await tell(services, shop, made(placed, payment, 1, What.REFUND_FAILED))
    order, payment = (
        await refunding.now(services, shop, placed),
        await hosting.payment(services, shop, placed),
    )
    assert (order.status, payment.status) == (
        OrderStatus.PARTIALLY_REFUNDED,
        PaymentStatus.PARTIALLY_REFUNDED,
    )
    assert left_of(order, payment).pieces == {of.vip.key: 2, of.book.key: 1}


async def test_an_order_that_was_handed_over_meanwhile_is_complete_after_a_bounce(
    db: Db, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """Its last role came while part of the money was back; nobody would look at it again."""
    placed = await hosting.order(services, shop, ADA, await product("Club", 1000, 9, granted_role_ids=["88"]))
    await services.hosted.take(shop.id, "cashapp_pay", hosting.paid(placed, "ch_club"))
    payment = await services.refunds.ask(shop, OWNER, placed.payment_id, 300, "sorry")
    await tell(services, shop, made(placed, payment))
    (owed,) = await Entitlement.of_order(db, shop.id, placed.key)
    await services.delivery.granted(owed)
    assert (await refunding.now(services, shop, placed)).status is OrderStatus.PARTIALLY_REFUNDED
    payment = await hosting.payment(services, shop, placed)
    await tell(services, shop, made(placed, payment, what=What.REFUND_FAILED))
    assert (await refunding.now(services, shop, placed)).status is OrderStatus.COMPLETE


async def test_another_sum_than_was_shown_is_not_asked_for(
    services: Services, shop: Shop, of: Basket, placed: Order
) -> None:
    """Neither more nor less: whoever confirmed it meant what stood there."""
    picked = Picked({of.mug.key: 1})
    cents = await refunding.worth(services, shop, placed, picked)
    for wrong in (cents - 1, cents + 1, 0, -cents):
        with pytest.raises(ChangedMeanwhile):
            await services.refunds.take_back(
                shop, OWNER, placed.payment_id, picked, wrong, "sorry", restock=True
            )
    assert (await hosting.payment(services, shop, placed)).refunds == []


async def test_two_staff_at_once_take_a_line_back_once(
    db: Db, services: Services, shop: Shop, of: Basket, placed: Order
) -> None:
    """Ten of them for the same pieces: one refund, the others are told that something changed."""
    picked = Picked({of.mug.key: 2, of.vip.key: 2}, shipping=True)
    cents = await refunding.worth(services, shop, placed, picked)
    asked = [
        services.refunds.take_back(
            shop, OWNER, placed.payment_id, picked, cents, "sorry", restock=True, by_hand=bool(turn % 2)
        )
        for turn in range(10)
    ]
    told = Counter(type(each) for each in await asyncio.gather(*asked, return_exceptions=True))
    assert told == {Payment: 1, ChangedMeanwhile: 9}
    payment = await hosting.payment(services, shop, placed)
    assert [each.amount_cents for each in payment.refunds] == [cents]
    assert len(await AuditLog.find_all(db, {"action": "payment.refund"})) == 1
    assert len(await OutboxEffect.find_all(db, {"kind": EffectKind.PAYMENT_REFUND})) == 1


async def test_a_line_and_a_dashboard_at_once_give_back_no_more_than_came(
    services: Services, shop: Shop, of: Basket
) -> None:
    """Lines go back for what they were shown to be worth, or staff are asked to look again."""
    for turn in range(12):
        placed = await refunding.paid(services, shop, of)
        most = everything(left_of(placed, await hosting.payment(services, shop, placed)))
        cents = await refunding.worth(services, shop, placed, most)
        amount = Money(TOTAL - 100, "USD")
        news = News(
            What.REFUNDED,
            order_id=placed.key,
            charge_ref=f"ch_{placed.key}",
            refund_ref=f"re_{turn}",
            amount=amount,
        )

        async def asked(
            order: Order = placed, picked: Picked = most, cents: int = cents, turn: int = turn
        ) -> bool:
            await asyncio.sleep(turn / 2000)
            try:
                await services.refunds.take_back(
                    shop, OWNER, order.payment_id, picked, cents, "sorry", restock=False
                )
            except ChangedMeanwhile:
                return False
            return True

        first, _ = await asyncio.gather(asked(), tell(services, shop, news))
        payment = await hosting.payment(services, shop, placed)
        # What was asked for first is still to be sent, and the provider refuses it: nothing is left there.
        assert payment.refunded_cents == TOTAL - 100
        assert payment.refundable_cents == (0 if first else 100)


@pytest.mark.parametrize("dated", [True, False])
async def test_payments_that_staff_approve_can_go_back(
    db: Db, services: Services, shop: Shop, of: Basket, *, dated: bool
) -> None:
    """What was approved is booked as received, and its refunds are noted by hand; so are older ones."""
    placed = await refunding.approved(services, shop, of)
    payment = await hosting.payment(services, shop, placed)
    assert [(each.ref, each.amount_cents) for each in payment.receipts] == [(payment.key, TOTAL)]
    if not dated:
        await Payment.record(db, payment, {"receipts": []})
    payment = await take_back(services, shop, placed, Picked({of.vip.key: 2}))
    assert (payment.refunds[0].state, payment.refunds[0].by_hand) == (RefundState.DONE, True)
    assert await revoked(db, shop, placed) == {of.vip.key}
    left = payment.refundable_cents
    payment = await services.refunds.ask(shop, OWNER, payment.key, left, "all the rest")
    assert (payment.status, payment.refunded_cents) == (PaymentStatus.REFUNDED, TOTAL)
    with pytest.raises(BadInput):
        await services.refunds.ask(shop, OWNER, payment.key, 1, "more")
    await services.worker.drain()
    assert (await hosting.payment(services, shop, placed)).refunded_cents == TOTAL


async def test_nothing_goes_back_of_what_cost_nothing(
    services: Services, shop: Shop, product: MakeProduct
) -> None:
    """A free order has no receipt and no refund, nor has one that was never paid."""
    free = await buying.order(services, shop, BOB, await product("Gift", 0))
    payment = await hosting.payment(services, shop, free)
    assert (payment.receipts, payment.refundable_cents) == ([], 0)
    unpaid = await buying.order(services, shop, ADA, await product("Mug", 500))
    for order in (free, unpaid):
        with pytest.raises(ShopError):
            await services.refunds.take_back(
                shop, OWNER, order.payment_id, Picked({order.items[0].product_id: 1}), 0, "x", restock=True
            )


async def test_money_that_came_twice_goes_back_in_two_refunds(
    db: Db, services: Services, shop: Shop, of: Basket, placed: Order
) -> None:
    """All that is left of the order is all that came; the first refund stands for the goods."""
    await services.hosted.take(shop.id, "cashapp_pay", hosting.paid(placed, "ch_again"))
    payment = await take_back(
        services,
        shop,
        placed,
        everything(left_of(placed, await hosting.payment(services, shop, placed))),
    )
    assert [(each.charge_ref, each.amount_cents) for each in payment.refunds] == [
        (f"ch_{placed.key}", TOTAL),
        ("ch_again", TOTAL),
    ]
    assert len({each.key for each in payment.refunds}) == 2
    await tell(services, shop, made(placed, payment, 0))
    assert (await refunding.now(services, shop, placed)).status is OrderStatus.REFUNDED
    assert await revoked(db, shop, placed) == {of.vip.key, of.book.key}
    await tell(services, shop, made(placed, payment, 1))
    assert (await hosting.payment(services, shop, placed)).status is PaymentStatus.REFUNDED


async def test_a_lines_refund_counts_for_the_order_while_too_much_is_there(
    services: Services, shop: Shop, of: Basket, placed: Order
) -> None:
    """The second payment is still to be decided about; the line went back all the same."""
    await services.hosted.take(shop.id, "cashapp_pay", hosting.paid(placed, "ch_again"))
    payment = await take_back(services, shop, placed, Picked({of.mug.key: 1}), by_hand=True)
    order = await refunding.now(services, shop, placed)
    assert (order.status, order.refunded_cents) == (
        OrderStatus.PARTIALLY_REFUNDED,
        payment.refunds[0].amount_cents,
    )


async def test_names_of_refunds_are_never_given_twice(
    services: Services, shop: Shop, of: Basket, placed: Order
) -> None:
    """A provider's own entries come and go: sums that were told first give way to what they were made of."""
    charge = f"ch_{placed.key}"

    async def told(cents: int, ref: str | None = None) -> None:
        news = News(
            What.REFUNDED, order_id=placed.key, charge_ref=charge, refund_ref=ref, amount=Money(cents, "USD"),
            total=ref is None,
        )  # fmt: skip
        await tell(services, shop, news)

    await told(300)
    await told(600)
    await take_back(services, shop, placed, Picked({of.mug.key: 1}))
    await told(600, "re_1")
    payment = await take_back(services, shop, placed, Picked({of.mug.key: 1}))
    assert len({each.key for each in payment.refunds}) == len(payment.refunds) == 3


async def test_another_shop_takes_nothing_back(
    db: Db, services: Services, shop: Shop, of: Basket, placed: Order
) -> None:
    """Its staff know neither the payment nor, of their own, our products."""
    other = await services.shops.claim("901", "Borealis", BOB)
    with pytest.raises(NotFound):
        await services.refunds.take_back(
            other, BOB, placed.payment_id, Picked({of.mug.key: 1}), 100, "mine", restock=True
        )
    with pytest.raises(NotFound):
        await take_back(services, shop, placed, Picked({other.id: 1}))
    assert (await hosting.payment(services, shop, placed)).refunds == []
    assert await InventoryTransaction.find_all(db, {"type": InventoryMove.REFUND}) == []


@pytest.mark.parametrize("reason", ["", "   ", "\u200b\u200b", "x" * 201])
async def test_a_reason_is_needed_and_short(
    services: Services, shop: Shop, of: Basket, placed: Order, reason: str
) -> None:
    """Somebody will ask why."""
    picked = Picked({of.mug.key: 1})
    cents = await refunding.worth(services, shop, placed, picked)
    with pytest.raises(BadInput) as refusal:
        await services.refunds.take_back(shop, OWNER, placed.payment_id, picked, cents, reason, restock=True)
    assert refusal.value.field == "reason"
