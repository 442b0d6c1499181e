"""Slows down an address by what it gets wrong, and by pages; what a provider delivers is never counted.

The answer never waits for Redis: processes learn from it, behind the answer's back, what others have seen.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable
from enum import StrEnum

from redis.asyncio import Redis
from redis.exceptions import RedisError

WINDOW = 60
_MOST_KEYS = 20_000
_KNOWN_FOR = 24 * 3600
_PATIENCE = 1.0
_SHORT_PATIENCE = 0.2

log = logging.getLogger(__name__)


class Counted(StrEnum):
    """What is counted."""

    WRONG = "wrong"
    PAGES = "pages"
    ICONS = "icons"


# Of one address in a minute. A person opens a handful, a whole school behind one address some dozens.
ALLOWED = {Counted.WRONG: 60, Counted.PAGES: 240, Counted.ICONS: 240}

type _Key = tuple[Counted, str, int]


class Limits:
    """Counts in windows of a minute; an address from which something valid was delivered is known for a day.

    A known address may get as much wrong as it likes: it is a provider's, which also delivers for shops that
    have mistyped their keys.
    """

    def __init__(self, redis: Redis | None = None, now: Callable[[], float] = time.time) -> None:
        self._redis = redis
        self._now = now
        self._counts: Counter[_Key] = Counter()
        self._unwritten: Counter[_Key] = Counter()
        self._known: dict[str, float] = {}
        self._unwritten_known: set[str] = set()
        self._writing: asyncio.Task[None] | None = None

    def count(self, kind: Counted, who: str) -> None:
        """Count one."""
        key = self._key(kind, who)
        if len(self._counts) >= _MOST_KEYS:
            self._clear_up(key[2])
        self._counts[key] += 1
        if self._redis is not None:
            self._unwritten[key] += 1
            self._write_soon(self._redis)

    def over(self, kind: Counted, who: str) -> bool:
        """Whether it was too much in this minute."""
        return self._counts[self._key(kind, who)] >= ALLOWED[kind]

    def know(self, who: str) -> None:
        """Note that something valid was delivered from there."""
        if self._known.get(who, 0.0) < self._now() + _KNOWN_FOR / 2:
            if len(self._known) >= _MOST_KEYS:
                self._known.clear()
            self._known[who] = self._now() + _KNOWN_FOR
            if self._redis is not None:
                self._unwritten_known.add(who)
                self._write_soon(self._redis)

    async def knows(self, who: str) -> bool:
        """Whether something valid came from there within a day, to any process."""
        if self._known.get(who, 0.0) > self._now():
            return True
        if self._redis is None:
            return False
        try:
            async with asyncio.timeout(_SHORT_PATIENCE):
                found = bool(await self._redis.exists(_known(who)))
        except (RedisError, OSError, TimeoutError):
            # Rather too many than a provider too few.
            return True
        if found:
            self._known[who] = self._now() + WINDOW
        return found

    def ends_in(self) -> int:
        """Seconds until the minute is over."""
        return WINDOW - int(self._now()) % WINDOW

    async def written(self) -> None:
        """Return once everything counted so far is in Redis, or lost."""
        if self._writing is not None:
            await asyncio.wait([self._writing])

    def _key(self, kind: Counted, who: str) -> _Key:
        return kind, who, int(self._now()) // WINDOW

    def _clear_up(self, window: int) -> None:
        """Forget the minutes that are over, and everything where that is not enough."""
        self._counts = Counter({key: many for key, many in self._counts.items() if key[2] == window})
        if len(self._counts) >= _MOST_KEYS:
            log.warning("limits_overrun", extra={"addresses": len(self._counts)})
            self._counts.clear()

    def _write_soon(self, redis: Redis) -> None:
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write(redis))

    async def _write(self, redis: Redis) -> None:
        while self._unwritten or self._unwritten_known:
            counted, self._unwritten = self._unwritten, Counter()
            known, self._unwritten_known = self._unwritten_known, set()
            try:
                async with asyncio.timeout(_PATIENCE):
                    totals = await _add(redis, counted, known)
            except (RedisError, OSError, TimeoutError):
                log.info("limits_unshared", extra={"count": counted.total()})
                continue
            for key, total in totals.items():
                self._counts[key] = max(self._counts[key], total)


async def _add(redis: Redis, counted: Counter[_Key], known: set[str]) -> dict[_Key, int]:
    """Add the counts to those of all processes; the sums."""
    async with redis.pipeline(transaction=False) as pipe:
        for who in known:
            pipe.set(_known(who), 1, ex=_KNOWN_FOR)
        for (kind, who, window), many in counted.items():
            name = f"shop:limits:{kind}:{window}:{who}"
            pipe.incrby(name, many)
            pipe.expire(name, 2 * WINDOW)
        answers = await pipe.execute()
    return dict(zip(counted, map(int, answers[len(known) :: 2]), strict=True))


def _known(who: str) -> str:
    return f"shop:limits:known:{who}"
