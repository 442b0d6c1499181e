"""What a provider's news does to payment, order, stock and staff, however often it comes."""

import asyncio
from datetime import timedelta

import pytest

from models.alert import Alert
from models.base import Db
from models.entitlement import Entitlement
from models.errors import AlreadyDecided, BadInput, NotFound
from models.inventory import InventorySnapshot, replay
from models.order import Order, OrderStatus
from models.outbox import OutboxEffect
from models.payment import PaymentStatus, RefundState
from models.product import Product
from services import Services
from services.payments.processor import Money, News, What
from services.settlement import Settlement
from services.shops import Shop
from tests.services import buying, hosting
from tests.services.conftest import ADA, BOB, OWNER, MakeProduct, TestClock


@pytest.fixture
async def shop(shop: Shop, services: Services) -> Shop:
    """A shop that also takes Cash App Pay."""
    return await hosting.offer(services, shop)


@pytest.fixture
def settlement(services: Services) -> Settlement:
    """Where news is settled."""
    return services.hosted._settlement


@pytest.fixture
async def placed(services: Services, shop: Shop, product: MakeProduct) -> Order:
    """Ada's order of two mugs for 30.00, of ten in stock."""
    return await hosting.order(services, shop, ADA, await product(), 2)


async def told(settlement: Settlement, shop: Shop, order: Order, *news: News) -> list[str]:
    """Settle news one after the other."""
    return [await settlement.apply(shop, order.payment_id, each) for each in news]


async def alerts(db: Db) -> list[str]:
    """What staff were told, oldest first, apart from new orders."""
    every = await Alert.find_all(db, {}, sort="createdAt")
    return [alert.message for alert in every if alert.message != "new_order"]


async def stock_of(db: Db, shop: Shop, order: Order) -> tuple[int, int]:
    """(available, reserved), which the ledger confirms."""
    product_id = order.items[0].product_id
    snapshot = await InventorySnapshot.of_product(db, shop.id, product_id)
    found = (snapshot.quantity_available, snapshot.quantity_reserved)
    assert found == await replay(db, shop.id, product_id)
    return found


async def now(services: Services, shop: Shop, order: Order) -> tuple[PaymentStatus, OrderStatus]:
    """Where payment and order stand."""
    view = await services.payments.of_order(shop, order.key)
    return view.payment.status, view.order.status


async def test_money_pays_its_order_once_however_often_it_is_told(
    db: Db, services: Services, shop: Shop, settlement: Settlement, placed: Order
) -> None:
    """Ten copies at once sell the goods once, and book the money once."""
    news = hosting.paid(placed)
    outcomes = await asyncio.gather(*(settlement.apply(shop, placed.payment_id, news) for _ in range(10)))
    assert sorted(outcomes) == ["known"] * 9 + ["paid"]
    assert await now(services, shop, placed) == (PaymentStatus.CONFIRMED, OrderStatus.COMPLETE)
    assert len((await hosting.payment(services, shop, placed)).receipts) == 1
    assert await stock_of(db, shop, placed) == (8, 0)
    assert await alerts(db) == []


async def test_a_second_payment_for_a_paid_order_is_booked_and_told(
    db: Db, services: Services, shop: Shop, settlement: Settlement, placed: Order
) -> None:
    """Whoever pays twice has paid twice: staff see both and give one back, and the order stays paid."""
    await told(settlement, shop, placed, hosting.paid(placed, "ch_1"))
    assert await told(settlement, shop, placed, hosting.paid(placed, "ch_2")) == ["second"]
    payment = await hosting.payment(services, shop, placed)
    assert (payment.received_cents, payment.conflict) == (6000, "second")
    assert await alerts(db) == ["payment_second"]
    await services.refunds.ask(shop, OWNER, payment.key, 3000, "paid twice", by_hand=True)
    payment = await hosting.payment(services, shop, placed)
    assert payment.refunds[0].charge_ref == "ch_2"
    assert payment.conflict is None
    assert await now(services, shop, placed) == (PaymentStatus.CONFIRMED, OrderStatus.COMPLETE)


