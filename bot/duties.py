"""The running house's duties, each begun and ended as a block: listening, being in Discord, working off."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import nextcord

from bot.client import Bot, connect
from bot.config import ConfigError, Settings
from bot.stores import Stores
from bot.web.app import make_app
from bot.web.listener import Listener
from bot.web.visitors import Visitors
from services import Services

# Seconds for people's last answers, for effects under way, and for Discord to hang up.
_LAST_ANSWERS = 2.0
_LAST_EFFECTS = 5.0
_LAST_WORD = 10.0


@contextlib.asynccontextmanager
async def listening(settings: Settings, stores: Stores, services: Services) -> AsyncIterator[Listener]:
    """Serve the pages; raises ConfigError when the port cannot be had."""
    app = make_app(
        db=stores.db,
        cache=stores.cache,
        links=services.links,
        invoices=services.invoices,
        inbox=services.inbox,
        themes=services.themes,
        shares=services.shares,
        visitors=Visitors(settings.web.trusted_proxies),
    )
    listener = Listener(app, settings.web.host, settings.web.port, most=settings.web.max_connections)
    try:
        await listener.start()
    except OSError as reason:
        place = f"{settings.web.host}:{settings.web.port}"
        why = f"The listener cannot use {place} ({reason.strerror}): choose another SHOP_WEB__PORT."
        raise ConfigError([why]) from reason
    try:
        yield listener
    finally:
        await listener.stop()


@contextlib.asynccontextmanager
async def logged_in(bot: Bot, settings: Settings) -> AsyncIterator[None]:
    """Be known to Discord, which then does what is asked of it. Raises ConfigError as `connected` does."""
    try:
        await _log_in(bot, settings)
        yield
    finally:
        await bot.close()
        await bot.http.close()


async def _log_in(bot: Bot, settings: Settings) -> None:
    token = settings.discord.token.get_secret_value() if settings.discord.token else ""
    try:
        await bot.login(token)
    except nextcord.LoginFailure as reason:
        raise ConfigError(
            ["Discord does not accept the token: reset it in the developer portal and set the new one."]
        ) from reason


@contextlib.asynccontextmanager
async def connected(bot: Bot, settings: Settings) -> AsyncIterator[asyncio.Task[None]]:
    """Be in Discord; the task ends with the connection. Raises ConfigError when the token is not accepted."""
    gateway: asyncio.Task[None] | None = None
    try:
        await _log_in(bot, settings)
        gateway = asyncio.create_task(connect(bot), name="gateway")
        yield gateway
    finally:
        await _last_answers()
        await bot.close()
        if gateway is not None:
            await _end(gateway, _LAST_WORD)
        # A request after the close opens nextcord's connections anew.
        await bot.http.close()


async def _last_answers() -> None:
    """Give the events that are under way a moment, while answers to them can still be sent."""
    answers = [task for task in asyncio.all_tasks() if task.get_name().startswith("nextcord: ")]
    if answers:
        await asyncio.wait(answers, timeout=_LAST_ANSWERS)


@contextlib.asynccontextmanager
async def waking(services: Services) -> AsyncIterator[asyncio.Task[None]]:
    """Hear from the other processes what is due and what has changed, and tell them."""
    task = asyncio.create_task(services.wakeups.relay(), name="wakeups")
    try:
        yield task
    finally:
        await _end(task, 0)


@contextlib.asynccontextmanager
async def working(services: Services) -> AsyncIterator[list[asyncio.Task[None]]]:
    """Work off what is owed and tidy up; what is under way at the end is finished first."""
    jobs: dict[str, Callable[[], Coroutine[Any, Any, None]]] = {
        "outbox": services.worker.run,
        "inbox": services.inbox.run,
        "sweeper": services.sweeper.run,
        "poller": services.poller.run,
        "storefronts": services.storefront_worker.run,
    }
    outbox, inbox, *others = [asyncio.create_task(job(), name=name) for name, job in jobs.items()]
    try:
        yield [outbox, inbox, *others]
    finally:
        services.inbox.stop()
        services.worker.stop()
        await asyncio.gather(_end(inbox, _LAST_EFFECTS), _end(outbox, _LAST_EFFECTS))
        for task in others:
            await _end(task, 0)


async def _end(task: asyncio.Task[None], patience: float) -> None:
    """Wait so many seconds for the task to end by itself, then cancel it."""
    await asyncio.wait([task], timeout=patience)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
