"""Roles for a time: their holders are told before the end, and at the end the roles are taken back."""

import logging
from collections.abc import Awaitable, Callable

from pymongo.errors import OperationFailure

from models import role_term
from models.base import Db, Tx, Unreadable
from models.entitlement import Entitlement
from models.order import OrderItem
from models.outbox import OutboxEffect
from models.role_term import Name
from services.clock import Clock
from services.effects import Notice, notice
from services.outbox import Outbox
from services.revocation import Revocation

EXPIRED = "expired"
# A century; dates end somewhere, and quantities are multiplied.
_MOST_DAYS = 36_500
_AT_ONCE = 200

log = logging.getLogger(__name__)


def days_of(item: OrderItem) -> int | None:
    """How long a line's roles are kept, for all its pieces together; None for ever."""
    return None if item.role_days is None else min(item.role_days * item.quantity, _MOST_DAYS)


class RoleTerms:
    """Watches the time that roles have left; any number of processes may, each step is guarded."""

    def __init__(self, db: Db, clock: Clock, outbox: Outbox, revocation: Revocation) -> None:
        self._db = db
        self._clock = clock
        self._outbox = outbox
        self._revocation = revocation

    async def sweep(self) -> int:
        """End every role whose time is over and owe the notices that are due; how many there were."""
        now = self._clock.now()
        over = await role_term.ended(self._db, now, _AT_ONCE)
        near = await role_term.ending(self._db, now, _AT_ONCE)
        done = [await self._apart(self._end, each) for each in over]
        return sum(done + [await self._apart(self._warn, each) for each in near])

    async def _apart(self, step: Callable[[Entitlement], Awaitable[bool]], name: Name) -> int:
        try:
            found = await Entitlement.get(self._db, *name)
            return int(found is not None and await step(found))
        except (OperationFailure, Unreadable) as error:
            # The others need not wait for it.
            log.warning("role_term_skipped", extra={"entitlement": name.key, "error": type(error).__name__})
            return 0

    async def _end(self, over: Entitlement) -> bool:
        async def work(tx: Tx) -> bool:
            if not await self._revocation.revoke_one(over, EXPIRED, tx):
                return False
            if not await Entitlement.role_is_owed(self._db, over, tx=tx):
                await self._outbox.owe([self._news(Notice.ROLE_ENDED, over)], tx)
            return True

        return await self._outbox.commit(work)

    async def _warn(self, near: Entitlement) -> bool:
        async def work(tx: Tx) -> bool:
            told = not await role_term.outlasted(self._db, near, tx=tx)
            if not await role_term.mark_warned(self._db, near, self._clock.now(), told=told, tx=tx):
                return False
            if told:
                await self._outbox.owe([self._news(Notice.ROLE_ENDING, near)], tx)
            return told

        return await self._outbox.commit(work)

    def _news(self, event: Notice, about: Entitlement) -> OutboxEffect:
        told = notice(event, about.tenant_id, about.order_id, self._clock.now(), entitlementId=about.key)
        told.dedupe_key += f":{about.key}"
        return told
