"""A small real nextcord bot and a sandbox for it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import nextcord
import pytest
from nextcord.http import Route

from bot.sandbox import Community, Sandbox
from tests.bot.sandbox.small_bot import SmallBot


@asynccontextmanager
async def running(discord: Sandbox, *, intents: nextcord.Intents | None = None) -> AsyncIterator[SmallBot]:
    """Run the small bot against a sandbox until the block ends."""
    Route.BASE = discord.api_url
    bot = SmallBot(intents=intents or nextcord.Intents(guilds=True, dm_messages=True, guild_messages=True))
    task = asyncio.create_task(bot.start(discord.token))
    try:
        await discord.ready()
        yield bot
    finally:
        await bot.close()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
async def discord() -> AsyncIterator[Sandbox]:
    """A Discord with nobody in it yet."""
    async with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def guild(discord: Sandbox) -> Community:
    """A guild named Aurora."""
    return discord.add_guild("Aurora", owner="olivia")


@pytest.fixture
async def bot(discord: Sandbox, guild: Community) -> AsyncIterator[SmallBot]:
    """The small bot, connected and with its commands registered."""
    assert guild.name == "Aurora"
    async with running(discord) as small:
        yield small


class Clock:
    """A clock that a test moves by hand."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 24, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def move(self, **time: float) -> None:
        self.now += timedelta(**time)


class Api:
    """Raw requests with the bot's token."""

    def __init__(self, discord: Sandbox, session: aiohttp.ClientSession) -> None:
        self._discord = discord
        self._session = session

    async def __call__(self, method: str, path: str, body: Any = None, **more: Any) -> tuple[int, Any]:
        """Send one request; returns the status and the answer."""
        headers = {"Authorization": f"Bot {more.pop('token', self._discord.token)}"}
        address = self._discord.api_url + path
        async with self._session.request(method, address, json=body, headers=headers, **more) as response:
            return response.status, await response.json() if response.status != 204 else None


@pytest.fixture
async def api(discord: Sandbox) -> AsyncIterator[Api]:
    """Raw requests to the stand-in."""
    async with aiohttp.ClientSession() as session:
        yield Api(discord, session)
