"""Keeps every shop's permanent message in step; any number of processes may, each message by lease."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from pymongo.errors import PyMongoError

from models.correlation import correlated
from models.storefront import Storefront
from services.afterwards import database_away
from services.rules import Rules
from services.storefronts import Storefronts
from services.wakeups import Wakeups
from services.worker import EffectFailed

_AT_ONCE = 4
_OF_LEASE = 0.8

log = logging.getLogger(__name__)


class Outcome(NamedTuple):
    """What a message shows, and whether Discord was asked."""

    fingerprint: str | None
    looked: bool


type Show = Callable[[Storefront], Awaitable[Outcome]]


class StorefrontWorker:
    """Asks whoever speaks to Discord to show each storefront that is due."""

    def __init__(self, rules: Rules, wakeups: Wakeups, storefronts: Storefronts) -> None:
        self._rules = rules
        self._bell = wakeups.bell()
        self._storefronts = storefronts
        self._show: Show | None = None
        self._stopping = False

    def register(self, show: Show) -> None:
        """Let this show storefronts; it may be asked again after a crash. EffectFailed says what is wrong."""
        self._show = show

    def unregister(self) -> None:
        """Show nothing any more."""
        self._show = None

    def stop(self) -> None:
        """End run() once what is being shown is shown; nothing further is begun."""
        self._stopping = True
        self._bell.ring()

    async def run(self) -> None:
        """Work until stopped or cancelled."""
        while not self._stopping:
            try:
                await self.drain()
            except PyMongoError as error:
                database_away(log, "storefronts_database_away", error)
            await asyncio.sleep(self._rules.poll.total_seconds())
            await self._bell.wait(self._rules.poll)

    async def drain(self) -> int:
        """Show every storefront that is due, a few at a time; how many."""
        done = 0
        while fronts := await self._due():
            await asyncio.gather(*map(self._apart, fronts))
            done += len(fronts)
        return done

    async def _due(self) -> list[Storefront]:
        fronts: list[Storefront] = []
        while self._show is not None and not self._stopping and len(fronts) < _AT_ONCE:
            front = await self._storefronts.claim()
            if front is None:
                break
            fronts.append(front)
        return fronts

    async def _apart(self, front: Storefront) -> None:
        with correlated(None):
            await self._one(front)

    async def _one(self, front: Storefront) -> None:
        if self._show is None:
            return
        try:
            # Whoever leases it after us must not meet us still at it.
            async with asyncio.timeout(self._rules.outbox_lease.total_seconds() * _OF_LEASE):
                outcome = await self._show(front)
        except asyncio.CancelledError:
            await self._storefronts.handed_back(front)
            raise
        except EffectFailed as failure:
            await self._failed(front, failure.reason)
        except Exception as error:
            # The loop owns the last word: one broken storefront must not stop the rest.
            log.exception("storefront_broke", extra={"tenant": front.tenant_id})
            await self._failed(front, type(error).__name__)
        else:
            await self._storefronts.shown(front, outcome.fingerprint, looked=outcome.looked)

    async def _failed(self, front: Storefront, reason: str) -> None:
        log.warning("storefront_failed", extra={"tenant": front.tenant_id, "reason": reason})
        await self._storefronts.failed(front, reason)
