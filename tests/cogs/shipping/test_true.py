"""What customers and staff read stays true when a parcel is in trouble, comes back, or is one of several."""

import pytest

from bot.sandbox import Person
from models.product import Product
from tests.cogs.shipping.conftest import PARCEL, USPS, Dock, opened, sent

pytestmark = pytest.mark.usefixtures("bot")


async def test_the_rest_follows_also_while_a_parcel_is_held_up(
    ada: Person, mug: Product, cap: Product, dock: Dock
) -> None:
    """On the order, and in the message about the next parcel."""
    await dock.sell_labels()
    order = await dock.paid(ada, (mug, 2), (cap, 1))
    await dock.send(order, mug, 1, carrier="USPS", tracking_number=USPS)
    await dock.drain()
    dock.easypost.move(USPS, "failure")
    await dock.deliver()
    assert "The rest follows." in (await ada.run("/orders view", order=order.key)).text
    await dock.send(order, mug, 1)
    await dock.drain()
    assert "**Aurora** has sent a part of your order. The rest follows." in ada.dms[-1].text
    await dock.send(order, cap, 1)
    await dock.drain()
    assert "**Aurora** has sent your order." in ada.dms[-1].text
    assert "The rest follows" not in (await ada.run("/orders view", order=order.key)).text


@pytest.mark.parametrize("arrived", [False, True])
async def test_what_came_back_is_neither_on_its_way_nor_handed_over(
    ada: Person, sam: Person, mug: Product, dock: Dock, *, arrived: bool
) -> None:
    """Its customer reads that somebody looks after it, until it is sent again."""
    order = await dock.paid(ada, (mug, 1))
    await sent(await opened(sam, order))
    seen = await (await opened(sam, order)).choose(PARCEL, "Parcel 1")
    seen = await seen.press("It has arrived") if arrived else seen
    form = await seen.open("Came back" if arrived else "Came back or lost")
    await form.submit({form.fields[0].label: "refused at the door"})
    view = (await ada.run("/orders view", order=order.key)).text
    assert "Some of your order has not reached you yet. The staff look after it." in view
    assert "on its way to you" not in view
    assert "Everything has been handed over" not in view
    await dock.send(order, mug, 1)
    assert "look after it" not in (await ada.run("/orders view", order=order.key)).text


async def test_a_history_tells_no_carriers_code(ada: Person, sam: Person, mug: Product, dock: Dock) -> None:
    """What EasyPost always says is left out, the rest is written as words."""
    await dock.sell_labels()
    order = await dock.paid(ada, (mug, 1))
    await dock.send(order, mug, 1, carrier="USPS", tracking_number=USPS)
    await dock.drain()
    dock.easypost.move(USPS, "failure")
    await dock.deliver()
    seen = await sam.run("/admin order", find=order.order_number)
    assert f"A parcel cannot be delivered: USPS {USPS}" in seen.text
    (tracker,) = dock.easypost.trackers.values()
    dock.easypost.tell("tracker.updated", {**tracker, "status": "delivered", "status_detail": "left_at_door"})
    await dock.deliver()
    assert "A parcel has arrived: left at door" in (await seen.press("Look again")).text
