"""Orders paid by card, from the cart to the books, with a stand-in for Stripe."""

import itertools
from collections.abc import AsyncIterator, Iterable
from datetime import timedelta

import pytest

from bot.outside import Outside
from models.alert import Alert
from models.base import Db
from models.errors import BadInput, Declined
from models.order import Order, OrderStatus
from models.payment import Payment, PaymentStatus, RefundState
from models.webhook import WebhookEvent, WebhookState
from services import Services
from services.payments.processor import Site
from services.shops import Shop
from tests.fakes.provider import Fault, Notice
from tests.fakes.stripe import Stripe
from tests.outside import OUTSIDE
from tests.services import hosting
from tests.services.conftest import ADA, OWNER, MakeProduct, TestClock

METHOD = "STRIPE"


@pytest.fixture
async def stripe(clock: TestClock) -> AsyncIterator[Stripe]:
    """Stripe, on this machine and at this test's time."""
    async with Stripe(clock.now) as fake:
        yield fake


@pytest.fixture
def outside(stripe: Stripe) -> Outside:
    """Stripe answers here."""
    return Outside(OUTSIDE.vault, {"stripe": Site(stripe.url)})


@pytest.fixture
async def shop(shop: Shop, services: Services) -> Shop:
    """A shop that takes cards."""
    return await hosting.offer(services, shop, METHOD)


@pytest.fixture
async def placed(services: Services, shop: Shop, product: MakeProduct) -> Order:
    """Ada's order of two mugs for 30.00, of ten in stock."""
    return await hosting.order(services, shop, ADA, await product(), 2, METHOD)


async def opened(services: Services, shop: Shop, placed: Order) -> str:
    """The order with its page: Stripe's name for it."""
    payment = await services.hosted.open(shop, placed)
    assert payment.provider_ref is not None
    return payment.provider_ref


async def deliver(services: Services, shop: Shop, notices: Iterable[Notice]) -> None:
    """Stripe delivers, and it is acted upon."""
    for notice in notices:
        headers = {name.lower(): value for name, value in notice.headers.items()}
        assert await services.inbox.receive("stripe", shop.id, notice.body, headers) == 200
    while await services.inbox.drain():
        pass


async def stands(services: Services, shop: Shop, placed: Order) -> tuple[PaymentStatus, OrderStatus]:
    """Where payment and order stand."""
    payment = await hosting.payment(services, shop, placed)
    return payment.status, (await services.orders.staff_view(shop, placed.key)).order.status


async def paid(services: Services, shop: Shop, placed: Order, stripe: Stripe) -> tuple[Payment, str]:
    """A paid order: its payment, and Stripe's id of the money."""
    intent = stripe.pay(await opened(services, shop, placed))
    await deliver(services, shop, stripe.notices)
    stripe.notices.clear()
    payment = await hosting.payment(services, shop, placed)
    assert payment.status is PaymentStatus.CONFIRMED
    return payment, intent


async def messages(db: Db) -> list[str]:
    """What staff were told."""
    return [alert.message for alert in await Alert.find_all(db, {}, sort="createdAt")]


async def test_an_order_is_paid_by_card_once(
    services: Services, shop: Shop, placed: Order, stripe: Stripe
) -> None:
    """Delivered twice and in any order, the money is booked once under the payment's own id."""
    payment = await services.hosted.open(shop, placed)
    assert payment.page_ends_at == placed.hold_ends_at
    intent = stripe.pay(payment.provider_ref or "")
    await deliver(services, shop, [*reversed(stripe.notices), *stripe.notices])
    assert await stands(services, shop, placed) == (PaymentStatus.CONFIRMED, OrderStatus.COMPLETE)
    payment = await hosting.payment(services, shop, placed)
    (receipt,) = payment.receipts
    assert (receipt.ref, receipt.amount_cents, receipt.currency) == (intent, 3000, "USD")
    assert payment.charge_refs == [intent]


