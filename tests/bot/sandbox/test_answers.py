import aiohttp
import nextcord
import pytest

from bot.sandbox import Community, NoAnswerError, Patience, Sandbox
from bot.sandbox.interactions import COMMAND, Interaction, open_interaction
from tests.bot.sandbox.conftest import Api, Clock, running
from tests.bot.sandbox.small_bot import SmallBot

HELLO = {"type": 4, "data": {"content": "hello", "flags": 64}}


def ask(guild: Community) -> Interaction:
    """Let a person run a command without any bot to hear it."""
    ada = guild.add_member("ada")
    data = {"id": "1", "name": "x", "type": 1}
    return open_interaction(ada.world, COMMAND, ada.user, guild.general.channel, data)


def callback(interaction: Interaction) -> str:
    return f"/interactions/{interaction.id}/{interaction.token}/callback"


def hook(discord: Sandbox, interaction: Interaction, rest: str = "") -> str:
    return f"/webhooks/{discord.application_id}/{interaction.token}{rest}"


async def test_an_answer_after_three_seconds_meets_an_unknown_interaction() -> None:
    """Discord's clock decides; a moment earlier the answer would have been taken."""
    clock = Clock()
    async with Sandbox(clock=clock) as discord, aiohttp.ClientSession() as session:
        api, guild = Api(discord, session), discord.add_guild("Aurora")
        first, second = ask(guild), ask(guild)
        clock.move(seconds=2.9)
        assert await api("POST", callback(first), HELLO) == (204, None)
        clock.move(seconds=0.1)
        status, refusal = await api("POST", callback(second), HELLO)
        assert (status, refusal["code"]) == (404, 10062)


async def test_a_token_lives_for_fifteen_minutes() -> None:
    """Edits and follow-ups work until then, and are an invalid webhook token afterwards."""
    clock = Clock()
    async with Sandbox(clock=clock) as discord, aiohttp.ClientSession() as session:
        api, interaction = Api(discord, session), ask(discord.add_guild("Aurora"))
        await api("POST", callback(interaction), HELLO)
        clock.move(minutes=14, seconds=59)
        original = hook(discord, interaction, "/messages/@original")
        status, message = await api("PATCH", original, {"content": "edited"})
        assert (status, message["content"]) == (200, "edited")
        clock.move(seconds=1)
        for method, path in (("PATCH", original), ("POST", hook(discord, interaction))):
            status, refusal = await api(method, path, {"content": "late"})
            assert (status, refusal["code"]) == (401, 50027)


async def test_follow_ups_before_and_answers_of_the_wrong_kind_are_refused(
    api: Api, discord: Sandbox, guild: Community
) -> None:
    """The webhook does not exist before the answer; a command is not answered by an update or choices."""
    interaction = ask(guild)
    assert (await api("POST", hook(discord, interaction), {"content": "early"}))[1]["code"] == 10015
    for kind in (6, 7, 8, 1, None):
        status, refusal = await api("POST", callback(interaction), {"type": kind, "data": {}})
        assert (status, refusal["code"]) == (400, 50035)
    assert await api("POST", callback(interaction), HELLO) == (204, None)
    assert (await api("POST", callback(interaction), HELLO))[1]["code"] == 40060


async def test_with_response_tells_the_message(api: Api, guild: Community) -> None:
    """The callback's answer names the interaction and carries the message."""
    interaction = ask(guild)
    status, told = await api("POST", callback(interaction) + "?with_response=true", HELLO)
    assert status == 200
    assert told["resource"]["message"]["content"] == "hello"
    assert told["interaction"]["response_message_ephemeral"] is True


async def test_further_messages_of_an_answer_can_be_read_changed_and_deleted(
    api: Api, discord: Sandbox, guild: Community
) -> None:
    """Follow-ups are messages of their own; @original is the first."""
    interaction = ask(guild)
    await api("POST", callback(interaction), HELLO)
    _, more = await api("POST", hook(discord, interaction), {"content": "more", "flags": 64})
    one = hook(discord, interaction, f"/messages/{more['id']}")
    assert (await api("PATCH", one, {"content": "changed"}))[1]["content"] == "changed"
    assert (await api("GET", one))[1]["content"] == "changed"
    assert (await api("GET", hook(discord, interaction, "/messages/@original")))[1]["content"] == "hello"
    assert await api("DELETE", one) == (204, None)
    assert (await api("GET", one))[1]["code"] == 10008


async def test_people_are_told_when_the_bot_is_silent_or_refused() -> None:
    """Silence is an error after the patience of a person, and names what Discord refused."""
    async with Sandbox(patience=Patience(first=0.2, last=0.2)) as impatient:
        ada = impatient.add_guild("Aurora").add_member("ada")
        async with running(impatient) as bot:
            with pytest.raises(NoAnswerError, match="did not respond"):
                await ada.run("/silent")
            with pytest.raises(NoAnswerError, match="BASE_TYPE_MAX_LENGTH"):
                await ada.run("/long", size=2001)
            assert (await ada.run("/long", size=2000)).content == "x" * 2000
            assert [type(error) for error in bot.failures] == [nextcord.ApplicationInvokeError]


async def test_a_second_answer_is_refused_and_the_first_stays(
    bot: SmallBot, guild: Community, discord: Sandbox
) -> None:
    """The person sees the first answer; the bot gets 40060."""
    seen = await guild.add_member("ada").run("/twice")
    assert seen.content == "one"
    await discord.until(lambda: bot.failures)
    (failure,) = bot.failures
    assert "40060" in str(failure)


async def test_a_deferred_reply_and_a_whisper_are_new_messages(bot: SmallBot, guild: Community) -> None:
    """The card stays as it is; what comes is ephemeral and only Ada's."""
    ada = guild.add_member("ada")
    card = await ada.run("/shop browse")
    whisper = await card.press("Whisper")
    later = await card.press("Later")
    assert (whisper.text, later.text) == ("only you", "at last")
    assert card.now.content == "Welcome"
    assert len({card.id, whisper.id, later.id}) == 3
    assert not bot.failures


async def test_an_answer_is_looked_at_when_the_bot_has_finished(bot: SmallBot, guild: Community) -> None:
    """Edits and follow-ups right after the first answer are on the screen, and whispers not in the room."""
    ada = guild.add_member("ada")
    seen = await ada.run("/more")
    assert seen.content == "changed"
    assert [more.content for more in seen.followups] == ["more"]
    assert [one.content for one in ada.whispers] == ["changed", "more"]
    assert guild.general.messages_for(ada) == []
    assert not bot.failures
