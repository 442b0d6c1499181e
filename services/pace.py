"""How often somebody may do something: generous where people click, strict where it costs (docs/adr/0041)."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import NamedTuple

from redis.asyncio import Redis
from redis.exceptions import RedisError

from models.errors import TooFast
from services.breaker import Breaker
from services.clock import Clock

log = logging.getLogger(__name__)

_PATIENCE = 0.2
_MOST_KEPT = 20_000
_REDIS = "redis"


class Cost(StrEnum):
    """What is counted, each by itself."""

    CLICK = "click"
    SUGGEST = "suggest"
    ORDER = "order"
    CODE = "code"
    ROLES = "roles"
    CHECK = "check"
    DATA = "data"
    FILES = "files"
    REPORT = "report"
    EXPORT = "export"
    IMPORT = "import"
    TRY = "try"
    EXAMINE = "examine"
    SHARE = "share"


class Limit(NamedTuple):
    """So many at once, and one more after each so many seconds; of one person or of a whole server."""

    burst: int
    seconds: float
    whole_server: bool = False


# Only what costs much has a limit for the whole server: a drop is a thousand people at once.
LIMITS: Mapping[Cost, tuple[Limit, ...]] = {
    Cost.CLICK: (Limit(60, 0.2),),
    Cost.SUGGEST: (Limit(30, 0.2),),
    Cost.ORDER: (Limit(20, 60),),
    # Codes are short: who guesses gets a handful at once, and a few hundred in a day.
    Cost.CODE: (Limit(10, 20), Limit(50, 600)),
    Cost.ROLES: (Limit(3, 20),),
    Cost.CHECK: (Limit(6, 10),),
    Cost.DATA: (Limit(3, 60),),
    Cost.FILES: (Limit(10, 6),),
    Cost.REPORT: (Limit(20, 2), Limit(60, 0.5, whole_server=True)),
    Cost.EXPORT: (Limit(6, 20), Limit(20, 5, whole_server=True)),
    Cost.IMPORT: (Limit(10, 10), Limit(20, 5, whole_server=True)),
    Cost.TRY: (Limit(6, 20), Limit(12, 10, whole_server=True)),
    Cost.EXAMINE: (Limit(6, 10), Limit(12, 5, whole_server=True)),
    Cost.SHARE: (Limit(10, 10), Limit(30, 5, whole_server=True)),
}

# All buckets are looked at before one is filled. Each holds when it will be empty again, in ms; a clock
# that was set back must keep nobody waiting for it.
_SPEND = """
local now, wait, full = tonumber(ARGV[1]), 0, {}
for i, key in ipairs(KEYS) do
  local step, room = tonumber(ARGV[2 * i]), tonumber(ARGV[2 * i + 1])
  local empty = math.max(tonumber(redis.call('GET', key) or now), now)
  if empty > now + room then
    empty = now + room
    redis.call('SET', key, empty, 'PX', room + 1)
  end
  full[i] = math.floor(empty + step)
  wait = math.max(wait, full[i] - now - room)
end
if wait > 0 then return math.ceil(wait) end
for i, key in ipairs(KEYS) do redis.call('SET', key, full[i], 'PX', full[i] - now + 1) end
return 0
"""


class Buckets:
    """When each bucket will be empty again, in milliseconds, as far as this process knows."""

    def __init__(self) -> None:
        self._empty: OrderedDict[str, float] = OrderedDict()

    def spend(self, keys: Sequence[str], limits: Sequence[Limit], now: float, *, fill: bool = True) -> float:
        """How long to wait, 0 when there was room in all of them, which then hold one more."""
        full, wait = [], 0.0
        for key, limit in zip(keys, limits, strict=True):
            step, room = limit.seconds * 1000, limit.burst * limit.seconds * 1000
            empty = max(self._empty.get(key, now), now)
            if empty > now + room:
                empty = self._empty[key] = now + room
            full.append(empty + step)
            wait = max(wait, empty + step - now - room)
        if wait > 0 or not fill:
            return wait
        for key, until in zip(keys, full, strict=True):
            self._empty[key] = until
            self._empty.move_to_end(key)
        while len(self._empty) > _MOST_KEPT:
            self._empty.popitem(last=False)
        return 0


class Pace:
    """Counts clicks in this process, and what costs much in Redis, or here while that is away or slow.

    Clicks of one server come to one process, and orders must wait for nothing outside the database.
    """

    def __init__(self, clock: Clock, redis: Redis | None, *, on: bool) -> None:
        self._clock = clock
        self._script = redis.register_script(_SPEND) if redis is not None else None
        self._breaker = Breaker(clock)
        self._here = Buckets()
        self._noted: OrderedDict[str, str] = OrderedDict()
        self._on = on

    def click(self, person: str, cost: Cost = Cost.CLICK) -> None:
        """Count one of this person's steps, wherever they are; raises TooFast. Waits for nothing."""
        self._count(cost, "", person, fill=True)

    def room(self, cost: Cost, guild: str, person: str) -> None:
        """Return if one more is allowed, without counting it; raises TooFast. Waits for nothing."""
        self._count(cost, guild, person, fill=False)

    def note(self, cost: Cost, guild: str, person: str, what: str) -> None:
        """Count one that was done, for which `room` was asked before; the same `what` again counts once."""
        key = f"{guild}:{cost}:{person}"
        if self._on and self._noted.get(key) != what:
            self._noted[key] = what
            if len(self._noted) > _MOST_KEPT:
                self._noted.popitem(last=False)
            self._here.spend(_keys(cost, guild, person), LIMITS[cost], self._now())

    def _count(self, cost: Cost, guild: str, person: str, *, fill: bool) -> None:
        if self._on:
            wait = self._here.spend(_keys(cost, guild, person), LIMITS[cost], self._now(), fill=fill)
            self._refuse(wait)

    async def spend(self, cost: Cost, guild: str, person: str) -> None:
        """Count one of these, also for the other processes; raises TooFast."""
        if not self._on:
            return
        keys, limits = _keys(cost, guild, person), LIMITS[cost]
        wait = await self._shared(keys, limits)
        self._refuse(self._here.spend(keys, limits, self._now()) if wait is None else wait)

    async def _shared(self, keys: Sequence[str], limits: Sequence[Limit]) -> float | None:
        """What Redis says; None when there is none, or it does not say so at once."""
        if self._script is None or not self._breaker.enter(_REDIS):
            return None
        args: list[float] = [int(self._now())]
        for limit in limits:
            args += [int(limit.seconds * 1000), int(limit.burst * limit.seconds * 1000)]
        try:
            async with asyncio.timeout(_PATIENCE):
                wait = await self._script(keys=keys, args=args)
        except (RedisError, OSError) as error:
            self._breaker.failed(_REDIS)
            log.warning("pace_kept_here", extra={"error": type(error).__name__})
            return None
        self._breaker.succeeded(_REDIS)
        return float(wait)

    def _refuse(self, wait: float) -> None:
        if wait > 0:
            raise TooFast(datetime.fromtimestamp((self._now() + wait) / 1000, UTC))

    def _now(self) -> float:
        return self._clock.now().timestamp() * 1000


def _keys(cost: Cost, guild: str, person: str) -> list[str]:
    """The buckets of a cost; the braces keep those of one server together where Redis is a cluster."""
    start = f"shop:pace:{{{guild}}}:{cost}"
    return [
        f"{start}:{at}" if limit.whole_server else f"{start}:{at}:{person}"
        for at, limit in enumerate(LIMITS[cost])
    ]
