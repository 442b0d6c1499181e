"""What of a refund was for the goods is what staff chose, and by amount the goods come first."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from models.order import Order, OrderItem, OrderStatus
from models.payment import Payment, Receipt, Refund, RefundLine, RefundState
from services import Services
from services.refund_desk import all_of
from services.reports.contract import ReportType
from services.reports.period import Preset
from services.settling.credit import Picked, credit, everything, left_of
from services.settling.returned import returned
from services.shops import Shop
from tests.models.samples import sample
from tests.services import giving, refunding
from tests.services.conftest import ADA, BOB, OWNER, MakeProduct
from tests.services.quiet import quiet

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@st.composite
def paid_orders(draw: st.DrawFn) -> tuple[Order, Payment]:
    """An order of some lines with discount, tax, shipping and gift, and its payment."""
    items = []
    for at in range(draw(st.integers(1, 3))):
        quantity, price = draw(st.integers(1, 4)), draw(st.integers(0, 3000))
        off, tax = draw(st.integers(0, quantity * price)), draw(st.integers(0, 500))
        numbers: dict[str, Any] = {"quantity": quantity, "unit_price_cents": price, "discount_cents": off}
        items.append(sample(OrderItem, product_id=f"{at}", tax_cents=tax, **numbers))
    subtotal = sum(item.line_cents for item in items)
    off, tax = sum(item.discount_cents for item in items), sum(item.tax_cents for item in items)
    shipping, gift = draw(st.sampled_from([0, 450])), draw(st.sampled_from([0, 500]))
    total = subtotal - off + tax + shipping + gift
    order = sample(
        Order, items=items, subtotal_cents=subtotal, discount_amount_cents=off, tax_amount_cents=tax,
        shipping_cost_cents=shipping, donation_cents=gift, total_cents=total, paid_at=NOW, currency="USD",
        status=OrderStatus.PAID,
    )  # fmt: skip
    receipt = Receipt(ref="r", amount_cents=total, currency="USD", at=NOW)
    payment = sample(Payment, amount_cents=total, currency="USD", receipts=[receipt], status="confirmed")
    return order, payment


def given_back(payment: Payment, cents: int, **of: Any) -> Payment:
    """The payment with one more refund that was made."""
    key = f"{len(payment.refunds)}"
    refund = Refund(key=key, amount_cents=cents, charge_ref="r", state=RefundState.DONE, asked_at=NOW, **of)
    return payment.model_copy(update={"refunds": [*payment.refunds, refund]})


@given(paid=paid_orders(), data=st.data())
def test_what_was_chosen_is_what_goes_back_of_the_goods(
    paid: tuple[Order, Payment], data: st.DataObject
) -> None:
    """In any order, line by line, with shipping or by amount, and then everything that is left."""
    order, payment = paid
    net = [item.line_cents - item.discount_cents for item in order.items]
    for _ in range(data.draw(st.integers(0, 3))):
        left = left_of(order, payment)
        if data.draw(st.booleans()) and payment.refundable_cents:
            cents = data.draw(st.integers(1, payment.refundable_cents))
            payment = given_back(payment, cents)
        elif left.pieces:
            key = data.draw(st.sampled_from(sorted(left.pieces)))
            many = data.draw(st.integers(1, left.pieces[key]))
            made = credit(order, payment, Picked({key: many}, shipping=data.draw(st.booleans())))
            payment = given_back(payment, made.cents, lines=made.lines, shipping_cents=made.shipping_cents)
        told = returned(order, payment, payment.refunded_cents, whole=False)
        back = [told[f"items.{at}.refundedCents"] for at in range(len(order.items))]
        assert told["refundedGoodsCents"] == sum(back) <= payment.refunded_cents
        assert all(0 <= gone <= cost for gone, cost in zip(back, net, strict=True))
        named = sum(line.cents - line.tax_cents for each in payment.refunds for line in each.lines)
        assert sum(back) >= min(named, sum(net))
    rest = credit(order, payment, everything(left_of(order, payment)))
    payment = given_back(
        payment, rest.cents, lines=rest.lines, shipping_cents=rest.shipping_cents, gift_cents=rest.gift_cents
    )
    told = returned(order, payment, payment.refunded_cents, whole=True)
    assert told["refundedGoodsCents"] == sum(net)
    assert [told[f"items.{at}.refundedQuantity"] for at in range(len(net))] == [
        item.quantity for item in order.items
    ]


def test_a_line_is_given_back_without_its_tax_and_an_amount_in_proportion() -> None:
    """Ten dollars and one of tax: the line takes ten, half of the money five."""
    item = sample(OrderItem, product_id="p", quantity=1, unit_price_cents=1000, tax_cents=100)
    order = sample(Order, items=[item], subtotal_cents=1000, tax_amount_cents=100, total_cents=1550)
    payment = sample(Payment, currency="USD", amount_cents=1550)
    line = RefundLine(product_id="p", quantity=1, cents=1100, tax_cents=100)
    by_line = given_back(payment, 1100, lines=[line])
    assert returned(order, by_line, 1100, whole=False)["refundedGoodsCents"] == 1000
    assert returned(order, given_back(payment, 550), 550, whole=False)["refundedGoodsCents"] == 500
    # More than the line and its tax: the rest is the shipping's.
    assert returned(order, given_back(payment, 1300), 1300, whole=False)["refundedGoodsCents"] == 1000
    two = sample(OrderItem, product_id="p", quantity=2, unit_price_cents=1000, tax_cents=200)
    pair = order.model_copy(update={"items": [two], "subtotal_cents": 2000, "total_cents": 2650})
    told = returned(pair, by_line, 1100, whole=False)
    assert told == {"refundedGoodsCents": 1000, "items.0.refundedCents": 1000, "items.0.refundedQuantity": 1}
    by_shipping = given_back(payment, 450, shipping_cents=450)
    assert returned(order, by_shipping, 450, whole=False)["refundedGoodsCents"] == 0


def test_of_a_refund_in_shares_no_more_is_returned_than_the_money_that_went_back() -> None:
    """Two pieces paid in halves: the first share stands for both of them, and the second one failed."""
    item = sample(OrderItem, product_id="p", quantity=2, unit_price_cents=5000)
    order = sample(Order, items=[item], subtotal_cents=10_000, total_cents=10_000)
    payment = sample(Payment, currency="USD", amount_cents=10_000)
    both = RefundLine(product_id="p", quantity=2, cents=10_000)
    half = given_back(payment, 5000, lines=[both])
    told = returned(order, half, 5000, whole=False)
    assert told == {"refundedGoodsCents": 5000, "items.0.refundedCents": 5000, "items.0.refundedQuantity": 1}
    taxed = order.model_copy(update={"total_cents": 11_000, "tax_amount_cents": 1000})
    taxed.items[0].tax_cents = 1000
    line = RefundLine(product_id="p", quantity=2, cents=11_000, tax_cents=1000)
    cut = given_back(payment, 5750, lines=[line], shipping_cents=500)
    told = returned(taxed, cut, 5750, whole=False)
    assert told == {"refundedGoodsCents": 5000, "items.0.refundedCents": 5000, "items.0.refundedQuantity": 1}
    wholly = given_back(half, 5000)
    assert returned(order, wholly, 10_000, whole=False)["refundedGoodsCents"] == 10_000


async def revenue(services: Services, shop: Shop) -> tuple[int, int]:
    """(revenue, orders) of today."""
    period = services.reports.period(shop, Preset.TODAY)
    shown = await services.reports.report(shop, ReportType.REVENUE_OVERVIEW, period)
    told = shown.payload()["period"]
    return told["grossRevenueCents"], told["orderCount"]


async def test_a_real_purchase_and_its_refunds_are_seen(
    services: Services, shop: Shop, product: MakeProduct
) -> None:
    """Bought with a discount and a parcel, given back by amount, by line, and wholly."""
    shop = await refunding.opened(services, shop)
    placed = await refunding.approved(services, shop, await refunding.basket(product))
    assert await revenue(services, shop) == (4747 - 475, 1)
    await services.refunds.ask(shop, OWNER, placed.payment_id, 1000, "sorry", by_hand=True)
    assert await revenue(services, shop) == (4747 - 475 - 1000, 1)
    view = await services.refund_desk.view(shop, placed.key)
    await refunding.take_back(services, shop, placed, all_of(view), by_hand=True)
    assert await revenue(services, shop) == (0, 1)


async def test_gifts_are_no_revenue(services: Services, shop: Shop, product: MakeProduct) -> None:
    """Neither with an order nor alone; alone they are no order of anything."""
    shop = await giving.opened(services, shop)
    mug = await product(price=1500)
    await giving.approved(services, shop, await giving.order(services, shop, ADA, mug, 500))
    await giving.approved(services, shop, await giving.gift(services, shop, BOB, 700), BOB)
    assert await revenue(services, shop) == (1500, 1)
    period = services.reports.period(shop, Preset.TODAY)
    fund = (await services.reports.report(shop, ReportType.COMMUNITY_FUND, period)).payload()
    assert (fund["inCents"], fund["gifts"], fund["donors"]) == (1200, 2, 2)


async def test_a_merged_or_erased_person_stays_one_customer(
    services: Services, shop: Shop, product: MakeProduct
) -> None:
    """Two accounts that were merged are one who came back; once erased, nobody's name is left."""
    mug = await product(price=1500)
    for who in (ADA, BOB):
        placed = await giving.order(services, await giving.opened(services, shop), who, mug, 0)
        await giving.approved(services, shop, placed, who)
    ada, bob = [await services.customers.of(shop, who) for who in (ADA, BOB)]
    await services.merging.merge(shop, OWNER, ada.key, bob.key)
    period = services.reports.period(shop, Preset.LAST_7_DAYS)
    shown = await services.reports.report(shop, ReportType.CUSTOMER_INSIGHTS, period)
    told = shown.payload(personal=True)
    assert (told["customers"], told["newCustomers"], told["repeatRatePct"]) == (1, 1, 100.0)
    assert told["topSpenders"][0]["name"] == "Ada"
    quiet(services)
    await services.worker.drain()
    await services.erasure.erase(shop, OWNER, ada.key, ADA.discord_id)
    shown = await services.reports.report(shop, ReportType.CUSTOMER_INSIGHTS, period)
    [spender] = shown.payload(personal=True)["topSpenders"]
    assert (spender["name"], spender["revenueCents"]) == ("Customer", 3000)
