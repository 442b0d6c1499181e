"""Staff look into payments on providers' pages: find them, ask, give back, decide; once, whoever clicks."""

import asyncio
from decimal import Decimal

import pytest

from bot.sandbox import Community, Person, Seen
from bot.sandbox.guilds import Role
from models.audit import AuditLog
from models.order import Order, OrderStatus
from models.payment import Payment, PaymentStatus, RefundState
from models.product import Product
from services.payments.processor import Money, News, What
from services.shops import Shop
from tests.cogs.admin.conftest import everything
from tests.cogs.buying import claimed, placed
from tests.cogs.conftest import member, shelf
from tests.cogs.payments.conftest import CASH, COINS, DOWN, Till, labels
from tests.cogs.shipping.conftest import HOME
from tests.fakes.provider import Fault
from tests.services import hosting
from tests.services.conftest import MakeProduct

pytestmark = pytest.mark.usefixtures("bot")

SHOW = "Show other payments"
AMOUNT, REASON, WHY = "Amount in USD", "Reason, for the staff only", "Why? For the staff only."
KEY, BACK = "payment.approve", "payment.refund"


async def opened(person: Person, order: Order) -> Seen:
    """The order's payment, found through the list."""
    seen = await person.run("/admin payments")
    seen = await seen.choose(SHOW, "All payments")
    label = next(each for each in seen.select("Open a payment").options if order.order_number in each)
    return await seen.choose("Open a payment", label)


async def refund(seen: Seen, amount: str, why: str = "a scratch") -> Seen:
    """The refund form, filled in."""
    return await (await seen.open("Refund")).submit({AMOUNT: amount, REASON: why})


def said(seen: Seen) -> str:
    """What was said beside the card."""
    return "\n".join(each.content for each in [seen, *seen.followups])


async def unsure(till: Till, order: Order, owner: Person) -> str:
    """The key of a refund whose answer was lost, as the worker leaves it after its last try."""
    await till.services.refunds.ask(till.shop, member(owner), order.payment_id, 1500, "sorry")
    payment = await till.payment(order)
    lost = payment.refunds[0].model_copy(update={"state": RefundState.UNKNOWN})
    await Payment.record(till.db, payment, {"refunds": [lost.model_dump_doc()]})
    return lost.key


async def in_conflict(till: Till, person: Person, product: Product, why: str) -> Order:
    """An order whose money cannot pay it by itself."""
    if why == "underpaid":
        order = await till.opened(person, product, COINS)
        till.nowpayments.pay(await till.ref(order), Decimal("0.5"))
        await till.deliver()
        till.clock.forward(minutes=61)
        await till.services.sweeper.sweep()
        return order
    order = await till.opened(person, product)
    if why == "late":
        await till.services.orders.staff_cancel(till.shop, member(person), order.key, "sold elsewhere")
    cents, currency = {"amount": (1400, "USD"), "currency": (1500, "EUR")}.get(why, (1500, "USD"))
    await till.told(order, hosting.paid(order, "ch_1", cents, currency))
    return order


async def test_money_to_decide_about_comes_first(
    ada: Person, bob: Person, sam: Person, mug: Product, till: Till
) -> None:
    """With no claim waiting, /admin payments opens what needs a decision; with one, it says how many do."""
    order = await in_conflict(till, ada, mug, "amount")
    seen = await sam.run("/admin payments")
    assert "Open one to give the money back, or to fulfil the order anyway." in seen.text
    assert f"{order.order_number} · $15.00 · Cash App Pay" in seen.text
    assert "⚠️ What came is not the amount that was asked for." in seen.text
    waiting = await till.order(bob, mug, "VENMO")
    await claimed(till.services, till.shop, bob, waiting)
    seen = await sam.run("/admin payments")
    assert "1 payment waits" in seen.text
    assert "⚠️ 1 other payment needs a decision about its money: choose it below." in seen.text
    seen = await seen.choose(SHOW, "Money to decide about")
    assert order.order_number in seen.text
    assert waiting.order_number not in seen.text


