"""Checkout as customers live it: from a full cart to a placed order and "I have paid"."""

import pytest

from bot.sandbox import Community, Person
from models.order import OrderStatus
from models.tenant import ResponseMode
from services import Services
from services.shops import Shop
from tests.cogs.buying import ADDRESS, orders_of, review
from tests.cogs.conftest import member
from tests.services.conftest import MakeProduct

pytestmark = pytest.mark.usefixtures("bot")


async def test_a_whole_purchase_up_to_i_have_paid(
    ada: Person, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """Browsing, address, shipping, payment, Confirm and the claim follow one another in one message."""
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
    assert "12 Garden Street\nApartment 4\nSpringfield, IL 62704\nUnited States" in seen.text

    seen = await seen.press("Confirm")
    order = (await services.orders.of_member(shop, member(ada))).orders[0]
    assert "Send **$19.50** to `@aurora-shop`." in seen.text
    assert f"Write `{order.order_number}` into the note" in seen.text
    assert f"note={order.order_number}" in str([button.url for button in seen.buttons])
    assert seen.files["pay.png"].startswith(b"\x89PNG")
    assert seen.now.ephemeral

    seen = await (await seen.open("I have paid")).submit({"Which name or note will we see?": "@ada-pays"})
    assert "The staff are checking your payment." in seen.text
    assert not seen.files
    assert len(ada.whispers) == 1
    waiting = await services.claims.waiting(shop)
    assert waiting.claims[0].payment.reference_text == "@ada-pays"


async def test_what_is_free_has_no_step_of_paying(ada: Person, product: MakeProduct) -> None:
    """Nobody comes in at the second step of two."""
    await product("Leaflet", 0)
    seen = await (await ada.run("/cart add", product="Leaflet")).press("Check out")
    assert seen.text.startswith("Checkout, step 1 of 1")
    assert "There is nothing to pay." in seen.text
    assert "Thank you!" in (await seen.press("Confirm")).text


async def test_a_checkout_is_picked_up_where_it_was_left(ada: Person, product: MakeProduct) -> None:
    """Leaving after any step and coming back by command asks the next question, not the first."""
    await product("Mug", is_digital=False)
    await ada.run("/cart add", product="Mug")
    seen = await ada.run("/checkout")
    await (await seen.open("Enter an address")).submit(ADDRESS)
    seen = await ada.run("/checkout")
    assert "How should we send it?" in seen.text
    await seen.choose("Choose how to ship", "Express")
    seen = await ada.run("/checkout")
    assert "How would you like to pay?" in seen.text
    await seen.choose("Choose how to pay", "Cash App")
    seen = await ada.run("/checkout")
    assert "Is everything right?" in seen.text
    assert "You pay with: Cash App" in seen.text


async def test_every_step_can_be_reopened(ada: Person, product: MakeProduct) -> None:
    """Address, shipping and payment are asked again on request; a saved address is offered then."""
    await product("Mug", is_digital=False)
    await ada.run("/cart add", product="Mug")
    seen = await ada.run("/checkout")
    seen = await (await seen.open("Enter an address")).submit(ADDRESS)
    seen = await seen.choose("Choose how to ship", "Letter post")
    seen = await seen.choose("Choose how to pay", "Venmo")
    seen = await (await seen.press("Change the payment")).choose("Choose how to pay", "Other")
    assert "You pay with: Other" in seen.text
    seen = await (await seen.press("Change the shipping")).choose("Choose how to ship", "Express")
    assert "$12.00" in seen.text
    seen = await seen.press("Change the address")
    second = {**ADDRESS, "Full name": "Charles", "City, state or region": "Bath"}
    second |= {"Postal code": "ba1 1aa", "Country, phone number": "uk"}
    seen = await (await seen.open("Enter an address")).submit(second)
    assert "Charles\n12 Garden Street\nApartment 4\nBath\nBA1 1AA\nUnited Kingdom" in seen.text
    seen = await seen.press("Change the address")
    first = "Ada Lovelace, 12 Garden Street, Springfield, IL 62704, United States"
    seen = await seen.choose("Choose an address", first)
    assert "Goes to: Ada Lovelace" in seen.text
    assert len(ada.whispers) == 2


@pytest.mark.parametrize(
    ("label", "typed", "answer"),
    [
        ("Country, phone number", "Atlantis", "Please write the country as its two letters"),
        ("Street and number", "x" * 150, "Please enter something for **street and number**"),
        ("City, state or region", ", Illinois", "Please fill in **city**."),
        ("City, state or region", "Springfield", "Please write the state or region behind the city"),
        (
            "City, state or region",
            "Springfield, Utopia",
            "in the country. Please write its name or its short form, like Alabama.",
        ),
        ("Postal code", "", "Please fill in **postal code**."),
        ("Postal code", "6270", "I cannot take that for **postal code**. Please write it like 95014."),
        ("Country, phone number", "Canada", "I cannot find that **state or region** in the country."),
    ],
)
async def test_an_address_that_cannot_be_taken_says_what_to_mend(
    ada: Person, product: MakeProduct, label: str, typed: str, answer: str
) -> None:
    """The sentence names the part, and the step stays open."""
    await product("Mug", is_digital=False)
    await ada.run("/cart add", product="Mug")
    seen = await ada.run("/checkout")
    refused = await (await seen.open("Enter an address")).submit({**ADDRESS, label: typed})
    assert answer in refused.text
    assert "Where should we send it?" in (await ada.run("/checkout")).text


async def test_what_costs_nothing_asks_for_no_payment(
    ada: Person, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """A free product is two clicks away, and handed over at once."""
    await product("Wallpaper", 0, None, delivery_text="https://files.example/wall_paper_1.png")
    seen = await (await ada.run("/shop product", name="Wallpaper")).press("Buy now")
    assert "There is nothing to pay." in seen.text
    seen = await seen.press("Confirm")
    assert "Everything has been handed over." in seen.text
    seen = await seen.press("Get my items")
    assert "**Wallpaper**\nhttps://files.example/wall_paper_1.png" in seen.text
    (order,) = await orders_of(services, shop, ada)
    assert order.status is OrderStatus.COMPLETE


async def test_what_costs_nothing_but_ships_is_on_its_way_to_being_sent(
    ada: Person, product: MakeProduct, services: Services, shop: Shop, olivia: Person
) -> None:
    """A free sticker asks for an address only, and nobody is thanked for a payment."""
    await services.shops.configure(shop, member(olivia), shipping_types=[])
    await product("Sticker", 0, 5, is_digital=False)
    seen = await (await ada.run("/shop product", name="Sticker")).press("Buy now")
    seen = await (await seen.open("Enter an address")).submit(ADDRESS)
    assert "Checkout, step 3 of 3" in seen.text
    seen = await seen.press("Confirm")
    assert "Thank you! There is nothing to pay.\nWe send your parcel soon." in seen.text


async def test_a_shop_that_takes_no_payments_yet_says_so(
    ada: Person, services: Services, shop: Shop, product: MakeProduct, olivia: Person
) -> None:
    """The customer learns whom to tell and that nothing is lost."""
    await product("Mug")
    seen = await review(ada, "Mug")
    await services.methods.enable(shop, member(olivia), [])
    seen = await seen.press("Confirm")
    assert "This shop cannot take payments yet." in seen.text
    assert "Please choose how you want to pay first." in seen.text


async def test_an_empty_cart_has_nothing_to_check_out(ada: Person) -> None:
    """The way to the shelves is named."""
    assert "Your cart is empty. Find something with `/shop browse`." in (await ada.run("/checkout")).text


async def test_nobody_confirms_or_answers_for_somebody_else(
    ada: Person,
    bob: Person,
    services: Services,
    shop: Shop,
    product: MakeProduct,
    elsewhere: tuple[Community, Shop],
) -> None:
    """A session of another member or shop in the custom_id, and foreign ids in options, are unknown."""
    await product("Mug", is_digital=False)
    await ada.run("/cart add", product="Mug")
    hers = await (await (await ada.run("/checkout")).open("Enter an address")).submit(ADDRESS)
    her_view = await services.checkout.view(shop, member(ada))
    await bob.run("/cart add", product="Mug")
    his = await bob.run("/checkout")
    forged = f"checkout:confirm:{her_view.session.key}:{her_view.session.version}"
    assert "I cannot find that order." in (await bob.click(his, custom_id=forged, forged=True)).text
    address_id = her_view.addresses[0].id
    his = await (await his.open("Enter an address")).submit({**ADDRESS, "Full name": "Bob"})
    his = await his.press("Change the address")
    refused = await bob.choose(his, "Choose an address", address_id, forged=True)
    assert "I cannot find that address." in refused.text

    _, other_shop = elsewhere
    theirs = await services.carts.view(other_shop, member(ada))
    assert theirs.session is None
    refused = await ada.choose(hers, "Choose how to ship", "drone", forged=True)
    assert "That way of shipping is not offered any more." in refused.text
    paying = await hers.choose("Choose how to ship", "Express")
    refused = await ada.choose(paying, "Choose how to pay", "STRIPE", forged=True)
    assert "That way of paying is not offered here." in refused.text
    for nonsense in ("checkout:confirm:x:y", "checkout:reopen:NOWHERE", "checkout:confirm"):
        answer = await ada.click(paying, custom_id=nonsense, forged=True)
        assert "Something went wrong" not in answer.text
    assert await orders_of(services, shop, ada) == []


async def test_the_whole_way_works_in_a_dm(
    ada: Person, services: Services, shop: Shop, product: MakeProduct, olivia: Person
) -> None:
    """In DM mode one message in the DM leads from the product to the payment."""
    await product("Mug", is_digital=False)
    await services.shops.configure(shop, member(olivia), response_mode=ResponseMode.DM)
    await ada.run("/shop product", name="Mug")
    seen = await ada.dms[-1].press("Buy now")
    seen = await (await seen.open("Enter an address")).submit(ADDRESS)
    seen = await seen.choose("Choose how to ship", "Letter post")
    seen = await seen.choose("Choose how to pay", "Cash App")
    seen = await seen.press("Confirm")
    assert "Send **$19.50** to `$AuroraShop`." in seen.text
    seen = await (await seen.open("I have paid")).submit({"Which name or note will we see?": "Ada"})
    assert "The staff are checking your payment." in seen.text
    assert len(ada.dms) == 1
    assert len(await orders_of(services, shop, ada)) == 1
