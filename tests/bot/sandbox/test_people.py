import asyncio

import pytest

from bot.sandbox import Community, Form, NotOfferedError, Sandbox
from tests.bot.sandbox.small_bot import SmallBot


async def test_a_person_runs_a_subcommand_and_reads_the_ephemeral_answer(
    bot: SmallBot, guild: Community
) -> None:
    """A slash command with an option is answered by a message only that person sees."""
    ada = guild.add_member("ada", display_name="Ada")
    bob = guild.add_member("bob")
    seen = await ada.run("/shop browse", query="mug")
    assert seen.ephemeral
    assert seen.text.splitlines()[:5] == ["Welcome mug", "Mug", "A mug", "Price: 5", "1/1"]
    assert [one.text for one in ada.whispers] == [seen.text]
    assert bob.whispers == []
    assert not bot.failures


async def test_autocomplete_buttons_menus_and_forms(bot: SmallBot, guild: Community) -> None:
    """Suggestions, a click, a choice and a form each lead to what the bot answers."""
    ada = guild.add_member("ada")
    assert [(one.name, one.value) for one in await ada.suggest("/shop product", name="mu")] == [("mug", "p1")]
    card = await ada.run("/shop browse")
    picked = await card.choose("Select a product", "Coffee mug")
    assert isinstance(picked, type(card))
    assert picked.content == "Picked p1"
    form = await card.open("Enter a code")
    assert (form.title, [field.label for field in form.fields]) == ("Your code", ["Code", "Size"])
    answer = await form.submit({"Code": "X1", "Size": "Small"})
    assert answer.text == "Form: X1 / ['s']"
    added = await card.press("Add to cart")
    assert (added.content, added.buttons) == ("Added", [])
    assert not bot.failures


async def test_two_devices_press_the_same_button_at_once(bot: SmallBot, guild: Community) -> None:
    """Both presses reach the bot, and both people's screens show what came of them."""
    ada = guild.add_member("ada")
    card = await ada.run("/shop browse")
    one, two = await asyncio.gather(ada.click(card, "Confirm"), ada.click(card, "Confirm"))
    assert not isinstance(one, Form)
    assert not isinstance(two, Form)
    assert {one.content, two.content} <= {"Confirmed 1", "Confirmed 2"}
    assert bot.confirmed == 2


async def test_the_client_offers_only_what_is_there(
    bot: SmallBot, guild: Community, discord: Sandbox
) -> None:
    """Missing options, unknown names, disabled buttons and other people's messages are out of reach."""
    ada, bob = guild.add_member("ada"), guild.add_member("bob")
    card = await ada.run("/shop browse")
    sent = len(discord.requests)
    with pytest.raises(NotOfferedError, match="needs"):
        await ada.run("/shop product")
    with pytest.raises(NotOfferedError, match="no option"):
        await ada.run("/shop browse", color="red")
    with pytest.raises(NotOfferedError, match="no command"):
        await ada.run("/steal")
    with pytest.raises(NotOfferedError, match="needs one of"):
        await ada.run("/shop")
    with pytest.raises(NotOfferedError, match="switched off"):
        await card.click("Off")
    with pytest.raises(NotOfferedError, match="no button"):
        await card.click("Buy")
    with pytest.raises(NotOfferedError, match="cannot see"):
        await bob.click(card, "Confirm")
    assert len(discord.requests) == sent
    assert bot.confirmed == 0
