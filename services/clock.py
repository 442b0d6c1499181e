"""What time it is, so that tests can say so themselves."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from pymongo.errors import PyMongoError

from models.base import Db, server_time, utc_now

_LOOK_SECONDS = 15.0
_BELIEVED_SECONDS = 1.0
_WORTH_TELLING = timedelta(seconds=2)

log = logging.getLogger(__name__)


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


class SharedClock:
    """The time of the database's primary, so that all processes agree on it, and no jump of ours matters.

    Between two looks it goes on steadily, whatever this machine says, and also without a database.
    """

    def __init__(
        self, db: Db, *, steady: Callable[[], float] = time.monotonic, every: float = _LOOK_SECONDS
    ) -> None:
        """Take what counts seconds evenly, and after how many of them the database is asked again."""
        self._db = db
        self._steady = steady
        self._every = every
        self._time, self._at = utc_now(), steady()

    def now(self) -> datetime:
        """The present, aware and in UTC, to the millisecond that MongoDB keeps."""
        time_ = self._time + timedelta(seconds=self._steady() - self._at)
        return time_.replace(microsecond=time_.microsecond // 1000 * 1000)

    async def look(self) -> None:
        """Take over the primary's time, if it answers soon enough to be believed."""
        before = self._steady()
        told = await server_time(self._db)
        after = self._steady()
        if after - before > _BELIEVED_SECONDS:
            return
        # It was so late half-way between question and answer.
        moved = told - self.now() + timedelta(seconds=(after - before) / 2)
        self._time, self._at = told, (before + after) / 2
        if abs(moved) > _WORTH_TELLING:
            log.warning("clock_moved", extra={"seconds": round(moved.total_seconds(), 1)})

    async def keep(self) -> None:
        """Look again and again until cancelled."""
        while True:
            with contextlib.suppress(PyMongoError):
                await self.look()
            await asyncio.sleep(self._every)