async def test_payments_are_listed_by_state(
    ada: Person, bob: Person, sam: Person, mug: Product, till: Till
) -> None:
    """All, those of one state, and none, each with the way to the others."""
    done, open_ = await till.paid(ada, mug), await till.opened(bob, mug, COINS)
    seen = await (await sam.run("/admin payments")).choose(SHOW, "All payments")
    assert "2 payments" in seen.text
    assert "@Ada · **confirmed**" in seen.text
    seen = await seen.choose(SHOW, "waiting for payment")
    assert open_.order_number in seen.text
    assert done.order_number not in seen.text
    seen = await seen.choose(SHOW, "disputed")
    assert "There are none." in seen.text
    seen = await seen.choose(SHOW, "Money to decide about")
    assert "There is nothing to decide. Thank you!" in seen.text
    seen = await seen.choose(SHOW, "Waiting for approval")
    assert "No payment waits" in seen.text


async def test_a_long_list_has_pages(guild: Community, sam: Person, mug: Product, till: Till) -> None:
    """Five to a page, of the same kind on the next."""
    for number in range(6):
        await till.order(guild.add_member(f"customer{number}"), mug)
    seen = await (await sam.run("/admin payments")).choose(SHOW, "waiting for payment")
    assert len(seen.select("Open a payment").options) == 5
    seen = await seen.press("▶️ Next")
    assert len(seen.select("Open a payment").options) == 1
    assert "6 payments" in seen.text
    assert "Page 2 of 2" in labels(seen)


async def test_a_payment_tells_its_whole_story(ada: Person, sam: Person, mug: Product, till: Till) -> None:
    """What came, what went back, what is disputed and what happened, newest first."""
    order = await till.paid(ada, mug)
    await till.services.refunds.ask(till.shop, member(sam), order.payment_id, 500, "a *scratch*")
    till.square.instant_refunds = True
    await till.drain()
    receipt = (await till.payment(order)).receipts[0].ref
    till.square.dispute(receipt)
    await till.deliver()
    seen = await opened(sam, order)
    assert "$15.00 by Cash App Pay" in seen.text
    assert "This payment is **disputed**." in seen.text
    assert f"**$15.00** · `{receipt}`" in seen.text
    assert "**$5.00** · made · @Sam · a \\*scratch\\*" in seen.text
    assert "**open** · not as described" in seen.text
    assert "A refund was asked for · @Sam: a \\*scratch\\*" in seen.text
    history = next(each["value"] for each in seen.embeds[0]["fields"] if each["name"] == "History")
    places = [history.index(each) for each in ("Disputed", "Money went back", "Paid", "The page to pay on")]
    assert places == sorted(places)
    assert "_" not in history
    acts = ["Check with provider", "Refund items", "Refund", "Record a refund made elsewhere"]
    assert labels(seen) == [*acts, "All payments", "Order", "Look again"]


async def test_coins_are_shown_with_what_they_were_worth(
    ada: Person, sam: Person, mug: Product, till: Till
) -> None:
    """A payment in Bitcoin can be asked about, and given back by hand only."""
    order = await till.opened(ada, mug, COINS)
    till.nowpayments.pay(await till.ref(order), Decimal("0.5"))
    await till.deliver()
    seen = await opened(sam, order)
    assert "**$7.50** (0.00015000 BTC)" in seen.text
    assert "This payment is **underpaid**." in seen.text
    assert labels(seen)[:3] == ["Check with provider", "Fulfil anyway", "Record a refund made elsewhere"]


async def test_a_payment_that_staff_confirm_opens_as_their_card(
    ada: Person, sam: Person, mug: Product, till: Till
) -> None:
    """The list leads to claims as well, with Approve and Reject."""
    order = await till.order(ada, mug, "VENMO")
    assert "This payment is **waiting for payment**." in (await opened(sam, order)).text
    await claimed(till.services, till.shop, ada, order)
    seen = await opened(sam, order)
    assert labels(seen)[:2] == ["Approve", "Reject"]


async def test_the_order_leads_to_its_payment_and_back(
    ada: Person, sam: Person, mug: Product, till: Till
) -> None:
    """Both cards know each other."""
    order = await till.paid(ada, mug)
    seen = await (await opened(sam, order)).press("Order")
    assert f"Order {order.order_number}" in seen.text
    assert "$15.00 by Cash App Pay" in (await seen.press("Payment")).text


