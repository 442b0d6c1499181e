"""/admin ship: what waits is found, packed piece by piece, sent once, and told to its customer."""

import asyncio

import pytest

from bot.sandbox import Community, Person
from bot.sandbox.guilds import Role
from models.audit import AuditLog
from models.order import OrderStatus
from models.product import Product
from models.shipment import ParcelState
from services.shops import Shop
from tests.cogs.admin.conftest import everything
from tests.cogs.buying import ADDRESS
from tests.cogs.conftest import give_key, member, shelf
from tests.cogs.payments.conftest import labels
from tests.cogs.payments.test_refunds import NONSENSE
from tests.cogs.shipping.conftest import (
    CARRIER,
    CHANGE,
    GOES,
    NUMBER,
    PARCEL,
    USPS,
    Dock,
    forged,
    opened,
    said,
    sent,
    unbounded,
)
from tests.services.conftest import MakeProduct

pytestmark = pytest.mark.usefixtures("bot")
KEY, HOW_MANY = "order.ship", "How many go into it?"
HOSTILE = "**@everyone** [x](https://evil.example) `" + "\u202e" + "z" * 3900


async def test_an_order_is_sent_in_two_parcels(
    ada: Person, sam: Person, mug: Product, cap: Product, dock: Dock
) -> None:
    """Part of a line first, then the rest by default; customer, order and card agree."""
    order = await dock.paid(ada, (mug, 3), (cap, 1))
    seen = await sam.run("/admin ship")
    assert "1 order waits to be sent" in seen.text
    assert "Letter post" in seen.text
    seen = await seen.choose("Open an order", next(iter(seen.select("Open an order").options)))
    assert "4 pieces are to be packed." in seen.text
    assert "12 Garden Street" in seen.text
    assert "Letter post · $4.50 paid for it" in seen.text
    assert "3 x **Mug** · 3 left · **3 chosen**" in seen.text
    seen = await seen.choose(GOES, "Mug")
    seen = await (await sam.choose_form(seen, CHANGE, "Mug")).submit({HOW_MANY: "1"})
    assert "3 x **Mug** · 3 left · **1 chosen**" in seen.text
    seen = await sent(seen, " USPS ", f"{USPS[:4]} {USPS[4:]}")
    assert "Thank you, noted. The customer is told." in said(seen)
    assert "3 x **Mug** · 1 packed · 2 left · **2 chosen**" in seen.text
    link = f"https://tools.usps.com/go/TrackConfirmAction?tLabels={USPS}"
    assert f"**1** · on its way · USPS [{USPS}]({link})" in seen.text
    await dock.drain()
    told = ada.dms[-1].text
    assert "**Aurora** has sent a part of your order. The rest follows." in told
    assert "On its way to you" in told
    assert "1 x Mug" in told
    assert link in told
    seen = await sent(seen)
    await dock.drain()
    assert "Nothing of it has to be packed any more." in seen.text
    assert (await dock.now(order)).status is OrderStatus.SHIPPED
    assert "**Aurora** has sent your order." in ada.dms[-1].text
    hers = await ada.run("/orders view", order=order.key)
    assert "**Parcel 2** · on its way\n2 x Mug\n1 x Cap\n**Parcel 1** · on its way · USPS" in hers.text
    assert "Everything that is paid is on its way." in (await seen.press("Waiting orders")).text
    rows = await AuditLog.find_all(dock.db, {"action": "ship.sent"}, sort="_id")
    assert [row.meta["after"]["lines"] for row in rows] == [
        [f"1 x {mug.key}"],
        [f"2 x {mug.key}", f"1 x {cap.key}"],
    ]


async def test_what_became_of_a_parcel_is_said_step_by_step(
    ada: Person, sam: Person, mug: Product, dock: Dock
) -> None:
    """Corrected, arrived, come back; then it can be packed again."""
    order = await dock.paid(ada, (mug, 1))
    seen = await sent(await opened(sam, order), "UPS", "1Z999")
    seen = await seen.choose(PARCEL, "Parcel 1")
    assert labels(seen) == [
        *("It has arrived", "Came back or lost", "Correct carrier or number"),
        *("Look again", "Back to the order"),
    ]
    assert "1 x Mug" in seen.text
    form = await seen.open("Correct carrier or number")
    assert [each.value for each in form.fields] == ["UPS", "1Z999"]
    seen = await form.submit({CARRIER: "FedEx", NUMBER: "777"})
    assert "Corrected. The customer is told." in said(seen)
    assert "FedEx [777](https://www.fedex.com/fedextrack/?trknbr=777)" in seen.text
    seen = await (await seen.press("Look again")).press("It has arrived")
    assert (await dock.now(order)).status is OrderStatus.COMPLETE
    assert "It has arrived. Should it come back, tell me." in seen.text
    form = await seen.open("Came back")
    assert "Please fill in **note**." in said(await form.submit({form.fields[0].label: "\u200b"}))
    seen = await (await seen.open("Came back")).submit({form.fields[0].label: HOSTILE[:400]})
    assert "Send what was in it once more, or pay it back." in said(seen)
    assert "1 piece is to be packed." in seen.text
    seen = await seen.choose(PARCEL, "Parcel 1")
    assert labels(seen) == ["Look again", "Back to the order"]
    shown = (await sam.run("/admin order", find=order.order_number)).text
    for what in ("A parcel was sent", "Carrier or number corrected", "A parcel has arrived"):
        assert what in shown
    assert "https://evil.example" not in shown
    assert "1 piece is to be packed." in (await seen.press("Back to the order")).text


