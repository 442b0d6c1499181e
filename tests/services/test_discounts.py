"""Discounts: who gets which, what it takes off, and that no limit is ever passed."""

import asyncio
import contextlib
from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.audit import AuditLog
from models.base import Db
from models.discount import Discount, DiscountType
from models.discount_use import DiscountAssignment, DiscountUse, UseStatus
from models.errors import AlreadyExists, BadInput, CartChanged, NotFound, Refused
from models.member import Member
from models.order import Order, OrderItem, OrderStatus
from models.payment import Payment
from models.payment_method import PaymentMethod
from models.session import OrderSession
from services import Services
from services.discount_desk import DiscountView
from services.offers import folded_code, offer_of
from services.shops import Shop
from tests.services import buying
from tests.services.conftest import ADA, BOB, OWNER, MakeProduct, TestClock
from tests.services.mortal import dies
from tests.services.test_crashes import MOST_COMMANDS, everything_fits


async def running(services: Services, shop: Shop, **typed: str) -> DiscountView:
    """A discount that is on."""
    made = await services.discounts.create(shop, OWNER, {"off": "10%", **typed})
    return await services.discounts.switch(shop, OWNER, made.discount.key, active=True)


async def place(services: Services, shop: Shop, member: Member) -> Order:
    """The order for what is in the cart."""
    view = await services.checkout.choose_payment(shop, member, "VENMO")
    return await services.placement.place(shop, member, view.session.key, view.session.version)


async def count(db: Db, shop: Shop, discount: Discount) -> int:
    """What the discount counts, after the check that its uses add up to that and no hold is left."""
    now = await Discount.get(db, shop.id, discount.key)
    assert now is not None
    assert now.holds == []
    uses = await DiscountUse.find_all(db, {"tenantId": shop.id, "discountId": discount.key})
    assert now.usage_count == sum(use.status is UseStatus.USED for use in uses)
    return now.usage_count


def item(product_id: str, cents: int, quantity: int = 1) -> OrderItem:
    """A line."""
    return OrderItem(product_id=product_id, sku="S", name="N", quantity=quantity, unit_price_cents=cents)


def percent(share: str, **fields: object) -> Discount:
    """A discount of so many percent off everything."""
    shared = {"tenant_id": "t", "type": DiscountType.PERCENT, "percent": share, "applies_to_all": True}
    return Discount.model_validate({**shared, **fields})


def test_a_share_is_rounded_half_up_once_and_spread_by_largest_remainder() -> None:
    """Of three lines of 0.35 a tenth is 0.105, so 0.11: 4 + 4 + 3, not three times 4."""
    offer = offer_of(percent("10"), [item(key, 35) for key in "abc"])
    assert offer is not None
    assert (offer.cents, offer.by_product) == (11, {"a": 4, "b": 4, "c": 3})


@given(
    st.lists(st.tuples(st.integers(0, 5_000_000), st.integers(1, 9)), min_size=1, max_size=20),
    st.decimals(min_value="0.01", max_value=100, places=2),
    st.integers(1, 99_999_999),
    st.booleans(),
)
def test_a_discount_never_takes_more_than_a_line_costs(
    lines: list[tuple[int, int]], share: object, cents: int, some: bool
) -> None:
    """The parts sum to the whole, none is negative or above its line, and other products pay full price."""
    items = [item(str(at), price, quantity) for at, (price, quantity) in enumerate(lines)]
    scope = {"applies_to_all": not some, "product_ids": ["0"]}
    for discount in (
        percent(str(share), **scope),
        Discount(tenant_id="t", type=DiscountType.AMOUNT, amount_cents=cents, **scope),
    ):
        offer = offer_of(discount, items)
        eligible = items[:1] if some else items
        if offer is None:
            continue
        assert sum(offer.by_product.values()) == offer.cents
        assert 0 < offer.cents <= sum(each.line_cents for each in eligible)
        by_id = {each.product_id: each.line_cents for each in eligible}
        assert all(0 <= off <= by_id[key] for key, off in offer.by_product.items())


