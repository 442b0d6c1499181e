"""Tells workers that something is due, so that they need not wait for the next poll."""

import asyncio
import contextlib
import logging
import secrets
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

CHANNEL = "shop:outbox"
_CHANGES = "shop:changes"
_RETRY_SECONDS = 5.0
_PATIENCE = 1.0
_QUIET_SECONDS = 10.0

log = logging.getLogger(__name__)


class Bell:
    """What one worker waits for; a ring while it is busy is not lost."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """Wake the one who waits, or whoever waits next."""
        self._rung.set()

    async def wait(self, at_most: timedelta) -> None:
        """Return when the bell rings or the time is over."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(at_most.total_seconds()):
                await self._rung.wait()
        self._rung.clear()


class Wakeups:
    """Bells within this process and, through Redis, in every other; without Redis polling goes on."""

    def __init__(
        self, redis: Redis | None, *, quiet: float = _QUIET_SECONDS, again: float = _RETRY_SECONDS
    ) -> None:
        """Take after how many seconds a line without a word is tested, and when a dead one is tried again."""
        self._redis = redis
        self._quiet = quiet
        self._again = again
        self._bells: list[Bell] = []
        self._to_tell = asyncio.Event()
        self._changed: set[str] = set()
        self._forgetting: defaultdict[str, list[Callable[[], None]]] = defaultdict(list)
        self._own = secrets.token_hex(8)

    def bell(self) -> Bell:
        """A bell for one who waits: two who share one would each miss what the other hears."""
        made = Bell()
        self._bells.append(made)
        return made

    def ring(self) -> None:
        """Wake every worker; costs nothing and never fails."""
        self._ring_here()
        self._to_tell.set()

    def on_change(self, what: str, forget: Callable[[], None]) -> None:
        """Call this when another process has changed something that this one may remember."""
        self._forgetting[what].append(forget)

    def change(self, what: str) -> None:
        """Let every process forget what it remembers of this, and this one at once."""
        self._forget([what])
        self.tell_of_change(what)

    def tell_of_change(self, what: str) -> None:
        """Let every other process forget what it remembers of this; costs nothing and never fails."""
        self._changed.add(what)
        self._to_tell.set()

    def _ring_here(self) -> None:
        for bell in self._bells:
            bell.ring()

    async def relay(self) -> None:
        """Pass bells to and from other processes until cancelled."""
        if self._redis is None:
            # Whoever watches over it takes an end for a death.
            await asyncio.Event().wait()
            return
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._tell(self._redis))
            tasks.create_task(self._hear(self._redis))

    async def _tell(self, redis: Redis) -> None:
        while True:
            await self._to_tell.wait()
            self._to_tell.clear()
            try:
                async with asyncio.timeout(_PATIENCE):
                    await self._publish(redis)
            except (RedisError, OSError):
                # A bell may be missed, for everybody polls; a change would be remembered wrongly until told.
                await asyncio.sleep(_PATIENCE)
                if self._changed:
                    self._to_tell.set()

    async def _publish(self, redis: Redis) -> None:
        if self._changed:
            # What changes once more while this is on its way has to be told once more.
            told, self._changed = self._changed, set()
            what, untold = ",".join(sorted(told)), told
            try:
                await redis.publish(_CHANGES, f"{self._own}:{what}")
                untold = set()
            finally:
                self._changed |= untold
        await redis.publish(CHANNEL, self._own)

    async def _hear(self, redis: Redis) -> None:
        while True:
            try:
                await self._listen(redis)
            except (RedisError, OSError):
                log.warning("redis_away")
                await asyncio.sleep(self._again)

    async def _listen(self, redis: Redis) -> None:
        async with redis.pubsub() as channel:
            await channel.subscribe(CHANNEL, _CHANGES)
            # What was told while nobody listened here is lost.
            self._forget(self._forgetting)
            while True:
                message = await self._heard(channel)
                if message["type"] != "message":
                    continue
                teller, _, what = message["data"].decode(errors="replace").partition(":")
                if teller != self._own:
                    self._told(message["channel"], what)

    async def _heard(self, channel: PubSub) -> dict[str, Any]:
        """The next message; raises TimeoutError when the line is dead, which sounds like a quiet one."""
        heard: dict[str, Any] | None = await channel.get_message(timeout=self._quiet)
        if heard is None:
            await channel.ping()
            heard = await channel.get_message(timeout=_PATIENCE)
        if heard is None:
            raise TimeoutError
        return heard

    def _told(self, channel: bytes, what: str) -> None:
        if channel == _CHANGES.encode():
            # Earlier versions do not say what.
            self._forget(what.split(",") if what else self._forgetting)
        self._ring_here()

    def _forget(self, names: Iterable[str]) -> None:
        for name in list(names):
            for forget in self._forgetting.get(name, ()):
                forget()
