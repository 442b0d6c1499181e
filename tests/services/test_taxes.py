"""Tax: what is added to an order, what is told to who declares it, and what happens when nobody can tell."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.outside import Outside
from models.alert import Alert
from models.base import Db
from models.errors import BadInput, CartChanged, TaxUnknown
from models.order import Order, OrderStatus
from models.outbox import OutboxEffect, OutboxStatus
from models.problems import Change
from models.session import OrderSession
from models.tenant import ShippingType, TaxOrigin, TaxUnknownRule
from services import Services
from services.checkout import CheckoutView
from services.effects import EffectKind
from services.partner import Site
from services.shops import Shop
from services.tax.contract import Basis, Levy, Sale, TaxedLine
from services.tax.flat import flat, read_rate
from services.tax_records import given_back
from tests.fakes.provider import Fault
from tests.fakes.taxjar import TaxJar
from tests.models.samples import sample
from tests.outside import OUTSIDE
from tests.services import buying, hosting
from tests.services.conftest import ADA, BOB, OWNER, MakeProduct, TestClock

NOW = datetime(2026, 11, 25, tzinfo=UTC)
HOME = {
    "name": "Ada Lovelace",
    "line1": "12 Garden Street",
    "city": "Springfield",
    "state": "IL",
    "postal_code": "62704",
    "country": "US",
}
ORIGIN = TaxOrigin(country="US", postal_code="10001", state="NY", city="New York", street="1 Main Street")
POST = [ShippingType(code="post", label="Letter post", cost_cents=450)]


@pytest.fixture
async def jar() -> AsyncIterator[TaxJar]:
    """TaxJar, on this machine."""
    async with TaxJar() as fake:
        yield fake


@pytest.fixture
def outside(jar: TaxJar) -> Outside:
    """TaxJar answers here."""
    return Outside(OUTSIDE.vault, {name: Site(jar.url, jar.url) for name in ("taxjar", "cashapp_pay")})


async def fresh(services: Services, shop: Shop) -> Shop:
    """The shop as it is stored now."""
    return await services.shops.of_tenant(shop.id)


async def with_flat(services: Services, shop: Shop, percent: str = "8.25", **more: object) -> Shop:
    """The shop with one rate, and a way to ship."""
    fields = {"tax_percent": Decimal(percent), "shipping_types": POST, **more}
    return await services.shops.configure(await fresh(services, shop), OWNER, **fields)


async def with_taxjar(services: Services, shop: Shop, **more: object) -> Shop:
    """The shop with keys to TaxJar, which works out its tax."""
    await services.providers.configure(shop, OWNER, "taxjar", {"api_token": TaxJar.TOKEN})
    fields = {"tax_origin": ORIGIN, "shipping_types": POST, **more}
    return await services.shops.configure(await fresh(services, shop), OWNER, **fields)


async def review(services: Services, shop: Shop, **address: str) -> CheckoutView:
    """Ada's cart at its review, whatever is in it."""
    view = await services.checkout.choose_payment(shop, ADA, "VENMO")
    if view.session.ships:
        await services.checkout.enter_address(shop, ADA, {**HOME, **address})
        view = await services.checkout.choose_shipping(shop, ADA, "post")
    return view


async def confirm(services: Services, shop: Shop, view: CheckoutView) -> Order:
    """The order for what was reviewed."""
    return await services.placement.place(shop, ADA, view.session.key, view.session.version)


async def pay(services: Services, shop: Shop, order: Order) -> Order:
    """The order, approved by staff."""
    claim = await buying.claimed(services, shop, ADA, order)
    done = await services.claims.approve(
        shop, OWNER, claim.payment.key, claim.payment.claims, order.order_number
    )
    return done.order


async def stored(db: Db, order: Order) -> Order:
    """The order as it is now."""
    found = await Order.get(db, order.tenant_id, order.key)
    assert found is not None
    return found


async def owed(db: Db, order: Order, kind: EffectKind) -> list[OutboxEffect]:
    """What is owed of a kind for an order, in the order in which it came."""
    return await OutboxEffect.find_all(db, {"orderId": order.key, "kind": kind}, sort="_id")