async def test_the_provider_is_asked_at_staffs_wish(
    ada: Person, sam: Person, mug: Product, till: Till
) -> None:
    """No news, news, and no answer are told apart."""
    order = await till.opened(ada, mug)
    seen = await (await opened(sam, order)).press("Check with provider")
    assert "The provider has no news." in said(seen)
    till.square.pay(await till.ref(order))
    seen = await seen.press("Check with provider")
    assert "There was news; here it is." in said(seen)
    assert "This payment is **confirmed**." in seen.text
    till.square.fail(*DOWN)
    answer = await seen.press("Check with provider")
    assert "Cash App Pay could not be asked just now. Please try again in a minute." in said(answer)
    till.square.fail(Fault.SHUT)
    answer = await seen.press("Check with provider")
    assert "I have no keys that Cash App Pay accepts. Enter them with `/admin providers`." in said(answer)


async def test_a_page_that_could_not_be_made_says_what_to_mend(
    ada: Person, sam: Person, mug: Product, till: Till
) -> None:
    """There is nothing to check yet, and the reason stands there."""
    order = await till.order(ada, mug)
    till.square.fail(Fault.SHUT)
    await till.drain()
    seen = await opened(sam, order)
    assert "the provider does not accept the shop's keys. Enter them anew" in seen.text
    assert labels(seen) == ["All payments", "Order", "Look again"]


async def test_money_is_given_back_through_the_provider(
    ada: Person, sam: Person, mug: Product, till: Till
) -> None:
    """In part, then the rest: the form offers what is left, and the provider is asked once for each."""
    order = await till.paid(ada, mug)
    till.square.instant_refunds = True
    form = await (await opened(sam, order)).open("Refund")
    assert form.title == f"Refund for {order.order_number}"
    assert "15.00" in form.text
    seen = await form.submit({AMOUNT: "5", REASON: "a scratch"})
    assert "The refund is on its way. Please look again in a minute." in said(seen)
    assert "**$5.00** · asked for · @Sam · a scratch" in seen.text
    await till.drain()
    await till.deliver()
    seen = await seen.press("Look again")
    assert "This payment is **partly refunded**." in seen.text
    form = await seen.open("Refund")
    assert "10.00" in form.text
    seen = await form.submit({AMOUNT: "$10.00", REASON: "all of it"})
    await till.drain()
    await till.deliver()
    seen = await seen.press("Look again")
    assert "This payment is **refunded**." in seen.text
    assert "Refund" not in labels(seen)
    assert (await till.now(order)).status is OrderStatus.REFUNDED
    assert [each["amount_money"]["amount"] for each in till.square.refunds.values()] == [500, 1000]
    audit = await AuditLog.find_all(till.db, {"action": "payment.refund"}, sort="_id")
    assert [each.meta["after"]["amount"] for each in audit] == [500, 1000]


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("15.01", "Please enter an amount above zero and of at most $15.00."),
        ("0", "Please enter an amount above zero and of at most $15.00."),
        ("-5", "I cannot read that as an amount. Please write it like 12.50."),
        ("everything", "I cannot read that as an amount. Please write it like 12.50."),
        ("12,345", "I cannot read that as an amount. Please write it like 12.50."),
        ("1000000", "That is too large. Please enter a smaller value for **amount**."),
    ],
)
async def test_an_amount_that_cannot_be_given_back_changes_nothing(
    ada: Person, sam: Person, mug: Product, till: Till, typed: str, answer: str
) -> None:
    """The sentence says what can be entered; nothing is owed to anybody."""
    order = await till.paid(ada, mug)
    seen = await opened(sam, order)
    before = await everything(till.db)
    assert answer in said(await refund(seen, typed))
    assert await everything(till.db) == before


async def test_money_that_came_in_parts_goes_back_in_parts(
    ada: Person, sam: Person, mug: Product, till: Till
) -> None:
    """More than one receipt holds is refused with what can be given now."""
    order = await till.opened(ada, mug, COINS)
    ref = await till.ref(order)
    till.nowpayments.pay(ref, Decimal("0.6"))
    till.nowpayments.redeposit(ref, Decimal("0.00012"))
    await till.deliver()
    seen = await opened(sam, order)
    form = await seen.open("Record a refund made elsewhere")
    assert "9.00" in form.text
    answer = await form.submit({AMOUNT: "15", REASON: "all"})
    assert "The money came in parts. Please give it back in parts, too, now $9.00 at most." in said(answer)
    form = await seen.open("Record a refund made elsewhere")
    await form.submit({AMOUNT: "9", REASON: "all"})
    form = await seen.open("Record a refund made elsewhere")
    assert "6.00" in form.text