async def test_money_that_takes_days_keeps_the_goods(
    services: Services, shop: Shop, placed: Order, stripe: Stripe, clock: TestClock
) -> None:
    """A bank's transfer stops the hold's clock; when the money comes, long afterwards, the order is paid."""
    intent = stripe.pay_later(await opened(services, shop, placed))
    await deliver(services, shop, stripe.notices)
    assert await stands(services, shop, placed) == (PaymentStatus.PROCESSING, OrderStatus.PENDING_PAYMENT)
    clock.forward(days=3)
    await services.sweeper.sweep()
    assert (await stands(services, shop, placed))[1] is OrderStatus.PENDING_PAYMENT
    told = len(stripe.notices)
    stripe.settle(intent)
    await deliver(services, shop, stripe.notices[told:])
    assert await stands(services, shop, placed) == (PaymentStatus.CONFIRMED, OrderStatus.COMPLETE)


async def test_after_a_bank_refused_another_page_is_paid(
    services: Services, shop: Shop, placed: Order, stripe: Stripe
) -> None:
    """The first page is of no use any more: the customer gets a second, and its money pays the order."""
    first = await opened(services, shop, placed)
    stripe.bounce(stripe.pay_later(first))
    await deliver(services, shop, stripe.notices)
    assert await stands(services, shop, placed) == (PaymentStatus.FAILED, OrderStatus.PENDING_PAYMENT)
    second = await opened(services, shop, placed)
    assert second != first
    stripe.pay(second)
    await deliver(services, shop, stripe.notices)
    assert await stands(services, shop, placed) == (PaymentStatus.CONFIRMED, OrderStatus.COMPLETE)
    assert (await hosting.payment(services, shop, placed)).received_cents == 3000


async def test_a_refused_card_leaves_the_order_as_it_is(
    services: Services, shop: Shop, placed: Order, stripe: Stripe
) -> None:
    """The page takes the next card; told late, the refusal changes nothing about what was paid."""
    ref = await opened(services, shop, placed)
    stripe.decline(ref)
    refusal = list(stripe.notices)
    await deliver(services, shop, refusal)
    assert await stands(services, shop, placed) == (
        PaymentStatus.PENDING_PAYMENT,
        OrderStatus.PENDING_PAYMENT,
    )
    stripe.pay(ref)
    await deliver(services, shop, [*stripe.notices, *refusal])
    assert await stands(services, shop, placed) == (PaymentStatus.CONFIRMED, OrderStatus.COMPLETE)


async def test_a_page_that_ran_out_is_replaced(
    services: Services, shop: Shop, placed: Order, stripe: Stripe
) -> None:
    """While the hold lasts there is a new page, and the end of the old one does not touch it."""
    first = await opened(services, shop, placed)
    stripe.expire(first)
    await deliver(services, shop, stripe.notices)
    payment = await services.hosted.open(shop, placed)
    assert payment.provider_ref not in {None, first}
    await deliver(services, shop, stripe.notices)
    await services.hosted.staff_check(shop, payment.key)
    assert (await hosting.payment(services, shop, placed)).page_url == payment.page_url


async def test_at_the_holds_end_the_page_is_closed(
    services: Services, shop: Shop, placed: Order, stripe: Stripe, clock: TestClock
) -> None:
    """Nobody pays for an order that is over."""
    ref = await opened(services, shop, placed)
    stripe.sessions[ref]["expires_at"] += 3600
    clock.forward(minutes=61)
    await services.sweeper.sweep()
    assert (await stands(services, shop, placed))[1] is OrderStatus.CANCELLED
    await services.worker.drain()
    assert stripe.sessions[ref]["status"] == "expired"


async def test_a_payment_in_the_last_moment_is_late_money(
    services: Services, shop: Shop, placed: Order, stripe: Stripe
) -> None:
    """Paid before the page could be closed: the goods are there still, so the order comes back to life."""
    ref = await opened(services, shop, placed)
    await services.orders.cancel(shop, ADA, placed.key)
    stripe.pay(ref)
    await services.worker.drain()
    assert stripe.sessions[ref]["status"] == "complete"
    await deliver(services, shop, stripe.notices)
    assert await stands(services, shop, placed) == (PaymentStatus.CONFIRMED, OrderStatus.COMPLETE)