@pytest.mark.parametrize(
    ("cents", "currency", "why"),
    [(2999, "", "amount"), (3001, "", "amount"), (3000, "EUR", "currency"), (0, "", "amount")],
)
async def test_another_amount_or_currency_is_kept_as_a_conflict(
    db: Db,
    services: Services,
    shop: Shop,
    settlement: Settlement,
    placed: Order,
    cents: int,
    currency: str,
    why: str,
) -> None:
    """Nothing is delivered for the wrong sum; it is booked once and staff are told once."""
    news = hosting.paid(placed, "ch_1", cents, currency)
    assert await told(settlement, shop, placed, news, news) == [why, "known"]
    payment = await hosting.payment(services, shop, placed)
    assert (payment.conflict, len(payment.receipts)) == (why, 1)
    assert await now(services, shop, placed) == (PaymentStatus.PENDING_PAYMENT, OrderStatus.PENDING_PAYMENT)
    assert await alerts(db) == [f"payment_{why}"]
    assert await stock_of(db, shop, placed) == (8, 2)


async def test_staff_may_fulfil_what_came_in_wrong_once(
    db: Db, services: Services, shop: Shop, settlement: Settlement, placed: Order
) -> None:
    """Fulfil anyway hands everything over, and only once."""
    await told(settlement, shop, placed, hosting.paid(placed, "ch_1", 2999))
    with pytest.raises(BadInput):
        await services.decisions.fulfil(shop, OWNER, placed.payment_id, "  ")
    both = await asyncio.gather(
        services.decisions.fulfil(shop, OWNER, placed.payment_id, "one cent is fine"),
        services.decisions.fulfil(shop, OWNER, placed.payment_id, "one cent is fine"),
        return_exceptions=True,
    )
    assert [type(each) for each in both if isinstance(each, BaseException)] == [AlreadyDecided]
    assert await now(services, shop, placed) == (PaymentStatus.CONFIRMED, OrderStatus.COMPLETE)
    assert await stock_of(db, shop, placed) == (8, 0)


async def test_late_money_takes_the_goods_again_while_they_are_there(
    db: Db, services: Services, shop: Shop, settlement: Settlement, placed: Order, clock: TestClock
) -> None:
    """An order cancelled at its hold's end is revived by its payment."""
    clock.forward(minutes=61)
    await services.sweeper.sweep()
    assert await now(services, shop, placed) == (PaymentStatus.EXPIRED, OrderStatus.CANCELLED)
    assert await stock_of(db, shop, placed) == (10, 0)
    assert await told(settlement, shop, placed, hosting.paid(placed)) == ["paid"]
    assert await now(services, shop, placed) == (PaymentStatus.CONFIRMED, OrderStatus.COMPLETE)
    assert await stock_of(db, shop, placed) == (8, 0)


async def test_late_money_whose_goods_are_gone_waits_for_staff(
    db: Db, services: Services, shop: Shop, settlement: Settlement, placed: Order, clock: TestClock
) -> None:
    """Nothing is oversold: staff hear of it, and may find what is missing or give the money back."""
    clock.forward(minutes=61)
    await services.sweeper.sweep()
    mugs = await Product.get(db, shop.id, placed.items[0].product_id)
    assert mugs is not None
    await buying.paid(services, shop, BOB, mugs, 9)
    news = hosting.paid(placed, "ch_1")
    assert await told(settlement, shop, placed, news, news) == ["late", "known"]
    payment = await hosting.payment(services, shop, placed)
    assert (payment.status, payment.conflict, payment.received_cents) == (PaymentStatus.EXPIRED, "late", 3000)
    assert "payment_late" in await alerts(db)
    assert await stock_of(db, shop, placed) == (1, 0)
    await services.decisions.fulfil(shop, OWNER, placed.payment_id, "found one more in the cellar")
    assert await now(services, shop, placed) == (PaymentStatus.CONFIRMED, OrderStatus.COMPLETE)
    assert await stock_of(db, shop, placed) == (0, 0)


async def test_late_money_for_an_order_that_staff_cancelled_waits_for_staff(
    services: Services, shop: Shop, settlement: Settlement, placed: Order
) -> None:
    """What a person decided is not undone by a payment; given back, nothing is left to decide."""
    await services.orders.staff_cancel(shop, OWNER, placed.key, "sold at the market")
    assert await told(settlement, shop, placed, hosting.paid(placed)) == ["late"]
    await services.refunds.ask(shop, OWNER, placed.payment_id, 3000, "sold at the market", by_hand=True)
    payment = await hosting.payment(services, shop, placed)
    assert (payment.conflict, payment.refundable_cents) == (None, 0)
    assert await now(services, shop, placed) == (PaymentStatus.EXPIRED, OrderStatus.CANCELLED)
    with pytest.raises(AlreadyDecided):
        await services.decisions.fulfil(shop, OWNER, placed.payment_id, "after all")