async def test_a_notice_of_a_parcel_that_came_back_is_not_sent(ada: Person, mug: Product, dock: Dock) -> None:
    """It would tell what is not true any more."""
    order = await dock.paid(ada, (mug, 1))
    await dock.drain()
    before = len(ada.dms)
    parcel = await dock.send(order, mug, 1)
    await dock.services.ship_desk.came_back(dock.shop, member(ada), order.key, parcel.key, "torn")
    await dock.drain()
    assert len(ada.dms) == before
    assert "Your parcel" not in (await ada.run("/orders view", order=order.key)).text


async def test_an_order_is_found_without_its_number(
    ada: Person, sam: Person, mug: Product, product: MakeProduct, dock: Dock
) -> None:
    """By suggestion, by search, from its card and from the queue; digital ones are not offered."""
    order = await dock.paid(ada, (mug, 1))
    book = await product("Book", delivery_text="Once")
    await dock.services.carts.add(dock.shop, member(ada), book.key, 1)
    view = await dock.services.checkout.choose_payment(dock.shop, member(ada), "VENMO")
    digital = await dock.services.placement.place(
        dock.shop, member(ada), view.session.key, view.session.version
    )
    (choice,) = await sam.suggest("/admin ship", order="ada")
    assert choice.value == order.key
    assert "Nothing of that order is sent by post." in said(await opened(sam, digital))
    seen = await sam.run("/admin ship")
    assert "1 piece is to be packed." in said(
        await (await seen.open("Search")).submit({"Order number": order.order_number.lower()})
    )
    assert "I cannot find that order." in said(
        await (await seen.open("Search")).submit({"Order number": HOSTILE[:50]})
    )
    seen = await (await sam.run("/admin order", find=order.order_number)).press("Ship")
    assert "1 piece is to be packed." in seen.text
    assert "Ship" not in labels(await sam.run("/admin order", find=digital.order_number))
    dock.clock.forward(days=30)
    seen = await sam.run("/admin queue")
    seen = await seen.choose("Open an entry", f"{order.order_number} · A parcel")
    assert "It is paid, and some of it was not sent yet." in seen.text
    seen = await seen.press("Ship")
    seen = await (await seen.press("Order")).press("Ship")
    assert "was paid" not in (await seen.press("Look again")).text
    assert "can go back" in (await seen.press("Refund")).text


async def test_two_people_send_the_same_piece_once(
    ada: Person, sam: Person, olivia: Person, mug: Product, dock: Dock
) -> None:
    """Also where there are several of it: whoever is second looks again first."""
    order = await dock.paid(ada, (mug, 3))
    forms = []
    for person in (sam, olivia):
        seen = await person.choose_form(await opened(person, order), CHANGE, "Mug")
        forms.append(await (await seen.submit({HOW_MANY: "1"})).open("Mark as sent"))
    both = await asyncio.gather(*(form.submit({CARRIER: "UPS"}) for form in forms))
    meanwhile = "Some of it was packed or paid back meanwhile, so nothing was done."
    assert sorted(meanwhile in said(each) for each in both) == [False, True]
    assert len(await dock.parcels(order)) == 1
    late = next(each for each in both if meanwhile in said(each))
    assert "3 x **Mug** · 1 packed · 2 left · **1 chosen**" in late.text
    await sent(late)
    old = await opened(sam, order)
    await sent(await opened(olivia, order))
    assert meanwhile in said(await old.press("Mark as sent"))
    assert [line.quantity for each in await dock.parcels(order) for line in each.lines] == [1, 1, 1]