async def alerts(db: Db, shop: Shop, message: str) -> list[Alert]:
    """What staff were told by this word."""
    return await Alert.find_all(db, {"tenantId": shop.id, "message": message})


def adds_up(order: Order) -> None:
    """The parts of the tax are the tax, and the parts of the price are the price."""
    tax = order.tax_amount_cents or 0
    assert sum(item.tax_cents for item in order.items) + order.shipping_tax_cents == tax
    assert order.total_cents == (
        order.subtotal_cents - order.discount_amount_cents + order.shipping_cost_cents + tax
    )


def basis(lines: list[tuple[int, int]], shipping: int = 0) -> Basis:
    """An order of lines with quantity and price."""
    made = (
        TaxedLine(str(n), "S", "N", count, price, 0, digital=False) for n, (count, price) in enumerate(lines)
    )
    return Basis("USD", tuple(made), shipping, None, None)


LINES = st.lists(st.tuples(st.integers(1, 9), st.integers(0, 5_000_000)), min_size=1, max_size=20)
RATES = st.decimals(min_value="0.0001", max_value=100, places=4)


@given(LINES, st.integers(0, 5_000_000), RATES, st.booleans())
def test_the_lines_taxes_are_the_orders_tax(
    lines: list[tuple[int, int]], shipping: int, percent: Decimal, taxed: bool
) -> None:
    """Rounded half up once for the whole order; no part is below 0, and untaxed shipping has none."""
    of = basis(lines, shipping)
    found = flat(of, percent, on_shipping=taxed)
    base = of.net_cents if taxed else of.net_cents - shipping
    assert abs(Decimal(found.cents) - base * percent / 100) <= Decimal("0.5")
    assert min(*found.lines, found.shipping) >= 0
    assert taxed or base == 0 or found.shipping == 0


def test_a_half_cent_is_rounded_up_once() -> None:
    """Of three lines of 0.35, 10 % is 0.105, so 0.11: 4 + 4 + 3."""
    assert flat(basis([(1, 35)] * 3), Decimal(10), on_shipping=False) == Levy((4, 4, 3), 0)


@given(LINES, st.integers(0, 5_000_000), RATES, st.data())
def test_all_refunds_together_give_back_the_orders_tax(
    lines: list[tuple[int, int]], shipping: int, percent: Decimal, data: st.DataObject
) -> None:
    """However often money goes back: no part below 0, and the whole of it is the whole order."""
    of = basis(lines, shipping)
    found = flat(of, percent, on_shipping=True)
    total = of.net_cents + found.cents
    order = sample(Order).model_copy(update={"total_cents": total, "shipping_cost_cents": shipping})
    sale = Sale(order.key, NOW, of, found)
    steps = sorted({0, *data.draw(st.lists(st.integers(0, total), max_size=5)), total})
    parts = [given_back(order, sale, one, other, NOW) for one, other in pairwise(steps)]
    assert all(min(each.cents, each.shipping_cents, each.tax_cents) >= 0 for each in parts)
    assert sum(each.cents + each.tax_cents for each in parts) == total
    assert sum(each.tax_cents for each in parts) == (found.cents if total else 0)


@pytest.mark.parametrize(
    ("typed", "rate"), [("8.25", "8.25"), ("8,875%", "8.875"), (" 19 % ", "19"), ("100", "100")]
)
def test_a_rate_is_read_as_people_write_it(typed: str, rate: str) -> None:
    """With a point or a comma, with or without the sign."""
    assert read_rate(typed) == Decimal(rate)


@pytest.mark.parametrize("typed", ["", "0", "100.1", "-5", "1e2", "٨", "8.12345", "NaN"])
def test_a_rate_that_is_none_is_refused(typed: str) -> None:
    """Above 0, at most 100, in digits."""
    with pytest.raises(BadInput):
        read_rate(typed)


async def test_without_settings_there_is_no_tax(services: Services, shop: Shop, product: MakeProduct) -> None:
    """The order costs what its lines cost."""
    order = await buying.order(services, shop, ADA, await product())
    assert (order.total_cents, order.tax_amount_cents, order.tax_partner) == (1500, 0, None)


