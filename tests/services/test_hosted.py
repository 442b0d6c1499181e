"""A payment on a provider's page, with a real stand-in: made, paid, asked about, given back."""

import asyncio

import pytest

from bot.outside import Outside
from models.alert import Alert
from models.audit import AuditLog
from models.base import Db
from models.errors import AlreadyDecided, BadInput, NotFound, Unavailable, WrongKeys
from models.order import Order, OrderStatus
from models.outbox import OutboxEffect, OutboxStatus
from models.payment import PaymentStatus, RefundState
from services import Services
from services.hosted import Unmatched
from services.payments.processor import News, Site, What
from services.shops import Shop
from tests.fakes.provider import Fault
from tests.fakes.square import Square
from tests.outside import OUTSIDE
from tests.services import hosting
from tests.services.conftest import ADA, BOB, OWNER, MakeProduct, TestClock


@pytest.fixture
def outside(square: Square) -> Outside:
    """Square answers here."""
    return Outside(OUTSIDE.vault, {"cashapp_pay": Site(square.url)})


@pytest.fixture
async def shop(shop: Shop, services: Services) -> Shop:
    """A shop that also takes Cash App Pay."""
    return await hosting.offer(services, shop)


@pytest.fixture
async def placed(services: Services, shop: Shop, product: MakeProduct) -> Order:
    """Ada's order of two mugs for 30.00, of ten in stock."""
    return await hosting.order(services, shop, ADA, await product(), 2)


def links(square: Square) -> int:
    """How many pages were asked for."""
    return sum(each.path.endswith("/payment-links") for each in square.requests)


async def opened(services: Services, shop: Shop, placed: Order) -> str:
    """The order with its page: Square's name for it."""
    payment = await services.hosted.open(shop, placed)
    assert payment.provider_ref is not None
    return payment.provider_ref


async def messages(db: Db) -> list[str]:
    """What staff were told."""
    return [alert.message for alert in await Alert.find_all(db, {}, sort="createdAt")]


async def test_one_page_is_made_however_many_ask(
    db: Db, services: Services, shop: Shop, placed: Order, square: Square
) -> None:
    """Ten clicks and the outbox get the same page, and the customer is told of it once."""
    await asyncio.gather(*(services.hosted.open(shop, placed) for _ in range(10)), services.worker.drain())
    assert links(square) == 1
    payment = await hosting.payment(services, shop, placed)
    assert payment.page_url is not None
    assert payment.opened == 1
    assert len(await OutboxEffect.find_all(db, {"payload.event": "orderReceived"})) == 1


async def test_an_order_without_a_page_gets_it_from_the_outbox(
    db: Db, services: Services, shop: Shop, placed: Order, square: Square, clock: TestClock
) -> None:
    """Whoever confirms and goes away finds the page in the message once the provider is there."""
    square.fail(*[Fault.DOWN] * 3)
    await services.worker.drain()
    assert (await hosting.payment(services, shop, placed)).page_url is None
    clock.forward(minutes=2)
    await services.worker.drain()
    assert (await hosting.payment(services, shop, placed)).page_url is not None
    owed = await OutboxEffect.find_one(db, {"kind": "payment.open"})
    assert owed is not None
    assert (owed.status, owed.outcome) == (OutboxStatus.DONE, "opened")


async def test_a_page_whose_answer_was_lost_is_the_same_when_asked_again(
    services: Services, shop: Shop, placed: Order, square: Square
) -> None:
    """The provider knows the request again by its key."""
    square.fail(Fault.LOST, Fault.LATE_ERROR)
    payment = await services.hosted.open(shop, placed)
    assert payment.page_url is not None
    assert links(square) == 3
    assert len({each.body for each in square.requests}) == 1


async def test_keys_that_are_not_accepted_are_told_to_staff_once(
    db: Db, services: Services, shop: Shop, placed: Order, square: Square
) -> None:
    """The customer may call the order off; staff have to mend the keys, after which it works."""
    for _ in range(2):
        square.fail(Fault.SHUT)
        with pytest.raises(WrongKeys):
            await services.hosted.open(shop, placed)
    assert await messages(db) == ["page_wrong_keys"]
    assert (await hosting.payment(services, shop, placed)).open_error == "wrong_keys"
    payment = await services.hosted.open(shop, placed)
    assert payment.open_error is None


