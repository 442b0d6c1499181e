"""Whether Redis answers, is recent enough, and makes room by itself."""

import asyncio
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from services.doctor.contract import Case, Check, Finding, Section, Severity

_PATIENCE = 3.0
_OLDEST = (6, 0)


class Cache(Check):
    """The shop sells without it; wake-ups come later then."""

    name = "cache"
    section = Section.MACHINE
    finds = frozenset({"cache_none", "cache_away", "cache_old", "cache_full"})

    async def run(self, case: Case) -> list[Finding]:
        """Look whether Redis answers, and how it is set up."""
        if case.tools.redis is None:
            return [Finding("cache_none", Severity.HINT)]
        try:
            async with asyncio.timeout(_PATIENCE):
                told = {**await _told(case.tools.redis, "server"), **await _told(case.tools.redis, "memory")}
        except (RedisError, OSError, TimeoutError):
            return [Finding("cache_away", Severity.WARNING)]
        return list(_judged(told))


async def _told(redis: Redis, section: str) -> dict[str, Any]:
    return dict(await redis.info(section))


def _judged(told: dict[str, Any]) -> list[Finding]:
    found = list[Finding]()
    version = str(told.get("redis_version", ""))
    if tuple(int(part) for part in version.split(".")[:2] if part.isdigit()) < _OLDEST:
        found.append(Finding("cache_old", Severity.WARNING, {"version": version}))
    if told.get("maxmemory") and told.get("maxmemory_policy") == "noeviction":
        found.append(Finding("cache_full", Severity.WARNING))
    return found


CHECK = Cache()