async def test_a_general_discount_applies_by_itself_down_to_the_invoice(
    db: Db, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """Cart, review, order, lines and payment all carry it, and it is counted once."""
    made = await running(services, shop, label="Opening")
    mug = await product(price=1505)
    cart = await services.carts.add(shop, ADA, mug.key, 1)
    assert (cart.totals.discount, cart.totals.total) == (151, 1354)
    order = await place(services, shop, ADA)
    payment = await Payment.of_order(db, shop.id, order.key)
    assert payment is not None
    assert (order.discount_amount_cents, order.total_cents, payment.amount_cents) == (151, 1354, 1354)
    assert (order.discount_id, order.discount_label) == (made.discount.key, "Opening")
    assert [line.discount_cents for line in order.items] == [151]
    assert await count(db, shop, made.discount) == 1


async def test_the_best_general_one_is_taken_and_an_assigned_one_comes_before_it(
    services: Services, shop: Shop, product: MakeProduct
) -> None:
    """Of 5 %, 20 % and 10 % Ada gets 20 %; once 10 % is assigned to her, that one."""
    for off in ("5%", "20%"):
        await running(services, shop, off=off)
    assigned = await services.discounts.create(shop, OWNER, {"off": "10%"})
    key = assigned.discount.key
    await services.discounts.choose_audience(shop, OWNER, key, assigned_only=True)
    await services.discounts.switch(shop, OWNER, key, active=True)
    mug = await product(price=1000)
    assert (await services.carts.add(shop, ADA, mug.key)).totals.discount == 200
    await services.discounts.assign(shop, OWNER, key, [ADA], "1")
    assert (await services.carts.view(shop, ADA)).totals.discount == 100
    assert (await services.carts.add(shop, BOB, mug.key)).totals.discount == 200


async def test_a_code_replaces_the_automatic_discount_where_it_saves_more(
    services: Services, shop: Shop, product: MakeProduct
) -> None:
    """However it is typed; a weaker code is refused kindly and the better discount stays."""
    await running(services, shop, off="10%")
    await running(services, shop, off="5.00", code="summer-5")
    await running(services, shop, off="0.50", code="TINY")
    mug = await product(price=1000)
    await services.carts.add(shop, ADA, mug.key)
    cart = await services.carts.enter_code(shop, ADA, " \uff33ummer-5 ")
    assert (cart.totals.discount, cart.session and cart.session.discount_code) == (500, "SUMMER-5")
    with pytest.raises(BadInput) as refused:
        await services.carts.enter_code(shop, ADA, "tiny")
    assert refused.value.problem == "code_better"
    assert (await services.carts.drop_code(shop, ADA)).totals.discount == 100


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ({"starts_at": "2099-01-01"}, "code_not_yet"),
        ({"ends_at": "2020-01-01"}, "code_ended"),
        ({"usage_limit": "1"}, "code_used_up"),
    ],
)
async def test_a_code_that_gives_nothing_says_why(
    services: Services, shop: Shop, product: MakeProduct, typed: dict[str, str], problem: str
) -> None:
    """Not yet, ended, used up: nothing changes in the cart."""
    await running(services, shop, code="CODE", **typed)
    mug = await product()
    if "usage_limit" in typed:
        await services.carts.add(shop, BOB, mug.key)
        await services.carts.enter_code(shop, BOB, "CODE")
        await place(services, shop, BOB)
    await services.carts.add(shop, ADA, mug.key)
    with pytest.raises(BadInput) as refused:
        await services.carts.enter_code(shop, ADA, "code")
    assert refused.value.problem == problem
    with pytest.raises(BadInput, match="code_unknown"):
        await services.carts.enter_code(shop, ADA, "nonsense")
    assert (await services.carts.view(shop, ADA)).totals.discount == 0


async def test_scopes_by_product_and_role(services: Services, shop: Shop, product: MakeProduct) -> None:
    """Only the products named are cheaper, and only for members with the role."""
    mug, cap = await product("Mug", 1000), await product("Cap", 2000)
    made = await services.discounts.create(shop, OWNER, {"off": "50%", "code": "VIP"})
    key = made.discount.key
    await services.discounts.choose_products(shop, OWNER, key, "mug\n")
    await services.discounts.choose_roles(shop, OWNER, key, ["77"])
    await services.discounts.switch(shop, OWNER, key, active=True)
    vip = Member("9", "vip", "Vip", role_ids=frozenset({"77"}))
    for member in (vip, ADA):
        await services.carts.add(shop, member, mug.key)
        await services.carts.add(shop, member, cap.key)
    assert (await services.carts.enter_code(shop, vip, "vip")).totals.discount == 500
    with pytest.raises(BadInput, match="code_not_for_you"):
        await services.carts.enter_code(shop, ADA, "vip")
    await services.carts.remove(shop, vip, mug.key)
    cart = await services.carts.view(shop, vip)
    assert (cart.totals.discount, cart.found.code_problem) == (0, "nothing_here")
    order = await place(services, shop, vip)
    assert (order.discount_amount_cents, order.total_cents) == (0, 2000)


