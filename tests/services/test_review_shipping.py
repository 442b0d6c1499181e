"""What moves about the way to ship between a review and its Confirm is shown, never applied silently."""

import pytest

from models.base import Db
from models.errors import CartChanged, StepMissing
from models.order import Order
from models.session import SessionStep
from models.tenant import ShippingType
from services import Services
from services.shops import Shop
from tests.services import buying
from tests.services.conftest import ADA, OWNER, MakeProduct

HOME = {
    "name": "Ada",
    "line1": "1 Main St",
    "city": "Springfield",
    "state": "IL",
    "postal_code": "62701",
    "country": "US",
}


async def priced(services: Services, shop: Shop, cents: int) -> Shop:
    """The shop with one way to ship at this cost."""
    kind = ShippingType(code="std", label="Standard", cost_cents=cents)
    return await services.shops.configure(shop, OWNER, shipping_types=[kind])


async def test_a_dearer_way_to_ship_is_shown_before_it_is_charged(
    services: Services, shop: Shop, product: MakeProduct
) -> None:
    """Staff raise the cost after the review: Confirm names old and new, and the next is right."""
    shop = await priced(services, shop, 500)
    mug = await product(is_digital=False)
    await services.carts.add(shop, ADA, mug.key, 1)
    await services.checkout.enter_address(shop, ADA, HOME)
    await services.checkout.choose_shipping(shop, ADA, "std")
    seen = await services.checkout.choose_payment(shop, ADA, "VENMO")
    assert (seen.step, seen.totals.total) == (SessionStep.REVIEW, 2000)
    shop = await priced(services, shop, 5000)
    with pytest.raises(CartChanged) as refusal:
        await services.placement.place(shop, ADA, seen.session.key, seen.session.version)
    assert [(c.kind, c.name, c.old, c.new) for c in refusal.value.changes] == [
        ("shipping", "Standard", 500, 5000)
    ]
    again = await services.checkout.view(shop, ADA)
    assert (again.step, again.totals.total) == (SessionStep.REVIEW, 6500)
    order = await services.placement.place(shop, ADA, again.session.key, again.session.version)
    assert (order.shipping_cost_cents, order.total_cents) == (5000, 6500)


async def test_a_review_seen_before_the_cost_moved_cannot_be_confirmed_later(
    services: Services, shop: Shop, product: MakeProduct
) -> None:
    """Another device saw the change; the old card still does not charge what it never showed."""
    shop = await priced(services, shop, 500)
    await services.carts.add(shop, ADA, (await product(is_digital=False)).key, 1)
    await services.checkout.enter_address(shop, ADA, HOME)
    await services.checkout.choose_shipping(shop, ADA, "std")
    seen = await services.checkout.choose_payment(shop, ADA, "VENMO")
    shop = await priced(services, shop, 5000)
    await services.checkout.view(shop, ADA)
    with pytest.raises(CartChanged):
        await services.placement.place(shop, ADA, seen.session.key, seen.session.version)


async def test_a_product_that_now_ships_is_not_ordered_without_an_address(
    db: Db, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """Staff turn a download into a parcel after the review: nothing is placed before the address is known."""
    shop = await priced(services, shop, 500)
    mug = await product()
    review = await buying.review(services, shop, ADA, mug)
    await services.catalog.edit(shop, OWNER, mug.key, {"is_digital": False})
    with pytest.raises(CartChanged) as refusal:
        await services.placement.place(shop, ADA, *review)
    assert [(change.kind, change.name) for change in refusal.value.changes] == [("shipping", "Mug")]
    assert (await services.checkout.view(shop, ADA)).step is SessionStep.ADDRESS
    current = (await services.checkout.view(shop, ADA)).session
    with pytest.raises(StepMissing):
        await services.placement.place(shop, ADA, current.key, current.version)
    assert await Order.how_many(db, {"tenantId": shop.id}) == 0


async def test_a_product_that_ships_no_more_is_not_charged_for_shipping(
    services: Services, shop: Shop, product: MakeProduct
) -> None:
    """The other way round the customer is shown the lower total first, and pays no postage for a download."""
    shop = await priced(services, shop, 500)
    mug = await product(is_digital=False)
    await services.carts.add(shop, ADA, mug.key, 1)
    await services.checkout.enter_address(shop, ADA, HOME)
    await services.checkout.choose_shipping(shop, ADA, "std")
    seen = await services.checkout.choose_payment(shop, ADA, "VENMO")
    await services.catalog.edit(shop, OWNER, mug.key, {"is_digital": True})
    with pytest.raises(CartChanged):
        await services.placement.place(shop, ADA, seen.session.key, seen.session.version)
    again = await services.checkout.view(shop, ADA)
    order = await services.placement.place(shop, ADA, again.session.key, again.session.version)
    assert (order.total_cents, order.shipment_id) == (1500, None)