async def test_one_rate_is_added_after_the_discount(
    services: Services, shop: Shop, product: MakeProduct
) -> None:
    """10 % off 30.00 leaves 27.00; 8.25 % of that is 2.2275, so 2.23. Shipping is not taxed."""
    shop = await with_flat(services, shop)
    made = await services.discounts.create(shop, OWNER, {"off": "10%"})
    await services.discounts.switch(shop, OWNER, made.discount.key, active=True)
    mug = await product(is_digital=False)
    await services.carts.add(shop, ADA, mug.key, 2)
    view = await review(services, shop)
    assert (view.totals.tax, view.totals.total) == (223, 2700 + 450 + 223)
    order = await confirm(services, shop, view)
    assert (order.tax_amount_cents, order.shipping_tax_cents) == (223, 0)
    adds_up(order)


async def test_shipping_is_taxed_where_the_shop_says_so(
    services: Services, shop: Shop, product: MakeProduct
) -> None:
    """8.25 % of 15.00 and 4.50 is 1.60875, so 1.61, of which 0.37 is the shipping's."""
    shop = await with_flat(services, shop, tax_on_shipping=True)
    await services.carts.add(shop, ADA, (await product(is_digital=False)).key)
    order = await confirm(services, shop, await review(services, shop))
    assert (order.tax_amount_cents, order.shipping_tax_cents) == (161, 37)
    adds_up(order)


async def test_what_costs_nothing_owes_no_tax(
    db: Db, services: Services, shop: Shop, product: MakeProduct, jar: TaxJar
) -> None:
    """A free order is paid at once, and TaxJar is not asked."""
    shop = await with_taxjar(services, shop)
    await services.carts.add(shop, ADA, (await product(price=0)).key)
    order = await confirm(services, shop, await review(services, shop))
    assert (await stored(db, order)).paid_at is not None
    assert order.tax_amount_cents == 0
    assert jar.requests == []


async def test_a_currency_without_cents_is_taxed_in_whole_units(services: Services, shop: Shop) -> None:
    """10 % of 1005 yen are 100.5, so 101."""
    shop = await services.shops.configure(shop, OWNER, currency="JPY")
    shop = await with_flat(services, shop, "10")
    await services.methods.configure(shop, OWNER, "MANUAL", {"text": "Cash"})
    made = await services.catalog.create(
        shop, OWNER, {"name": "Tea", "sku": "TEA", "price_cents": 1005, "is_digital": True, "currency": "JPY",
                      "inventory_tracked": False},
    )  # fmt: skip
    shop = await fresh(services, shop)
    await services.carts.add(shop, ADA, made.key)
    view = await services.checkout.choose_payment(shop, ADA, "MANUAL")
    assert (view.totals.tax, view.totals.total) == (101, 1106)