async def test_a_discount_that_went_since_the_review_is_shown_not_applied(
    db: Db, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """Switched off or ended between review and Confirm: nothing is ordered, the cart shows the new price."""
    made = await running(services, shop)
    review = await buying.review(services, shop, ADA, await product(price=1000))
    await services.discounts.switch(shop, OWNER, made.discount.key, active=False)
    with pytest.raises(CartChanged) as changed:
        await services.placement.place(shop, ADA, *review)
    assert [(each.kind, each.old, each.new) for each in changed.value.changes] == [("discount", 100, 0)]
    assert await Order.how_many(db, {"tenantId": shop.id}) == 0
    order = await place(services, shop, ADA)
    assert order.total_cents == 1000


async def test_a_new_discount_since_the_review_is_shown_first_too(
    services: Services, shop: Shop, product: MakeProduct
) -> None:
    """Also a lower price is never charged behind the customer's back."""
    review = await buying.review(services, shop, ADA, await product(price=1000))
    await running(services, shop)
    with pytest.raises(CartChanged):
        await services.placement.place(shop, ADA, *review)
    assert (await place(services, shop, ADA)).total_cents == 900


async def test_a_hundred_uses_for_two_hundred_customers_at_once(
    db: Db, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """Exactly a hundred get it; the others are shown the full price and nothing is ordered for them."""
    made = await running(services, shop, code="DROP", usage_limit="100")
    mug = await product(stock=None)
    reviews = []
    for n in range(200):
        member = Member(str(1000 + n), f"user{n}", f"User {n}")
        await services.carts.add(shop, member, mug.key)
        await services.carts.enter_code(shop, member, "DROP")
        view = await services.checkout.choose_payment(shop, member, "VENMO")
        reviews.append((member, view.session.key, view.session.version))
    placed = await asyncio.gather(
        *(services.placement.place(shop, *review) for review in reviews), return_exceptions=True
    )
    assert Counter(type(result) for result in placed) == {Order: 100, CartChanged: 100}
    assert await count(db, shop, made.discount) == 100
    assert {result.discount_amount_cents for result in placed if isinstance(result, Order)} == {150}


async def test_a_cancelled_order_gives_its_use_back_once(
    db: Db, services: Services, shop: Shop, product: MakeProduct, clock: TestClock
) -> None:
    """By the customer, or at the hold's end: the next customer may have it, and a second one may not."""
    made = await running(services, shop, code="ONE", usage_limit="1")
    mug = await product()
    for end in ("cancel", "hold"):
        await services.carts.add(shop, ADA, mug.key)
        await services.carts.enter_code(shop, ADA, "ONE")
        order = await place(services, shop, ADA)
        assert await count(db, shop, made.discount) == 1
        if end == "cancel":
            await services.orders.cancel(shop, ADA, order.key)
        else:
            clock.forward(hours=25)
            await services.sweeper.sweep()
        clock.forward(seconds=2)
        assert await count(db, shop, made.discount) == 0


async def test_an_assignment_is_used_as_often_as_it_says_and_comes_back(
    db: Db, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """Twice, then no more; a cancelled order frees one; a revoked one is gone."""
    made = await services.discounts.create(shop, OWNER, {"off": "10%"})
    key = made.discount.key
    await services.discounts.choose_audience(shop, OWNER, key, assigned_only=True)
    await services.discounts.switch(shop, OWNER, key, active=True)
    view = await services.discounts.assign(shop, OWNER, key, [ADA], "2")
    mug = await product(price=1000, stock=None)
    orders = []
    for expected in (900, 900, 1000):
        await services.carts.add(shop, ADA, mug.key)
        orders.append(await place(services, shop, ADA))
        assert orders[-1].total_cents == expected
    await services.orders.cancel(shop, ADA, orders[0].key)
    await services.carts.add(shop, ADA, mug.key)
    assert (await services.carts.view(shop, ADA)).totals.discount == 100
    await services.discounts.revoke(shop, OWNER, view.holders[0].assignment.key)
    assert (await services.carts.view(shop, ADA)).totals.discount == 0
    held = await DiscountAssignment.find_all(db, {"tenantId": shop.id})
    assert [each.used_count for each in held] == [1]
    assert await count(db, shop, made.discount) == 1


async def test_whoever_may_use_it_is_shown_before_those_who_may_no_longer(
    services: Services, shop: Shop
) -> None:
    """Ended and used-up ones hide nobody from whom it could be taken away."""
    key = (await running(services, shop)).discount.key
    fans = [Member(f"{5000 + n}", f"fan{n}", f"Fan {n}") for n in range(25)]
    await services.discounts.assign(shop, OWNER, key, [ADA], "")
    view = await services.discounts.assign(shop, OWNER, key, fans, "1")
    for holder in view.holders:
        view = await services.discounts.revoke(shop, OWNER, holder.assignment.key)
    assert len(view.holders) == 25
    assert [holder.usable for holder in view.holders[:2]] == [True, False]
    assert view.holders[0].customer is not None
    assert view.holders[0].customer.discord_id == ADA.discord_id


async def test_a_revoked_assignment_stops_a_review_that_is_open(
    db: Db, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """Between review and Confirm: the change is shown, stock and use are given back."""
    made = await services.discounts.create(shop, OWNER, {"off": "10%"})
    key = made.discount.key
    await services.discounts.choose_audience(shop, OWNER, key, assigned_only=True)
    await services.discounts.switch(shop, OWNER, key, active=True)
    view = await services.discounts.assign(shop, OWNER, key, [ADA], "")
    review = await buying.review(services, shop, ADA, await product(price=1000))
    await services.discounts.revoke(shop, OWNER, view.holders[0].assignment.key)
    with pytest.raises(CartChanged):
        await services.placement.place(shop, ADA, *review)
    assert await count(db, shop, made.discount) == 0


async def test_a_late_payment_uses_its_discount_again(
    db: Db, services: Services, shop: Shop, product: MakeProduct, clock: TestClock
) -> None:
    """Staff who approve after the hold's end honour the price that was asked, also beyond the limit."""
    made = await running(services, shop, code="ONE", usage_limit="1")
    mug = await product()
    await services.carts.add(shop, ADA, mug.key)
    await services.carts.enter_code(shop, ADA, "ONE")
    order = await place(services, shop, ADA)
    clock.forward(hours=25)
    await services.sweeper.sweep()
    await services.carts.add(shop, BOB, mug.key)
    await services.carts.enter_code(shop, BOB, "ONE")
    await place(services, shop, BOB)
    claim = await buying.claimed(services, shop, ADA, order)
    done = await services.claims.approve(shop, OWNER, claim.payment.key, claim.payment.claims, "seen")
    assert done.order.status in {OrderStatus.PAID, OrderStatus.COMPLETE}
    assert await count(db, shop, made.discount) == 2


async def test_a_whole_discount_makes_an_order_free(
    services: Services, shop: Shop, product: MakeProduct
) -> None:
    """Nothing is asked about payment, and the order is paid at once."""
    await running(services, shop, off="100%")
    await services.carts.add(shop, ADA, (await product()).key)
    view = await services.checkout.view(shop, ADA)
    order = await services.placement.place(shop, ADA, view.session.key, view.session.version)
    assert (order.total_cents, order.payment_method) == (0, PaymentMethod.MANUAL)
    assert order.paid_at is not None


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"off": "0%"}, "discount_off"),
        ({"off": "101%"}, "discount_off"),
        ({"off": "0"}, "discount_off"),
        ({"off": "-5"}, "discount_off"),
        ({"off": "1e3"}, "discount_off"),
        ({"off": ""}, "discount_off"),
        ({"off": "10%", "code": "no spaces? really!"}, "discount_code"),
        ({"off": "10%", "code": "x" * 41}, "discount_code"),
        ({"off": "10%", "usage_limit": "many"}, "usage_limit"),
        ({"off": "10%", "usage_limit": "0"}, "usage_limit"),
        ({"off": "10%", "ends_at": "tomorrow"}, "ends_at"),
        ({"off": "10%", "starts_at": "2026-12-02", "ends_at": "2026-12-01"}, "ends_at"),
        ({"off": "10%", "label": "x" * 81}, "label"),
    ],
)
async def test_terms_that_make_no_sense_are_refused(
    db: Db, services: Services, shop: Shop, typed: dict[str, str], field: str
) -> None:
    """The field is named and nothing is stored."""
    with pytest.raises(BadInput) as refused:
        await services.discounts.create(shop, OWNER, typed)
    assert refused.value.field == field
    assert await Discount.how_many(db, shop.id) == 0


