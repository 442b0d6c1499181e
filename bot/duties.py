"""The running house's duties, each begun and ended as a block: listening, being in Discord, working off."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

from bot.arrival import known, log_in, stay
from bot.client import Bot
from bot.config import ConfigError, Settings
from bot.stopping import Deadline
from bot.stores import Stores
from bot.web.app import make_app
from bot.web.listener import Listener
from bot.web.visitors import Visitors
from services import Services
from services.discord_throttle import FOR_DISCORD

# Seconds at most for effects under way, for people's last answers, for Discord to hang up, for webhooks that
# are being taken in; and what is kept for the steps after the first two, so that none is left without time.
_LAST_EFFECTS = 4.0
_LAST_ANSWERS = 2.0
_LAST_WORD = 1.5
_LAST_WEBHOOKS = 3.0
_KEPT_BY_EFFECTS = 4.0
_KEPT_BY_ANSWERS = 2.0
_KEPT_FOR_STORES = 1.0
_CANCELLED = 0.5
_FINISHING = ("outbox", "inbox", "storefronts")
_HANDED_BACK = 1.0


@contextlib.asynccontextmanager
async def listening(
    settings: Settings, stores: Stores, services: Services, end: Deadline
) -> AsyncIterator[Listener]:
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
        await end.within(listener.stop(), _LAST_WEBHOOKS, what="listener", keep=_KEPT_FOR_STORES)


@contextlib.asynccontextmanager
async def logged_in(
    bot: Bot, settings: Settings, services: Services, end: Deadline
) -> AsyncIterator[asyncio.Task[None]]:
    """Be known to Discord, which then does what is asked of it, without hearing what happens there.

    Raises ConfigError as `connected` does.
    """
    task: asyncio.Task[None] | None = None
    try:
        there = await log_in(bot, _token(settings), services.meters)
        waiting = known(bot, _token(settings), services, logged_in=there)
        task = asyncio.create_task(waiting, name="discord")
        yield task
    finally:
        if task is not None:
            task.cancel()
        await end.within(_hung_up(bot), _LAST_WORD, what="discord", keep=_KEPT_FOR_STORES)


@contextlib.asynccontextmanager
async def connected(
    bot: Bot, settings: Settings, services: Services, end: Deadline
) -> AsyncIterator[asyncio.Task[None]]:
    """Be in Discord; the task ends with the connection. Raises ConfigError when the token is not accepted."""
    gateway: asyncio.Task[None] | None = None
    try:
        there = await log_in(bot, _token(settings), services.meters)
        staying = stay(bot, _token(settings), services, logged_in=there)
        gateway = asyncio.create_task(staying, name="gateway")
        yield gateway
    finally:
        if gateway is not None:
            # Nothing new is heard from here on; what was heard is answered over connections that still stand.
            gateway.cancel()
            await asyncio.wait([gateway], timeout=end.patience(_CANCELLED))
        await _last_answers(end)
        await end.within(_hung_up(bot), _LAST_WORD, what="gateway", keep=_KEPT_FOR_STORES)


def _token(settings: Settings) -> str:
    return settings.discord.token.get_secret_value() if settings.discord.token else ""


async def _hung_up(bot: Bot) -> None:
    try:
        await bot.close()
    finally:
        # A request after the close opens nextcord's connections anew.
        await bot.http.close()


async def _last_answers(end: Deadline) -> None:
    """Give the events that are under way a moment, while answers to them can still be sent."""
    answers = [task for task in asyncio.all_tasks() if task.get_name().startswith("nextcord: ")]
    if answers:
        await asyncio.wait(answers, timeout=end.patience(_LAST_ANSWERS, keep=_KEPT_BY_ANSWERS))


@contextlib.asynccontextmanager
async def waking(services: Services) -> AsyncIterator[asyncio.Task[None]]:
    """Hear from the other processes what is due and what has changed, and tell them."""
    task = asyncio.create_task(services.wakeups.relay(), name="wakeups")
    try:
        yield task
    finally:
        task.cancel()


@contextlib.asynccontextmanager
async def working(services: Services, end: Deadline) -> AsyncIterator[list[asyncio.Task[None]]]:
    """Work off what is owed and tidy up; what is under way at the end is finished first."""
    jobs: dict[str, Callable[[], Coroutine[Any, Any, None]]] = {
        "outbox": services.worker.run,
        "inbox": services.inbox.run,
        "sweeper": services.sweeper.run,
        "poller": services.poller.run,
        "storefronts": services.storefront_worker.run,
    }
    # The process before this one may have ended because of Discord.
    await services.worker.resume(*FOR_DISCORD)
    tasks = {name: asyncio.create_task(job(), name=name) for name, job in jobs.items()}
    try:
        yield list(tasks.values())
    finally:
        services.inbox.stop()
        services.worker.stop()
        services.storefront_worker.stop()
        finishing = [tasks[name] for name in _FINISHING]
        for task in tasks.values():
            if task not in finishing:
                task.cancel()
        await asyncio.wait(finishing, timeout=end.patience(_LAST_EFFECTS, keep=_KEPT_BY_EFFECTS))
        for task in finishing:
            task.cancel()
        # Those that wait for a database which does not answer are left to themselves.
        await asyncio.wait(tasks.values(), timeout=end.patience(_CANCELLED))
        hand_back = asyncio.gather(services.inbox.hand_back(), services.worker.hand_back())
        await end.within(hand_back, _HANDED_BACK, what="leases", keep=_KEPT_BY_ANSWERS)