async def test_a_provider_that_is_down_is_not_offered_until_it_rests(
    services: Services, shop: Shop, placed: Order, square: Square, clock: TestClock
) -> None:
    """After three calls in vain the others stay, and after half a minute it is tried again."""
    for _ in range(3):
        square.fail(*[Fault.DOWN] * 3)
        with pytest.raises(Unavailable):
            await services.providers.test(shop, "CASHAPP_PAY")
    offered = {each.value for each in services.methods.available(shop)}
    assert offered == {"VENMO", "ZELLE"}
    assert [each.value for each in services.methods.down(shop)] == ["CASHAPP_PAY"]
    asked = len(square.requests)
    with pytest.raises(Unavailable):
        await services.hosted.open(shop, placed)
    assert len(square.requests) == asked
    clock.forward(seconds=31)
    await services.hosted.open(shop, placed)
    assert services.methods.down(shop) == []


async def test_what_the_provider_tells_pays_the_order(
    services: Services, shop: Shop, placed: Order, square: Square
) -> None:
    """A webhook's news finds its payment by our own id, by the page or by the money."""
    square.pay(await opened(services, shop, placed))
    adapter = services.hosted._adapters.named("cashapp_pay")
    outcomes = [
        await services.hosted.take(shop.id, "cashapp_pay", news)
        for notice in square.notices
        for news in adapter.read_webhook(notice.body).news
    ]
    assert outcomes.count("paid") == 1
    view = await services.payments.of_order(shop, placed.key)
    assert (view.payment.status, view.order.status) == (PaymentStatus.CONFIRMED, OrderStatus.COMPLETE)


async def test_news_of_a_payment_that_nobody_knows_is_unmatched(
    services: Services, shop: Shop, placed: Order
) -> None:
    """Unknown, malformed and foreign ids alike; also the order of another way to pay."""
    other = await services.shops.claim("901", "Borealis", OWNER)
    for news in (
        News(What.PAID, order_id="no id at all"),
        News(What.PAID, order_id="6b052b6c81fda91d13de35f4"),
        News(What.PAID, charge_ref="ch_unknown"),
        News(What.PAID),
    ):
        with pytest.raises(Unmatched):
            await services.hosted.take(shop.id, "cashapp_pay", news)
    with pytest.raises(Unmatched):
        await services.hosted.take(other.id, "cashapp_pay", News(What.PAID, order_id=placed.key))
    with pytest.raises(NotFound):
        await services.hosted.take(shop.id, "unknown", News(What.PAID, order_id=placed.key))


async def test_a_payment_whose_webhook_was_lost_is_found_by_asking(
    services: Services, shop: Shop, placed: Order, square: Square, clock: TestClock
) -> None:
    """The poller goes gently: first after a minute, then ever more seldom, and never once it is over."""
    ref = await opened(services, shop, placed)
    assert await services.poller.poll(0) == 0
    gaps = []
    for _ in range(3):
        began = clock.now()
        while not await services.poller.poll(0):
            clock.forward(seconds=30)
        gaps.append((clock.now() - began).total_seconds())
    assert gaps == [60, 60, 120]
    square.pay(ref)
    clock.forward(minutes=5)
    assert await services.poller.poll(0) == 1
    assert (await hosting.payment(services, shop, placed)).status is PaymentStatus.CONFIRMED
    clock.forward(days=3)
    assert await services.poller.poll(0) == 0


async def test_the_poller_finds_late_money_and_gives_up_in_the_end(
    services: Services, shop: Shop, placed: Order, clock: TestClock
) -> None:
    """A payment that came as the hold ended is found afterwards; an unpaid one is forgotten after days."""
    await opened(services, shop, placed)
    polls = 0
    for _ in range(24 * 14):
        clock.forward(hours=1)
        await services.sweeper.sweep()
        polls += await services.poller.poll(0)
    assert 5 < polls < 20
    assert (await hosting.payment(services, shop, placed)).next_poll_at is None


