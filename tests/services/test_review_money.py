"""Findings of a review of the way of the money: what was lost, given twice or kept for ever."""

import asyncio
from datetime import timedelta

import pytest

from bot.outside import Outside
from bot.wiring import build
from models.base import Db
from models.errors import AlreadyDecided, Unavailable
from models.order import Order, OrderStatus
from models.outbox import OutboxEffect
from models.payment import Payment, PaymentStatus, RefundState
from models.payment_method import PaymentMethod
from services import Services
from services.calls import Call, Calls
from services.payments.processor import Money, News, What
from services.rules import Rules
from services.settlement import Settlement
from services.shops import Shop
from tests.fakes.provider import Fault
from tests.fakes.square import Square
from tests.services import hosting
from tests.services.conftest import ADA, OWNER, MakeProduct, TestClock
from tests.services.test_hosted import messages, opened, outside, paid_order, placed, refunds, shop
from tests.services.test_settlement import now, settlement, stock_of, told

__all__ = ["outside", "placed", "settlement", "shop"]


def back(ref: str, cents: int, what: What = What.REFUNDED, refund: str = "rf_1") -> News:
    """The news that money of this receipt went back."""
    return News(what, charge_ref=ref, refund_ref=refund, amount=Money(cents, "USD"))


# Cancelling


async def test_a_part_that_comes_as_the_hold_ends_keeps_the_order(
    services: Services, shop: Shop, settlement: Settlement, placed: Order, clock: TestClock
) -> None:
    """The sweeper looked before the part came, which gives the payer another hour."""
    clock.forward(minutes=61)
    await told(settlement, shop, placed, hosting.coins(placed, "np_1", "0.5"))
    assert not await services.orders.end_hold(shop, placed)
    assert await now(services, shop, placed) == (PaymentStatus.UNDERPAID, OrderStatus.PENDING_PAYMENT)


async def test_money_that_comes_while_an_order_is_called_off_is_never_overlooked(
    services: Services, shop: Shop, settlement: Settlement, product: MakeProduct
) -> None:
    """Whoever is first: an order that was called off with money on or in the way says so to staff."""
    mug = await product(stock=40)
    for turn in range(24):
        order = await hosting.order(services, shop, ADA, mug)
        news = hosting.coins(order, f"np_{turn}", "0.5") if turn % 2 else News(What.PENDING)

        async def late(order: Order = order, news: News = news, turn: int = turn) -> None:
            await asyncio.sleep(turn / 2000)
            await settlement.apply(shop, order.payment_id, news)

        await asyncio.gather(services.orders.cancel(shop, ADA, order.key), late(), return_exceptions=True)
        view = await services.payments.of_order(shop, order.key)
        if view.order.status is OrderStatus.CANCELLED:
            assert bool(view.payment.conflict) == bool(view.payment.receipts)
            assert "processing" not in [each.what for each in view.payment.history]


async def test_a_page_that_is_ready_after_its_order_was_called_off_is_closed(
    db: Db, services: Services, shop: Shop, placed: Order, square: Square
) -> None:
    """Nobody may pay for an order that is over, and nobody is told to."""
    square.fail(*[Fault.BUSY] * 2)
    opening = asyncio.create_task(services.hosted.open(shop, placed))
    while (await hosting.payment(services, shop, placed)).opening_until is None:  # noqa: ASYNC110 - nothing rings
        await asyncio.sleep(0.01)
    await services.orders.cancel(shop, ADA, placed.key)
    payment = await opening
    assert payment.status is PaymentStatus.EXPIRED
    await services.worker.drain()
    assert any(each.method == "DELETE" for each in square.requests)
    assert await OutboxEffect.find_one(db, {"payload.event": "orderReceived"}) is None


# Money that went back


async def test_money_that_went_back_pays_nothing_more(
    services: Services, shop: Shop, settlement: Settlement, placed: Order
) -> None:
    """Half came and was given back, then half came again: that is half of the price."""
    await told(settlement, shop, placed, hosting.coins(placed, "np_1", "0.5"))
    await services.refunds.ask(shop, OWNER, placed.payment_id, 1500, "changed their mind", by_hand=True)
    half = hosting.coins(placed, "np_2", "0.5")
    assert await told(settlement, shop, placed, half) == ["underpaid"]
    almost = hosting.coins(placed, "np_3", "0.01", what=What.PAID, note="forgiven")
    assert await told(settlement, shop, placed, almost) == ["underpaid"]
    assert await told(settlement, shop, placed, hosting.coins(placed, "np_4", "0.5")) == ["paid"]


