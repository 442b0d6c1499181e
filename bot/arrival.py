"""Arriving in Discord, which may be away for a while, and hearing that the token is not wanted any more."""

import asyncio
import logging
from http import HTTPStatus

import aiohttp
import nextcord

from bot.client import Bot, connect
from bot.config import ConfigError
from bot.metrics.clients import time_discord
from services import Services
from services.meters import Meters

_FIRST_WAIT, _LONGEST_WAIT = 1.0, 60.0
_TOKEN_REFUSED = 4004
_REFUSED = "Discord does not accept the token: reset it in the developer portal and set the new one."
_AWAY = (aiohttp.ClientError, OSError, TimeoutError, nextcord.GatewayNotFound)

log = logging.getLogger(__name__)


async def log_in(bot: Bot, token: str, meters: Meters) -> bool:
    """Log in; False when Discord is away. Raises ConfigError when it does not accept the token."""
    try:
        await bot.login(token)
    except nextcord.LoginFailure as reason:
        raise ConfigError([_REFUSED]) from reason
    except _AWAY as error:
        log.warning("discord_away", extra={"error": type(error).__name__})
        return False
    except nextcord.HTTPException as error:
        if error.status != HTTPStatus.TOO_MANY_REQUESTS and error.status < HTTPStatus.INTERNAL_SERVER_ERROR:
            raise
        log.warning("discord_away", extra={"status": error.status})
        return False
    time_discord(bot, meters)
    return True


async def known(bot: Bot, token: str, services: Services, *, logged_in: bool) -> None:
    """Be known to Discord from the moment at which it is there; never returns.

    Raises ConfigError when the token is taken away meanwhile.
    """
    await _arrived(bot, token, services, logged_in=logged_in)
    await services.throttle.shut_out.wait()
    raise ConfigError([_REFUSED])


async def stay(bot: Bot, token: str, services: Services, *, logged_in: bool) -> None:
    """Be in Discord until the bot is closed, from the moment at which Discord is there.

    Raises ConfigError when the token is taken away meanwhile.
    """
    await _arrived(bot, token, services, logged_in=logged_in)
    connection = asyncio.create_task(_connected(bot))
    shut_out = asyncio.create_task(services.throttle.shut_out.wait())
    try:
        await asyncio.wait([connection, shut_out], return_when=asyncio.FIRST_COMPLETED)
        if shut_out.done():
            raise ConfigError([_REFUSED])
        await connection
    finally:
        for task in (connection, shut_out):
            task.cancel()
        await asyncio.gather(connection, shut_out, return_exceptions=True)


async def _arrived(bot: Bot, token: str, services: Services, *, logged_in: bool) -> None:
    wait = _FIRST_WAIT
    while not logged_in:
        await asyncio.sleep(wait)
        wait = min(wait * 2, _LONGEST_WAIT)
        logged_in = await log_in(bot, token, services.meters)


async def _connected(bot: Bot) -> None:
    try:
        await connect(bot)
    except nextcord.ConnectionClosed as closed:
        if closed.code == _TOKEN_REFUSED:
            raise ConfigError([_REFUSED]) from closed
        log.error("gateway_refused", extra={"code": closed.code})  # noqa: TRY400 - whoever awaits this logs the rest
        raise
