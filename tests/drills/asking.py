"""What people and providers meet while a database fails, and what they may not meet."""

import logging
import time
from collections import Counter
from collections.abc import Awaitable

from models.errors import CartChanged, ConfirmInProgress
from models.transaction import away

log = logging.getLogger(__name__)


class Asked:
    """Counts what became of what was asked for, and how long the longest wait was."""

    def __init__(self) -> None:
        self.outcomes: Counter[str] = Counter()
        self.longest = 0.0

    async def ask(self, work: Awaitable[object]) -> str:
        """The outcome in a word; anything that a person would be told as a bug is raised."""
        began = time.monotonic()
        try:
            outcome = await _outcome(work)
        finally:
            spent = time.monotonic() - began
            self.longest = max(self.longest, spent)
        self.outcomes[outcome] += 1
        log.info("%s after %.2f s", outcome, spent)
        return outcome


async def _outcome(work: Awaitable[object]) -> str:
    try:
        await work
    except (ConfirmInProgress, CartChanged):
        return "refused"
    except Exception as error:
        if not away(error):
            raise
        return "away"
    return "done"