async def test_another_amount_is_for_staff_to_decide(
    db: Db, services: Services, shop: Shop, placed: Order, stripe: Stripe
) -> None:
    """A page asks for one sum: what somebody changed at Stripe delivers nothing."""
    stripe.pay(await opened(services, shop, placed), cents=100)
    await deliver(services, shop, stripe.notices)
    assert (await hosting.payment(services, shop, placed)).conflict == "amount"
    assert (await stands(services, shop, placed))[1] is OrderStatus.PENDING_PAYMENT
    assert "payment_amount" in await messages(db)


async def test_asking_makes_lost_webhooks_good(
    services: Services, shop: Shop, placed: Order, stripe: Stripe
) -> None:
    """Payment, refund and lost dispute, of which no webhook came."""
    intent = stripe.pay(await opened(services, shop, placed))
    await services.hosted.staff_check(shop, placed.payment_id)
    assert await stands(services, shop, placed) == (PaymentStatus.CONFIRMED, OrderStatus.COMPLETE)
    stripe.refund_in_dashboard(intent, 1000)
    stripe.settle_dispute(stripe.dispute(intent), "lost")
    await services.hosted.staff_check(shop, placed.payment_id)
    await deliver(services, shop, stripe.notices)
    payment = await hosting.payment(services, shop, placed)
    assert (payment.status, payment.refunded_cents) == (PaymentStatus.REFUNDED, 3000)


async def test_a_page_whose_answer_was_lost_is_found_by_the_next_try(
    services: Services, shop: Shop, placed: Order, stripe: Stripe, clock: TestClock
) -> None:
    """Everything was lost three times over; minutes later the same key brings the same page."""
    stripe.fail(Fault.LOST, Fault.LOST, Fault.LOST)
    await services.worker.drain()
    assert (await hosting.payment(services, shop, placed)).page_url is None
    (made,) = stripe.sessions
    clock.forward(minutes=2)
    await services.worker.drain()
    assert (await hosting.payment(services, shop, placed)).provider_ref == made
    assert list(stripe.sessions) == [made]


async def test_a_page_that_nobody_saw_harms_nobody(
    services: Services, shop: Shop, placed: Order, stripe: Stripe, clock: TestClock
) -> None:
    """Asked for so late that it has to end otherwise, another is made; the first one lapses unseen."""
    stripe.fail(Fault.LOST, Fault.LOST, Fault.LOST)
    await services.worker.drain()
    (unseen,) = stripe.sessions
    clock.forward(minutes=45)
    ref = await opened(services, shop, placed)
    assert ref != unseen
    payment = await hosting.payment(services, shop, placed)
    assert payment.page_ends_at == clock.now() + timedelta(minutes=31)
    stripe.expire(unseen)
    await deliver(services, shop, stripe.notices)
    assert (await hosting.payment(services, shop, placed)).page_url == payment.page_url
    stripe.pay(ref)
    await deliver(services, shop, stripe.notices)
    assert await stands(services, shop, placed) == (PaymentStatus.CONFIRMED, OrderStatus.COMPLETE)


async def test_a_refund_whose_answers_were_lost_is_made_once(
    services: Services, shop: Shop, placed: Order, stripe: Stripe, clock: TestClock
) -> None:
    """The same key each time; what the webhooks tell of it meanwhile is the same refund."""
    payment, _ = await paid(services, shop, placed, stripe)
    await services.refunds.ask(shop, OWNER, payment.key, 1000, "one mug was broken")
    stripe.fail(Fault.LOST, Fault.LATE_ERROR, Fault.LOST)
    await services.worker.drain()
    assert len(stripe.refunds) == 1
    await deliver(services, shop, stripe.notices)
    clock.forward(minutes=2)
    await services.worker.drain()
    assert len(stripe.refunds) == 1
    payment = await hosting.payment(services, shop, placed)
    assert (payment.status, payment.refunded_cents) == (PaymentStatus.PARTIALLY_REFUNDED, 1000)
    with pytest.raises(BadInput):
        await services.refunds.ask(shop, OWNER, payment.key, 2001, "too much")


