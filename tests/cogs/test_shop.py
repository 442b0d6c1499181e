"""The storefront: looking around, looking closer, putting into the cart, buying at once."""

import pytest

from bot.sandbox import Community, Person, Sandbox
from models.product import QtyVisibility
from models.tenant import ResponseMode
from services import Services
from services.shops import Shop
from tests.cogs.conftest import member, shelf
from tests.services.conftest import MakeProduct

pytestmark = pytest.mark.usefixtures("bot")

TRICKY = "**[@everyone](https://evil.example)** `x` ~~||<@&1>||~~ # _名前_ 🎁 " + "𠮷" * 30
PICTURE = "https://pictures.example/mug.png"


async def test_browse_shows_price_availability_and_picture(ada: Person, product: MakeProduct) -> None:
    """Every product says what it costs and whether it can be had, as its shop wants that shown."""
    await product("Apple", 100, 3, image_url=PICTURE)
    await product("Berry", 0, None)
    await product("Cherry", 300, 5, qty_visibility=QtyVisibility.PRIVATE)
    await product("Date", 400, 0)
    seen = await ada.run("/shop browse")
    assert seen.ephemeral
    shown = {embed["title"]: embed["description"] for embed in seen.embeds[1:]}
    assert shown == {
        "Apple": "**$1.00** · 3 left",
        "Berry": "**free** · In stock",
        "Cherry": "**$3.00** · In stock",
        "Date": "**$4.00** · Sold out",
    }
    assert seen.embeds[1]["thumbnail"]["url"] == PICTURE


async def test_pages_and_search_keep_their_place_when_a_product_was_looked_at(
    ada: Person, product: MakeProduct
) -> None:
    """From page two of a search one opens a product and comes back to page two of that search."""
    for number in range(8):
        await product(f"Mug {number}", 100 + number)
    await product("Poster")
    seen = await ada.run("/shop browse", query="mug")
    assert "8 products for “mug”" in seen.text
    seen = await seen.press("Next")
    assert [embed["title"] for embed in seen.embeds[1:]] == ["Mug 6", "Mug 7"]
    seen = await seen.choose("Choose a product", "Mug 7")
    assert "$1.07" in seen.text
    seen = await seen.press("Back to the shop")
    assert "Page 2 of 2" in seen.text
    seen = await seen.press("Show everything")
    assert "We have 9 products." in seen.text
    seen = await (await seen.open("Search")).submit({"What are you looking for?": "POST"})
    assert [embed["title"] for embed in seen.embeds[1:]] == ["Poster"]
    assert len(ada.whispers) == 1


async def test_a_search_that_finds_nothing_and_an_empty_shop_say_so(
    ada: Person, product: MakeProduct
) -> None:
    """Nobody is left in front of an empty card."""
    assert "The shelves are empty today." in (await ada.run("/shop browse")).text
    await product("Mug")
    assert "I found nothing for “teapot”." in (await ada.run("/shop browse", query="teapot")).text


async def test_a_long_search_in_any_script_stays_within_a_buttons_room(
    ada: Person, product: MakeProduct
) -> None:
    """A query of 100 characters is cut at a whole character; the pages of what is found still work."""
    for number in range(7):
        await product(f"{'名前のある品物' * 8} {number}", sku=f"S{number}")
    seen = await ada.run("/shop browse", query="名前のある品物" * 14)
    seen = await seen.press("Next")
    assert "Page 2 of 2" in seen.text


async def test_a_product_is_found_by_suggestion_and_by_what_was_typed(
    ada: Person, product: MakeProduct
) -> None:
    """Autocomplete offers names; a name or SKU that was typed to its end works too."""
    mug = await product("Blue mug", description="Holds tea.\nSee https://tea.example/a_b for more")
    choices = await ada.suggest("/shop product", name="mu")
    assert [(choice.name, choice.value) for choice in choices] == [("Blue mug", mug.key)]
    by_choice = await ada.run("/shop product", name=mug.key)
    assert "Holds tea.\nSee https://tea.example/a_b for more" in by_choice.text
    by_name = await ada.run("/shop product", name="blue MUG")
    assert by_choice.embeds == by_name.embeds
    unknown = await ada.run("/shop product", name="x" * 4000)
    assert "I cannot find that product." in unknown.text


