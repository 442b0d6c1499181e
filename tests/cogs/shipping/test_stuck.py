"""Ways out for staff: a purchase that waits, a useless label, one voided too late, what was paid back."""

import asyncio

import pytest

from bot.sandbox import Person, Room, Seen
from models.order import Order
from models.outbox import OutboxEffect
from models.product import Product
from models.shipment import ParcelState
from services.settling.credit import Picked
from tests.cogs.conftest import member
from tests.cogs.payments.conftest import labels
from tests.cogs.shipping.conftest import BOX, CARRIER, NUMBER, PARCEL, USPS, Dock, opened, said, sent
from tests.cogs.shipping.test_labels import CHEAPEST, CHOOSE
from tests.fakes.provider import Fault

pytestmark = pytest.mark.usefixtures("bot")


@pytest.fixture
async def selling(dock: Dock) -> Dock:
    """The dock of a shop that buys labels."""
    await dock.sell_labels()
    return dock


async def asked_for(sam: Person, order: Order) -> Seen:
    """The parcel whose label staff have asked for."""
    seen = await (await (await opened(sam, order)).open("Buy a label")).submit(BOX)
    return await (await seen.choose(CHOOSE, CHEAPEST)).press("Buy for $7.07")


async def refunded(dock: Dock, order: Order, product: Product) -> None:
    """A piece of an order is paid back."""
    view = await dock.services.refund_desk.view(dock.shop, order.key, Picked({product.key: 1}))
    actor, key = member(dock.owner), order.payment_id
    picked, cents = view.picked, view.credit.cents
    await dock.services.refunds.take_back(dock.shop, actor, key, picked, cents, "sorry", restock=False)


async def test_a_purchase_that_waits_says_why_and_can_be_stopped(
    ada: Person, sam: Person, mug: Product, selling: Dock
) -> None:
    """Its seller is away for hours: the parcel goes in another way."""
    order = await selling.paid(ada, (mug, 1))
    seen = await asked_for(sam, order)
    selling.easypost.fail(Fault.BUSY, at="/buy")
    await selling.drain()
    seen = await seen.press("Look again")
    assert "The reason: the seller of labels could not be reached." in seen.text
    assert "It did not work so far, so I keep trying for some hours." in seen.text
    stopped = await seen.press("Do not buy it")
    assert "Noted. Its pieces can be packed again." in said(stopped)
    assert "1 piece is to be packed." in stopped.text
    assert "was not sent, and never will be" in said(await seen.press("Do not buy it"))
    await sent(await opened(sam, order), "USPS", USPS)
    selling.clock.forward(hours=13)
    await selling.drain()
    assert selling.easypost.bought == []


async def test_a_label_that_nobody_buys_any_more_is_looked_for_or_given_up(
    ada: Person, sam: Person, mug: Product, selling: Dock
) -> None:
    """The parcel's card never says that it is being bought when nobody is there to buy it."""
    order = await selling.paid(ada, (mug, 1))
    await asked_for(sam, order)
    await OutboxEffect.rows(selling.db).delete_one({"kind": "label.buy"})
    desk = await opened(sam, order)
    assert "nobody knows whether its label was bought" in desk.text
    seen = await desk.choose(PARCEL, "Parcel 1")
    assert "I am buying its label" not in seen.text
    assert labels(seen) == ["It was not bought", "Look again", "Back to the order"]
    ask = await seen.press("It was not bought")
    assert "Please look on the site of EasyPost first." in ask.text
    seen = await (await ask.press("Back")).press("Look again")
    assert "I asked EasyPost: there is no label so far." in said(seen)
    given = await (await seen.press("It was not bought")).press("I looked: it was not")
    assert "Noted. Its pieces can be packed again." in said(given)
    assert selling.easypost.bought == []


