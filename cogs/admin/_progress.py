"""Shows how far a long step is, by editing the message now and then."""

import asyncio
import logging

from cogs._ui import wire
from cogs._ui.desk import Visit
from cogs._ui.import_card import working_card

log = logging.getLogger(__name__)

# Discord takes about one edit a second; others want to be answered, too.
EVERY = 2.0


class Watch:
    """Called for every few rows; edits at most every two seconds, one edit at a time."""

    def __init__(self, visit: Visit, title: str) -> None:
        self._visit = visit
        self._title = title
        self._next = asyncio.get_running_loop().time() + EVERY

    async def __call__(self, done: int, total: int) -> None:
        """Show it, if it is time; a message that cannot be edited stops nothing."""
        loop = asyncio.get_running_loop()
        if loop.time() < self._next or self._visit.lost:
            return
        try:
            await self._visit.show(working_card(self._title, done, total, self._visit.words))
        except wire.FAILED as error:
            log.warning("progress_not_shown", extra={"error": type(error).__name__})
        self._next = loop.time() + EVERY
