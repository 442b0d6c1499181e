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


async def test_an_empty_queue_does_not_say_that_all_has_arrived(
    dock: Dock, ada: Person, mug: Product, sam: Person
) -> None:
    """A parcel that still has time is not late, and not there either."""
    await dock.paid(ada, (mug, 1))
    seen = await sam.run("/admin queue")
    assert "Nothing is late or stuck" in seen.text
    assert "Parcels that still have time wait in `/admin ship`." in seen.text
    assert "1 order waits to be sent" in (await seen.press("Parcels to send")).text


async def test_staff_read_names_and_no_ids(
    dock: Dock, ada: Person, mug: Product, sam: Person, product: MakeProduct
) -> None:
    """Goods are called as the shop calls them, and money that staff saw has no number of ours."""
    book = await product("Field guide", delivery_text="Read it.")
    order = await dock.paid(ada, (mug, 1), (book, 1))
    await dock.drain()
    seen = await sam.run("/admin order", find=order.order_number)
    assert "Field guide: delivered" in seen.text
    assert "Field guide: delivered" in (await seen.press("Customer")).text
    paid = await seen.press("Payment")
    assert "**$34.50**" in paid.text
    assert order.payment_id not in paid.text
