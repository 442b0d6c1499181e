"""Where the shop keeps things while it runs: database and cache, its own where none are configured."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any

from pymongo import AsyncMongoClient
from pymongo.errors import ConnectionFailure
from redis.asyncio import Redis

from bot.config import Settings
from bot.embedded import EmbeddedUnavailable, Mongod, RedisServer
from bot.embedded.ownership import STOP_SECONDS
from bot.metrics.clients import DatabaseTimes
from bot.outside import open_database, open_redis
from bot.stopping import Deadline
from bot.upkeep import Upkeep
from models.base import Db
from services.meters import Meters

# Seconds for one look at a database that is not there yet, until the next, and to part from servers.
_LOOK_MS, _LOOK_AGAIN = 1000, 0.5
_GOODBYE = 0.7

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
    settings: Settings, deadline: Deadline | None = None, meters: Meters | None = None, *, apart: bool = False
) -> AsyncIterator[Stores]:
    """The database with its indexes, and the cache; embedded ones run as long as the block.

    Processes `apart` share what has an address: an embedded Redis would be no use to them.
    """
    end = deadline or Deadline()
    async with contextlib.AsyncExitStack() as stack:
        heard = [DatabaseTimes(meters)] if meters is not None and settings.metrics.port is not None else []
        guards: list[asyncio.Task[None]] = []
        uri = await _database_uri(settings, stack, guards, end)
        await answering(uri, settings.database.wait_seconds)
        db = open_database(uri, settings.database.name, *heard)
        stack.push_async_callback(_closed, db, end)
        upkeep = Upkeep(db, kept=settings.retention)
        await upkeep.begin()
        url = await _redis_url(settings, stack, end, apart=apart)
        cache = open_redis(url) if url else None
        if cache is not None:
            stack.push_async_callback(_let_go, cache, end)
        yield Stores(db, cache, upkeep, guards)


async def answering(uri: str, seconds: float) -> None:
    """Return once the database can be written to; raises PyMongoError when it cannot for so long.

    A host that starts everything at once starts the shop before its database.
    """
    until, said = monotonic() + seconds, False
    async with AsyncMongoClient[dict[str, Any]](uri, serverSelectionTimeoutMS=_LOOK_MS) as client:
        while error := await _missing(client):
            if monotonic() >= until:
                raise error
            if not said:
                said = True
                log.warning(
                    "database_awaited", extra={"error": type(error).__name__, "wait_seconds": seconds}
                )
            await asyncio.sleep(_LOOK_AGAIN)


async def _missing(client: AsyncMongoClient[dict[str, Any]]) -> ConnectionFailure | None:
    try:
        await client.admin.command("ping")
    except ConnectionFailure as error:
        return error
    return None


async def _closed(db: Db, end: Deadline) -> None:
    # It says goodbye to the server, and waits for an answer however long that takes.
    await end.within(asyncio.to_thread(db.client.close), _GOODBYE, what="database")


async def _let_go(cache: Redis, end: Deadline) -> None:
    await end.within(cache.aclose(), _GOODBYE, what="cache")


async def _database_uri(
    settings: Settings,
    stack: contextlib.AsyncExitStack,
    guards: list[asyncio.Task[None]],
    end: Deadline,
) -> str:
    if settings.database.uri is not None:
        return settings.database.uri.get_secret_value()
    mongod = Mongod(settings.data_dir, patience=_at_most(end))
    uri = await stack.enter_async_context(mongod)
    guard = asyncio.create_task(mongod.ended(), name="database")
    stack.callback(guard.cancel)
    guards.append(guard)
    return uri


def _at_most(end: Deadline) -> Callable[[], float]:
    # What was acknowledged is in the journal: a server that is killed in the end loses nothing.
    return lambda: max(_GOODBYE, end.patience(STOP_SECONDS))


async def _redis_url(
    settings: Settings, stack: contextlib.AsyncExitStack, end: Deadline, *, apart: bool
) -> str | None:
    if settings.redis.url is not None:
        return settings.redis.url.get_secret_value()
    if apart:
        log.warning("redis_missing", extra={"missing": "redis.url"})
        return None
    try:
        return await stack.enter_async_context(RedisServer(settings.data_dir, patience=_at_most(end)))
    except EmbeddedUnavailable as reason:
        log.warning("redis_unavailable", extra={"why": str(reason)})
        return None
