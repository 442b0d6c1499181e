"""Tells workers that something is due, so that they need not wait for the next poll."""

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

_CHANNEL = "shop:outbox"
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
        self._changed = False
        self._forgetting: list[Callable[[], None]] = []
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

    def on_change(self, forget: Callable[[], None]) -> None:
        """Call this when another process has changed what this one may remember."""
        self._forgetting.append(forget)

    def tell_of_change(self) -> None:
        """Let every other process forget what it remembers of shops; costs nothing and never fails."""
        self._changed = True
        self._to_tell.set()

    def _ring_here(self) -> None:
        for bell in self._bells:
            bell.ring()

    async def relay(self) -> None:
        """Pass bells to and from other processes until cancelled."""
        if self._redis is None:
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
            await redis.publish(_CHANGES, self._own)
            self._changed = False
        await redis.publish(_CHANNEL, self._own)

    async def _hear(self, redis: Redis) -> None:
        while True:
            try:
                await self._listen(redis)
            except (RedisError, OSError):
                log.warning("redis_away")
                await asyncio.sleep(self._again)

    async def _listen(self, redis: Redis) -> None:
        async with redis.pubsub() as channel:
            await channel.subscribe(_CHANNEL, _CHANGES)
            # What was told while nobody listened here is lost.
            self._forget()
            while True:
                message = await self._heard(channel)
                if message["type"] == "message" and message["data"] != self._own.encode():
                    self._told(message["channel"])

    async def _heard(self, channel: PubSub) -> dict[str, Any]:
        """The next message; raises TimeoutError when the line is dead, which sounds like a quiet one."""
        heard: dict[str, Any] | None = await channel.get_message(timeout=self._quiet)
        if heard is None:
            await channel.ping()
            heard = await channel.get_message(timeout=_PATIENCE)
        if heard is None:
            raise TimeoutError
        return heard

    def _told(self, channel: bytes) -> None:
        if channel == _CHANGES.encode():
            self._forget()
        self._ring_here()

    def _forget(self) -> None:
        for forget in self._forgetting:
            forget()
