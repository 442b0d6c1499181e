import asyncio
import json

import aiohttp
import nextcord
import pytest
from nextcord.http import Route

from bot.sandbox import Community, Sandbox
from tests.bot.sandbox.conftest import running
from tests.bot.sandbox.small_bot import SmallBot


async def test_a_dropped_connection_resumes_and_replays_what_was_missed(
    bot: SmallBot, guild: Community, discord: Sandbox
) -> None:
    """A command that is run while the wire is cut is answered after RESUME."""
    ada = guild.add_member("ada")
    discord.gateway.drop()
    assert not discord.gateway.connected
    seen = await ada.run("/echo", text="still here")
    assert seen.content == "still here"
    assert (discord.gateway.identified, discord.gateway.resumed) == (1, 1)
    await discord.until(lambda: bot.resumes == 1)


async def test_reconnect_on_request_resumes(guild: Community, discord: Sandbox, bot: SmallBot) -> None:
    """RECONNECT is followed by RESUME."""
    discord.gateway.ask_reconnect()
    await discord.until(lambda: discord.gateway.resumed == 1)
    assert (await guild.add_member("ada").run("/echo", text="x")).content == "x"
    assert not bot.failures


async def test_an_invalidated_session_is_told_and_forgotten(discord: Sandbox, guild: Community) -> None:
    """INVALID_SESSION arrives, and the session cannot be resumed on a new connection."""
    identify = {"op": 2, "d": {"token": discord.token, "intents": 1, "properties": {}}}
    async with aiohttp.ClientSession() as session:
        async with session.ws_connect(gateway(discord)) as socket:
            await socket.receive_json()
            await socket.send_json(identify)
            ready = await socket.receive_json()
            assert (await socket.receive_json())["d"]["id"] == str(guild.id)
            discord.gateway.invalidate()
            assert await socket.receive_json() == {"t": None, "s": None, "op": 9, "d": False}
        wanted = {"token": discord.token, "session_id": ready["d"]["session_id"], "seq": 2}
        async with session.ws_connect(gateway(discord)) as socket:
            await socket.receive_json()
            await socket.send_json({"op": 6, "d": wanted})
            assert (await socket.receive_json())["op"] == 9


async def test_a_restarted_bot_answers_buttons_of_before(guild: Community, discord: Sandbox) -> None:
    """Messages outlive the bot; a click after its restart reaches the new process."""
    ada = guild.add_member("ada")
    async with running(discord):
        card = await ada.run("/shop browse")
    async with running(discord) as again:
        assert (await card.press("Confirm")).content == "Confirmed 1"
        assert again.confirmed == 1


async def test_a_wrong_token_is_refused_by_rest_and_gateway(discord: Sandbox) -> None:
    """REST says 401, so nextcord fails to log in; the gateway closes with 4004."""
    Route.BASE = discord.api_url
    client = nextcord.Client()
    with pytest.raises(nextcord.LoginFailure):
        await client.start("wrong")
    await client.close()
    async with aiohttp.ClientSession() as session, session.ws_connect(gateway(discord)) as socket:
        assert (await socket.receive_json())["op"] == 10
        await socket.send_json({"op": 2, "d": {"token": "wrong", "intents": 1, "properties": {}}})
        assert (await socket.receive()).data == 4004


async def test_privileged_intents_can_be_withheld() -> None:
    """A bot that asks for members without being allowed to is closed with 4014; without them it is let in."""
    async with Sandbox(privileged_intents=0) as strict:
        strict.add_guild("Aurora")
        Route.BASE = strict.api_url
        client = nextcord.Client(intents=nextcord.Intents(guilds=True, members=True))
        with pytest.raises(nextcord.PrivilegedIntentsRequired):
            await client.start(strict.token)
        await client.close()
        async with running(strict, intents=nextcord.Intents(guilds=True)):
            assert strict.gateway.identified == 1


async def test_plain_connections_and_heartbeats_work_too(discord: Sandbox, guild: Community) -> None:
    """Without zlib-stream the same events come as text, numbered from one, filtered by intents."""
    async with aiohttp.ClientSession() as session, session.ws_connect(gateway(discord)) as socket:
        await socket.receive_json()
        await socket.send_json({"op": 1, "d": None})
        assert (await socket.receive_json())["op"] == 11
        await socket.send_json({"op": 2, "d": {"token": discord.token, "intents": 1, "properties": {}}})
        ready, created = await socket.receive_json(), await socket.receive_json()
        assert (ready["t"], ready["s"], created["t"], created["s"]) == ("READY", 1, "GUILD_CREATE", 2)
        assert created["d"]["id"] == str(guild.id)
        guild.add_member("ada")  # needs the members intent
        guild.add_role("VIP")
        assert (await socket.receive_json())["t"] == "GUILD_ROLE_UPDATE"
        assert (await socket.receive_json())["t"] == "GUILD_ROLE_CREATE"


async def test_an_unknown_session_cannot_be_resumed(discord: Sandbox) -> None:
    """RESUME of a session that is not there is answered by INVALID_SESSION."""
    async with aiohttp.ClientSession() as session, session.ws_connect(gateway(discord)) as socket:
        await socket.receive_json()
        wanted = {"token": discord.token, "session_id": "gone", "seq": 5}
        await socket.send_str(json.dumps({"op": 6, "d": wanted}))
        answer = await asyncio.wait_for(socket.receive_json(), 2)
        assert (answer["op"], answer["d"]) == (9, False)


def gateway(discord: Sandbox) -> str:
    return discord.api_url.replace("http", "ws", 1).removesuffix("/api/v10") + "/gateway?v=10&encoding=json"
