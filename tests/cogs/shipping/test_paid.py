"""What staff are told when something is paid that has to be sent, and where they go from there."""

import pytest

from bot.sandbox import Person, Room
from models.product import Product
from services import Services
from services.shops import Shop
from tests.cogs.conftest import member
from tests.cogs.shipping.conftest import HOME, Dock, said
from tests.services.conftest import MakeProduct

pytestmark = pytest.mark.usefixtures("bot")
NOTE = "Note or name that you see on the payment"


async def test_who_approves_is_sent_on_to_the_parcel(
    services: Services, shop: Shop, ada: Person, sam: Person, mug: Product
) -> None:
    """Approving is not all of it: what is paid lies on the shelf still, one click away."""
    who = member(ada)
    await services.carts.add(shop, who, mug.key)
    await services.checkout.enter_address(shop, who, HOME)
    await services.checkout.choose_shipping(shop, who, "post")
    view = await services.checkout.choose_payment(shop, who, "VENMO")
    order = await services.placement.place(shop, who, view.session.key, view.session.version)
    await services.claims.claim(shop, who, order.key, "@ada")
    seen = await sam.run("/admin payments")
    seen = await seen.choose("Open a payment", next(iter(seen.select("Open a payment").options)))
    seen = await (await seen.open("Approve")).submit({NOTE: "ada"})
    assert "Approved. The order is paid. Now it has to be sent." in said(seen)
    assert "1 piece is to be packed." in (await seen.followups[-1].press("Ship")).text


async def test_the_alert_of_a_paid_order_says_whether_it_has_to_be_sent(
    dock: Dock, ada: Person, mug: Product, sam: Person, staff_room: Room
) -> None:
    """With the way to its parcels, for those who read it in the staff channel."""
    order = await dock.paid(ada, (mug, 1))
    await dock.drain()
    (alert,) = [each for each in staff_room.messages_for(sam) if "is paid" in each.text]
    assert f"Order **{order.order_number}** for $19.50 is paid. It has to be sent." in alert.text
    assert "1 piece is to be packed." in (await alert.press("Ship")).text


async def test_the_queue_shows_each_order_that_waits_to_be_sent(
    dock: Dock, ada: Person, bob: Person, mug: Product, cap: Product, sam: Person
) -> None:
    """Once, the oldest first, from its payment until all of it is on its way; a parcel in trouble at once."""
    first = await dock.paid(ada, (mug, 2), (cap, 1))
    dock.clock.forward(minutes=1)
    second = await dock.paid(bob, (mug, 1))
    await dock.drain()
    seen = await sam.run("/admin queue")
    assert "2 things have not arrived" in seen.text
    assert seen.text.index(first.order_number) < seen.text.index(second.order_number)
    assert seen.text.count("It is paid, and some of it was not sent yet.") == 2
    card = await seen.choose("Open an entry", f"{first.order_number} · A parcel")
    assert "3 pieces are to be packed." in (await card.press("Ship")).text
    await dock.send(first, mug, 2)
    assert first.order_number in (await seen.press("Look again")).text
    for order, product in ((first, cap), (second, mug)):
        await dock.send(order, product, 1)
    seen = await seen.press("Look again")
    assert "Nothing is waiting or stuck" in seen.text


async def test_staff_read_names_and_no_ids(
    dock: Dock, ada: Person, mug: Product, sam: Person, product: MakeProduct
) -> None:
    """Goods are called as the shop calls them, and money that staff saw has no number of ours."""
    book = await product("Field guide", delivery_text="Read it.")
    order = await dock.paid(ada, (mug, 1), (book, 1))
    await dock.drain()
    seen = await sam.run("/admin order", find=order.order_number)
    assert "Field guide: delivered" in seen.text
    assert "Field guide: delivered" in (await seen.press("Open customer")).text
    paid = await seen.press("Payment")
    assert "**$34.50**" in paid.text
    assert order.payment_id not in paid.text