async def test_a_refund_told_before_its_payment_hands_nothing_over(
    services: Services, shop: Shop, settlement: Settlement, placed: Order
) -> None:
    """Both are booked, the order goes on waiting for money that stays."""
    outcomes = await told(settlement, shop, placed, back("ch_1", 3000), hosting.paid(placed, "ch_1"))
    assert outcomes == ["refunded", "returned"]
    view = await services.payments.of_order(shop, placed.key)
    assert view.order.status is OrderStatus.PENDING_PAYMENT
    assert (view.payment.received_cents, view.payment.refundable_cents) == (3000, 0)
    assert view.payment.conflict is None
    assert await told(settlement, shop, placed, hosting.paid(placed, "ch_2")) == ["paid"]


async def test_a_part_refund_told_before_its_payment_is_for_staff(
    services: Services, shop: Shop, settlement: Settlement, placed: Order
) -> None:
    """What stayed is not what was asked for."""
    news = (back("ch_1", 1000), hosting.paid(placed, "ch_1"))
    assert await told(settlement, shop, placed, *news) == ["refunded", "amount"]
    assert (await hosting.payment(services, shop, placed)).conflict == "amount"


async def test_money_on_its_way_back_hands_nothing_over(
    services: Services, shop: Shop, settlement: Settlement, placed: Order
) -> None:
    """One gives it back, another presses Fulfil anyway before it has left."""
    await told(settlement, shop, placed, hosting.paid(placed, "ch_1", cents=2000))
    await services.refunds.ask(shop, OWNER, placed.payment_id, 2000, "wrong sum")
    assert not (await services.payments.of_order(shop, placed.key)).can_fulfil
    with pytest.raises(AlreadyDecided):
        await services.decisions.fulfil(shop, OWNER, placed.payment_id, "all right")


async def test_no_more_went_back_than_was_given_back(
    services: Services, shop: Shop, settlement: Settlement, placed: Order
) -> None:
    """What a forgiven shortfall lacked was never refunded."""
    await told(settlement, shop, placed, hosting.coins(placed, "np", "0.9", what=What.PAID, note="forgiven"))
    await services.refunds.ask(shop, OWNER, placed.payment_id, 500, "sorry", by_hand=True)
    assert (await services.payments.of_order(shop, placed.key)).order.refunded_cents == 500
    await services.refunds.ask(shop, OWNER, placed.payment_id, 2200, "sorry", by_hand=True)
    view = await services.payments.of_order(shop, placed.key)
    assert (view.order.status, view.order.refunded_cents) == (OrderStatus.REFUNDED, 2700)


async def test_a_refund_by_hand_is_booked_by_the_outbox_after_a_crash(
    db: Db, services: Services, shop: Shop, placed: Order, square: Square
) -> None:
    """Asked and booked are two steps; what lies between them is owed."""
    payment_id = await paid_order(services, shop, placed, square)
    await services.refunds.ask(shop, OWNER, payment_id, 1000, "cash", by_hand=True)
    payment = await hosting.payment(services, shop, placed)
    asked = payment.refunds[0].model_copy(update={"state": RefundState.ASKED, "done_at": None})
    await Payment.record(db, payment, {"refunds": [asked.model_dump_doc()]})
    await services.worker.drain()
    payment = await hosting.payment(services, shop, placed)
    assert (payment.refunds[0].state, refunds(square)) == (RefundState.DONE, 0)


async def test_a_refund_that_was_made_is_not_made_undone_by_a_late_word(
    services: Services, shop: Shop, settlement: Settlement, placed: Order, square: Square
) -> None:
    """The provider said that it is done; somebody's older view of it must not allow it again."""
    payment_id = await paid_order(services, shop, placed, square)
    ref = (await hosting.payment(services, shop, placed)).charge_refs[-1]
    await services.refunds.ask(shop, OWNER, payment_id, 3000, "sorry")
    key = (await hosting.payment(services, shop, placed)).refunds[0].key
    await told(settlement, shop, placed, back(ref, 3000))
    late = News(What.REFUND_FAILED, charge_ref=ref)
    assert await settlement.apply(shop, payment_id, late, key=key) == "known"
    assert (await hosting.payment(services, shop, placed)).refundable_cents == 0