async def test_a_label_that_its_seller_keeps_is_given_up(
    ada: Person, sam: Person, mug: Product, selling: Dock
) -> None:
    """Without a word to the customer that it was sent."""
    order = await selling.paid(ada, (mug, 1))
    seen = await asked_for(sam, order)
    await selling.drain()
    selling.easypost.on_scan = {"USPS"}
    ask = await (await seen.press("Look again")).press("Void the label")
    assert "gives no money back" in said(await ask.press("Yes, void it"))
    given = await ask.press("Give it up without money back")
    assert "Noted. Its pieces can be packed again." in said(given)
    assert [each.state for each in await selling.parcels(order)] == [ParcelState.DROPPED]
    assert "never will be" in said(await ask.press("Give it up without money back"))


async def test_a_label_voided_while_its_parcel_left_says_what_to_do(
    ada: Person, sam: Person, mug: Product, selling: Dock
) -> None:
    """One of two asks for the money back, the other hands the parcel over."""
    order = await selling.paid(ada, (mug, 1))
    seen = await asked_for(sam, order)
    await selling.drain()
    seen = await seen.press("Look again")
    ask = await seen.press("Void the label")
    selling.easypost.stall()
    voiding = asyncio.create_task(ask.press("Yes, void it"))
    await selling.easypost.stalled()
    await seen.press("Handed over")
    selling.easypost.resume()
    assert "⚠️ Its label was voided, so it may be stopped on its way." in (await voiding).text


async def test_a_parcel_of_what_was_paid_back_is_not_handed_over(
    ada: Person, sam: Person, mug: Product, selling: Dock
) -> None:
    """Its card and the order's say so as long as it has not left."""
    order = await selling.paid(ada, (mug, 2))
    seen = await asked_for(sam, order)
    await selling.drain()
    await refunded(selling, order, mug)
    warned = "was paid back. Please do not hand it over"
    seen = await seen.press("Look again")
    assert f"Some of what is in it {warned}; void its label instead." in seen.text
    desk = await seen.press("Back to the order")
    assert f"⚠️ Some of what is in parcel 1 {warned}." in desk.text
    ask = await (await desk.choose(PARCEL, "Parcel 1")).press("Void the label")
    seen = await ask.press("Yes, void it")
    assert "paid back. Please" not in seen.text
    assert "1 piece is to be packed." in seen.text


async def test_a_void_label_that_moves_calls_the_staff(
    ada: Person, sam: Person, mug: Product, selling: Dock, staff_room: Room
) -> None:
    """With its number, and the way to the order."""
    order = await selling.paid(ada, (mug, 1))
    seen = await asked_for(sam, order)
    await selling.drain()
    await (await (await seen.press("Look again")).press("Void the label")).press("Yes, void it")
    (parcel,) = await selling.parcels(order)
    selling.easypost.move(parcel.tracking_number or "", "in_transit")
    await selling.deliver()
    await selling.drain()
    told = staff_room.messages_for(sam)[-1]
    assert f"A parcel of order **{order.order_number}** is on its way, although its label" in told.text
    assert (parcel.tracking_number or "?") in told.text
    assert "1 piece is to be packed." in (await told.press("Ship")).text


async def test_a_wrong_number_that_arrived_elsewhere_is_corrected(
    ada: Person, sam: Person, mug: Product, selling: Dock
) -> None:
    """Its carrier said so of another parcel; what staff saw themselves stands."""
    order = await selling.paid(ada, (mug, 1))
    seen = await sent(await opened(sam, order), "USPS", USPS)
    await selling.drain()
    selling.easypost.move(USPS, "delivered")
    await selling.deliver()
    seen = await seen.choose(PARCEL, "Parcel 1")
    form = await seen.open("Correct carrier or number")
    seen = await form.submit({CARRIER: "USPS", NUMBER: "EZ3000000003"})
    assert "**on its way**" in seen.text
    seen = await (await seen.press("Look again")).press("It has arrived")
    assert "Correct carrier or number" not in labels(seen)
