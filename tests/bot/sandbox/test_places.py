import io

import nextcord
import pytest

from bot.sandbox import Community, NotOfferedError, Sandbox
from tests.bot.sandbox.conftest import Api
from tests.bot.sandbox.small_bot import SmallBot, button, row


async def test_buttons_in_direct_messages_work(bot: SmallBot, api: Api, guild: Community) -> None:
    """A click in a DM carries the user instead of a member, and is answered there."""
    ada = guild.add_member("ada", locale="de")
    _, channel = await api("POST", "/users/@me/channels", {"recipient_id": str(ada.id)})
    body = {"content": "Paid", "components": [row(button("Add", "add:1"), button("Tell", "whisper:1"))]}
    await api("POST", f"/channels/{channel['id']}/messages", body)
    (message,) = ada.dms
    assert (await message.press("Tell")).content == "only you"
    assert (await message.press("Add")).content == "Added"
    assert ada.dms[0].buttons == []
    assert not bot.failures


async def test_an_interaction_carries_what_real_ones_do(bot: SmallBot, api: Api, guild: Community) -> None:
    """Member with roles and permissions, places, locales, owners and context, in guild and DM."""
    vip = guild.add_role("VIP", permissions=1 << 5)
    ada = guild.add_member("ada", roles=[vip], locale="de")
    card = await ada.run("/shop browse")
    await card.press("Whisper")
    asked = [one.payload for one in ada.world.interactions.values()]
    member = asked[0]["member"]
    assert member["roles"] == [str(vip.id)]
    assert int(member["permissions"]) & 1 << 5
    assert (asked[0]["locale"], asked[0]["guild_locale"], asked[0]["context"]) == ("de", "en-US", 0)
    assert asked[0]["authorizing_integration_owners"] == {"0": str(guild.id)}
    assert asked[0]["data"]["options"] == [{"type": 1, "name": "browse", "options": []}]
    assert asked[1]["message"]["id"] == str(card.id)
    _, channel = await api("POST", "/users/@me/channels", {"recipient_id": str(ada.id)})
    await ada.run("/echo", text="here", at=ada.dm)
    private = list(ada.world.interactions.values())[-1].payload
    assert (private["user"]["id"], private["context"]) == (str(ada.id), 1)
    assert private["channel_id"] == channel["id"]
    assert "member" not in private
    assert not bot.failures


async def test_components_v2_are_read_and_pressed(bot: SmallBot, api: Api, guild: Community) -> None:
    """Texts, sections and buttons of a layout are seen in order; the flag stays on edits."""
    section = {
        "type": 9,
        "components": [{"type": 10, "content": "**Mug** 5 USD"}],
        "accessory": button("Whisper", "whisper:1"),
    }
    layout = [{"type": 17, "components": [{"type": 10, "content": "# Shop"}, section]}]
    path = f"/channels/{guild.general.id}/messages"
    status, message = await api("POST", path, {"flags": 1 << 15, "components": layout})
    assert status == 200
    seen = guild.general.messages_for(guild.add_member("ada"))[0]
    assert seen.text == "# Shop\n**Mug** 5 USD\n[Whisper]"
    assert (await seen.press("Whisper")).content == "only you"
    assert (await api("PATCH", f"{path}/{message['id']}", {"content": "old style"}))[1]["code"] == 50035
    assert (await api("POST", path, {"components": layout}))[1]["code"] == 50035
    assert not bot.failures


async def test_files_come_with_replies_and_edits(bot: SmallBot, guild: Community, discord: Sandbox) -> None:
    """A reply's embed shows its attachment; an edit adds a file and keeps or drops the old one."""
    channel = bot.get_channel(guild.general.id)
    assert isinstance(channel, nextcord.TextChannel)
    embed = nextcord.Embed(title="QR").set_image(url="attachment://qr.png")
    await channel.send(embed=embed, file=nextcord.File(io.BytesIO(b"png"), "qr.png"))
    seen = guild.general.messages[0]
    assert seen.files == {"qr.png": b"png"}
    assert seen.embeds[0]["image"]["url"].startswith(discord.api_url.removesuffix("/api/v10"))
    assert seen.text == "QR\n[image]"
    bill = await channel.send("Bill", file=nextcord.File(io.BytesIO(b"pdf"), "invoice.pdf"))
    assert await bill.attachments[0].read() == b"pdf"
    seen = guild.general.messages[1]
    more = nextcord.File(io.BytesIO(b"txt"), "note.txt")
    bill = await bill.edit(attachments=bill.attachments, file=more)
    assert seen.now.files == {"invoice.pdf": b"pdf", "note.txt": b"txt"}
    await bill.edit(attachments=[])
    assert seen.now.files == {}


