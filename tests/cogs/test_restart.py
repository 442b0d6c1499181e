"""Buttons outlive the bot: what was shown before a restart works after it, also in DMs."""

from bot.sandbox import Person, Sandbox
from models.base import Db
from models.tenant import ResponseMode
from services import Services
from services.shops import Shop
from tests.cogs.conftest import member, running, services_over
from tests.services.conftest import MakeProduct, TestClock


async def test_a_checkout_goes_on_with_a_new_bot(
    discord: Sandbox,
    db: Db,
    clock: TestClock,
    ada: Person,
    services: Services,
    shop: Shop,
    product: MakeProduct,
) -> None:
    """Menus, Confirm and forms of the first bot are answered by the second."""
    await product("Mug", 1500, 3)
    async with running(discord, services):
        shelves = await ada.run("/shop browse")
        paying = await (await ada.run("/cart add", product="Mug")).press("Check out")
    again = services_over(db, clock)
    async with running(discord, again):
        seen = await paying.choose("Choose how to pay", "Zelle")
        seen = await seen.press("Confirm")
        form = await seen.open("I have paid")
        assert "Add to cart" in (await shelves.choose("Choose a product", "Mug")).text
    async with running(discord, services_over(db, clock)):
        seen = await form.submit({"Which name or note will we see?": "Ada Lovelace"})
        assert "The staff are checking your payment." in seen.text
    assert (await again.claims.waiting(shop)).total == 1


async def test_a_dms_buttons_go_on_with_a_new_bot(
    discord: Sandbox,
    db: Db,
    clock: TestClock,
    ada: Person,
    olivia: Person,
    services: Services,
    shop: Shop,
    product: MakeProduct,
) -> None:
    """A card in a DM knows its guild without anybody's memory."""
    await product("Mug", 1500, 3)
    await services.shops.configure(shop, member(olivia), response_mode=ResponseMode.DM)
    async with running(discord, services):
        await ada.run("/shop product", name="Mug")
    async with running(discord, services_over(db, clock)):
        seen = await ada.dms[-1].press("Add to cart")
        assert "You have 1 of these in your cart." in seen.text


async def test_a_new_bot_finds_its_commands_as_it_left_them(
    discord: Sandbox, db: Db, clock: TestClock, services: Services
) -> None:
    """Names in every language come back as they were sent, so nothing is registered again."""
    async with running(discord, services):
        await discord.ready()
    before, known = len(discord.requests), discord.world.commands.all(None)
    assert any(command["name_localizations"] for command in known)
    async with running(discord, services_over(db, clock)):
        await discord.ready()
    again = [each for each in discord.requests[before:] if "/commands" in each.path]
    assert {each.method for each in again} == {"GET"}
    assert discord.world.commands.all(None) == known