async def test_money_on_its_way_keeps_the_goods_until_it_has_come(
    services: Services, shop: Shop, settlement: Settlement, placed: Order, clock: TestClock
) -> None:
    """While a payment is being confirmed the hold does not end."""
    pending = News(What.PENDING, order_id=placed.key, charge_ref="ch_1")
    assert await told(settlement, shop, placed, pending, pending) == ["processing", "known"]
    clock.forward(hours=30)
    await services.sweeper.sweep()
    assert await now(services, shop, placed) == (PaymentStatus.PROCESSING, OrderStatus.PENDING_PAYMENT)
    assert await told(settlement, shop, placed, hosting.paid(placed, "ch_1"), pending) == ["paid", "known"]


async def test_a_failed_try_lets_the_hold_run_on_and_can_be_repeated(
    db: Db, services: Services, shop: Shop, settlement: Settlement, placed: Order, clock: TestClock
) -> None:
    """After a failure the customer hears of it once, may pay again, and the goods go back in the end."""
    pending = News(What.PENDING, order_id=placed.key, charge_ref="ch_1")
    failed = News(What.FAILED, order_id=placed.key, charge_ref="ch_1", note="card_declined")
    assert await told(settlement, shop, placed, pending, failed, failed) == ["processing", "failed", "known"]
    assert await now(services, shop, placed) == (PaymentStatus.FAILED, OrderStatus.PENDING_PAYMENT)
    owed = await OutboxEffect.find_all(db, {"payload.event": "paymentFailed"})
    assert len(owed) == 1
    clock.forward(minutes=61)
    await services.sweeper.sweep()
    assert await now(services, shop, placed) == (PaymentStatus.EXPIRED, OrderStatus.CANCELLED)
    assert await stock_of(db, shop, placed) == (10, 0)


async def test_part_of_the_money_keeps_the_goods_for_the_rest(
    services: Services, shop: Shop, settlement: Settlement, placed: Order, clock: TestClock
) -> None:
    """Underpaid is a state of its own; the rest arrives as another deposit and pays the order."""
    clock.forward(minutes=50)
    assert await told(settlement, shop, placed, hosting.coins(placed, "p1", "0.6")) == ["underpaid"]
    view = await services.payments.of_order(shop, placed.key)
    assert view.payment.status is PaymentStatus.UNDERPAID
    assert view.order.hold_ends_at == clock.now() + timedelta(minutes=60)
    assert await told(settlement, shop, placed, hosting.coins(placed, "p1", "0.6")) == ["known"]
    assert await told(settlement, shop, placed, hosting.coins(placed, "p2", "0.4")) == ["paid"]
    assert await now(services, shop, placed) == (PaymentStatus.CONFIRMED, OrderStatus.COMPLETE)
    assert (await hosting.payment(services, shop, placed)).received_cents == 3000


async def test_more_of_the_same_deposit_is_booked_as_one(
    services: Services, shop: Shop, settlement: Settlement, placed: Order
) -> None:
    """A deposit that grows is the same money, told later."""
    growing = [hosting.coins(placed, "p1", share) for share in ("0.25", "0.75", "0.5", "1")]
    assert await told(settlement, shop, placed, *growing) == ["underpaid", "underpaid", "known", "paid"]
    payment = await hosting.payment(services, shop, placed)
    assert [(each.ref, each.amount_cents) for each in payment.receipts] == [("p1", 3000)]


async def test_a_forgiven_shortfall_pays(
    services: Services, shop: Shop, settlement: Settlement, placed: Order
) -> None:
    """What the shop chose to forgive is as good as paid; the books say what came."""
    news = hosting.coins(placed, "p1", "0.99", what=What.PAID, note="forgiven")
    assert await told(settlement, shop, placed, news) == ["paid"]
    assert (await hosting.payment(services, shop, placed)).received_cents == 2970


