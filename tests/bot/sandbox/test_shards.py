"""The stand-in's shards: who hears of which guild, what is refused, and how soon sessions may begin."""

import asyncio
from typing import Any

import aiohttp

from bot.sandbox import Sandbox, Starts
from bot.sandbox.errors import JSON
from bot.shards import shard_of
from tests.bot.sandbox.test_gateway import gateway


class Shard:
    """A bare connection, which remembers what it was told."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket

    @classmethod
    async def of(cls, session: aiohttp.ClientSession, discord: Sandbox, *shard: int) -> "Shard":
        """One that has identified as this shard."""
        socket = await session.ws_connect(gateway(discord))
        await socket.receive_json()
        identity: JSON = {"token": discord.token, "intents": 1, "properties": {}}
        await socket.send_json({"op": 2, "d": identity | ({"shard": shard} if shard else {})})
        return cls(socket)

    async def hear(self) -> Any:
        """The next frame, or the code of a close."""
        frame = await asyncio.wait_for(self._socket.receive(), 5)
        return frame.json() if frame.type is aiohttp.WSMsgType.TEXT else frame.data

    async def until(self, event: str) -> list[JSON]:
        """Every frame up to this event."""
        heard = [await self.hear()]
        while heard[-1]["t"] != event:
            heard.append(await self.hear())
        return heard


async def two_guilds(discord: Sandbox) -> list[int]:
    """A guild for each of two shards, by the shard."""
    found: dict[int, int] = {}
    while len(found) < 2:
        made = discord.add_guild("Aurora").id
        found[shard_of(made, 2)] = made
        await asyncio.sleep(0.001)
    return [found[0], found[1]]


async def test_each_shard_hears_of_its_own_guilds_and_the_first_of_what_has_none(discord: Sandbox) -> None:
    """Greeting, events, interactions and purchases; an entitlement without a guild is the first shard's."""
    ids = await two_guilds(discord)
    async with aiohttp.ClientSession() as session:
        shards = [await Shard.of(session, discord, number, 2) for number in (0, 1)]
        for number, shard in enumerate(shards):
            greeting = (await shard.hear())["d"]
            named = {int(guild["id"]) for guild in greeting["guilds"]}
            assert greeting["shard"] == [number, 2]
            assert ids[number] in named
            assert {shard_of(each, 2) for each in named} == {number}
            assert {shard_of(int((await shard.hear())["d"]["id"]), 2) for _ in named} == {number}
        assert discord.gateway.shards == {0, 1}
        for guild_id in (None, *ids):
            discord.store.tell("CREATE", {"id": "1", "guild_id": guild_id and str(guild_id)})
        heard = [[await shards[0].hear(), await shards[0].hear()], [await shards[1].hear()]]
        told = [[each["d"]["guild_id"] for each in of_one] for of_one in heard]
        assert told == [[None, str(ids[0])], [str(ids[1])]]


async def test_a_shard_that_cannot_be_is_closed(discord: Sandbox) -> None:
    """4010 for a number beyond the last."""
    async with aiohttp.ClientSession() as session:
        assert await (await Shard.of(session, discord, 2, 2)).hear() == 4010


async def test_too_many_guilds_for_one_shard_are_refused() -> None:
    """4011, until there are as many shards as it takes."""
    async with Sandbox(starts=Starts(guilds_per_shard=1, recommended=2)) as discord:
        await two_guilds(discord)
        discord.world.guilds = dict(list(discord.world.guilds.items())[-2:])
        async with aiohttp.ClientSession() as session:
            assert await (await Shard.of(session, discord)).hear() == 4011
            assert (await (await Shard.of(session, discord, 0, 2)).hear())["t"] == "READY"


async def test_sessions_begin_one_after_the_other_and_are_counted() -> None:
    """What begins too soon is told so; /gateway/bot says how many are left and how many go at once."""
    now = 0.0
    starts = Starts(recommended=4, total=3, concurrency=2, apart=5, clock=lambda: now)
    async with Sandbox(starts=starts) as discord, aiohttp.ClientSession() as session:
        began = [await (await Shard.of(session, discord, number, 4)).hear() for number in (0, 1, 2)]
        assert [each["t"] or each["op"] for each in began] == ["READY", "READY", 9]
        now = 5.0
        assert (await (await Shard.of(session, discord, 2, 4)).hear())["t"] == "READY"
        assert (await (await Shard.of(session, discord, 3, 4)).hear())["op"] == 9
        headers = {"Authorization": f"Bot {discord.token}"}
        async with session.get(f"{discord.api_url}/gateway/bot", headers=headers) as answer:
            said = await answer.json()
        assert said["shards"] == 4
        limit = {"total": 3, "remaining": 0, "reset_after": 0, "max_concurrency": 2}
        assert said["session_start_limit"] == limit
        assert starts.refused == 2