async def test_a_provider_that_is_away_does_not_stop_the_poller(
    services: Services, shop: Shop, placed: Order, square: Square, clock: TestClock
) -> None:
    """It goes on with the next one and comes back."""
    await opened(services, shop, placed)
    clock.forward(minutes=2)
    square.fail(*[Fault.PAGE] * 3)
    assert await services.poller.poll(0) == 1
    assert (await hosting.payment(services, shop, placed)).next_poll_at is not None


async def test_check_again_asks_at_most_every_five_seconds(
    services: Services, shop: Shop, placed: Order, square: Square, clock: TestClock
) -> None:
    """An impatient customer does not hammer the provider, and nobody checks another's order."""
    ref = await opened(services, shop, placed)
    before = len(square.requests)
    await asyncio.gather(*(services.hosted.check(shop, ADA, placed.key) for _ in range(5)))
    once = len(square.requests) - before
    assert once > 0
    clock.forward(seconds=6)
    square.pay(ref)
    await services.hosted.check(shop, ADA, placed.key)
    assert (await hosting.payment(services, shop, placed)).status is PaymentStatus.CONFIRMED
    with pytest.raises(NotFound):
        await services.hosted.check(shop, BOB, placed.key)


async def test_cancelling_closes_the_page(
    services: Services, shop: Shop, placed: Order, square: Square
) -> None:
    """Nobody pays for an order that is over; the worker sees to it."""
    await opened(services, shop, placed)
    await services.orders.cancel(shop, ADA, placed.key)
    await services.worker.drain()
    assert any(each.method == "DELETE" for each in square.requests)


async def paid_order(services: Services, shop: Shop, placed: Order, square: Square) -> str:
    """A paid order: the id of its payment."""
    square.pay(await opened(services, shop, placed))
    await services.hosted.staff_check(shop, placed.payment_id)
    return placed.payment_id


def refunds(square: Square) -> int:
    """How many refund requests arrived."""
    return sum(each.path == "/v2/refunds" and each.method == "POST" for each in square.requests)


async def test_a_refund_goes_through_the_provider_once(
    services: Services, shop: Shop, placed: Order, square: Square, clock: TestClock
) -> None:
    """A lost answer, an error and a crash of the worker lead to one refund: the key is the same each time."""
    payment_id = await paid_order(services, shop, placed, square)
    await services.refunds.ask(shop, OWNER, payment_id, 1000, "one mug was broken")
    square.fail(Fault.LOST, Fault.LATE_ERROR, Fault.LOST)
    await services.worker.drain()
    assert (await hosting.payment(services, shop, placed)).refunds[0].state is RefundState.ASKED
    clock.forward(minutes=2)
    await services.worker.drain()
    assert refunds(square) == 4
    refund = (await hosting.payment(services, shop, placed)).refunds[0]
    assert refund.state in {RefundState.PENDING, RefundState.DONE}
    square.settle_refund(refund.provider_ref or "")
    await services.hosted.staff_check(shop, payment_id)
    view = await services.payments.of_order(shop, placed.key)
    assert (view.payment.refunded_cents, view.order.refunded_cents) == (1000, 1000)
    assert view.payment.status is PaymentStatus.PARTIALLY_REFUNDED
    with pytest.raises(BadInput):
        await services.refunds.ask(shop, OWNER, payment_id, 2001, "too much")


async def test_a_refund_that_nobody_can_account_for_is_never_sent_again(
    db: Db, services: Services, shop: Shop, placed: Order, square: Square, clock: TestClock
) -> None:
    """After the last try it is unknown: staff look at the provider's site and say what happened there."""
    payment_id = await paid_order(services, shop, placed, square)
    await services.refunds.ask(shop, OWNER, payment_id, 3000, "sorry")
    for _ in range(6):
        square.fail(*[Fault.DOWN] * 3)
        await services.worker.drain()
        clock.forward(hours=15)
    sent = refunds(square)
    payment = await hosting.payment(services, shop, placed)
    assert payment.refunds[0].state is RefundState.UNKNOWN
    assert payment.refundable_cents == 0
    assert "effect_dead" in await messages(db)
    clock.forward(days=1)
    await services.worker.drain()
    assert refunds(square) == sent
    await services.refunds.resolve(shop, OWNER, payment_id, payment.refunds[0].key, done=False)
    with pytest.raises(AlreadyDecided):
        await services.refunds.resolve(shop, OWNER, payment_id, payment.refunds[0].key, done=True)
    assert (await hosting.payment(services, shop, placed)).refundable_cents == 3000