@pytest.mark.parametrize("fault", [Fault.SHUT, Fault.BUSY])
async def test_a_refund_that_never_got_through_can_be_decided_in_the_end(
    services: Services, shop: Shop, placed: Order, square: Square, clock: TestClock, fault: Fault
) -> None:
    """After the last try nobody sends it any more, so staff may say what became of it and ask anew."""
    payment_id = await paid_order(services, shop, placed, square)
    await services.refunds.ask(shop, OWNER, payment_id, 3000, "sorry")
    for _ in range(6):
        square.fail(*[fault] * (1 if fault is Fault.SHUT else 3))
        await services.worker.drain()
        clock.forward(hours=15)
    refund = (await hosting.payment(services, shop, placed)).refunds[0]
    assert refund.state is RefundState.UNKNOWN
    await services.refunds.resolve(shop, OWNER, payment_id, refund.key, done=False)
    assert (await hosting.payment(services, shop, placed)).refundable_cents == 3000


async def test_a_refund_whose_provider_never_answers_is_unknown(
    db: Db, services: Services, shop: Shop, placed: Order, square: Square, clock: TestClock, outside: Outside
) -> None:
    """The last try ended with its time and not with an error; that is no reason to forget it."""
    payment_id = await paid_order(services, shop, placed, square)
    await services.refunds.ask(shop, OWNER, payment_id, 3000, "sorry")
    rules = Rules(outbox_lease=timedelta(seconds=4), outbox_backoff=())
    hasty = build(db, clock, rules, services.links, outside)
    square.fail(Fault.SLOW)
    await hasty.worker.drain()
    await hasty.calls.close()
    assert (await hosting.payment(services, shop, placed)).refunds[0].state is RefundState.UNKNOWN


async def test_a_refund_under_way_is_asked_about(
    services: Services, shop: Shop, placed: Order, square: Square, clock: TestClock
) -> None:
    """Its webhook may never come, as with payments."""
    payment_id = await paid_order(services, shop, placed, square)
    await services.refunds.ask(shop, OWNER, payment_id, 1000, "sorry")
    await services.worker.drain()
    refund = (await hosting.payment(services, shop, placed)).refunds[0]
    assert refund.state is RefundState.PENDING
    square.settle_refund(refund.provider_ref or "")
    clock.forward(minutes=2)
    assert await services.poller.poll(0) == 1
    assert (await hosting.payment(services, shop, placed)).refunds[0].state is RefundState.DONE
    clock.forward(days=3)
    assert await services.poller.poll(0) == 1
    clock.forward(days=3)
    assert await services.poller.poll(0) == 0


# Asking


async def test_money_on_its_way_is_told_to_staff_even_if_nobody_can_be_asked(
    db: Db, services: Services, shop: Shop, placed: Order, clock: TestClock
) -> None:
    """The keys are gone when the last turn comes: the goods are kept, so staff have to know."""
    await opened(services, shop, placed)
    await services.hosted._settlement.apply(shop, placed.payment_id, News(What.PENDING))
    await services.providers.remove(shop, OWNER, "CASHAPP_PAY")
    for _ in range(24 * 6):
        clock.forward(hours=1)
        await services.poller.poll(0)
    assert (await messages(db)).count("payment_stuck") == 1


async def test_money_on_its_way_is_asked_about_until_it_has_come(
    services: Services, shop: Shop, placed: Order, square: Square, clock: TestClock
) -> None:
    """A bank may take two weeks, and the one webhook may be lost."""
    ref = await opened(services, shop, placed)
    await services.hosted._settlement.apply(shop, placed.payment_id, News(What.PENDING))
    for _ in range(24 * 14):
        clock.forward(hours=1)
        await services.poller.poll(0)
    square.pay(ref)
    for _ in range(24 * 3):
        clock.forward(hours=1)
        await services.poller.poll(0)
    assert (await hosting.payment(services, shop, placed)).status is PaymentStatus.CONFIRMED


