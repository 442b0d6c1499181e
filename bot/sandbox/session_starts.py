"""How many sessions may begin, and how soon one after the other: what /gateway/bot says and demands."""

from collections.abc import Callable
from time import monotonic

from bot.sandbox.errors import JSON


class Starts:
    """Counts the starts of all processes. Discord's `apart` is five seconds; with 0 a test starts at will."""

    def __init__(
        self,
        *,
        recommended: int = 1,
        total: int = 1000,
        concurrency: int = 1,
        apart: float = 0.0,
        guilds_per_shard: int = 2500,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self.recommended = recommended
        self.guilds_per_shard = guilds_per_shard
        self.refused = 0
        self._total = self._left = total
        self._concurrency = concurrency
        self._apart = apart
        self._clock = clock
        self._last: dict[int, float] = {}

    def take(self, shard: int) -> bool:
        """Let a shard's session begin; False when another of its bucket has just begun, or none are left."""
        bucket, now = shard % self._concurrency, self._clock()
        early = bucket in self._last and now - self._last[bucket] < self._apart
        if early or not self._left:
            self.refused += 1
            return False
        self._last[bucket] = now
        self._left -= 1
        return True

    def payload(self) -> JSON:
        """As /gateway/bot tells it."""
        limit = {
            "total": self._total,
            "remaining": self._left,
            "reset_after": 0,
            "max_concurrency": self._concurrency,
        }
        return {"shards": self.recommended, "session_start_limit": limit}
