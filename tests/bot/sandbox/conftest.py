"""A small real nextcord bot and a sandbox for it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

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
