import nextcord
import pytest

from bot.sandbox import Community, Sandbox
from bot.sandbox.world import KEPT, Message
from tests.bot.sandbox.conftest import Api, running
from tests.bot.sandbox.small_bot import SmallBot


@pytest.mark.usefixtures("bot")
async def test_a_role_below_the_bot_is_granted_and_one_above_is_refused(guild: Community) -> None:
    """Granting obeys the hierarchy, and moving the bot's role changes what it may grant."""
    ada, low = guild.add_member("ada"), guild.add_role("VIP")
    high = guild.add_role("Staff", position=guild.bot_role.position + 1)
    assert (await ada.run("/grant", member=ada, role=low)).content == "granted"
    assert ada.role_names == ["VIP"]
    assert (await ada.run("/grant", member=ada, role=high)).content == "403 50013"
    guild.move_role(guild.bot_role, high.position + 1)
    assert (await ada.run("/grant", member=ada, role=high)).content == "granted"
    assert ada.role_names == ["VIP", "Staff"]
    guild.set_permissions(guild.bot_role, 0)
    assert (await ada.run("/grant", member=ada, role=low)).content == "403 50013"


async def test_unknown_people_roles_and_places_are_named(api: Api, guild: Community) -> None:
    """Members, users, roles, guilds, channels and messages that are not there each have their code."""
    ada, bob, vip = guild.add_member("ada"), guild.add_member("bob"), guild.add_role("VIP")
    guild.leave(bob)
    home = f"/guilds/{guild.id}"
    expected = {
        f"{home}/members/{ada.id}": None,
        f"{home}/members/{bob.id}": 10007,
        f"{home}/members/1": 10013,
        f"{home}/roles/{vip.id}": None,
        f"{home}/roles/1": 10011,
        "/guilds/1": 10004,
        "/channels/1": 10003,
        f"/channels/{guild.general.id}/messages/1": 10008,
    }
    codes = {path: (await api("GET", path))[1].get("code") for path in expected}
    assert codes == expected
    assert (await api("PUT", f"{home}/members/{ada.id}/roles/1"))[1]["code"] == 10011
    assert (await api("PUT", f"{home}/members/{bob.id}/roles/{vip.id}"))[1]["code"] == 10007
    assert bob.role_names == []


@pytest.mark.usefixtures("bot")
async def test_direct_messages_arrive_unless_closed(guild: Community) -> None:
    """A DM is seen by its recipient; closed doors and strangers are 50007."""
    ada = guild.add_member("ada")
    assert (await ada.run("/dm")).content == "sent"
    assert [seen.text for seen in ada.dms] == ["psst"]
    ada.close_dms()
    assert (await ada.run("/dm")).content == "closed 50007"
    ada.open_dms()
    assert (await ada.run("/dm")).content == "sent"
    assert len(ada.dms) == 2


@pytest.mark.usefixtures("bot")
async def test_a_file_arrives_with_its_bytes(guild: Community) -> None:
    """The first follow-up after a deferred reply takes its place and stays ephemeral."""
    seen = await guild.add_member("ada").run("/file")
    assert seen.files == {"list.csv": b"a,b"}
    assert seen.ephemeral
    assert seen.text == "here\n[file: list.csv]"


async def test_channels_show_messages_to_those_who_may_enter(bot: SmallBot, guild: Community) -> None:
    """A hidden channel is empty for outsiders and closed to a bot that was not let in."""
    staff_role = guild.add_role("Staff")
    ada, sam = guild.add_member("ada"), guild.add_member("sam", roles=[staff_role])
    staff = guild.add_channel("staff", visible_to=[staff_role, guild.bot_role])
    channel = await bot.fetch_channel(staff.id)
    assert isinstance(channel, nextcord.TextChannel)
    await channel.send(f"Order for {ada.mention}, see {staff.mention}")
    assert [one.text for one in staff.messages_for(sam)] == ["Order for @ada, see #staff"]
    assert staff.messages_for(ada) == []
    assert staff.messages[0].pings == [str(ada.id)]
    closed = guild.add_channel("owners", visible_to=[])
    with pytest.raises(nextcord.Forbidden) as refused:
        await bot.fetch_channel(closed.id)
    assert refused.value.code == 50001


async def test_members_and_messages_are_told_to_a_bot_that_asked(guild: Community, discord: Sandbox) -> None:
    """With the members and content intents the bot sees joins, role changes, leaves and what people write."""
    async with running(discord, intents=nextcord.Intents.all()) as bot:
        ada, vip = guild.add_member("ada"), guild.add_role("VIP")
        home = bot.get_guild(guild.id)
        assert home is not None
        await discord.until(lambda: home.get_member(ada.id))
        guild.give(ada, vip)
        await discord.until(lambda: vip.id in [role.id for role in home.get_member(ada.id).roles])  # type: ignore[union-attr]
        ada.say("hello")
        await discord.until(lambda: "hello" in bot.seen_messages)
        guild.leave(ada)
        await discord.until(lambda: home.get_member(ada.id) is None)


async def test_without_the_content_intent_only_mentions_can_be_read(
    bot: SmallBot, guild: Community, discord: Sandbox
) -> None:
    """What people write to each other is blank; what they write to the bot is not."""
    ada = guild.add_member("ada")
    ada.say("just us")
    ada.say(f"help me <@{discord.application_id}>")
    ada.say("in private", at=ada.dm)
    await discord.until(lambda: len(bot.seen_messages) == 3)
    assert bot.seen_messages == ["", f"help me <@{discord.application_id}>", "in private"]


def test_only_the_latest_whispers_are_kept(discord: Sandbox, guild: Community) -> None:
    """A bench of many thousand ephemeral answers does not fill the memory; ordinary messages stay."""
    ada, channel = guild.add_member("ada"), guild.general.channel
    said = ada.say("stays")
    for number in range(KEPT + 10):
        discord.world.keep(Message(number, channel, {}, viewer_id=ada.id))
    assert len(discord.world.messages) == KEPT + 1
    assert [seen.id for seen in guild.general.messages_for(guild.owner)] == [said.id]