async def test_codes_are_unique_and_terms_stay_once_somebody_saw_them(services: Services, shop: Shop) -> None:
    """A second discount with the code is refused; one that is on keeps its terms until it is off."""
    made = await running(services, shop, code="ONE")
    key = made.discount.key
    with pytest.raises(AlreadyExists):
        await services.discounts.create(shop, OWNER, {"off": "5%", "code": "one"})
    with pytest.raises(Refused):
        await services.discounts.edit(shop, OWNER, key, {"off": "90%", "code": "ONE"})
    await services.discounts.switch(shop, OWNER, key, active=False)
    edited = await services.discounts.edit(shop, OWNER, key, {"off": "90%", "code": "ONE"})
    assert str(edited.discount.percent) == "90"
    with pytest.raises(BadInput, match="unknown_product"):
        await services.discounts.choose_products(shop, OWNER, key, "no such thing")


async def test_another_shop_finds_none_of_it(db: Db, services: Services, shop: Shop) -> None:
    """What one shop gives is unknown in the other; staff's acts are written down."""
    made = await running(services, shop, code="ONE")
    await services.discounts.assign(shop, OWNER, made.discount.key, [ADA], "")
    view = await services.discounts.view(shop, made.discount.key)
    other = await services.shops.claim("901", "Borealis", OWNER)
    assert (await services.discounts.page(other)).total == 0
    with pytest.raises(NotFound):
        await services.discounts.view(other, made.discount.key)
    with pytest.raises(NotFound):
        await services.discounts.switch(other, OWNER, made.discount.key, active=False)
    with pytest.raises(NotFound):
        await services.discounts.revoke(other, OWNER, view.holders[0].assignment.key)
    acts = {row.action for row in await AuditLog.find_all(db, {"tenantId": shop.id})}
    assert {"discount.create", "discount.on", "discount.assign"} <= acts


