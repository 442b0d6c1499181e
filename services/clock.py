"""What time it is, so that tests can say so themselves."""

from datetime import datetime
from typing import Protocol

from models.base import utc_now


class Clock(Protocol):
    """Anything that knows the time."""

    def now(self) -> datetime:
        """The present, aware and in UTC."""
        ...


class SystemClock:
    """The machine's own clock, to the millisecond that MongoDB keeps."""

    def now(self) -> datetime:
        """The present, aware and in UTC."""
        return utc_now()