async def test_one_broken_payment_does_not_stop_the_others_from_being_asked_about(
    db: Db, services: Services, shop: Shop, placed: Order, product: MakeProduct, square: Square,
    clock: TestClock,
) -> None:  # fmt: skip
    """Neither one that cannot be read nor one that its adapter cannot make sense of."""
    unreadable = await hosting.order(services, shop, ADA, await product("Cup"))
    strange = await hosting.order(services, shop, ADA, await product("Jar"))
    for each in (unreadable, strange, placed):
        await opened(services, shop, each)
        clock.forward(seconds=1)
    rows = Payment.rows(db)
    await rows.update_one({"orderId": unreadable.key}, {"$set": {"status": "no status"}})
    await rows.update_one({"orderId": strange.key}, {"$set": {"providerRef": "\0"}})
    clock.forward(minutes=2)
    square.pay((await hosting.payment(services, shop, placed)).provider_ref or "")
    await services.poller.poll(0)
    assert (await hosting.payment(services, shop, placed)).status is PaymentStatus.CONFIRMED


async def test_a_crowd_that_is_due_is_asked_about_at_once(db: Db, services: Services, shop: Shop) -> None:
    """More than one round takes: the rest does not wait for the next turn of the poller."""
    due = services.clock.now() - timedelta(seconds=1)
    crowd = [
        Payment(
            tenant_id=shop.id,
            order_id=f"order {number}",
            order_number=f"N{number}",
            method=PaymentMethod.CASHAPP_PAY,
            amount_cents=100,
            currency="USD",
            next_poll_at=due,
        )
        for number in range(21)
    ]
    await Payment.insert_all(db, crowd)
    poller = asyncio.create_task(services.poller.run())
    async with asyncio.timeout(12):
        while await Payment.how_many(db, {"polls": 0}):  # noqa: ASYNC110 - nothing rings
            await asyncio.sleep(0.1)
    poller.cancel()


async def test_a_provider_that_never_answers_is_soon_known_to_be_down(
    square: Square, clock: TestClock
) -> None:
    """All tries of a call end within a time that the outbox has: cut off by it they would not count."""
    calls = Calls(clock, within=0.5)
    call = Call("cashapp_pay", "GET", f"{square.url}/v2/locations/x", repeatable=True, seconds=0.3)
    square.fail(*[Fault.SLOW] * 9)
    for _ in range(3):
        with pytest.raises(Unavailable):
            await calls.send(call)
    assert calls.down(square.url)
    assert len(square.requests) <= 6
    await calls.close()


# Money that pays nothing by itself


async def test_a_wrong_sum_that_was_on_its_way_keeps_no_goods_for_ever(
    db: Db, services: Services, shop: Shop, settlement: Settlement, placed: Order, clock: TestClock
) -> None:
    """It is not on its way any more: the hold runs on, and staff decide about the money."""
    await told(settlement, shop, placed, News(What.PENDING), hosting.paid(placed, "ch_1", cents=2000))
    clock.forward(minutes=61)
    await services.sweeper.sweep()
    view = await services.payments.of_order(shop, placed.key)
    assert (view.order.status, view.payment.conflict) == (OrderStatus.CANCELLED, "amount")
    assert await stock_of(db, shop, placed) == (10, 0)


async def test_a_wrong_sum_stays_for_staff_when_the_right_one_follows(
    services: Services, shop: Shop, settlement: Settlement, placed: Order
) -> None:
    """The order is paid and the other money is somebody's still."""
    other = hosting.paid(placed, "ch_1", cents=2000)
    assert await told(settlement, shop, placed, other, hosting.paid(placed, "ch_2")) == ["amount", "paid"]
    assert (await hosting.payment(services, shop, placed)).conflict == "second"
    await services.refunds.ask(shop, OWNER, placed.payment_id, 2000, "once too much", by_hand=True)
    payment = await hosting.payment(services, shop, placed)
    assert (payment.conflict, payment.status) == (None, PaymentStatus.CONFIRMED)
    assert payment.refunds[0].charge_ref == "ch_1"


async def test_a_foreign_sum_stays_for_staff_when_the_right_one_follows(
    services: Services, shop: Shop, settlement: Settlement, placed: Order
) -> None:
    """Money in another currency is not forgotten because the price came, too."""
    other = hosting.paid(placed, "ch_1", currency="EUR")
    await told(settlement, shop, placed, other, hosting.paid(placed, "ch_2"))
    assert (await hosting.payment(services, shop, placed)).conflict == "currency"