async def test_a_refused_refund_fails_and_staff_hear_of_it(
    db: Db, services: Services, shop: Shop, placed: Order, square: Square
) -> None:
    """What the provider refuses is not tried again."""
    payment_id = await paid_order(services, shop, placed, square)
    square.refund_in_dashboard((await hosting.payment(services, shop, placed)).charge_refs[-1], 3000)
    await services.refunds.ask(shop, OWNER, payment_id, 3000, "sorry")
    await services.worker.drain()
    payment = await hosting.payment(services, shop, placed)
    assert payment.refunds[0].state is RefundState.FAILED
    assert "refund_failed" in await messages(db)


async def test_keys_are_checked_sealed_and_forgotten(
    db: Db, services: Services, shop: Shop, square: Square
) -> None:
    """What is stored cannot be read without the installation's secret, nor under another shop's name."""
    stored = await db.database["providers"].find_one({"tenantId": shop.id, "type": "cashapp_pay"})
    assert stored is not None
    secret = hosting.KEYS["CASHAPP_PAY"]["access_token"]
    assert secret not in str(stored)
    audit = await db.database["auditlogs"].find({}).to_list(None)
    assert secret not in str(audit)
    await db.database["providers"].update_one({"_id": stored["_id"]}, {"$set": {"tenantId": "other"}})
    view = await services.providers.view(shop, "CASHAPP_PAY")
    assert not view.configured
    await db.database["providers"].update_one({"_id": stored["_id"]}, {"$set": {"tenantId": shop.id}})
    view = await services.providers.view(shop, "CASHAPP_PAY")
    assert view.readable
    assert secret not in str(view)
    assert view.values["access_token"].endswith(secret[-4:])
    await services.providers.test(shop, "CASHAPP_PAY")
    square.fail(Fault.SHUT)
    with pytest.raises(WrongKeys):
        await services.providers.test(shop, "CASHAPP_PAY")
    with pytest.raises(BadInput):
        await services.providers.configure(shop, OWNER, "CASHAPP_PAY", {"location_id": " "})
    shop = await services.providers.remove(shop, OWNER, "CASHAPP_PAY")
    assert "CASHAPP_PAY" not in shop.config.enabled_payment_methods
    with pytest.raises(NotFound):
        await services.providers.keys(shop.id, "cashapp_pay")


async def test_two_staff_who_say_otherwise_of_an_unknown_refund_make_one_answer(
    db: Db, services: Services, shop: Shop, placed: Order, square: Square, clock: TestClock
) -> None:
    """It was made and it was not, said at once: one stands, so that nothing is given back twice."""
    payment_id = await paid_order(services, shop, placed, square)
    await services.refunds.ask(shop, OWNER, payment_id, 3000, "sorry")
    square.fail(*[Fault.DOWN] * 18)
    for _ in range(6):
        await services.worker.drain()
        clock.forward(hours=15)
    key = (await hosting.payment(services, shop, placed)).refunds[0].key
    both = await asyncio.gather(
        services.refunds.resolve(shop, OWNER, payment_id, key, done=True),
        services.refunds.resolve(shop, OWNER, payment_id, key, done=False),
        return_exceptions=True,
    )
    assert [type(each) for each in both if isinstance(each, BaseException)] == [AlreadyDecided]
    (row,) = await AuditLog.find_all(db, {"action": "payment.refund_resolve"})
    now = await hosting.payment(services, shop, placed)
    assert now.refunds[0].state is (RefundState.DONE if row.meta["after"]["done"] else RefundState.FAILED)
