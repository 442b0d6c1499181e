"""/admin refund: what goes back is chosen by clicks, shown with its worth, and given back once."""

import asyncio
from typing import Any

import pytest

from bot.sandbox import Community, Person, Room, Seen
from bot.sandbox.guilds import Role
from models.audit import AuditLog
from models.entitlement import Entitlement, EntitlementStatus
from models.order import Order, OrderStatus
from models.payment import RefundState
from models.product import Product
from services.shops import Shop
from tests.cogs.admin.conftest import everything
from tests.cogs.buying import placed
from tests.cogs.conftest import give_key, member, shelf
from tests.cogs.payments.conftest import CASH, DOWN, Till, labels
from tests.services.conftest import MakeProduct

pytestmark = pytest.mark.usefixtures("bot")

REASON, MANY, WHAT, CHANGE = (
    "Reason, for the staff only", "How many go back?", "What goes back?", "Change how many"
)  # fmt: skip
KEY, DID = "payment.refund", "What did you do? For the staff only."


@pytest.fixture
async def vip(product: MakeProduct) -> Product:
    """A digital text for 5.00."""
    return await product("Secret", 500, 10, delivery_text="the answer is 42")


async def bought(till: Till, person: Person, *lines: tuple[Product, int], by: str = CASH) -> Order:
    """A paid order of these lines."""
    who = member(person)
    for product, many in lines:
        await till.services.carts.add(till.shop, who, product.key, many)
    view = await till.services.checkout.choose_payment(till.shop, who, by)
    order = await till.services.placement.place(till.shop, who, view.session.key, view.session.version)
    if by == CASH:
        await till.services.hosted.open(till.shop, order)
        till.square.pay(await till.ref(order))
        await till.deliver()
    else:
        await till.services.claims.claim(till.shop, who, order.key, "@ada-pays")
        claim = (await till.payment(order)).claims
        await till.services.claims.approve(till.shop, who, order.payment_id, claim, order.order_number)
    return await till.now(order)


async def opened(person: Person, order: Order) -> Seen:
    """The refund's card of an order."""
    return await person.run("/admin refund", order=order.order_number)


def said(seen: Seen) -> str:
    """What was said beside the card."""
    return "\n".join(each.content for each in [seen, *seen.followups])


async def forged(person: Person, seen: Seen, custom_id: str) -> Seen:
    """A click that no card offers."""
    answer = await person.click(seen, custom_id=custom_id, forged=True)
    assert isinstance(answer, Seen), f"{custom_id} opened a form"
    return answer


async def test_pieces_are_chosen_and_given_back_through_the_provider(
    ada: Person, sam: Person, mug: Product, vip: Product, till: Till
) -> None:
    """Lines by menu, the number by form, the worth shown; customer, order and stock agree afterwards."""
    order = await bought(till, ada, (mug, 3), (vip, 1))
    till.square.instant_refunds = True
    seen = await opened(sam, order)
    assert "$50.00 came in; $50.00 of it can go back." in seen.text
    seen = await seen.choose(WHAT, "Mug")
    assert "3 chosen" in seen.text
    form = await sam.choose_form(seen, CHANGE, "Mug")
    seen = await form.submit({MANY: "2"})
    assert "2 x Mug · $30.00" in seen.text
    assert "Goes back on the shelf." in seen.text
    form = await seen.open("Refund $30.00")
    seen = await form.submit({REASON: "two were broken"})
    assert "The refund is on its way." in said(seen)
    await till.drain()
    await till.deliver()
    await till.drain()
    seen = await seen.press("Look again")
    assert "$50.00 came in; $20.00 of it can go back." in seen.text
    assert "3 x **Mug** · 2 went back" in seen.text
    assert [each["amount_money"]["amount"] for each in till.square.refunds.values()] == [3000]
    assert (await till.services.stock.of(till.shop, mug.key)).available == 9
    assert (await till.now(order)).status is OrderStatus.PARTIALLY_REFUNDED
    (row,) = await AuditLog.find_all(till.db, {"action": "payment.refund"})
    assert row.meta["after"] == {
        "amount": 3000,
        "byHand": False,
        "reason": "two were broken",
        "lines": {mug.key: 2},
        "shipping": 0,
        "restock": True,
    }
    hers = await ada.run("/orders view", order=order.key)
    assert "↩️ 2 went back: $30.00" in hers.text
    assert "**Aurora** has sent you $30.00 back." in "\n".join(each.text for each in ada.dms)