def test_codes_are_the_same_however_they_are_typed() -> None:
    """Case, spaces and full-width letters do not matter."""
    assert {folded_code(text) for text in ("summer", " SUMMER ", "\uff33ummer", "sum mer")} == {"SUMMER"}


async def test_a_discount_ends_with_its_last_day(
    services: Services, shop: Shop, product: MakeProduct, clock: TestClock
) -> None:
    """The last day is included, in UTC."""
    last = clock.now().date().isoformat()
    await running(services, shop, ends_at=last)
    await services.carts.add(shop, ADA, (await product(price=1000)).key)
    assert (await services.carts.view(shop, ADA)).totals.discount == 100
    clock.time = clock.time.replace(hour=0, minute=0, second=0) + timedelta(days=1)
    await services.carts.add(shop, ADA, (await product("Cap", 1000)).key)
    assert (await services.carts.view(shop, ADA)).totals.discount == 0


async def test_confirm_killed_anywhere_counts_its_discount_once_or_not_at_all(
    db: Db, mongo_uri: str, services: Services, shop: Shop, product: MakeProduct, clock: TestClock
) -> None:
    """Killed with SIGKILL between hold, order and settling: as many uses are counted as orders have it."""
    made = await running(services, shop, code="KILL", usage_limit="500")
    key = made.discount.key
    await services.discounts.assign(shop, OWNER, key, [ADA], "400")
    mug = await product(stock=500)
    for last in range(1, MOST_COMMANDS):
        review = await buying.review(services, shop, ADA, mug)
        died = await dies(db, mongo_uri, last, "place", *review)
        clock.forward(seconds=40)
        await services.sweeper.sweep()
        await everything_fits(db, shop, mug)
        current = await OrderSession.current(db, shop.id, ADA.discord_id)
        if current is not None:
            await services.placement.place(shop, ADA, current.key, current.version)
        orders = await Order.find_all(db, {"tenantId": shop.id})
        assert len(orders) == last
        assert {order.discount_amount_cents for order in orders} == {150}
        assert await count(db, shop, made.discount) == last
        (held,) = await DiscountAssignment.find_all(db, {"tenantId": shop.id})
        assert held.used_count == last
        if not died:
            assert last > 10, "the step was killed too seldom to prove anything"
            return
    raise AssertionError("the step never ended")


async def test_cancel_killed_anywhere_gives_a_use_back_once(
    db: Db, mongo_uri: str, services: Services, shop: Shop, product: MakeProduct, clock: TestClock
) -> None:
    """Killed anywhere in Cancel and cancelled again: the count is what it was before the order."""
    made = await running(services, shop, usage_limit="50")
    mug = await product(stock=50)
    for last in range(1, MOST_COMMANDS):
        placed = await buying.order(services, shop, ADA, mug)
        assert placed.discount_amount_cents == 150
        died = await dies(db, mongo_uri, last, "cancel", placed.key)
        with contextlib.suppress(Refused):
            await services.orders.cancel(shop, ADA, placed.key)
        clock.forward(seconds=40)
        await services.sweeper.sweep()
        await everything_fits(db, shop, mug)
        assert await count(db, shop, made.discount) == 0
        if not died:
            assert last > 5, "the step was killed too seldom to prove anything"
            return
    raise AssertionError("the step never ended")
