"""Checkout as customers live it: from a full cart to a placed order and "I have paid"."""

import pytest

from bot.sandbox import Person
from services import Services
from services.shops import Shop
from tests.cogs.conftest import member
from tests.services.conftest import MakeProduct

pytestmark = pytest.mark.usefixtures("bot")

ADDRESS = {
    "Full name": "Ada Lovelace",
    "Street and number": "12 Garden Street\nApartment 4",
    "City, state or region": "Springfield, Illinois",
    "Postal code": "62704",
    "Country, phone number": "United States, +1 217 555 0100",
}


async def test_a_whole_purchase_up_to_i_have_paid(
    ada: Person, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """Browsing, buying, address, shipping, payment, Confirm and the claim follow one another in one message."""
    await product("Mug", 1500, 3, is_digital=False)
    seen = await ada.run("/shop browse")
    seen = await seen.choose("Choose a product", "Mug")
    seen = await seen.press("Add to cart")
    seen = await seen.press("My cart (1)")
    seen = await seen.press("Check out")
    seen = await (await seen.open("Enter an address")).submit(ADDRESS)
    seen = await seen.choose("Choose how to ship", "Letter post")
    seen = await seen.choose("Choose how to pay", "Venmo")
    assert "Is everything right?" in seen.text
    assert "12 Garden Street\nApartment 4\nSpringfield, Illinois, 62704\nUnited States" in seen.text

    seen = await seen.press("Confirm")
    order = (await services.orders.of_member(shop, member(ada))).orders[0]
    assert "Send **$19.50** to `@aurora-shop`." in seen.text
    assert f"Write `{order.order_number}` into the note" in seen.text
    assert f"note={order.order_number}" in next(b.url for b in seen.buttons if b.label == "Pay now")
    assert seen.files["pay.png"].startswith(b"\x89PNG")
    assert seen.now.ephemeral

    seen = await (await seen.open("I have paid")).submit({"Which name or note will we see?": "@ada-pays"})
    assert "The staff are checking your payment." in seen.text
    assert not seen.files
    assert len(ada.whispers) == 1
    waiting = await services.claims.waiting(shop)
    assert waiting.claims[0].payment.reference_text == "@ada-pays"