async def test_too_much_pays_and_is_told(
    db: Db, services: Services, shop: Shop, settlement: Settlement, placed: Order
) -> None:
    """An overpayment is handed over and noted for staff, who may give the rest back."""
    news = hosting.coins(placed, "p1", "1.5", what=What.PAID)
    assert await told(settlement, shop, placed, news) == ["paid"]
    assert await alerts(db) == ["payment_overpaid"]
    await services.refunds.ask(shop, OWNER, placed.payment_id, 1500, "too much", by_hand=True)
    assert await now(services, shop, placed) == (PaymentStatus.CONFIRMED, OrderStatus.COMPLETE)


async def test_part_of_the_money_at_the_holds_end_waits_for_staff(
    db: Db, services: Services, shop: Shop, settlement: Settlement, placed: Order, clock: TestClock
) -> None:
    """The goods go back, the money does not vanish from sight."""
    await told(settlement, shop, placed, hosting.coins(placed, "p1", "0.6"))
    clock.forward(minutes=61)
    await services.sweeper.sweep()
    assert await now(services, shop, placed) == (PaymentStatus.EXPIRED, OrderStatus.CANCELLED)
    assert (await hosting.payment(services, shop, placed)).conflict == "underpaid"
    assert await alerts(db) == ["cancelled_with_money"]
    assert await stock_of(db, shop, placed) == (10, 0)
    # The rest comes all the same: then it is paid.
    assert await told(settlement, shop, placed, hosting.coins(placed, "p2", "0.4")) == ["paid"]
    assert await stock_of(db, shop, placed) == (8, 0)


async def test_money_that_went_back_before_the_order_was_cancelled_is_nobodys_worry(
    db: Db, services: Services, shop: Shop, settlement: Settlement, placed: Order
) -> None:
    """What staff gave back needs no decision when the customer then calls the order off."""
    await told(settlement, shop, placed, hosting.paid(placed, "ch_1", 1000))
    await services.refunds.ask(shop, OWNER, placed.payment_id, 1000, "wrong sum", by_hand=True)
    await services.orders.cancel(shop, ADA, placed.key)
    assert (await hosting.payment(services, shop, placed)).conflict is None
    assert await alerts(db) == ["payment_amount", "refund_made"]


async def test_staff_read_what_came_also_in_another_currency(
    db: Db, services: Services, shop: Shop, settlement: Settlement, placed: Order
) -> None:
    """The alert about a cancelled order names the money that lies there, not nothing."""
    await told(settlement, shop, placed, hosting.paid(placed, "ch_1", 2800, "EUR"))
    await services.orders.cancel(shop, ADA, placed.key)
    alert = (await Alert.find_all(db, {"message": "cancelled_with_money"}))[0]
    assert (alert.params["came"], alert.params["came_currency"]) == (2800, "EUR")


async def test_refunds_made_at_the_provider_are_booked_once(
    services: Services, shop: Shop, settlement: Settlement, placed: Order
) -> None:
    """One by one, as a running total, or both in any order: the same money is counted once."""
    await told(settlement, shop, placed, hosting.paid(placed, "ch_1"))
    total = News(What.REFUNDED, charge_ref="ch_1", amount=Money(1000, "USD"), total=True)
    single = News(What.REFUNDED, charge_ref="ch_1", refund_ref="re_1", amount=Money(1000, "USD"))
    assert await told(settlement, shop, placed, total, single, total, single) == [
        "refunded",
        "refunded",  # it has a name now
        "known",
        "known",
    ]
    view = await services.payments.of_order(shop, placed.key)
    assert view.payment.refunded_cents == 1000
    assert (view.payment.status, view.order.status) == (
        PaymentStatus.PARTIALLY_REFUNDED,
        OrderStatus.PARTIALLY_REFUNDED,
    )
    assert view.order.refunded_cents == 1000
    rest = News(What.REFUNDED, charge_ref="ch_1", refund_ref="re_2", amount=Money(2000, "USD"))
    await told(settlement, shop, placed, rest)
    assert await now(services, shop, placed) == (PaymentStatus.REFUNDED, OrderStatus.REFUNDED)


