import asyncio

import aiohttp
import pytest

from bot.sandbox import Community, Sandbox
from tests.bot.sandbox.conftest import Api
from tests.bot.sandbox.small_bot import SmallBot


async def test_a_failing_server_is_asked_again(bot: SmallBot, guild: Community, discord: Sandbox) -> None:
    """A 502 on the callback did nothing, and nextcord's second try is taken."""
    discord.faults.fail("POST", "/interactions/*/callback", status=502)
    seen = await guild.add_member("ada").run("/echo", text="again")
    assert seen.content == "again"
    tries = discord.recorder.to("POST", "/interactions/{interaction_id}/{interaction_token}/callback")
    assert [one.status for one in tries] == [502, 204]
    assert not bot.failures


async def test_a_server_that_fails_after_the_deed_leads_to_a_double_answer(
    bot: SmallBot, guild: Community, discord: Sandbox
) -> None:
    """The person is served, and the bot's retry meets 40060."""
    discord.faults.fail("POST", "/interactions/*/callback", done=True)
    seen = await guild.add_member("ada").run("/echo", text="served")
    assert seen.content == "served"
    await discord.until(lambda: bot.failures)
    assert "40060" in str(bot.failures[0])


async def test_a_lost_answer_has_had_its_effect(api: Api, guild: Community, discord: Sandbox) -> None:
    """The message stands though the connection broke, and a nonce keeps the retry from doubling it."""
    path = f"/channels/{guild.general.id}/messages"
    body = {"content": "once", "nonce": "n1", "enforce_nonce": True}
    discord.faults.lose("POST", "/channels/*/messages")
    with pytest.raises(aiohttp.ClientError):
        await api("POST", path, body)
    assert [seen.content for seen in guild.general.messages] == ["once"]
    status, message = await api("POST", path, body)
    assert (status, message["id"]) == (200, str(guild.general.messages[0].id))
    assert len(guild.general.messages) == 1
    await api("POST", path, body | {"nonce": "n2"})
    await api("POST", path, body | {"enforce_nonce": False})
    assert len(guild.general.messages) == 3


async def test_rate_limits_answer_429_with_their_headers(
    api: Api, guild: Community, discord: Sandbox
) -> None:
    """The next request is refused as asked; it had no effect."""
    discord.faults.limit("POST", "/channels/{channel_id}/messages", retry_after=0.2, is_global=True)
    path = f"/channels/{guild.general.id}/messages"
    status, refusal = await api("POST", path, {"content": "hi"})
    assert (status, refusal["retry_after"], refusal["global"]) == (429, 0.2, True)
    assert (await api("POST", path, {"content": "hi"}))[0] == 200
    assert len(guild.general.messages) == 1


async def test_a_window_lets_so_many_pass(bot: SmallBot, guild: Community, discord: Sandbox) -> None:
    """A nextcord client keeps within the limit it is told and delivers everything."""
    discord.faults.rate_limit("POST", "/channels/{channel_id}/messages", limit=2, per=0.3)
    channel = bot.get_channel(guild.general.id)
    await asyncio.gather(*(channel.send(str(number)) for number in range(5)))  # type: ignore[union-attr]
    assert sorted(seen.content for seen in guild.general.messages) == ["0", "1", "2", "3", "4"]


async def test_all_requests_share_the_limit_of_the_bot(api: Api, guild: Community, discord: Sandbox) -> None:
    """Whatever is asked counts, what comes too soon has no effect and is counted, and time mends it."""
    before = discord.recorder.limited
    discord.faults.rate_limit_all(limit=2, per=0.3)
    path = f"/channels/{guild.general.id}/messages"
    await api("GET", path)
    assert (await api("POST", path, {"content": "one"}))[0] == 200
    status, refusal = await api("POST", path, {"content": "two"})
    assert (status, refusal["global"], discord.recorder.limited - before) == (429, True, 1)
    await asyncio.sleep(refusal["retry_after"] + 0.01)
    assert (await api("POST", path, {"content": "two"}))[0] == 200
    assert [seen.content for seen in guild.general.messages] == ["one", "two"]


async def test_a_delay_holds_the_effect_back(api: Api, guild: Community, discord: Sandbox) -> None:
    """Nothing is done before the delay is over."""
    discord.faults.delay("*", "/channels/*/messages", seconds=0.1)
    sending = asyncio.create_task(api("POST", f"/channels/{guild.general.id}/messages", {"content": "slow"}))
    await asyncio.sleep(0.03)
    assert guild.general.messages == []
    assert (await sending)[0] == 200


async def test_an_unknown_address_is_answered_and_recorded(api: Api, discord: Sandbox) -> None:
    """What the stand-in lacks cannot pass unnoticed."""
    assert await api("GET", "/soundboard-default-sounds") == (404, {"message": "404: Not Found", "code": 0})
    assert [request.path for request in discord.unknown] == ["/soundboard-default-sounds"]


async def test_every_request_is_recorded_with_its_template_and_body(
    api: Api, guild: Community, discord: Sandbox
) -> None:
    """Method, template, values, body and status can be looked up."""
    await api("POST", f"/channels/{guild.general.id}/messages", {"content": "hi"})
    (request,) = discord.recorder.to("POST", "/channels/{channel_id}/messages")
    assert request.params == {"channel_id": str(guild.general.id)}
    assert (request.body, request.status) == ({"content": "hi"}, 200)