async def test_everything_goes_back_by_hand_and_stays_off_the_shelf(
    ada: Person, sam: Person, mug: Product, vip: Product, till: Till, staff_room: Room
) -> None:
    """Of a payment that staff approved: what they sent is noted, and the digital item is taken back."""
    order = await bought(till, ada, (mug, 1), (vip, 1), by="VENMO")
    seen = await (await opened(sam, order)).press("Choose everything")
    assert "That is all that is left: every role and item is taken back." in seen.text
    seen = await seen.press("Do not restock")
    assert "Does not go back on the shelf." in seen.text
    assert "Refund $20.00" not in labels(seen)
    form = await seen.open("I have sent $20.00 myself")
    assert "You have sent it yourself; I only note it down." in str(form.modal)
    seen = await form.submit({REASON: "changed their mind"})
    assert "Noted down. The customer sees it on the order." in said(seen)
    assert "$20.00 came in; $0.00 of it can go back." in seen.text
    assert (await till.now(order)).status is OrderStatus.REFUNDED
    assert (await till.services.stock.of(till.shop, mug.key)).available == 9
    owed = await Entitlement.of_order(till.db, till.shop.id, order.key)
    assert [each.status for each in owed] == [EntitlementStatus.REVOKED]
    await till.drain()
    told = [each.text for each in staff_room.messages_for(sam)]
    assert f"$20.00 of order **{order.order_number}** went back to the customer by Venmo." in "\n".join(told)
    seen = await seen.press("Payment")
    assert "**$20.00** · made · sent by hand · @Sam · changed their mind" in seen.text
    assert f"Note seen: `{order.order_number}`" in seen.text


async def test_shipping_goes_back_by_choice(
    ada: Person, sam: Person, product: MakeProduct, till: Till
) -> None:
    """It is kept unless it is chosen, and can go back once."""
    hat = await product("Hat", 2000, 5, is_digital=False)
    who = member(ada)
    await till.services.carts.add(till.shop, who, hat.key, 1)
    address = {
        "name": "Ada",
        "line1": "1 Main St",
        "city": "Springfield",
        "postal_code": "62701",
        "country": "US",
    }
    await till.services.checkout.enter_address(till.shop, who, {**address, "state": "IL"})
    await till.services.checkout.choose_shipping(till.shop, who, "post")
    view = await till.services.checkout.choose_payment(till.shop, who, "VENMO")
    order = await till.services.placement.place(till.shop, who, view.session.key, view.session.version)
    await till.services.claims.claim(till.shop, who, order.key, "@ada")
    await till.services.claims.approve(till.shop, member(sam), order.payment_id, 1, "seen")
    seen = await (await opened(sam, order)).choose(WHAT, "Hat")
    assert "I have sent $20.00 myself" in labels(seen)
    seen = await seen.press("Shipping, too: $4.50")
    assert "I have sent $24.50 myself" in labels(seen)
    seen = await seen.press("Keep the shipping")
    seen = await (await seen.open("I have sent $20.00 myself")).submit({REASON: "torn"})
    seen = await seen.press("Shipping, too: $4.50")
    seen = await (await seen.open("I have sent $4.50 myself")).submit({REASON: "all right"})
    assert "$24.50 came in; $0.00 of it can go back." in seen.text
    assert "Shipping went back: $4.50" in (await ada.run("/orders view", order=order.key)).text


async def test_two_staff_at_once_refund_a_line_once(
    ada: Person, sam: Person, olivia: Person, mug: Product, till: Till
) -> None:
    """Both see the same card and fill in their forms: one refund, and the other is asked to look again."""
    order = await bought(till, ada, (mug, 2))
    cards = [await (await opened(each, order)).press("Choose everything") for each in (sam, olivia)]
    forms = [await each.open("Refund $30.00") for each in cards]
    both = await asyncio.gather(*(form.submit({REASON: "sorry"}) for form in forms))
    assert sorted(said(each).strip().splitlines()[-1] for each in both) == [
        "Something went back meanwhile, so nothing was refunded now. Please look again.",
        "The refund is on its way. Please look again in a minute.",
    ]
    late = await cards[0].press("Refund $30.00")
    assert "Something went back meanwhile" in said(late)
    await till.drain()
    assert len(till.square.refunds) == 1


async def test_an_order_is_found_without_its_number(
    ada: Person, sam: Person, mug: Product, till: Till
) -> None:
    """By menu, by suggestion, by search; and what is not found is said."""
    assert "No order has money that could go back." in (await sam.run("/admin refund")).text
    order = await bought(till, ada, (mug, 1))
    (choice,) = await sam.suggest("/admin refund", order="ada")
    assert choice.value == order.key
    seen = await sam.run("/admin refund")
    label = next(iter(seen.select("Open an order").options))
    assert "$15.00 came in" in (await seen.choose("Open an order", label)).text
    form = await seen.open("Search")
    assert "$15.00 came in" in (await form.submit({"Order number": order.order_number.lower()})).text
    assert "I cannot find that order." in said(
        await (await seen.open("Search")).submit({"Order number": "nope"})
    )
    seen = await (await sam.run("/admin order", find=order.order_number)).press("Refund")
    assert "$15.00 came in" in seen.text
    seen = await (await seen.press("Payment")).press("Refund items")
    assert "$15.00 came in" in seen.text


