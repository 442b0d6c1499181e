"""The cart: filling it, changing it, and being told what stands in its way."""

import pytest

from bot.sandbox import Community, Person
from services import Services
from services.shops import Shop
from tests.cogs.conftest import member, shelf
from tests.services.conftest import MakeProduct, TestClock

pytestmark = pytest.mark.usefixtures("bot")

LESS, MORE = "\N{HEAVY MINUS SIGN}", "\N{HEAVY PLUS SIGN}"


async def test_an_empty_cart_shows_the_way_to_the_shop(ada: Person, product: MakeProduct) -> None:
    """One click from the empty cart to the shelves."""
    await product("Mug")
    seen = await ada.run("/cart view")
    assert "Your cart is empty." in seen.text
    assert "We have 1 product." in (await seen.press("Browse the shop")).text


async def test_commands_add_remove_and_clear(ada: Person, product: MakeProduct) -> None:
    """What the commands do is seen on the card at once."""
    mug, poster = await product("Mug", 1500), await product("Poster", 900)
    seen = await ada.run("/cart add", product="mug", quantity=2)
    assert "2 x **Mug** · $30.00 ($15.00 each)" in seen.text
    seen = await ada.run("/cart add", product=poster.key)
    assert "**$39.00**" in seen.text
    choices = await ada.suggest("/cart remove", product="po")
    assert [(choice.name, choice.value) for choice in choices] == [("Poster", poster.key)]
    seen = await ada.run("/cart remove", product=poster.key)
    assert "Poster" not in seen.text
    again = await ada.run("/cart remove", product="poster")
    assert "That product is not in your cart any more." in again.text
    assert "Your cart is empty." in (await ada.run("/cart clear")).text
    assert [choice.value for choice in await ada.suggest("/cart add", product="mu")] == [mug.key]


async def test_who_has_the_last_ones_is_sent_to_the_cart(ada: Person, product: MakeProduct) -> None:
    """Nobody asked for a quantity there, so nobody is told to choose a smaller one."""
    await product("Mug", 1500, 2)
    await ada.run("/cart add", product="Mug", quantity=2)
    seen = await (await ada.run("/shop product", name="Mug")).press("Add to cart")
    said = ada.whispers[-1]
    assert said.text.startswith("The last 2 of **Mug** are in your cart already.")
    assert "2 x **Mug**" in (await said.press("My cart")).text
    assert "Mug" in seen.text


async def test_buttons_change_the_one_line(ada: Person, product: MakeProduct) -> None:
    """Plus, minus, a typed quantity and Remove work in place, and plus stops at the stock."""
    await product("Mug", 1500, 3)
    seen = await ada.run("/cart add", product="Mug")
    seen = await seen.press(MORE)
    assert "2 x **Mug**" in seen.text
    seen = await (await seen.open("Enter quantity")).submit({"How many would you like?": "3"})
    assert "3 x **Mug**" in seen.text
    assert [button.enabled for button in seen.buttons if button.label == MORE] == [False]
    seen = await seen.press(LESS)
    assert "2 x **Mug**" in seen.text
    seen = await seen.press("Remove")
    assert "Your cart is empty." in seen.text
    assert len(ada.whispers) == 1


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("many", "Please enter a whole number for **quantity**"),
        ("-1", "Please enter a whole number for **quantity**"),
        ("100", "at most 99"),
        ("4", "Only 3 of **Mug** are left."),
    ],
)
async def test_a_quantity_that_cannot_be_had_changes_nothing(
    ada: Person, product: MakeProduct, typed: str, answer: str
) -> None:
    """A wrong number gets a sentence that says what is possible; the cart stays as it is."""
    await product("Mug", 1500, 3)
    seen = await ada.run("/cart add", product="Mug")
    form = await seen.open("Enter quantity")
    refused = await form.submit({"How many would you like?": typed})
    assert answer in refused.text
    assert "1 x **Mug**" in (await ada.run("/cart view")).text


async def test_with_many_lines_the_buttons_change_the_chosen_one(ada: Person, product: MakeProduct) -> None:
    """A menu chooses the line, and stays on it while its quantity changes."""
    for number in range(20):
        made = await product(f"Mug {number:02}", 100)
        seen = await ada.run("/cart add", product=made.key)
    seen = await seen.choose("Choose what to change", "Mug 13")
    seen = await seen.press(MORE)
    seen = await seen.press(MORE)
    assert "3 x **Mug 13**" in seen.text
    assert seen.select().chosen == ("Mug 13",)
    await product("One more")
    refused = await ada.run("/cart add", product="One more")
    assert "Your cart holds at most 20 different products." in refused.text


