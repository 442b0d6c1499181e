import asyncio
from typing import Any

import pytest

from bot.sandbox import Community, Form, NotOfferedError, Sandbox
from tests.bot.sandbox.conftest import Api
from tests.bot.sandbox.small_bot import SmallBot, button, row


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


async def test_forms_ask_for_people_and_files(bot: SmallBot, api: Api, guild: Community) -> None:
    """Labels around a user select and an upload; what is required, and of the right kind, must be given."""
    ada, bob, vip = guild.add_member("ada"), guild.add_member("bob"), guild.add_role("VIP")
    body = {"content": "Who?", "components": [row(button("Say who", "who:1"))]}
    await api("POST", f"/channels/{guild.general.id}/messages", body)
    form = await ada.open(guild.general.messages[0], "Say who")
    assert form.text == "Who\nName somebody.\nPerson:\nProof:"
    mistakes: list[dict[str, Any]] = [{}, {"Person": []}, {"Person": vip}, {"Person": bob, "Age": "5"}]
    for wrong in mistakes:
        with pytest.raises(NotOfferedError):
            await form.submit(wrong)
    seen = await form.submit({"Person": bob})
    assert seen.text == f"Form: ['{bob.id}'] / []"
    seen = await form.submit({"Person": bob, "Proof": ("slip.txt", b"paid")})
    sent = list(ada.world.interactions.values())[-1].payload["data"]
    (file,) = sent["resolved"]["attachments"].values()
    assert (file["filename"], file["size"]) == ("slip.txt", 4)
    assert str(bob.id) in sent["resolved"]["members"]
    assert not bot.failures


async def test_text_inputs_are_checked_before_they_are_sent(bot: SmallBot, guild: Community) -> None:
    """Required fields and lengths are the client's business."""
    form = await (await guild.add_member("ada").run("/shop browse")).open("Enter a code")
    for wrong in ({"Size": "Small"}, {"Code": "x" * 11, "Size": "Small"}, {"Code": "x", "Size": "Huge"}):
        with pytest.raises(NotOfferedError):
            await form.submit(wrong)
    assert (await form.submit({"Code": "x" * 10, "Size": "s"})).text == "Form: xxxxxxxxxx / ['s']"
    assert not bot.failures


async def test_a_deferred_press_shows_what_the_bot_edits_in_the_channel(
    bot: SmallBot, api: Api, guild: Community
) -> None:
    """The last word may come as an ordinary message edit; a forged press reaches the bot as well."""
    ada = guild.add_member("ada")
    body = {"content": "Pay?", "components": [row(button("Approve", "approve:1"))]}
    await api("POST", f"/channels/{guild.general.id}/messages", body)
    (message,) = guild.general.messages_for(ada)
    assert (await message.press("Approve")).content == "Approved"
    forged = await ada.click(message, custom_id="whisper:other-tenant", forged=True)
    assert not isinstance(forged, Form)
    assert forged.content == "only you"
    assert not bot.failures
