import aiohttp
import pytest
from nextcord.ext import commands

from bot.sandbox import Community, Person, Sandbox
from cogs._ui.card import Button, Card, Picture
from cogs._ui.send import Unreachable, dm, edit, post
from cogs._ui.target import Target

CARD = Card("New claim", "Ada says she has paid. @everyone", rows=[[Button("Approve", Target("pay:ok", 1))]])


async def test_a_card_is_posted_and_edited(bot: commands.Bot, guild: Community) -> None:
    """It stands in the channel, can be changed later, and pings nobody."""
    message_id = await post(bot, str(guild.general.id), CARD, nonce="claim-1")
    (seen,) = guild.general.messages
    assert (str(seen.id), seen.pings) == (message_id, [])
    assert seen.button("Approve").custom_id == "pay:ok:1"
    await edit(bot, str(guild.general.id), message_id, Card("Approved"))
    assert guild.general.messages[0].text == "Approved"


async def test_a_post_whose_answer_was_lost_stands_once(
    bot: commands.Bot, guild: Community, discord: Sandbox
) -> None:
    """Trying again with the same nonce finds the first; another nonce is another post."""
    discord.faults.lose("POST", "/channels/*/messages")
    nonce = "effect:65f0c0ffee65f0c0ffee65f0:staff.claim"
    with pytest.raises(aiohttp.ClientError):
        await post(bot, str(guild.general.id), CARD, nonce=nonce)
    message_id = await post(bot, str(guild.general.id), CARD, nonce=nonce)
    assert [str(seen.id) for seen in guild.general.messages] == [message_id]
    await post(bot, str(guild.general.id), CARD, nonce=f"{nonce}.again")
    assert len(guild.general.messages) == 2


async def test_a_dm_names_its_guild(bot: commands.Bot, ada: Person) -> None:
    """Its buttons lead back to the guild for which it was sent."""
    message_id = await dm(bot, str(ada.id), CARD, guild_id="77", nonce="n")
    (seen,) = ada.dms
    assert str(seen.id) == message_id
    assert seen.button("Approve").custom_id == "g77~pay:ok:1"


async def test_pictures_are_posted(bot: commands.Bot, guild: Community) -> None:
    """A picture goes along to a channel as well, and goes away with an edit that has none."""
    card = Card("QR", pictures=[Picture("qr.png", b"png")])
    message_id = await post(bot, str(guild.general.id), card, nonce="n")
    assert guild.general.messages[0].files == {"qr.png": b"png"}
    await edit(bot, str(guild.general.id), message_id, Card("No QR"))
    assert guild.general.messages[0].payload["attachments"] == []


async def test_where_discord_will_not_deliver_is_told_by_its_reason(
    bot: commands.Bot, guild: Community, ada: Person
) -> None:
    """Closed DMs, unknown people, rooms without access, and what is gone."""
    closed = guild.add_channel("closed", visible_to=[])
    gone = guild.add_channel("gone")
    message_id = await post(bot, str(gone.id), CARD, nonce="n")
    guild.remove_channel(gone)
    ada.close_dms()
    reasons = {}
    for name, sending in {
        "dm_closed": dm(bot, str(ada.id), CARD, guild_id="7", nonce="n"),
        "unknown_user": dm(bot, "123456789012345678", CARD, guild_id="7", nonce="n"),
        "missing_permission": post(bot, str(closed.id), CARD, nonce="n"),
        "channel_gone": post(bot, str(gone.id), CARD, nonce="n"),
        "message_gone": edit(bot, str(guild.general.id), message_id, CARD),
    }.items():
        with pytest.raises(Unreachable) as refused:
            await sending
        reasons[name] = refused.value.reason
    assert reasons == {name: name for name in reasons}
    assert len(reasons) == 5


async def test_another_refusal_is_not_taken_for_unreachable(
    bot: commands.Bot, guild: Community, discord: Sandbox
) -> None:
    """A fault of ours, or Discord's, is not the person's closed door."""
    discord.faults.fail("POST", "/channels/*/messages", status=400)
    with pytest.raises(Exception, match="400") as failed:
        await post(bot, str(guild.general.id), CARD, nonce="n")
    assert not isinstance(failed.value, Unreachable)
