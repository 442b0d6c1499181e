"""The talking bot in a guild with a shop."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import nextcord
import pytest
from nextcord.ext import commands
from nextcord.http import Route

from bot.sandbox import Patience, Sandbox
from bot.sandbox.openapi import violations
from cogs._charts import Charts, Press
from cogs._ui.desk import Desk
from models.tenant import ResponseMode
from services import Services
from services.shops import Shop
from tests.cogs.conftest import CONTRACT, connected
from tests.cogs.ui.talk import Guarded, Talk
from tests.services.conftest import OWNER

CODE = "TESTCODE"


@asynccontextmanager
async def talking(discord: Sandbox, services: Services) -> AsyncIterator[commands.Bot]:
    """A bot process with the talking cogs until the block ends."""
    Route.BASE = discord.api_url
    bot = commands.Bot(intents=nextcord.Intents(guilds=True))
    desk = Desk(bot, services, lambda: CODE, Charts(Press()))
    bot.add_cog(Talk(bot, services, desk))
    bot.add_cog(Guarded(bot, services, desk))
    task = asyncio.create_task(bot.start(discord.token))
    try:
        await connected(discord, bot)
        yield bot
    finally:
        await bot.close()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
async def discord() -> AsyncIterator[Sandbox]:
    """A Discord whose people soon take a card that stays as it is for the answer."""
    async with Sandbox(patience=Patience(last=4.0)) as sandbox:
        yield sandbox
    assert not sandbox.unknown
    if CONTRACT.exists():
        assert violations(sandbox.requests, CONTRACT) == []


@pytest.fixture
async def bot(discord: Sandbox, services: Services, shop: Shop) -> AsyncIterator[commands.Bot]:
    """The talking bot, connected, in the guild of a shop."""
    assert shop.name == "Aurora"
    async with talking(discord, services) as running:
        yield running


@pytest.fixture
def talk(bot: commands.Bot) -> Talk:
    """The talking cog, to see what reached it."""
    cog = bot.get_cog("Talk")
    assert isinstance(cog, Talk)
    return cog


@pytest.fixture
async def dm_shop(services: Services, shop: Shop) -> Shop:
    """The shop, set to answer by DM."""
    return await services.shops.configure(shop, OWNER, response_mode=ResponseMode.DM)