async def test_what_is_paid_back_meanwhile_is_not_sent(
    ada: Person, sam: Person, olivia: Person, mug: Product, dock: Dock
) -> None:
    """The form that stood open says so."""
    order = await dock.paid(ada, (mug, 2))
    form = await (await opened(sam, order)).open("Mark as sent")
    seen = await (await olivia.run("/admin refund", order=order.order_number)).choose(
        "What goes back?", "Mug"
    )
    seen = await (await olivia.choose_form(seen, CHANGE, "Mug")).submit({"How many go back?": "1"})
    why = {"Reason, for the staff only": "sold out"}
    seen = await (await seen.open("I have sent $15.00 myself")).submit(why)
    answer = await form.submit({})
    assert "paid back meanwhile, so nothing was done" in said(answer)
    assert "2 x **Mug** · 1 paid back · 1 left · **1 chosen**" in answer.text
    form = await answer.open("Mark as sent")
    await (await (await seen.press("Choose everything")).open("I have sent $19.50 myself")).submit(why)
    assert "This order is **refunded**" in said(await form.submit({}))
    answer = await answer.press("Look again")
    assert "It was paid back, so nothing more of it is sent." in answer.text
    assert "Mark as sent" not in labels(answer)
    assert await dock.parcels(order) == []


async def test_an_address_is_put_right_until_it_is_packed(
    ada: Person, sam: Person, mug: Product, dock: Dock
) -> None:
    """The form is filled with what is known; what cannot be an address changes nothing."""
    order = await dock.paid(ada, (mug, 1))
    seen = await opened(sam, order)
    form = await seen.open("Correct the address")
    known = [each.value or "" for each in form.fields]
    assert known == ["Ada Lovelace", "12 Garden Street", "Springfield, IL", "62704", "United States"]
    assert "two letters" in said(await form.submit({**ADDRESS, "Country, phone number": "Atlantis"}))
    seen = await (await seen.open("Correct the address")).submit({**ADDRESS, "Full name": "Ada *King*"})
    assert "The address is corrected." in said(seen)
    assert r"Ada \*King\*" in seen.text
    assert "Apartment 4" in seen.text
    late = await seen.open("Correct the address")
    seen = await sent(seen)
    assert "Correct the address" not in labels(seen)
    assert "This parcel is on its way already" in said(await late.submit(ADDRESS))


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ({NUMBER: "<@1>"}, "A tracking number is letters, digits and dashes."),
        ({NUMBER: "\uff21\uff22"}, "A tracking number is letters, digits and dashes."),
    ],
)
async def test_a_number_that_is_none_is_said(
    ada: Person, sam: Person, mug: Product, dock: Dock, typed: dict[str, str], answer: str
) -> None:
    """And nothing is sent."""
    order = await dock.paid(ada, (mug, 1))
    form = await (await opened(sam, order)).open("Mark as sent")
    assert answer in said(await form.submit(typed))
    assert await dock.parcels(order) == []


async def test_texts_of_any_length_and_script_stay_harmless(
    ada: Person, sam: Person, mug: Product, dock: Dock
) -> None:
    """What is too long is refused with a sentence; what fits cannot ping, link or break out."""
    order = await dock.paid(ada, (mug, 2))
    desk = await opened(sam, order)
    for field, text in ((CARRIER, HOSTILE), (NUMBER, "1" * 4000)):
        answer = await unbounded(await desk.open("Mark as sent")).submit({field: text})
        assert "at most" in said(answer)
    assert await dock.parcels(order) == []
    seen = await sent(desk, HOSTILE[:60], "A" * 100)
    back = await (await seen.choose(PARCEL, "Parcel 1")).open("Came back or lost")
    assert "at most 500 characters" in said(await unbounded(back).submit({back.fields[0].label: HOSTILE}))
    await dock.drain()
    shown = [seen, await seen.choose(PARCEL, "Parcel 1"), await ada.run("/orders view", order=order.key)]
    for each in [*shown, ada.dms[-1]]:
        shown_on_cards = str(each.embeds)
        assert "](https://evil" not in shown_on_cards.replace("\\\\](", "")
        assert "@everyone" not in shown_on_cards
        assert not each.pings


async def test_nonsense_in_a_choice_sends_nothing(ada: Person, sam: Person, mug: Product, dock: Dock) -> None:
    """Whatever a forged button carries, nothing leaves and nothing breaks."""
    order = await dock.paid(ada, (mug, 3))
    seen = await opened(sam, order)
    form = await seen.open("Mark as sent")
    before = await everything(dock.db)
    for code in NONSENSE:
        for verb in ("open", "send", "lines", "label"):
            answer = await forged(sam, seen, f"ship:{verb}:{order.key}:{code}")
            assert "Something went wrong" not in said(answer)
        for verb in ("send", "many"):
            form.modal["custom_id"] = f"ship:{verb}:{order.key}:{code}"
            assert "Something went wrong" not in said(await form.submit({CARRIER: "UPS"}))
    for value in ("99", "-1", "x", "٣", ""):
        await sam.choose(seen, GOES, value, forged=True)
    assert await everything(dock.db) == before


