"""The running house: servers, clients, services, listener, bot and work, begun and ended in order."""

import asyncio
import contextlib
import logging
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass

import aiohttp
import nextcord
from nextcord.ext import commands
from pymongo.errors import PyMongoError

from bot.client import make_bot
from bot.config import ConfigError, Settings
from bot.duties import connected, listening, working
from bot.log import reference
from bot.memory import set_apart
from bot.outside import links_from, outside_from, rules_from
from bot.stopping import Deadline, LastResort
from bot.stores import stored
from bot.web.listener import Listener
from bot.wiring import build
from models.registry import IndexRefused
from services import Services
from services.clock import SystemClock
from services.flags import keep_system_flags
from services.system_themes import seed_system_themes

_UNREACHABLE = (PyMongoError, IndexRefused, nextcord.DiscordException, aiohttp.ClientError, OSError)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class House:
    """Everything that runs, and the work that must not end by itself."""

    services: Services
    bot: commands.Bot
    listener: Listener
    work: list[asyncio.Task[None]]

    async def watch(self) -> None:
        """Return only when a piece of work has died, which is logged.

        Raises ConfigError when only another setting can bring it back.
        """
        done, _ = await asyncio.wait(self.work, return_when=asyncio.FIRST_EXCEPTION)
        for task in done:
            error = task.exception()
            if isinstance(error, ConfigError):
                raise error
            if error:
                log.error("work_died", extra={"work": task.get_name()}, exc_info=error)


async def run(settings: Settings) -> int:
    """Run until SIGTERM or Ctrl-C, with status 0 then; 1 when the start failed or a piece of work died.

    Raises ConfigError and EmbeddedUnavailable with a sentence for the operator.
    """
    deadline, last = Deadline(), LastResort()
    try:
        with stopped_by_signals(deadline.begin, last.arm):
            async with running(settings, deadline=deadline) as house:
                set_apart()
                await house.watch()
    except asyncio.CancelledError:
        log.info("stopped")
        last.status = 0
        return 0
    except _UNREACHABLE as error:
        log.error("start_failed", extra={"error": type(error).__name__, "why": str(error)[:500]})  # noqa: TRY400 - a traceback helps no operator here
    finally:
        # Also without a signal: a thread that a dead server holds must not keep the supervisor waiting.
        last.arm()
    return 1


@contextlib.contextmanager
def stopped_by_signals(*begin: Callable[[], None]) -> Iterator[None]:
    """Let the first SIGTERM or SIGINT `begin` the end and cancel this task; further ones change nothing."""
    loop, task, told = asyncio.get_running_loop(), asyncio.current_task(), False

    def stop() -> None:
        nonlocal told
        if not told and task is not None:
            told = True
            for each in begin:
                each()
            task.cancel()

    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, stop)
    try:
        yield
    finally:
        for sign in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(sign)


@contextlib.asynccontextmanager
async def running(
    settings: Settings, *, local_links: bool = False, deadline: Deadline | None = None
) -> AsyncIterator[House]:
    """Start everything, and stop it in the opposite order; `local_links` lead to this machine only."""
    end = deadline or Deadline()
    async with stored(settings, end) as stores, contextlib.AsyncExitStack() as stack:
        clock = SystemClock()
        local = f"http://{settings.web.host}:{settings.web.port}" if local_links else None
        if settings.web.public_url is None and local is None:
            log.warning("invoice_links_off", extra={"missing": "web.public_url"})
        await seed_system_themes(stores.db)
        await keep_system_flags(stores.db, settings.flags.said())
        links = links_from(settings, local, clock)
        outside = outside_from(settings)
        services = build(stores.db, clock, rules_from(settings.shop), links, outside, stores.cache)
        stack.push_async_callback(services.calls.close)
        listener = await stack.enter_async_context(listening(settings, stores, services, end))
        bot = make_bot(
            services,
            reference=reference,
            api_url=settings.discord.api_url,
            command_guild_ids=settings.discord.command_guild_ids,
        )
        gateway = await stack.enter_async_context(connected(bot, settings, services.reach, end))
        work = await stack.enter_async_context(working(services, end))
        log.info("started")
        yield House(services, bot, listener, [gateway, *work])