@pytest.mark.parametrize("typed", ["-1", "1.5", "4", "9" * 4, "two", "٢"])
async def test_a_number_that_cannot_go_back_is_refused(
    ada: Person, sam: Person, mug: Product, till: Till, typed: str
) -> None:
    """The sentence says how many can."""
    order = await bought(till, ada, (mug, 3))
    seen = await (await opened(sam, order)).choose(WHAT, "Mug")
    before = await everything(till.db)
    answer = await (await sam.choose_form(seen, CHANGE, "Mug")).submit({MANY: typed})
    assert "Please enter a whole number for **quantity**" in said(answer)
    assert await everything(till.db) == before


NONSENSE = [
    "",
    "0",
    "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzz",
    "z" * 40,
    "-1",
    "1_0",
    "٣",
    "%00",
    "ZZ",
    "X",
    "0X",
    "0X-5",
    "0X99999999999",
]


async def test_nonsense_in_a_choice_chooses_nothing(
    ada: Person, sam: Person, mug: Product, till: Till
) -> None:
    """Whatever a forged button carries, nothing is refunded and nothing breaks."""
    order = await bought(till, ada, (mug, 3))
    seen = await opened(sam, order)
    form = await (await seen.press("Choose everything")).open("Refund $45.00")
    before = await everything(till.db)
    for code in NONSENSE:
        for verb in ("open", "ship", "shelf", "ask", "noted", "lines"):
            answer = await forged(sam, seen, f"refund:{verb}:{order.key}:{code}")
            assert "Something went wrong" not in said(answer)
        for verb in ("ask", "noted", "many"):
            form.modal["custom_id"] = f"refund:{verb}:{order.key}:{code}"
            assert "Something went wrong" not in said(await form.submit({REASON: "mine"}))
    for value in ("99", "-1", "x", "٣", ""):
        await sam.choose(seen, WHAT, value, forged=True)
    assert await everything(till.db) == before


async def test_a_choice_that_is_worth_something_else_is_not_refunded(
    ada: Person, sam: Person, mug: Product, till: Till
) -> None:
    """A forged sum is no sum: the form's number must be what the choice is worth."""
    order = await bought(till, ada, (mug, 3))
    form = await (await (await opened(sam, order)).press("Choose everything")).open("Refund $45.00")
    good = form.modal["custom_id"]
    before = await everything(till.db)
    for cents in ("1", "4501", "0", "999999999"):
        form.modal["custom_id"] = good.replace("X4500", f"X{cents}")
        assert "so nothing was refunded now" in said(await form.submit({REASON: "mine"}))
    assert await everything(till.db) == before


WAYS = [
    "refund:list", "refund:search",
    "refund:open:{order}:0", "refund:lines:{order}:0", "refund:many:{order}:0",
    "refund:ship:{order}:0", "refund:shelf:{order}:0", "refund:all:{order}:0", "refund:ask:{order}:1X1500",
    "refund:noted:{order}:1X1500", "payment:refund:{payment}", "payment:record:{payment}",
]  # fmt: skip


async def test_nobody_without_the_key_refunds(
    guild: Community, ada: Person, sam: Person, staff_role: Role, mug: Product, till: Till
) -> None:
    """Neither by forged clicks nor by a form that stood open when the role was taken."""
    order = await bought(till, ada, (mug, 1))
    desk = await (await opened(sam, order)).press("Choose everything")
    form = await desk.open("Refund $15.00")
    guild.take(sam, staff_role)
    before, mine = await everything(till.db), await ada.run("/orders list")
    for way in WAYS:
        custom_id = way.format(order=order.key, payment=order.payment_id)
        assert KEY in (await forged(ada, mine, custom_id)).text
        assert KEY in said(await forged(sam, desk, custom_id))
    assert KEY in said(await form.submit({REASON: "mine"}))
    assert await everything(till.db) == before


async def test_its_key_alone_opens_refunds_and_nothing_else(
    bob: Person, ada: Person, mug: Product, till: Till
) -> None:
    """Whoever may refund need not be the one who approves payments."""
    order = await bought(till, ada, (mug, 1))
    await give_key(till.db, till.shop, bob, KEY)
    seen = await opened(bob, order)
    assert "$15.00 came in" in seen.text
    assert "payment.approve" in said(await forged(bob, seen, f"payment:fulfil:{order.payment_id}"))
    answer = await (await seen.open("An amount instead")).submit({"Amount in USD": "5", REASON: "a scratch"})
    assert "The refund is on its way." in said(answer)
    assert [each.amount_cents for each in (await till.payment(order)).refunds] == [500]