async def test_a_rate_that_changed_is_shown_before_anything_is_ordered(
    db: Db, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """Confirm tells of the change; the next Confirm orders at the new rate."""
    shop = await with_flat(services, shop)
    await services.carts.add(shop, ADA, (await product()).key)
    view = await review(services, shop)
    shop = await with_flat(services, shop, "10")
    with pytest.raises(CartChanged) as moved:
        await confirm(services, shop, view)
    assert moved.value.changes == (Change("tax", "", 124, 150),)
    assert await Order.find_all(db, {}) == []
    order = await confirm(services, shop, await services.checkout.view(shop, ADA))
    assert order.total_cents == 1650


async def test_taxjar_is_asked_once_for_review_and_confirm(
    services: Services, shop: Shop, product: MakeProduct, jar: TaxJar
) -> None:
    """By the customer's address, in decimals, with the shop's own address; ten looks are one question."""
    shop = await with_taxjar(services, shop)
    await services.carts.add(shop, ADA, (await product(is_digital=False)).key, 2)
    view = await review(services, shop)
    for _ in range(10):
        view = await services.checkout.view(shop, ADA)
    order = await confirm(services, shop, view)
    assert (order.tax_amount_cents, order.tax_partner) == (248, "taxjar")
    adds_up(order)
    (asked,) = jar.asked()
    assert asked["shipping"] == 4.5
    assert (asked["from_zip"], asked["to_zip"], asked["to_street"]) == ("10001", "62704", "12 Garden Street")
    (line,) = asked["line_items"]
    assert (line["quantity"], line["unit_price"], line["discount"]) == (2, 15.0, 0.0)
    assert "product_tax_code" not in line


async def test_digital_goods_are_taxed_where_the_shop_is(
    services: Services, shop: Shop, product: MakeProduct, jar: TaxJar
) -> None:
    """They have no address of their own: 8.875 % of 15.00 in New York is 1.33125, so 1.33."""
    shop = await with_taxjar(services, shop)
    await services.carts.add(shop, ADA, (await product()).key)
    view = await review(services, shop)
    assert view.totals.tax == 133
    assert jar.asked()[0]["line_items"][0]["product_tax_code"] == "31000"


@pytest.mark.parametrize("as_text", [True, False])
@pytest.mark.parametrize("breaks_down", [True, False])
async def test_tax_goes_to_the_lines_that_owe_it(
    services: Services,
    shop: Shop,
    product: MakeProduct,
    jar: TaxJar,
    *,
    as_text: bool,
    breaks_down: bool,
) -> None:
    """By TaxJar's breakdown where there is one, else by price; amounts may be numbers or text."""
    jar.as_text, jar.breaks_down = as_text, breaks_down
    shop = await with_taxjar(services, shop)
    await services.carts.add(shop, ADA, (await product(is_digital=False)).key)
    await services.carts.add(shop, ADA, (await product("Song", 500)).key)
    order = await confirm(services, shop, await review(services, shop))
    assert order.tax_amount_cents == 124
    parts = [item.tax_cents for item in order.items]
    assert parts == ([124, 0] if breaks_down else [76, 25])
    adds_up(order)


async def test_any_address_reaches_taxjar(
    services: Services, shop: Shop, product: MakeProduct, jar: TaxJar
) -> None:
    """Letters of every script, and what looks like JSON."""
    shop = await with_taxjar(services, shop)
    await services.carts.add(shop, ADA, (await product(is_digital=False)).key)
    await review(
        services,
        shop,
        line1='東京都"}, 1-1 🏠',
        city="Łódź",
        state="Łódzkie",
        country="PL",
        postal_code="90-001",
    )
    asked = jar.asked()[-1]
    assert (asked["to_street"], asked["to_city"]) == ('東京都"}, 1-1 🏠', "Łódź")


ANSWERS: list[object] = ["-1", "99999", "1e999999", "NaN", "", None, True, {}, "1.00.0"]


@pytest.mark.parametrize("answer", ANSWERS, ids=repr)
async def test_a_tax_that_cannot_be_right_is_none(
    services: Services, shop: Shop, product: MakeProduct, jar: TaxJar, answer: object
) -> None:
    """Below 0, more than the order, or no amount at all: the shop waits rather than charge it."""
    jar.answer = [answer] if answer is None else answer
    shop = await with_taxjar(services, shop)
    await services.carts.add(shop, ADA, (await product()).key)
    assert (await review(services, shop)).tax.problem == "provider_away"


FAULTS = [Fault.BUSY, Fault.DOWN, Fault.PAGE, Fault.PAGE_OK, Fault.SHUT, Fault.LOST]


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_shop_that_sells_nothing_without_its_tax_waits(
    db: Db, services: Services, shop: Shop, product: MakeProduct, jar: TaxJar, fault: Fault
) -> None:
    """Nothing is ordered, staff are called once, and when TaxJar is back the order goes through."""
    shop = await with_taxjar(services, shop)
    await services.carts.add(shop, ADA, (await product()).key)
    jar.fail(*[fault] * 6)
    view = await review(services, shop)
    view = await services.checkout.view(shop, ADA)
    assert view.tax.blocks
    with pytest.raises(TaxUnknown):
        await confirm(services, shop, view)
    assert await Order.find_all(db, {}) == []
    (alert,) = await alerts(db, shop, "tax_blocks")
    assert alert.params["reason"] == ("wrong_keys" if fault is Fault.SHUT else "provider_away")


async def test_a_shop_goes_on_when_taxjar_is_back(
    services: Services, shop: Shop, product: MakeProduct, jar: TaxJar, clock: TestClock
) -> None:
    """After a pause TaxJar is asked anew."""
    shop = await with_taxjar(services, shop)
    await services.carts.add(shop, ADA, (await product()).key)
    jar.fail(Fault.DOWN, Fault.DOWN, Fault.DOWN)
    assert (await review(services, shop)).tax.blocks
    clock.forward(seconds=40)
    view = await services.checkout.view(shop, ADA)
    assert (await confirm(services, shop, view)).tax_amount_cents == 133


async def test_a_shop_may_sell_without_the_tax(
    db: Db, services: Services, shop: Shop, product: MakeProduct, jar: TaxJar
) -> None:
    """The order has no tax and says so; staff are told once; TaxJar is told of the sale all the same."""
    shop = await with_taxjar(services, shop, tax_when_unknown=TaxUnknownRule.ZERO)
    await services.carts.add(shop, ADA, (await product()).key)
    jar.fail(*[Fault.DOWN] * 3)
    view = await review(services, shop)
    assert (view.totals.tax, view.totals.total, view.tax.blocks) == (None, 1500, False)
    order = await confirm(services, shop, view)
    assert await confirm(services, shop, view) == order
    assert (order.tax_amount_cents, order.total_cents) == (None, 1500)
    (alert,) = await alerts(db, shop, "tax_unknown")
    assert alert.entity_id == order.key
    await pay(services, shop, order)
    await services.worker.drain()
    assert jar.orders[order.key]["sales_tax"] == 0


async def test_a_tax_that_fails_after_the_review_is_shown_first(
    db: Db, services: Services, shop: Shop, product: MakeProduct, jar: TaxJar, clock: TestClock
) -> None:
    """What was 1.33 cannot be told any more: the customer sees that before ordering without it."""
    shop = await with_taxjar(services, shop, tax_when_unknown=TaxUnknownRule.ZERO)
    await services.carts.add(shop, ADA, (await product()).key)
    view = await review(services, shop)
    clock.forward(minutes=11)
    jar.fail(*[Fault.DOWN] * 3)
    with pytest.raises(CartChanged) as moved:
        await confirm(services, shop, view)
    assert moved.value.changes == (Change("tax", "", 133, None),)
    assert await Order.find_all(db, {}) == []


async def test_lost_keys_are_no_reason_to_sell_without_tax(
    db: Db, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """A shop that names a partner it has no keys to cannot compute its tax."""
    shop = await with_flat(services, shop)
    shop = await services.shops.configure(shop, OWNER, partners={"tax": "taxjar"})
    await services.carts.add(shop, ADA, (await product()).key)
    assert (await review(services, shop)).tax.problem == "wrong_keys"
    assert len(await alerts(db, shop, "tax_blocks")) == 1


async def test_without_any_address_staff_are_told_what_is_missing(
    db: Db, services: Services, shop: Shop, product: MakeProduct, jar: TaxJar
) -> None:
    """Digital goods need the shop's own."""
    shop = await with_taxjar(services, shop, tax_origin=None)
    await services.carts.add(shop, ADA, (await product()).key)
    assert (await review(services, shop)).tax.blocks
    assert (await alerts(db, shop, "tax_blocks"))[0].params["reason"] == "tax_no_address"
    assert jar.requests == []


async def test_taxjar_is_told_of_a_paid_order_once(
    db: Db, services: Services, shop: Shop, product: MakeProduct, jar: TaxJar
) -> None:
    """With everything it needs to be declared; an unpaid order is not told."""
    shop = await with_taxjar(services, shop)
    await services.carts.add(shop, ADA, (await product(is_digital=False)).key, 2)
    order = await confirm(services, shop, await review(services, shop))
    await services.worker.drain()
    assert jar.orders == {}
    await pay(services, shop, order)
    await services.worker.drain()
    told = jar.orders[order.key]
    assert (told["amount"], told["shipping"], told["sales_tax"]) == (
        Decimal("34.50"), Decimal("4.50"), Decimal("2.48"),
    )  # fmt: skip
    assert told["to_zip"] == "62704"
    (effect,) = await owed(db, order, EffectKind.TAX_RECORD)
    assert effect.status is OutboxStatus.DONE


@pytest.mark.parametrize("fault", [Fault.LOST, Fault.LATE_ERROR])
async def test_a_lost_answer_does_not_tell_twice(
    db: Db, services: Services, shop: Shop, product: MakeProduct, jar: TaxJar, fault: Fault
) -> None:
    """TaxJar had done it, and refuses the repetition: that counts as done."""
    shop = await with_taxjar(services, shop)
    order = await confirm_one(services, shop, product)
    await pay(services, shop, order)
    jar.fail(fault)
    await services.worker.drain()
    (effect,) = await owed(db, order, EffectKind.TAX_RECORD)
    assert effect.status is OutboxStatus.DONE
    assert list(jar.orders) == [order.key]


async def test_a_handler_that_died_after_telling_tells_once(
    db: Db, services: Services, shop: Shop, product: MakeProduct, jar: TaxJar
) -> None:
    """Run again as after a crash, sale and refund are each told once."""
    shop = await with_taxjar(services, shop)
    order = await paid_by_card(services, shop, product)
    await give_back(services, shop, order, 1000)
    for _ in range(2):
        await services.worker.drain()
        where = {"kind": {"$in": [EffectKind.TAX_RECORD, EffectKind.TAX_REFUND]}}
        again = {"status": "PENDING", "leaseToken": None, "nextAttemptAt": services.clock.now()}
        await OutboxEffect.rows(db).update_many(where, {"$set": again})
    await services.worker.drain()
    assert len(jar.orders) == len(jar.refunds) == 1
    done = await OutboxEffect.find_all(db, {"orderId": order.key, "kind": {"$regex": "^tax"}})
    assert {each.status for each in done} == {OutboxStatus.DONE}


async def test_taxjar_that_is_down_is_told_later(
    db: Db, services: Services, shop: Shop, product: MakeProduct, jar: TaxJar, clock: TestClock
) -> None:
    """The order is paid all the same; what is owed waits."""
    shop = await with_taxjar(services, shop)
    order = await confirm_one(services, shop, product)
    await pay(services, shop, order)
    jar.fail(*[Fault.DOWN] * 3)
    await services.worker.drain()
    (effect,) = await owed(db, order, EffectKind.TAX_RECORD)
    assert (effect.status, effect.last_error) == (OutboxStatus.PENDING, "provider_away")
    clock.forward(hours=1)
    await services.worker.drain()
    assert order.key in jar.orders


async def confirm_one(services: Services, shop: Shop, product: MakeProduct) -> Order:
    """Ada's order of one digital mug of 15.00 and 1.33 tax."""
    await services.carts.add(shop, ADA, (await product()).key)
    return await confirm(services, shop, await review(services, shop))


async def paid_by_card(services: Services, shop: Shop, product: MakeProduct) -> Order:
    """Such an order, paid on a provider's page: what came that way can be given back."""
    await hosting.offer(services, shop)
    shop = await fresh(services, shop)
    await services.carts.add(shop, ADA, (await product()).key)
    view = await services.checkout.choose_payment(shop, ADA, "CASHAPP_PAY")
    order = await confirm(services, shop, view)
    await services.hosted._settlement.apply(shop, order.payment_id, hosting.paid(order))
    return order


async def give_back(services: Services, shop: Shop, order: Order, cents: int) -> None:
    """Staff give money back."""
    await services.refunds.ask(shop, OWNER, order.payment_id, cents, "Wrong size", by_hand=True)


async def test_refunds_are_told_in_proportion(
    db: Db, services: Services, shop: Shop, product: MakeProduct, jar: TaxJar
) -> None:
    """Of 16.33 first 10.00, then the rest: negative amounts, together the whole sale."""
    shop = await with_taxjar(services, shop)
    order = await paid_by_card(services, shop, product)
    await give_back(services, shop, order, 1000)
    await give_back(services, shop, order, 633)
    await services.worker.drain()
    assert (await stored(db, order)).status is OrderStatus.REFUNDED
    told = list(jar.refunds.values())
    assert sorted(each["sales_tax"] for each in told) == [Decimal("-0.81"), Decimal("-0.52")]
    assert sum(each["amount"] for each in told) == Decimal("-15.00")
    assert {each["transaction_reference_id"] for each in told} == {order.key}


async def test_an_order_of_before_is_not_told(
    services: Services, shop: Shop, product: MakeProduct, jar: TaxJar
) -> None:
    """Orders that TaxJar did not tax owe it nothing, not even their refunds."""
    order = await paid_by_card(services, shop, product)
    shop = await with_taxjar(services, await fresh(services, shop))
    await give_back(services, shop, order, 500)
    await services.worker.drain()
    assert (jar.orders, jar.refunds) == ({}, {})


async def test_shops_do_not_share_quotes_or_keys(
    services: Services, shop: Shop, product: MakeProduct, jar: TaxJar
) -> None:
    """The shop next door has no tax, whatever Aurora's is; a forged effect of its cannot name our order."""
    shop = await with_taxjar(services, shop)
    order = await confirm_one(services, shop, product)
    other = await services.shops.claim("901", "Borealis", BOB)
    other = await services.methods.configure(other, BOB, "VENMO", {"recipient": "@borealis"})
    made = await services.catalog.create(
        other, BOB, {"name": "Cup", "sku": "CUP", "price_cents": 900, "is_digital": True}
    )
    await services.stock.restock(other, BOB, made.key, 5, "first")
    foreign = await buying.order(services, other, ADA, made)
    assert (foreign.tax_amount_cents, foreign.tax_partner) == (0, None)
    forged = OutboxEffect(
        tenant_id=other.id,
        kind=EffectKind.TAX_RECORD,
        dedupe_key="forged",
        payload={"orderId": order.key},
        next_attempt_at=services.clock.now(),
    )
    handlers = services.worker._handlers
    assert await handlers[EffectKind.TAX_RECORD](forged) == "no_order"
    assert jar.orders == {}


async def test_a_refused_sale_is_given_to_the_staff(
    db: Db, services: Services, shop: Shop, product: MakeProduct, jar: TaxJar
) -> None:
    """Asking again changes nothing, so that staff enter it themselves."""
    shop = await with_taxjar(services, shop)
    order = await confirm_one(services, shop, product)
    await pay(services, shop, order)
    await services.shops.configure(
        await fresh(services, shop), OWNER, tax_origin=TaxOrigin(country="US", state="NY")
    )
    await services.worker.drain()
    (effect,) = await owed(db, order, EffectKind.TAX_RECORD)
    assert (effect.status, effect.last_error) == (OutboxStatus.DEAD, "tax_not_taken")
    assert [alert.params["orderId"] for alert in await alerts(db, shop, "effect_dead")] == [order.key]
    assert jar.orders == {}


async def test_new_keys_tell_what_the_old_ones_could_not(
    db: Db, services: Services, shop: Shop, product: MakeProduct, jar: TaxJar
) -> None:
    """Keys that TaxJar does not take any more lose nothing."""
    shop = await with_taxjar(services, shop)
    order = await confirm_one(services, shop, product)
    await pay(services, shop, order)
    jar.fail(Fault.SHUT)
    await services.worker.drain()
    (effect,) = await owed(db, order, EffectKind.TAX_RECORD)
    assert (effect.status, effect.last_error) == (OutboxStatus.PENDING, "wrong_keys")
    await services.worker.retry(shop.id, "wrong_keys")
    await services.worker.drain()
    assert order.key in jar.orders


async def test_the_session_keeps_what_was_seen(
    db: Db, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """So that Confirm can tell what moved."""
    shop = await with_flat(services, shop)
    await services.carts.add(shop, ADA, (await product()).key)
    view = await review(services, shop)
    session = await OrderSession.get(db, shop.id, view.session.key)
    assert session is not None
    assert session.tax_cents == 124