async def test_two_staff_who_refund_at_once_give_the_money_back_once(
    ada: Person, sam: Person, olivia: Person, mug: Product, till: Till
) -> None:
    """The other one reads that nothing is left; the provider is asked once."""
    order = await till.paid(ada, mug)
    forms = [await (await opened(each, order)).open("Refund") for each in (sam, olivia)]
    both = await asyncio.gather(*(form.submit({AMOUNT: "15", REASON: "sorry"}) for form in forms))
    told = sorted(said(each).strip().splitlines()[-1] for each in both)
    assert told == [
        "The refund is on its way. Please look again in a minute.",
        "There is nothing left to give back.",
    ]
    await till.drain()
    assert len(till.square.refunds) == 1
    late = await (await opened(sam, order)).person.click(
        both[0], custom_id=f"payment:refund:{order.payment_id}", forged=True
    )
    assert isinstance(late, Seen)
    assert "There is nothing left to give back." in said(late)


async def test_a_refund_made_elsewhere_is_noted_down(
    ada: Person, sam: Person, mug: Product, till: Till
) -> None:
    """Nothing is sent; payment, order and the customer's card agree."""
    order = await till.paid(ada, mug)
    form = await (await opened(sam, order)).open("Record a refund made elsewhere")
    assert "You have sent it yourself; I only note it down." in str(form.modal)
    seen = await form.submit({AMOUNT: "15", REASON: "in cash"})
    assert "Noted down. The customer sees it on the order." in said(seen)
    assert "**$15.00** · made · sent by hand · @Sam · in cash" in seen.text
    await till.drain()
    assert till.square.refunds == {}
    assert (await till.now(order)).status is OrderStatus.REFUNDED


@pytest.mark.parametrize(
    ("answer", "thanks", "state", "left"),
    [
        ("It was refunded", "Thank you, noted.", RefundState.DONE, 0),
        ("It was not", "Noted. The money can be given back again.", RefundState.FAILED, 1500),
    ],
)
async def test_staff_say_what_became_of_a_refund(
    ada: Person,
    sam: Person,
    olivia: Person,
    mug: Product,
    till: Till,
    answer: str,
    thanks: str,
    state: RefundState,
    left: int,
) -> None:
    """The card asks, takes one answer, and a second one is too late."""
    order = await till.paid(ada, mug)
    await unsure(till, order, olivia)
    seen = await opened(sam, order)
    assert "⚠️ Nobody knows whether the refund of $15.00 was made." in seen.text
    assert "Please look on the provider's site, then tell me below." in seen.text
    assert "Refund" not in labels(seen)
    theirs = await opened(olivia, order)
    now = await seen.press(answer)
    assert thanks in said(now)
    assert "It was not" not in labels(now)
    late = await theirs.press("It was not")
    assert "Somebody was faster, or the provider has told meanwhile." in said(late)
    payment = await till.payment(order)
    assert (payment.refunds[0].state, payment.refundable_cents) == (state, left)
    assert ("Refund" in labels(now)) is bool(left)


@pytest.mark.parametrize("why", ["amount", "currency", "late", "underpaid"])
async def test_what_came_wrong_can_be_fulfilled_anyway_once(
    ada: Person, sam: Person, olivia: Person, mug: Product, till: Till, why: str
) -> None:
    """Two staff at once hand the goods over once, and whoever is late reads that it is decided."""
    order = await in_conflict(till, ada, mug, why)
    forms = [await (await opened(each, order)).open("Fulfil anyway") for each in (sam, olivia)]
    assert forms[0].title == f"Fulfil {order.order_number} anyway"
    both = await asyncio.gather(*(form.submit({WHY: "it is fine"}) for form in forms))
    told = sorted(said(each).strip().splitlines()[-1] for each in both)
    assert told == [
        "Somebody was faster: this payment is **confirmed**.",
        "The order is paid, and its goods are on their way.",
    ]
    assert (await till.now(order)).status is OrderStatus.COMPLETE
    assert len(await AuditLog.find_all(till.db, {"action": "payment.fulfil"})) == 1
    assert (await till.services.stock.of(till.shop, mug.key)).available == 9
    seen = await opened(sam, order)
    assert "Fulfil anyway" not in labels(seen)
    assert "⚠️" not in seen.text
    late = await sam.click(seen, custom_id=f"payment:fulfil:{order.payment_id}", forged=True)
    assert isinstance(late, Seen)
    assert "There is nothing to decide here any more." in said(late)