async def test_problems_of_lines_are_named_and_settled_by_one_click(
    ada: Person, services: Services, shop: Shop, product: MakeProduct, olivia: Person
) -> None:
    """A new price, less stock and a product that is gone are told beside their lines, then taken over."""
    owner = member(olivia)
    for name in ("Apple", "Berry", "Cherry", "Date"):
        await product(name, 100, 5)
        await ada.run("/cart add", product=name, quantity=5)
    ids = dict(await services.catalog.suggest(shop, ""))
    await services.catalog.edit(shop, owner, ids["Apple"], {"price_cents": 150})
    await services.stock.set_to(shop, owner, ids["Berry"], 2, "counted")
    await services.catalog.edit(shop, owner, ids["Cherry"], {"is_active": False})
    await services.stock.set_to(shop, owner, ids["Date"], 0, "counted")
    seen = await ada.run("/cart view")
    assert "5 x **Apple** · $5.00 ($1.00 each)\n⚠️ The price changed from $1.00 to $1.50." in seen.text
    assert "5 x **Berry** · $5.00 ($1.00 each)\n⚠️ Only 2 left." in seen.text
    assert "5 x **Cherry** · $5.00 ($1.00 each)\n⚠️ This is no longer sold." in seen.text
    assert "5 x **Date** · $5.00 ($1.00 each)\n⚠️ Sold out." in seen.text
    assert "Check out" not in [button.label for button in seen.buttons]

    seen = await seen.press("Update my cart")
    assert "5 x **Apple** · $7.50 ($1.50 each)\n2 x **Berry** · $2.00 ($1.00 each)" in seen.text
    assert "⚠️" not in seen.text
    assert "Cherry" not in seen.text
    assert "How would you like to pay?" in (await seen.press("Check out")).text


async def test_a_role_that_was_lost_meanwhile_is_named(
    ada: Person, guild: Community, product: MakeProduct
) -> None:
    """A product for a role leaves the cart, after a word, when its buyer holds the role no more."""
    vip = guild.add_role("VIP")
    guild.give(ada, vip)
    await product("Ring", required_role_ids=[str(vip.id)])
    await ada.run("/cart add", product="Ring")
    guild.take(ada, vip)
    seen = await ada.run("/cart view")
    assert "This needs a role that you do not have." in seen.text
    assert "Your cart is empty." in (await seen.press("Update my cart")).text


async def test_a_cart_left_for_too_long_is_empty_again(
    ada: Person, clock: TestClock, product: MakeProduct
) -> None:
    """After half an hour the old card tells that the cart was closed, and a new one begins."""
    await product("Mug")
    seen = await ada.run("/cart add", product="Mug")
    clock.forward(minutes=31)
    assert "That product is not in your cart any more." in (await seen.press(MORE)).text
    assert "Your cart is empty." in (await ada.run("/cart view")).text


async def test_products_of_another_shop_never_come_into_a_cart(
    ada: Person, elsewhere: tuple[Community, Shop], services: Services, shop: Shop, product: MakeProduct
) -> None:
    """Neither options nor forged buttons and forms reach over to another tenant."""
    await product("Mug")
    place, other_shop = elsewhere
    theirs = await shelf(services, other_shop, place.owner)("Moonstone")
    seen = await ada.run("/cart add", product="Mug")
    attempts = [
        await ada.run("/cart add", product=theirs.key),
        await ada.run("/cart remove", product=theirs.key),
        await ada.click(seen, custom_id=f"cart:more:{theirs.key}", forged=True),
        await ada.click(seen, custom_id=f"cart:less:{theirs.key}", forged=True),
        await ada.click(seen, custom_id=f"cart:remove:{theirs.key}", forged=True),
    ]
    assert not any("Moonstone" in attempt.text for attempt in attempts)
    form = await ada.click(seen, custom_id=f"cart:ask:{theirs.key}", forged=True)
    assert not hasattr(form, "embeds")
    cart = await services.carts.view(shop, member(ada))
    assert [line.item.name for line in cart.lines] == ["Mug"]
    assert (await services.carts.view(other_shop, member(ada))).empty


async def test_a_cart_belongs_to_one_person_and_one_shop(
    ada: Person, bob: Person, elsewhere: tuple[Community, Shop], product: MakeProduct
) -> None:
    """Bob sees his own cart, and Ada's is empty in another guild."""
    await product("Mug")
    await ada.run("/cart add", product="Mug")
    assert "Your cart is empty." in (await bob.run("/cart view")).text
    place, _ = elsewhere
    place.join(ada)
    there = Person(ada.world, ada.user, place.guild, ada._patience)
    assert "Your cart is empty." in (await there.run("/cart view")).text
