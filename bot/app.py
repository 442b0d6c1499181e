"""The running house: servers, clients, services, listener, bot and work, begun and ended in order."""

import asyncio
import contextlib
import logging
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass

import aiohttp
import nextcord
from pymongo.errors import PyMongoError

from bot.client import Bot, make_bot
from bot.config import ConfigError, Settings
from bot.duties import connected, listening, logged_in, waking, working
from bot.embedded import EmbeddedDied
from bot.looking_out import looking_out
from bot.memory import set_apart
from bot.metrics.serving import watched
from bot.outside import links_from, outside_from, rules_from
from bot.parts import Part
from bot.stopping import Deadline, LastResort
from bot.stores import Stores, stored
from bot.upkeep import kept_up
from bot.wiring import build
from models.base import Db
from models.correlation import fresh
from models.registry import IndexRefused
from models.schema import SchemaRefused
from services import Services
from services.clock import SharedClock
from services.flags import keep_system_flags
from services.meters import Meters
from services.system_themes import seed_system_themes

_REFUSED = (IndexRefused, SchemaRefused)
_UNREACHABLE = (PyMongoError, *_REFUSED, nextcord.DiscordException, aiohttp.ClientError, OSError)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class House:
    """Everything that runs, and the work that must not end by itself; `url` is the listener's, if any."""

    services: Services
    url: str | None
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
            if isinstance(error, EmbeddedDied):
                log.error("work_died", extra={"work": task.get_name(), "why": str(error)})
            elif error:
                log.error("work_died", extra={"work": task.get_name()}, exc_info=error)


async def run(settings: Settings, part: Part = Part.ALL) -> int:
    """Run a part of the house until SIGTERM or Ctrl-C, with status 0 then.

    Status 1 says that the start failed or a piece of work died.

    Raises ConfigError and EmbeddedUnavailable with a sentence for the operator.
    """
    deadline, last = Deadline(), LastResort()
    try:
        with stopped_by_signals(deadline.begin, last.arm):
            async with running(settings, part, deadline=deadline) as house:
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
async def shared_clock(db: Db) -> AsyncIterator[SharedClock]:
    """The time that all processes over this database agree on, kept as long as the block."""
    clock = SharedClock(db)
    await clock.look()
    keeping = asyncio.create_task(clock.keep(), name="clock")
    try:
        yield clock
    finally:
        keeping.cancel()


@contextlib.asynccontextmanager
async def running(
    settings: Settings,
    part: Part = Part.ALL,
    *,
    local_links: bool = False,
    deadline: Deadline | None = None,
) -> AsyncIterator[House]:
    """Start all of a part, and stop it in the opposite order; `local_links` lead to this machine only."""
    end, meters = deadline or Deadline(), Meters()
    opening = stored(settings, end, meters, apart=part.apart)
    async with opening as stores, contextlib.AsyncExitStack() as stack:
        clock = await stack.enter_async_context(shared_clock(stores.db))
        local = f"http://{settings.web.host}:{settings.web.port}" if local_links else None
        if settings.web.public_url is None and local is None:
            log.warning("invoice_links_off", extra={"missing": "web.public_url"})
        await seed_system_themes(stores.db)
        await keep_system_flags(stores.db, settings.flags.said())
        links = links_from(settings, local, clock)
        outside = outside_from(settings)
        rules = rules_from(settings.shop, settings.retention)
        services = build(stores.db, clock, rules, links, outside, stores.cache, meters)
        stack.push_async_callback(services.calls.close)
        vitals = await stack.enter_async_context(watched(settings, stores, services))
        work = [await stack.enter_async_context(waking(services))]
        url, bot, reaching = None, None, None
        if part.serves:
            url = (await stack.enter_async_context(listening(settings, stores, services, end))).url
        if part.hears:
            bot = reaching = _bot(settings, stores, services)
            work.append(await stack.enter_async_context(connected(bot, settings, services, end)))
        elif part.works:
            reaching = _bot(settings, stores, services)
            work.append(await stack.enter_async_context(logged_in(reaching, settings, services, end)))
        if part.works and reaching is not None:
            work.append(await stack.enter_async_context(looking_out(reaching, services)))
            work.append(await stack.enter_async_context(kept_up(stores.upkeep)))
            work += await stack.enter_async_context(working(services, end))
        work += stores.guards
        vitals.began(bot, work)
        stack.callback(vitals.ending)
        log.info("started", extra={"part": part})
        yield House(services, url, work)


def _bot(settings: Settings, stores: Stores, services: Services) -> Bot:
    return make_bot(
        services,
        reference=fresh,
        api_url=settings.discord.api_url,
        command_guild_ids=settings.discord.command_guild_ids,
        shards=settings.discord.shards,
        redis=stores.cache,
        requests_per_second=settings.discord.requests_per_second,
    )