async def test_what_was_fulfilled_anyway_and_has_to_be_sent_says_so(
    ada: Person, sam: Person, product: MakeProduct, till: Till
) -> None:
    """Nothing is on its way before somebody packs it."""
    cap, who = await product("Cap", is_digital=False), member(ada)
    await till.services.carts.add(till.shop, who, cap.key, 1)
    await till.services.checkout.enter_address(till.shop, who, HOME)
    await till.services.checkout.choose_shipping(till.shop, who, "post")
    view = await till.services.checkout.choose_payment(till.shop, who, CASH)
    order = await till.services.placement.place(till.shop, who, view.session.key, view.session.version)
    await till.told(order, hosting.paid(order, "ch_1", 100, "USD"))
    form = await (await opened(sam, order)).open("Fulfil anyway")
    seen = await form.submit({WHY: "it is fine"})
    assert "The order is paid. Now it has to be sent: see `/admin ship`." in said(seen)


@pytest.mark.parametrize("why", ["amount", "late", "underpaid"])
async def test_what_came_wrong_can_be_given_back(
    ada: Person, sam: Person, mug: Product, till: Till, why: str
) -> None:
    """Once all of it went back there is nothing to decide any more."""
    order = await in_conflict(till, ada, mug, why)
    seen = await opened(sam, order)
    form = await seen.open("Record a refund made elsewhere")
    seen = await form.submit({AMOUNT: "7.50" if why == "underpaid" else "14", REASON: "sorry"})
    if why == "late":
        assert "It came after the order was cancelled." in seen.text
        form = await seen.open("Record a refund made elsewhere")
        seen = await form.submit({AMOUNT: "1", REASON: "the rest"})
    assert "⚠️" not in seen.text
    assert "Fulfil anyway" not in labels(seen)
    assert (await till.services.payments.page(till.shop, deciding=True)).total == 0


ACTIONS = [
    "payments:queue:0",
    "payments:list:0:all",
    "payment:open:{id}",
    "payment:order:{order}",
    "payment:check:{id}",
    "payment:refund:{id}",
    "payment:record:{id}",
    "payment:made:{id}:{key}",
    "payment:unmade:{id}:{key}",
    "payment:fulfil:{id}",
]


async def test_nobody_without_the_key_gets_anywhere(
    guild: Community, ada: Person, bob: Person, sam: Person, staff_role: Role, mug: Product, till: Till
) -> None:
    """Neither by forged clicks nor by forms that stood open when the role was taken; nothing changes."""
    order = await till.paid(ada, mug)
    desk = await opened(sam, order)
    form = await desk.open("Refund")
    wrong = await in_conflict(till, bob, mug, "amount")
    fulfil = await (await opened(sam, wrong)).open("Fulfil anyway")
    key = await unsure(till, order, guild.owner)
    guild.take(sam, staff_role)
    before, asked = await everything(till.db), len(till.square.requests)
    mine = await ada.run("/orders list")
    for action in ACTIONS:
        forged = action.format(id=order.payment_id, order=order.key, key=key)
        needed = BACK if action.split(":")[1] in {"refund", "record", "made", "unmade"} else KEY
        assert needed in (await _clicked(ada, mine, forged)).text
        assert needed in said(await _clicked(sam, desk, forged))
    assert BACK in said(await form.submit({AMOUNT: "15", REASON: "mine"}))
    assert KEY in said(await fulfil.submit({WHY: "mine"}))
    assert await everything(till.db) == before
    assert len(till.square.requests) == asked