async def test_commands_are_hidden_from_those_who_may_not_use_them(
    api: Api, discord: Sandbox, guild: Community
) -> None:
    """Default permissions, contexts, hidden channels and leaving all take a command off the menu."""
    base = f"/applications/{discord.application_id}/commands"
    await api("POST", base, {"name": "admin", "description": "x", "default_member_permissions": "32"})
    await api("POST", base, {"name": "inside", "description": "x", "contexts": [0]})
    ada, room = guild.add_member("ada"), guild.add_channel("staff", visible_to=[])
    with pytest.raises(NotOfferedError, match="not shown"):
        await ada.run("/admin")
    with pytest.raises(NotOfferedError, match="cannot be used here"):
        await ada.run("/inside", at=ada.dm)
    with pytest.raises(NotOfferedError, match="cannot see that channel"):
        await ada.run("/inside", at=room)
    guild.expel_bot()
    with pytest.raises(NotOfferedError, match="not in Aurora"):
        await ada.run("/inside")
    guild.leave(ada)
    with pytest.raises(NotOfferedError, match="cannot see that channel"):
        await ada.run("/inside")


async def test_a_bot_without_permissions_meets_missing_permissions(api: Api, guild: Community) -> None:
    """Sending, channels, roles and reading history each need their permission."""
    guild.set_permissions(guild.bot_role, 0)
    everyone = guild.guild.roles[guild.id]
    guild.set_permissions(everyone, 1 << 10)
    home, room = f"/guilds/{guild.id}", f"/channels/{guild.general.id}"
    asked = [
        await api("POST", f"{room}/messages", {"content": "x"}),
        await api("GET", f"{room}/messages"),
        await api("POST", f"{home}/channels", {"name": "x"}),
        await api("POST", f"{home}/roles", {"name": "x"}),
        await api("DELETE", room),
    ]
    assert [(status, answer["code"]) for status, answer in asked] == [(403, 50013)] * 5


async def test_channels_and_roles_can_be_made_changed_and_removed(api: Api, guild: Community) -> None:
    """The setup wizard's requests leave what they say."""
    home = f"/guilds/{guild.id}"
    hidden = [{"id": str(guild.id), "type": 0, "deny": str(1 << 10)}]
    _, room = await api("POST", f"{home}/channels", {"name": "orders", "permission_overwrites": hidden})
    path = f"/channels/{room['id']}"
    assert (await api("GET", path))[1]["code"] == 50001
    own = {"type": 0, "allow": str(1 << 10), "deny": "0"}
    guild.guild.channels[int(room["id"])].overwrites[guild.bot_role.id] = (0, 1 << 10, 0)
    guild.guild.version += 1
    assert (await api("PUT", f"{path}/permissions/{guild.bot_role.id}", own))[0] == 204
    assert (await api("PATCH", path, {"topic": "New orders"}))[1]["topic"] == "New orders"
    _, message = await api("POST", f"{path}/messages", {"content": "pinned"})
    assert (await api("PUT", f"{path}/pins/{message['id']}"))[0] == 204
    assert [one["id"] for one in (await api("GET", f"{path}/pins"))[1]] == [message["id"]]
    assert (await api("DELETE", path))[0] == 200
    _, role = await api("POST", f"{home}/roles", {"name": "Buyer", "permissions": "0"})
    assert (await api("PATCH", f"{home}/roles/{role['id']}", {"name": "Patron"}))[1]["name"] == "Patron"
    assert (await api("DELETE", f"{home}/roles/{role['id']}"))[0] == 204
    assert [one["name"] for one in (await api("GET", f"{home}/roles"))[1]] == ["@everyone", "Shop Bot"]


async def test_a_bot_can_be_invited_again_and_a_guild_can_be_away_for_a_while(
    bot: SmallBot, api: Api, guild: Community, discord: Sandbox
) -> None:
    """Nextcord tells joining from coming back after an outage, as it does with the real gateway."""
    heard = list[str]()

    async def joined(_: nextcord.Guild) -> None:
        heard.append("joined")

    async def away(_: nextcord.Guild) -> None:
        heard.append("away")

    async def back(_: nextcord.Guild) -> None:
        heard.append("back")

    for listener, event in ((joined, "guild_join"), (away, "guild_unavailable"), (back, "guild_available")):
        bot.add_listener(listener, f"on_{event}")
    await bot.wait_until_ready()
    guild.fail()
    guild.recover()
    guild.expel_bot()
    status, _ = await api("GET", f"/guilds/{guild.id}", None)
    assert status == 404
    guild.invite_bot()
    await discord.until(lambda: "joined" in heard)
    assert heard == ["away", "back", "joined"]
    status, _ = await api("GET", f"/guilds/{guild.id}", None)
    assert status == 200


async def test_nobody_hands_out_in_a_new_channel_what_they_do_not_hold(api: Api, guild: Community) -> None:
    """Administrator for a role of the bot's choice is refused, View Channel is not."""
    for allow, expected in ((1 << 3, 403), (1 << 10, 201)):
        rights = [{"id": str(guild.id), "type": 0, "allow": str(allow), "deny": "0"}]
        body = {"name": "den", "permission_overwrites": rights}
        status, _ = await api("POST", f"/guilds/{guild.id}/channels", body)
        assert status == expected
