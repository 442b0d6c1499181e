"""What people and providers meet while a database fails, and what they may not meet."""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Awaitable

from pymongo.errors import PyMongoError

from models.base import Db
from models.errors import CartChanged, ConfirmInProgress
from models.tenant import Tenant
from models.transaction import away
from tests.drills.replica_set import ReplicaSet

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


async def healed(db: Db, members: ReplicaSet) -> None:
    """Heal the set and wait until the shop has noticed, as its looks at the servers do within two seconds."""
    members.heal()
    async with asyncio.timeout(30):
        while not await _reached(db):  # noqa: ASYNC110 - the database rings no bell
            await asyncio.sleep(0.05)


async def _reached(db: Db) -> bool:
    try:
        await Tenant.find_one(db, {})
    except PyMongoError as error:
        if not away(error):
            raise
        return False
    return True


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