async def test_the_rest_on_its_way_keeps_the_goods(
    services: Services, shop: Shop, settlement: Settlement, placed: Order, clock: TestClock
) -> None:
    """Told once for each deposit: a miner may take longer than what is left of the hour."""
    await told(settlement, shop, placed, hosting.coins(placed, "np_1", "0.5"))
    clock.forward(minutes=50)
    rest = News(What.PENDING, charge_ref="np_2")
    assert await told(settlement, shop, placed, rest) == ["rest_processing"]
    clock.forward(minutes=50)
    assert await told(settlement, shop, placed, rest) == ["known"]
    await services.sweeper.sweep()
    assert await told(settlement, shop, placed, hosting.coins(placed, "np_2", "0.5")) == ["paid"]


async def test_every_deposit_on_its_way_can_be_asked_about(
    services: Services, shop: Shop, settlement: Settlement, placed: Order
) -> None:
    """A second one, and one for an order that was called off: their other webhooks may be lost."""
    first, second = (News(What.PENDING, charge_ref=ref) for ref in ("np_1", "np_2"))
    assert await told(settlement, shop, placed, first, second, second) == ["processing", "noted", "known"]
    await services.orders.staff_cancel(shop, OWNER, placed.key, "out of mugs")
    assert await told(settlement, shop, placed, News(What.PENDING, charge_ref="np_3")) == ["noted"]
    assert (await hosting.payment(services, shop, placed)).charge_refs == ["np_1", "np_2", "np_3"]


async def test_a_foreign_sum_that_went_back_takes_nothing_from_the_right_one(
    services: Services, shop: Shop, settlement: Settlement, placed: Order
) -> None:
    """Thirty euros came and went, then the thirty dollars came: those are there to be kept or given back."""
    euros = hosting.paid(placed, "ch_1", currency="EUR")
    returned = News(What.REFUNDED, charge_ref="ch_1", refund_ref="rf_1", amount=Money(3000, "EUR"))
    await told(settlement, shop, placed, euros, returned, hosting.paid(placed, "ch_2"))
    view = await services.payments.of_order(shop, placed.key)
    assert (view.order.status, view.refundable_cents) == (OrderStatus.COMPLETE, 3000)
    assert await told(settlement, shop, placed, returned, back("ch_2", 1000, refund="rf_2")) == [
        "known",
        "refunded",
    ]
    assert (await services.payments.of_order(shop, placed.key)).order.refunded_cents == 1000


async def test_a_try_that_failed_before_ends_no_other_that_is_on_its_way(
    services: Services, shop: Shop, settlement: Settlement, placed: Order, clock: TestClock
) -> None:
    """News of the first try comes last, when the hour is over: the goods are kept for the second."""
    clock.forward(minutes=59)
    pending, first = News(What.PENDING, charge_ref="ch_2"), News(What.FAILED, charge_ref="ch_1")
    assert await told(settlement, shop, placed, pending, first) == ["processing", "other_try"]
    clock.forward(minutes=10)
    await services.sweeper.sweep()
    third, second = News(What.PENDING, charge_ref="ch_3"), News(What.FAILED, charge_ref="ch_2")
    assert await told(settlement, shop, placed, third, second, second) == ["noted", *["other_try"] * 2]
    assert await now(services, shop, placed) == (PaymentStatus.PROCESSING, OrderStatus.PENDING_PAYMENT)
    last = News(What.FAILED, charge_ref="ch_3")
    assert await told(settlement, shop, placed, last, pending, second) == ["failed", "processing", "failed"]


async def test_money_on_its_way_to_an_old_page_keeps_no_goods_for_ever(
    services: Services, shop: Shop, settlement: Settlement, placed: Order, clock: TestClock
) -> None:
    """It came after the page had ended, and told of nothing but that the page has ended."""
    ended = News(What.EXPIRED, provider_ref=await opened(services, shop, placed))
    news = (ended, News(What.PENDING, provider_ref="an older page", charge_ref="np_1"), ended)
    assert await told(settlement, shop, placed, *news) == ["page_expired", "processing", "page_expired"]
    clock.forward(minutes=61)
    await services.sweeper.sweep()
    assert await now(services, shop, placed) == (PaymentStatus.EXPIRED, OrderStatus.CANCELLED)
