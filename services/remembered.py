"""A moment's memory, so that a crowd that asks the same makes one reading."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from datetime import datetime, timedelta
from typing import NamedTuple
from weakref import WeakValueDictionary

from services.clock import Clock

_MOST = 500


class _Kept[V](NamedTuple):
    renew_from: datetime
    until: datetime
    value: V


class Remembered[K: Hashable, V]:
    """Keeps answers for so long after they were asked for; only for what may be seen that much too late."""

    def __init__(self, clock: Clock, life: timedelta, tell: Callable[[], None] | None = None) -> None:
        """Take how others are told, where they remember the same (services/memories.py)."""
        self._clock = clock
        self._life = life
        self._kept: dict[K, _Kept[V]] = {}
        self._locks: WeakValueDictionary[K, asyncio.Lock] = WeakValueDictionary()
        self._tell = tell
        self._forgotten = 0

    async def get(self, key: K, read: Callable[[], Awaitable[V]]) -> V:
        """What was read for this key a moment ago, or is being read now for somebody else; else read it."""
        kept = self._fresh(key)
        lock = self._locks.setdefault(key, asyncio.Lock())
        # Half-way one person reads anew while the others go on with what is kept: nobody has to queue.
        if kept is not None and (lock.locked() or kept.renew_from > self._clock.now()):
            return kept.value
        async with lock:
            again = self._fresh(key)
            if again is None or again is kept:
                again = await self._read(key, read)
        return again.value

    def forget(self) -> None:
        """Read everything anew from here on, in this process and in every other that remembers the same."""
        self.lose()
        if self._tell is not None:
            self._tell()

    def lose(self) -> None:
        """Read everything anew here, also what is being read at this moment."""
        self._forgotten += 1
        self._kept.clear()

    def _fresh(self, key: K) -> _Kept[V] | None:
        kept = self._kept.get(key)
        return kept if kept is not None and kept.until > self._clock.now() else None

    async def _read(self, key: K, read: Callable[[], Awaitable[V]]) -> _Kept[V]:
        now, forgotten = self._clock.now(), self._forgotten
        kept = _Kept(now + self._life / 2, now + self._life, await read())
        if forgotten == self._forgotten:
            if len(self._kept) >= _MOST:
                self._kept.clear()
            self._kept[key] = kept
        return kept
