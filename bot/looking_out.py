"""Looks whether a Discord that was away is back: nothing may be due by which that would be noticed."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import aiohttp
import nextcord
from nextcord.http import Route
from pymongo.errors import PyMongoError

from bot.client import Bot
from services import Services
from services.discord_throttle import FOR_DISCORD

_EVERY = 10.0
_NO_ANSWER = (nextcord.DiscordException, aiohttp.ClientError, OSError, TimeoutError)


@contextlib.asynccontextmanager
async def looking_out(bot: Bot, services: Services) -> AsyncIterator[asyncio.Task[None]]:
    """Look again and again as long as the block lasts."""
    task = asyncio.create_task(_keep_looking(bot, services), name="lookout")
    try:
        yield task
    finally:
        task.cancel()


async def _keep_looking(bot: Bot, services: Services) -> None:
    while True:
        await asyncio.sleep(_EVERY)
        await look(bot, services)


async def look(bot: Bot, services: Services) -> None:
    """Ask Discord for next to nothing if it is away and may be asked; when it is back, go on with all."""
    throttle = services.throttle
    if throttle.away and throttle.pause() is None:
        with contextlib.suppress(*_NO_ANSWER):
            async with asyncio.timeout(_EVERY):
                await bot.http.request(Route("GET", "/users/@me"))
    if throttle.came_back():
        try:
            await services.worker.resume(*FOR_DISCORD)
        except PyMongoError:
            throttle.not_told()
