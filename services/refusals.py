"""Counts deliveries that were turned away, without ever holding up the next one."""

import asyncio
import logging
from collections import Counter
from datetime import datetime, timedelta

from redis.asyncio import Redis
from redis.exceptions import RedisError

from services.clock import Clock

_FORGOTTEN_AFTER = timedelta(days=7)
_PATIENCE = 1.0
_ONE_LINE_PER = timedelta(minutes=1)
_MOST_REASONS = 1000
_WORD = 80

log = logging.getLogger(__name__)


class Refusals:
    """How often each provider's deliveries to a shop were refused; forgotten after a week without any.

    The counts live in Redis and are written behind the answer's back: they may be lost, never waited for.
    """

    def __init__(self, redis: Redis | None, clock: Clock) -> None:
        self._redis = redis
        self._clock = clock
        self._unwritten: Counter[tuple[str, str]] = Counter()
        self._writing: asyncio.Task[None] | None = None
        self._told: dict[tuple[str, str, str], datetime] = {}

    def note(self, name: str, tenant_id: str, why: str) -> None:
        """Count one refusal; the log hears of each reason once a minute."""
        self._tell(name, tenant_id, why[:_WORD])
        if self._redis is None:
            return
        self._unwritten[tenant_id, name] += 1
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write(self._redis))

    async def of(self, tenant_id: str) -> dict[str, int]:
        """The refusals of a shop's providers by their names; empty when Redis is away."""
        if self._redis is None:
            return {}
        try:
            async with asyncio.timeout(_PATIENCE):
                found = await self._redis.hgetall(_key(tenant_id))
        except (RedisError, OSError, TimeoutError):
            return {}
        return {_text(name): int(count) for name, count in found.items()}

    async def written(self) -> None:
        """Return once everything noted so far is in Redis, or lost."""
        if self._writing is not None:
            await asyncio.wait([self._writing])

    def _tell(self, name: str, tenant_id: str, why: str) -> None:
        now, reason = self._clock.now(), (name, tenant_id, why)
        told = self._told.get(reason)
        if told is not None and now - told < _ONE_LINE_PER:
            return
        if len(self._told) >= _MOST_REASONS:
            self._told.clear()
        self._told[reason] = now
        log.warning("webhook_refused", extra={"provider": name, "tenant": tenant_id, "why": why})

    async def _write(self, redis: Redis) -> None:
        while self._unwritten:
            counted, self._unwritten = self._unwritten, Counter()
            try:
                async with asyncio.timeout(_PATIENCE):
                    await _add(redis, counted)
            except (RedisError, OSError, TimeoutError):
                log.info("refusals_uncounted", extra={"count": counted.total()})


async def _add(redis: Redis, counted: Counter[tuple[str, str]]) -> None:
    async with redis.pipeline(transaction=False) as pipe:
        for (tenant_id, name), count in counted.items():
            pipe.hincrby(_key(tenant_id), name, count)
            pipe.expire(_key(tenant_id), _FORGOTTEN_AFTER)
        await pipe.execute()


def _key(tenant_id: str) -> str:
    return f"shop:refused:{tenant_id}"


def _text(name: bytes | str) -> str:
    return name if isinstance(name, str) else name.decode()