async def test_payments_of_other_shops_are_unknown(
    ada: Person,
    sam: Person,
    mug: Product,
    till: Till,
    elsewhere: tuple[Community, Shop],
) -> None:
    """Their ids lead nowhere in buttons, menus and forms, and their payments are in no list."""
    place, other = elsewhere
    moon = await shelf(till.services, other, place.owner)("Moonstone", stock=None)
    theirs = await placed(till.services, other, ada, moon.key)
    order = await till.paid(ada, mug)
    seen = await opened(sam, order)
    form = await seen.open("Refund")
    before = await everything(till.db)
    for action in ACTIONS[2:]:
        forged = action.format(id=theirs.payment_id, order=theirs.key, key="x")
        assert "I cannot find that payment." in said(await _clicked(sam, seen, forged))
    for verb in ("refund", "record"):
        form.modal["custom_id"] = f"payment:{verb}:{theirs.payment_id}"
        assert "I cannot find that payment." in said(await form.submit({AMOUNT: "1", REASON: "x"}))
    listed = await (await sam.run("/admin payments")).choose(SHOW, "All payments")
    assert theirs.order_number not in listed.text
    forged_menu = await sam.choose(listed, "Open a payment", theirs.payment_id, forged=True)
    assert "I cannot find that payment." in said(forged_menu)
    assert await everything(till.db) == before


async def test_nonsense_in_a_click_is_answered_kindly(
    ada: Person, sam: Person, mug: Product, till: Till
) -> None:
    """Unknown kinds, pages and refunds show or say something, and break nothing."""
    order = await till.paid(ada, mug)
    seen = await opened(sam, order)
    for forged in ("payments:list:x:sideways", "payments:list:-1:disputed", "payments:list:99999:all"):
        assert "Something went wrong" not in said(await _clicked(sam, seen, forged))
    listed = await (await sam.run("/admin payments")).choose(SHOW, "All payments")
    for kind in ("a:b", "x" * 90, ""):
        answer = await sam.choose(listed, SHOW, kind, forged=True)
        assert "1 payment" in answer.text
    answer = await _clicked(sam, seen, f"payment:made:{order.payment_id}:no-such-key")
    assert "I cannot find that refund. Please open the payment again." in said(answer)
    for short in ("payment:made", "payment:refund", "payment:order"):
        assert "Something went wrong" not in said(await _clicked(sam, seen, short))


async def test_a_long_story_fits_the_card(
    ada: Person, olivia: Person, sam: Person, mug: Product, till: Till
) -> None:
    """Whole lines, newest first, however much there is and whatever was written."""
    order = await till.paid(ada, mug)
    for number in range(12):
        note = f"{number} *_`@everyone` ||x||_* " * 8
        await till.services.refunds.ask(
            till.shop, member(olivia), order.payment_id, 100, note[:200], by_hand=True
        )
        await till.told(order, hosting.paid(order, f"ch_{number}_{'x' * 240}"))
    for number in range(10):
        await till.told(
            order,
            News(
                What.DISPUTED,
                order_id=order.key,
                charge_ref=f"d_{number}",
                amount=Money(1, "USD"),
                note="y" * 90,
            ),
        )
    seen = await opened(sam, order)
    assert seen.pings == []
    for each in seen.embeds[0]["fields"]:
        assert each["value"].count("<t:") <= 8
        assert all(
            line.startswith("<t:") or line == "…" for line in each["value"].splitlines() if "<t:" in line
        )
    assert "ch_11_" in seen.text


async def _clicked(person: Person, seen: Seen, custom_id: str) -> Seen:
    answer = await person.click(seen, custom_id=custom_id, forged=True)
    assert isinstance(answer, Seen), f"{custom_id} opened a form"
    return answer


async def test_staff_who_speak_german_read_amounts_as_theirs(
    ada: Person, olivia: Person, product: MakeProduct, till: Till
) -> None:
    """The staff's own card is in their language as far as it is translated."""
    dear = await product("Tasse", 123450, 3)
    order = await till.paid(ada, dear)
    olivia.user.locale = "de"
    seen = await olivia.run("/admin payments")
    seen = await olivia.choose(seen, seen.selects[-1].placeholder, "all", forged=True)
    label = next(each for each in seen.selects[0].options if order.order_number in each)
    seen = await seen.choose(seen.selects[0].placeholder, label)
    assert "1.234,50\xa0$" in seen.text


async def test_a_disputed_payment_keeps_its_state_when_part_went_back(
    ada: Person, sam: Person, mug: Product, till: Till
) -> None:
    """The list shows it under disputes until the provider decides."""
    order = await till.paid(ada, mug)
    till.square.dispute((await till.payment(order)).receipts[0].ref)
    await till.deliver()
    seen = await (await sam.run("/admin payments")).choose(SHOW, "disputed")
    assert order.order_number in seen.text
    assert (await till.payment(order)).status is PaymentStatus.DISPUTED
