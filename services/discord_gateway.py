"""Hears from Discord's gateway and list of entitlements: at once, and daily what the gateway did not tell."""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

from pymongo.errors import PyMongoError

from models.base import Unreadable
from models.correlation import correlated
from models.errors import Declined, Unavailable
from models.platform_entitlement import EntitlementKind
from services.clock import Clock
from services.discord_purchases import DiscordEntitlements, EntitlementNews, read_entitlement
from services.payments.processor import BadPayload
from services.wakeups import Bell

PAGE_SIZE = 100
_DAILY = timedelta(days=1)
_RETRY = timedelta(minutes=10)
# A list counts as this much older than its request: nothing told by a clock that runs behind ours is undone.
_SKEW = timedelta(minutes=5)

# Entitlements older than the id given, newest first, at most PAGE_SIZE; raises Unavailable or Declined.
type ReadPage = Callable[[str | None], Awaitable[list[Any]]]

log = logging.getLogger(__name__)


class DiscordHearing:
    """What one connection to Discord brings; any number of processes may hear and list the same."""

    def __init__(self, clock: Clock, entitlements: DiscordEntitlements) -> None:
        self._clock = clock
        self._entitlements = entitlements
        self._bell = Bell()
        # Of one entitlement's events the gateway keeps the order, so they are noted in it.
        self._turn = asyncio.Lock()

    def ask(self) -> None:
        """Let the list be read soon: something may have been missed."""
        self._bell.ring()

    async def hear(self, kind: str, entitlement: Any) -> str:
        """Note an event of the gateway, `kind` being CREATE, UPDATE or DELETE; what came of it, in a word.

        Never raises: what cannot be read is logged, and what cannot be stored now is read from the list.
        """
        with correlated(None):
            return await self._noted(kind, entitlement)

    async def _noted(self, kind: str, entitlement: Any) -> str:
        at = self._clock.now()
        try:
            async with self._turn:
                outcome = await self._entitlements.take(read_entitlement(kind, entitlement, at))
        except (BadPayload, Unreadable) as reason:
            return _unreadable(kind, reason)
        except PyMongoError as error:
            log.warning("entitlement_not_noted", extra={"kind": kind, "error": type(error).__name__})
            self.ask()
            return "later"
        log.info("entitlement", extra={"kind": kind, "outcome": outcome})
        return outcome

    async def keep_up(self, read: ReadPage) -> None:
        """Compare with Discord's list when asked, daily, and sooner where that failed; until cancelled."""
        while True:
            await self._bell.wait(await self._pause_after(read))

    async def _pause_after(self, read: ReadPage) -> timedelta:
        try:
            await self.compare(read)
        except Declined as error:
            log.info("entitlements_not_listed", extra={"code": error.code})
        except (Unavailable, PyMongoError) as error:
            log.warning("entitlements_not_compared", extra={"error": type(error).__name__})
            return _RETRY
        return _DAILY

    async def compare(self, read: ReadPage) -> Counter[str]:
        """Note how every entitlement of the application stands; how many of each outcome.

        Raises Unavailable, and Declined when the application has no such list.
        """
        outcomes: Counter[str] = Counter()
        async for news in _listed(read, self._clock):
            outcomes[await self._compare_one(news)] += 1
        if outcomes.keys() - {"known"}:
            log.info("entitlements_compared", extra=dict(outcomes))
        return outcomes

    async def _compare_one(self, news: EntitlementNews) -> str:
        try:
            return await self._entitlements.take(news)
        except Unreadable as error:
            # One broken record must not keep the others from being compared.
            return _unreadable("record", error)


async def _listed(read: ReadPage, clock: Clock) -> AsyncIterator[EntitlementNews]:
    """Everything in the list that can be read, from the newest to the oldest."""
    before: str | None = None
    while True:
        at = clock.now() - _SKEW
        page = await read(before)
        found = [news for each in page if (news := _entry(each, at))]
        for news in found:
            yield news
        oldest = min((news.entitlement_id for news in found), key=int, default=None)
        if len(page) < PAGE_SIZE or oldest is None or (before and int(oldest) >= int(before)):
            return
        before = oldest


def _entry(entitlement: Any, at: datetime) -> EntitlementNews | None:
    try:
        return read_entitlement(EntitlementKind.UPDATE, entitlement, at, listed=True)
    except BadPayload as reason:
        _unreadable("listed", reason)
        return None


def _unreadable(kind: str, reason: Exception) -> str:
    log.warning("entitlement_unreadable", extra={"kind": kind, "why": str(reason)})
    return "unreadable"