async def test_add_to_cart_says_how_many_and_offers_the_way_on(
    ada: Person, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """Two clicks are two pieces, told each time; from there the checkout is one click away."""
    await product("Mug", 1500, 5)
    seen = await ada.run("/shop product", name="Mug")
    seen = await seen.press("Add to cart")
    seen = await seen.press("Add to cart")
    assert "You have 2 of these in your cart." in seen.text
    cart = await services.carts.view(shop, member(ada))
    assert [line.item.quantity for line in cart.lines] == [2]
    seen = await seen.press("Check out")
    assert "How would you like to pay?" in seen.text


async def test_buy_now_goes_straight_to_the_checkout(ada: Person, product: MakeProduct) -> None:
    """A digital product is two clicks from its review."""
    await product("Wallpaper", 300, None)
    seen = await ada.run("/shop product", name="Wallpaper")
    seen = await seen.press("Buy now")
    seen = await seen.choose("Choose how to pay", "Zelle")
    assert "1 x **Wallpaper** · $3.00" in seen.text
    assert "[Confirm]" in seen.text


async def test_buy_now_checks_out_the_last_one_that_is_in_the_cart_already(
    ada: Person, product: MakeProduct
) -> None:
    """Nobody is told that it is out of stock when the last piece is their own."""
    await product("Last", 100, 1)
    seen = await (await ada.run("/shop product", name="Last")).press("Add to cart")
    seen = await seen.press("Buy now")
    assert "How would you like to pay?" in seen.text


async def test_a_product_for_a_role_names_the_role_and_is_sold_only_to_its_members(
    ada: Person, bob: Person, guild: Community, product: MakeProduct
) -> None:
    """Who lacks the role sees which one, cannot press the button, and is refused when it is forced."""
    vip = guild.add_role("VIP")
    guild.give(bob, vip)
    ring = await product("Ring", required_role_ids=[str(vip.id)])
    assert "For members with @VIP" in (await ada.run("/shop browse")).text
    seen = await ada.run("/shop product", name="Ring")
    assert "You need @VIP to buy this." in seen.text
    assert not seen.pings
    assert [button.enabled for button in seen.buttons if button.label.endswith("Add to cart")] == [False]
    refused = await ada.click(seen, custom_id=f"shop:add:{ring.key}:0:", forged=True)
    assert "**Ring** is for members with the role @VIP." in refused.text
    assert "@VIP" in (await ada.run("/cart add", product="Ring")).text
    assert "Added." in (await (await bob.run("/shop product", name="Ring")).press("Add to cart")).text


async def test_a_sold_out_product_cannot_be_bought_from_an_older_card_either(
    ada: Person, bob: Person, product: MakeProduct
) -> None:
    """The last piece is in Bob's order; Ada's card, opened before, gets a kind sentence."""
    await product("Last", 100, 1)
    before = await ada.run("/shop product", name="Last")
    buying = await (await bob.run("/shop product", name="Last")).press("Buy now")
    await (await buying.choose("Choose how to pay", "Zelle")).press("Confirm")
    refused = await before.press("Add to cart")
    assert "**Last** is sold out." in refused.text
    now = await ada.run("/shop product", name="Last")
    assert "This is sold out at the moment." in now.text


async def test_a_guild_without_a_shop_gets_a_kind_sentence(discord: Sandbox) -> None:
    """Commands and old buttons alike say that there is no shop, and how there can be one."""
    place = discord.add_guild("Quiet", owner="quentin")
    for command in ("/shop browse", "/cart view", "/checkout", "/orders list", "/account profile", "/help"):
        seen = await place.owner.run(command)
        assert "This server has no shop yet. Its owner can open one with `/admin setup`." in seen.text
    assert await place.owner.suggest("/shop product", name="m") == []


async def test_ids_of_another_shop_are_as_good_as_unknown(
    ada: Person, elsewhere: tuple[Community, Shop], services: Services, product: MakeProduct
) -> None:
    """A product of another tenant is not found by option, menu or button, nor is it suggested."""
    await product("Mug")
    place, other_shop = elsewhere
    theirs = await shelf(services, other_shop, place.owner)("Moonstone")
    seen = await ada.run("/shop browse")
    attempts = [
        await ada.run("/shop product", name=theirs.key),
        await ada.run("/shop product", name="Moonstone"),
        await ada.choose(seen, "Choose a product", theirs.key, forged=True),
        await ada.click(seen, custom_id=f"shop:add:{theirs.key}:0:", forged=True),
        await ada.click(seen, custom_id=f"shop:buy:{theirs.key}", forged=True),
    ]
    for attempt in attempts:
        assert "I cannot find that product." in attempt.text
        assert "Moonstone" not in attempt.text
    assert await ada.suggest("/shop product", name="moon") == []


async def test_names_full_of_markdown_and_mentions_stay_harmless(ada: Person, product: MakeProduct) -> None:
    """The trickiest name is shown as it is written, pings nobody and links nowhere."""
    made = await product(TRICKY, 100, 3, description="@everyone " * 190, sku="TRICKY")
    shown = await ada.run("/shop browse")
    card = await shown.choose("Choose a product", made.key)
    cart = await (await card.press("Add to cart")).press("My cart (1)")
    for seen in (shown, card, cart):
        assert not seen.pings
        said = "".join(embed.get("title", "") + embed.get("description", "") for embed in seen.embeds)
        assert r"\*\*\[@" in said
        assert "](" not in said.replace(r"\](", "")
        assert "<@&" not in said.replace("\\<@&", "")


async def test_replies_go_by_dm_where_the_shop_wants_that(
    ada: Person, guild: Community, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """The card comes by DM with roles by name, its buttons work there, and closed DMs lose nothing."""
    vip = guild.add_role("VIP")
    await product("Mug", required_role_ids=[str(vip.id)])
    await services.shops.configure(shop, member(guild.owner), response_mode=ResponseMode.DM)
    said = await ada.run("/shop browse")
    assert "I have sent it to you as a direct message." in said.text
    assert "For members with **VIP**" in ada.dms[-1].text
    card = await ada.dms[-1].choose("Choose a product", "Mug")
    assert "You need **VIP** to buy this." in card.text
    assert len(ada.dms) == 1

    ada.close_dms()
    shown = await ada.run("/shop browse")
    assert "I could not send you a direct message, so here it is." in shown.text
    assert "Mug" in (await shown.choose("Choose a product", "Mug")).text
