"""Where the shop keeps things while it runs: database and cache, its own where none are configured."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from redis.asyncio import Redis

from bot.config import Settings
from bot.embedded import EmbeddedUnavailable, Mongod, RedisServer
from bot.metrics.clients import DatabaseTimes
from bot.outside import open_database, open_redis
from bot.upkeep import Upkeep
from models.base import Db
from services.meters import Meters

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Stores:
    """Where the shop keeps things: the database, what keeps it up to date, the cache unless there is none.

    `guards` end, with the reason, when a store ends for good without which the shop cannot go on.
    """

    db: Db
    cache: Redis | None
    upkeep: Upkeep
    guards: Sequence[asyncio.Task[None]] = ()


@contextlib.asynccontextmanager
async def stored(
    settings: Settings, meters: Meters | None = None, *, apart: bool = False
) -> AsyncIterator[Stores]:
    """The database with its indexes, and the cache; embedded ones run as long as the block.

    Processes `apart` share what has an address: an embedded Redis would be no use to them.
    """
    async with contextlib.AsyncExitStack() as stack:
        heard = [DatabaseTimes(meters)] if meters is not None and settings.metrics.port is not None else []
        guards: list[asyncio.Task[None]] = []
        db = open_database(await _database_uri(settings, stack, guards), settings.database.name, *heard)
        stack.callback(db.client.close)
        upkeep = Upkeep(db, kept=settings.retention.kept())
        await upkeep.begin()
        url = await _redis_url(settings, stack, apart=apart)
        cache = open_redis(url) if url else None
        if cache is not None:
            stack.push_async_callback(cache.aclose)
        yield Stores(db, cache, upkeep, guards)


async def _database_uri(
    settings: Settings, stack: contextlib.AsyncExitStack, guards: list[asyncio.Task[None]]
) -> str:
    if settings.database.uri is not None:
        return settings.database.uri.get_secret_value()
    mongod = Mongod(settings.data_dir)
    uri = await stack.enter_async_context(mongod)
    guard = asyncio.create_task(mongod.ended(), name="database")
    stack.callback(guard.cancel)
    guards.append(guard)
    return uri


async def _redis_url(settings: Settings, stack: contextlib.AsyncExitStack, *, apart: bool) -> str | None:
    if settings.redis.url is not None:
        return settings.redis.url.get_secret_value()
    if apart:
        log.warning("redis_missing", extra={"missing": "redis.url"})
        return None
    try:
        return await stack.enter_async_context(RedisServer(settings.data_dir))
    except EmbeddedUnavailable as reason:
        log.warning("redis_unavailable", extra={"why": str(reason)})
        return None
