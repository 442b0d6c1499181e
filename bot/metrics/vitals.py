"""Whether this process can do its part: the database writable, Discord connected, its work alive."""

import asyncio
from collections.abc import Awaitable, Sequence
from enum import StrEnum

from pymongo.errors import PyMongoError
from redis.asyncio import Redis
from redis.exceptions import RedisError

from bot.client import Bot
from models.base import Db

_PATIENCE = 2.0


class State(StrEnum):
    """How a part is; one that this process does not run is none."""

    UP = "up"
    DOWN = "down"
    NONE = "none"


class Vitals:
    """Looks at each part anew; `began` and `ending` tell it what the process itself knows."""

    def __init__(self, db: Db, cache: Redis | None) -> None:
        self._db = db
        self._cache = cache
        self._bot: Bot | None = None
        self._work: Sequence[asyncio.Task[None]] = ()
        self._running = False

    @property
    def bot(self) -> Bot | None:
        """The bot that runs here, once it does."""
        return self._bot

    def began(self, bot: Bot | None, work: Sequence[asyncio.Task[None]]) -> None:
        """The process has started: it is this bot's, if any, and this work must not end."""
        self._bot, self._work, self._running = bot, work, True

    def ending(self) -> None:
        """The process stops, and nobody should send it anything more."""
        self._running = False

    async def look(self) -> dict[str, State]:
        """Every part's state, by name."""
        database, cache = await asyncio.gather(self._database(), self._redis())
        return {
            "process": _state(up=self._running),
            "database": database,
            "redis": cache,
            "gateway": self._gateway(),
            "work": _state(up=not self.ended),
        }

    @property
    def ended(self) -> list[str]:
        """The work that died, by name; what ended by itself had nothing to do."""
        died = (task for task in self._work if task.done() and (task.cancelled() or task.exception()))
        return [task.get_name() for task in died]

    async def _database(self) -> State:
        hello = await _answer(self._db.client.admin.command("hello"))
        return _state(up=isinstance(hello, dict) and bool(hello.get("isWritablePrimary")))

    async def _redis(self) -> State:
        return State.NONE if self._cache is None else _state(up=bool(await _answer(self._cache.ping())))

    def _gateway(self) -> State:
        if self._bot is None:
            return State.NONE
        shards = getattr(self._bot, "shards", None)
        if shards:
            return _state(up=not any(shard.is_closed() for shard in shards.values()))
        # Clicks are answered from here on; nextcord calls itself ready only seconds later.
        return _state(up=self._bot.ws is not None and self._bot.ws.open)


def ready(parts: dict[str, State]) -> bool:
    """Whether the process can do its part; without Redis it can."""
    return all(state is not State.DOWN for name, state in parts.items() if name != "redis")


def _state(*, up: bool) -> State:
    return State.UP if up else State.DOWN


async def _answer(asked: Awaitable[object]) -> object:
    try:
        async with asyncio.timeout(_PATIENCE):
            return await asked
    except (TimeoutError, OSError, PyMongoError, RedisError):
        return None