async def test_a_refund_that_the_bank_sends_back_leaves_the_money_here(
    db: Db, services: Services, shop: Shop, placed: Order, stripe: Stripe
) -> None:
    """Pending counts as given; failed in the end it can be given again."""
    payment, _ = await paid(services, shop, placed, stripe)
    stripe.slow_refunds = True
    await services.refunds.ask(shop, OWNER, payment.key, 3000, "sorry")
    await services.worker.drain()
    await deliver(services, shop, stripe.notices)
    payment = await hosting.payment(services, shop, placed)
    assert (payment.refunds[0].state, payment.refundable_cents) == (RefundState.PENDING, 0)
    stripe.settle_refund(payment.refunds[0].provider_ref or "", "failed")
    await deliver(services, shop, stripe.notices[-1:])
    payment = await hosting.payment(services, shop, placed)
    assert (payment.status, payment.refundable_cents) == (PaymentStatus.CONFIRMED, 3000)
    assert len(payment.refunds) == 1
    assert "refund_failed" in await messages(db)


async def test_a_lost_dispute_takes_the_money_once(
    services: Services, shop: Shop, placed: Order, stripe: Stripe
) -> None:
    """All that Stripe tells of it, and what a poll says afterwards, is one loss."""
    payment, intent = await paid(services, shop, placed, stripe)
    dispute = stripe.dispute(intent, "product_not_received")
    await deliver(services, shop, stripe.notices)
    assert (await stands(services, shop, placed))[0] is PaymentStatus.DISPUTED
    stripe.settle_dispute(dispute, "lost")
    await deliver(services, shop, reversed(stripe.notices))
    await services.hosted.staff_check(shop, payment.key)
    payment = await hosting.payment(services, shop, placed)
    assert (payment.status, payment.refunded_cents) == (PaymentStatus.REFUNDED, 3000)
    (booked,) = payment.disputes
    assert (booked.ref, booked.state, booked.reason) == (dispute, "lost", "product_not_received")


async def test_a_won_dispute_leaves_everything_as_it_was(
    services: Services, shop: Shop, placed: Order, stripe: Stripe
) -> None:
    """The money stays, and so does the order."""
    _, intent = await paid(services, shop, placed, stripe)
    stripe.settle_dispute(stripe.dispute(intent), "won")
    await deliver(services, shop, stripe.notices)
    payment = await hosting.payment(services, shop, placed)
    assert (payment.status, payment.refunded_cents) == (PaymentStatus.CONFIRMED, 0)


async def test_refunds_made_at_stripe_add_up_in_any_order(
    services: Services, shop: Shop, product: MakeProduct, stripe: Stripe
) -> None:
    """Each is told by itself and in the charge's sum: in whatever order, 3 and 5 are 8."""
    mug = await product(stock=100)
    for order in itertools.permutations(range(4)):
        placed = await hosting.order(services, shop, ADA, mug, 1, METHOD)
        _, intent = await paid(services, shop, placed, stripe)
        stripe.refund_in_dashboard(intent, 300)
        stripe.refund_in_dashboard(intent, 500)
        for at in order:
            await deliver(services, shop, [stripe.notices[at]])
        payment = await hosting.payment(services, shop, placed)
        assert payment.refunded_cents == 800, order
        await services.hosted.staff_check(shop, payment.key)
        assert (await hosting.payment(services, shop, placed)).refunded_cents == 800, order
        stripe.notices.clear()


async def test_another_tills_money_is_let_be(db: Db, services: Services, shop: Shop, stripe: Stripe) -> None:
    """The account sells elsewhere, too: kept as ignored, and nobody is told."""
    stripe.other_sale()
    await deliver(services, shop, stripe.notices)
    assert {each.state for each in await WebhookEvent.find_all(db, {})} == {WebhookState.IGNORED}
    assert await messages(db) == []


async def test_an_order_that_stripe_refuses_is_told_with_its_code(
    db: Db, services: Services, shop: Shop, placed: Order, stripe: Stripe
) -> None:
    """An account that may take nothing yet; once staff have seen to that, the same order gets its page."""
    stripe.closed_account = True
    with pytest.raises(Declined):
        await services.hosted.open(shop, placed)
    assert "page_declined" in await messages(db)
    stripe.closed_account = False
    assert await opened(services, shop, placed) in stripe.sessions
