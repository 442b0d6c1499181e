"""One deadline for the whole way out, because supervisors kill after ten seconds whoever is not gone."""

import asyncio
import logging
import os
import threading
from collections.abc import Awaitable
from time import monotonic

# Everything that is ended in order has so long; what is left of the ten seconds is for the interpreter.
SECONDS = 8.5
_AT_LAST = 9.5

log = logging.getLogger(__name__)


class Deadline:
    """Begins with the signal, or with the first who needs patience; every step gets what is left at most."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._ends: float | None = None

    def begin(self) -> None:
        """Let the time run; calling again changes nothing."""
        if self._ends is None:
            self._ends = monotonic() + self._seconds

    def patience(self, wanted: float, *, keep: float = 0.0) -> float:
        """So many seconds, or what is left when `keep` are kept for later steps."""
        self.begin()
        left = (self._ends or 0.0) - monotonic() - keep
        return max(0.0, min(wanted, left))

    async def within(self, step: Awaitable[object], wanted: float, *, what: str, keep: float = 0.0) -> None:
        """Await a step, but no longer than that; what was not ended then is left as it is, and logged."""
        task = asyncio.ensure_future(step)
        done, _ = await asyncio.wait([task], timeout=self.patience(wanted, keep=keep))
        if not done:
            task.cancel()
            log.warning("stop_cut_short", extra={"step": what})
        elif not task.cancelled() and (error := task.exception()):
            log.warning("stop_step_failed", extra={"step": what, "error": type(error).__name__})


class LastResort:
    """Ends the process when its own way out takes too long, as a thread does that waits for a dead server."""

    def __init__(self, seconds: float = _AT_LAST) -> None:
        self.status = 1
        self._seconds = seconds
        self._timer: threading.Timer | None = None

    def arm(self) -> None:
        """From now on there is so much time; calling again changes nothing."""
        if self._timer is None:
            self._timer = threading.Timer(self._seconds, self._end)
            self._timer.daemon = True
            self._timer.start()

    def _end(self) -> None:
        log.warning("stop_ended_hard", extra={"status": self.status})
        os._exit(self.status)