async def test_the_queues_key_books_no_refund_as_made(
    guild: Community, bob: Person, sam: Person, staff_role: Role, mug: Product, till: Till
) -> None:
    """A refund that its provider keeps refusing is said to be sent by hand only by who may refund."""
    order = await bought(till, bob, (mug, 1))
    await till.services.refunds.ask(till.shop, member(sam), order.payment_id, 500, "a scratch")
    till.square.fail(*DOWN)
    await till.drain()
    till.clock.forward(minutes=20)
    seen = await sam.run("/admin queue")
    card = await seen.choose("Open an entry", f"{order.order_number} · Giving money back")
    form = await card.open("Done by hand")
    guild.take(sam, staff_role)
    await give_key(till.db, till.shop, sam, "order.manage")
    assert KEY in said(await forged(sam, card, str(card.button("Done by hand").custom_id)))
    assert KEY in said(await form.submit({DID: "sent it"}))
    assert (await till.payment(order)).refunds[0].state is RefundState.ASKED
    guild.give(sam, staff_role)
    assert "counts as delivered" in said(await form.submit({DID: "sent it"}))
    assert (await till.payment(order)).refunds[0].state is RefundState.DONE


async def test_orders_of_other_shops_are_unknown(
    ada: Person, sam: Person, mug: Product, till: Till, elsewhere: tuple[Community, Shop]
) -> None:
    """Their ids and numbers lead nowhere in buttons, menus, forms and the command."""
    place, other = elsewhere
    moon = await shelf(till.services, other, place.owner)("Moonstone", stock=None)
    theirs = await placed(till.services, other, ada, moon.key)
    await till.services.claims.claim(other, member(ada), theirs.key, "@ada")
    await till.services.claims.approve(other, member(place.owner), theirs.payment_id, 1, "seen")
    order = await bought(till, ada, (mug, 1))
    seen = await (await opened(sam, order)).press("Choose everything")
    form = await seen.open("Refund $15.00")
    before = await everything(till.db)
    for way in WAYS[2:10]:
        answer = await forged(sam, seen, way.format(order=theirs.key, payment=theirs.payment_id))
        assert "I cannot find that order." in said(answer)
    for verb in ("ask", "noted", "many"):
        form.modal["custom_id"] = f"refund:{verb}:{theirs.key}:1X1500"
        assert "I cannot find that order." in said(await form.submit({REASON: "mine"}))
    assert "I cannot find that order." in said(await opened(sam, theirs))
    assert len((await sam.run("/admin refund")).select("Open an order").options) == 1
    assert await everything(till.db) == before


async def test_a_full_cart_fits_the_card_and_its_buttons(
    ada: Person, sam: Person, product: MakeProduct, till: Till
) -> None:
    """Twenty lines of ninety-nine, chosen in every way, with names that are all markup."""
    lines: list[tuple[Any, int]] = [
        (await product(f"{at}" + "*_`~" * 24, 99, None, sku=f"S{at}"), 99) for at in range(20)
    ]
    order = await bought(till, ada, *lines)
    seen = await (await opened(sam, order)).press("Choose everything")
    for label in [*seen.select(CHANGE).options][:2]:
        seen = await (await sam.choose_form(seen, CHANGE, label)).submit({MANY: "98"})
    form = await seen.open(next(each for each in labels(seen) if each.startswith("Refund $")))
    seen = await form.submit({REASON: "x" * 200})
    refund = (await till.payment(order)).refunds[0]
    assert (refund.state, len(refund.lines), sum(each.quantity for each in refund.lines)) == (
        RefundState.ASKED, 20, 20 * 99 - 2
    )  # fmt: skip
    assert len((await opened(sam, order)).select(WHAT).options) == 2


async def test_the_largest_order_that_can_be_paid_goes_back(
    ada: Person, sam: Person, product: MakeProduct, till: Till
) -> None:
    """Its sum has more digits than any other, and still fits every button."""
    lines: list[tuple[Any, int]] = [
        (await product(f"Gold {at}", 99_999_999, None, sku=f"G{at}"), 99) for at in range(20)
    ]
    order = await bought(till, ada, *lines, by="VENMO")
    seen = await (await opened(sam, order)).press("Choose everything")
    form = await seen.open("I have sent $1,979,999,980.20 myself")
    assert "Noted down." in said(await form.submit({REASON: "melted"}))
    assert (await till.now(order)).status is OrderStatus.REFUNDED
