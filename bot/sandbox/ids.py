"""Discord's snowflakes, so that ids look, sort and tell the time as real ones do."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]

_EPOCH_MS = 1_420_070_400_000
_TIME_SHIFT = 22


def utc_now() -> datetime:
    return datetime.now(UTC)


def stamp(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds")


class Snowflakes:
    """Hands out strictly increasing ids, also while the clock stands still."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = 0

    def next(self) -> int:
        milliseconds = int(self._clock().timestamp() * 1000) - _EPOCH_MS
        self._last = max(self._last + 1, milliseconds << _TIME_SHIFT)
        return self._last