async def test_a_refund_never_exceeds_what_came_in(
    services: Services, shop: Shop, settlement: Settlement, placed: Order
) -> None:
    """Ten staff members asking at once give back what there is, and no more."""
    await told(settlement, shop, placed, hosting.paid(placed, "ch_1"))
    asked = await asyncio.gather(
        *(
            services.refunds.ask(shop, OWNER, placed.payment_id, 1000, "sorry", by_hand=True)
            for _ in range(10)
        ),
        return_exceptions=True,
    )
    assert sum(isinstance(each, BadInput) for each in asked) == 7
    payment = await hosting.payment(services, shop, placed)
    assert (payment.refunded_cents, payment.status) == (3000, PaymentStatus.REFUNDED)


async def test_a_refund_that_bounces_is_told_and_the_money_counts_again(
    db: Db, services: Services, shop: Shop, settlement: Settlement, placed: Order
) -> None:
    """A refund can fail after it was done; the order is what it was, and its history tells."""
    await told(settlement, shop, placed, hosting.paid(placed, "ch_1"))
    before = (await services.orders.staff_view(shop, placed.key)).order
    done = News(What.REFUNDED, charge_ref="ch_1", refund_ref="re_1", amount=Money(3000, "USD"))
    bounced = News(What.REFUND_FAILED, charge_ref="ch_1", refund_ref="re_1", amount=Money(3000, "USD"))
    await told(settlement, shop, placed, done, bounced)
    payment = await hosting.payment(services, shop, placed)
    assert (payment.status, payment.refunds[0].state) == (PaymentStatus.CONFIRMED, RefundState.FAILED)
    assert await alerts(db) == ["refund_made", "refund_bounced"]
    order = (await services.orders.staff_view(shop, placed.key)).order
    assert (order.status, order.refunded_cents) == (before.status, 0)
    assert [each.what for each in order.history[len(before.history) :]] == ["REFUNDED", "refund_failed"]


@pytest.mark.parametrize(
    ("end", "payment", "order"),
    [
        (What.DISPUTE_WON, PaymentStatus.CONFIRMED, OrderStatus.COMPLETE),
        (What.DISPUTE_LOST, PaymentStatus.REFUNDED, OrderStatus.REFUNDED),
    ],
)
async def test_a_dispute_marks_payment_and_order_until_it_ends(
    db: Db,
    services: Services,
    shop: Shop,
    settlement: Settlement,
    placed: Order,
    end: What,
    payment: PaymentStatus,
    order: OrderStatus,
) -> None:
    """Staff hear of it once; a lost one took the money, a won one leaves everything as it was."""
    await told(settlement, shop, placed, hosting.paid(placed, "ch_1"))
    news = News(What.DISPUTED, charge_ref="ch_1", dispute_ref="dp_1", amount=Money(3000, "USD"))
    await told(settlement, shop, placed, news, news)
    view = await services.payments.of_order(shop, placed.key)
    assert view.payment.status is PaymentStatus.DISPUTED
    assert view.order.disputed
    over = News(end, charge_ref="ch_1", dispute_ref="dp_1", amount=Money(3000, "USD"))
    await told(settlement, shop, placed, over, over, news)
    view = await services.payments.of_order(shop, placed.key)
    assert (view.payment.status, view.order.status, view.order.disputed) == (payment, order, False)
    assert await alerts(db) == ["dispute_open", f"dispute_{'won' if end is What.DISPUTE_WON else 'lost'}"]


async def test_what_was_sold_is_owed_once(
    db: Db, services: Services, shop: Shop, settlement: Settlement, product: MakeProduct
) -> None:
    """A role is owed by the payment, not by each of its webhooks."""
    badge = await product("Badge", 500, None, granted_role_ids=["77"])
    placed = await hosting.order(services, shop, ADA, badge)
    news = hosting.paid(placed)
    await asyncio.gather(*(settlement.apply(shop, placed.payment_id, news) for _ in range(5)))
    assert len(await Entitlement.find_all(db, {})) == 1
    assert len(await OutboxEffect.find_all(db, {"kind": "role.grant"})) == 1


async def test_an_id_of_another_shop_is_as_good_as_unknown(
    services: Services, shop: Shop, settlement: Settlement, placed: Order
) -> None:
    """Money told to one shop pays nothing in another."""
    other = await services.shops.claim("901", "Borealis", OWNER)
    with pytest.raises(NotFound):
        await settlement.apply(other, placed.payment_id, hosting.paid(placed))
    assert await now(services, shop, placed) == (PaymentStatus.PENDING_PAYMENT, OrderStatus.PENDING_PAYMENT)