WAYS = [
    "ship:list", "ship:search", "ship:open:{order}", "ship:pick:{order}:1", "ship:lines:{order}:1",
    "ship:many:{order}:1", "ship:send:{order}:1X0", "ship:address:{order}", "ship:parcel:{order}:{parcel}",
    "ship:handed:{order}:{parcel}", "ship:arrived:{order}:{parcel}", "ship:back:{order}:{parcel}",
    "ship:correct:{order}:{parcel}", "ship:where:{order}:{parcel}", "ship:label:{order}:1X0",
    "ship:rate:{order}:{parcel}", "ship:buy:{order}:{parcel}X0", "ship:look:{order}:{parcel}",
    "ship:unbought:{order}:{parcel}", "ship:dropped:{order}:{parcel}", "ship:void:{order}:{parcel}",
    "ship:voided:{order}:{parcel}",
]  # fmt: skip


async def test_nobody_without_the_key_sends(
    guild: Community, ada: Person, sam: Person, staff_role: Role, mug: Product, dock: Dock
) -> None:
    """Neither by forged clicks nor by a form that stood open when the role was taken."""
    order = await dock.paid(ada, (mug, 2))
    parcel = await dock.send(order, mug, 1)
    desk = await opened(sam, order)
    form = await desk.open("Mark as sent")
    guild.take(sam, staff_role)
    before, mine = await everything(dock.db), await ada.run("/orders list")
    for way in WAYS:
        custom_id = way.format(order=order.key, parcel=parcel.key)
        assert KEY in (await forged(ada, mine, custom_id)).text
        assert KEY in said(await forged(sam, desk, custom_id))
    assert KEY in said(await form.submit({CARRIER: "UPS"}))
    assert await everything(dock.db) == before


async def test_its_key_alone_opens_parcels_and_nothing_else(
    bob: Person, ada: Person, mug: Product, dock: Dock
) -> None:
    """Whoever packs need not be the one who sees payments."""
    order = await dock.paid(ada, (mug, 1))
    await give_key(dock.db, dock.shop, bob, KEY)
    seen = await opened(bob, order)
    assert "payment.refund" in said(await seen.press("Refund"))
    assert "order.view" in said(await seen.press("Order"))
    await sent(seen)
    assert [each.state for each in await dock.parcels(order)] == [ParcelState.SENT]


async def test_orders_of_other_shops_are_unknown(
    ada: Person, sam: Person, mug: Product, dock: Dock, elsewhere: tuple[Community, Shop]
) -> None:
    """Their ids and numbers lead nowhere in buttons, menus and forms."""
    place, other = elsewhere
    theirs = Dock(dock.db, dock.services, other, dock.clock, dock.easypost, place.owner)
    rock = await shelf(dock.services, other, place.owner)("Moonstone", stock=None, is_digital=False)
    order = await theirs.paid(ada, (rock, 2))
    parcel = await theirs.send(order, rock, 1)
    seen = await opened(sam, await dock.paid(ada, (mug, 1)))
    form = await seen.open("Mark as sent")
    before = await everything(dock.db)
    for way in WAYS[2:]:
        custom_id = way.format(order=order.key, parcel=parcel.key)
        answer = await forged(sam, seen, custom_id)
        assert "I cannot find that" in said(answer) or "Please fill in **choice**" in said(answer), way
    for verb in ("send", "many", "address", "label"):
        form.modal["custom_id"] = f"ship:{verb}:{order.key}" + ("" if verb == "address" else ":1X0")
        assert "Moonstone" not in said(await form.submit({CARRIER: "UPS"}))
    assert "I cannot find that order." in said(await opened(sam, order))
    assert len((await sam.run("/admin ship")).select("Open an order").options) == 1
    assert await everything(dock.db) == before


async def test_a_full_cart_and_fifty_parcels_fit_the_card(
    ada: Person, sam: Person, product: MakeProduct, dock: Dock
) -> None:
    """Twenty lines of ninety-nine with names that are all markup, and no room for one parcel more."""
    lines = [
        (await product(f"{at}" + "*_`~" * 24, 99, None, sku=f"S{at}", is_digital=False), 99)
        for at in range(20)
    ]
    order = await dock.paid(ada, *lines)
    for at in range(49):
        told = {"carrier": "*_`~" * 15, "tracking_number": f"{at}" + "9" * 98}
        await dock.send(order, lines[at % 20][0], 1, **told)
    seen = await sent(await opened(sam, order), "*_`~" * 15, "9" * 100)
    assert "so nothing more" not in seen.text
    assert [len(each.options) for each in seen.selects] == [25]
    seen = await seen.choose(PARCEL, "Other parcels")
    seen = await (await seen.choose(PARCEL, "Other parcels")).choose(PARCEL, "Parcel 1")
    assert "Parcel 1 of" in seen.text
    seen = await seen.press("It has arrived")
    hers = await ada.run("/orders view", order=order.key)
    assert "more" in hers.text
