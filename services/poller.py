"""Asks providers about open payments, because a webhook may never come."""

import asyncio
import logging
from datetime import datetime

from pymongo.errors import PyMongoError

from models.alert import Alert, AlertSeverity, AlertType
from models.base import Db, Tx
from models.errors import ShopError
from models.payment import Payment, PaymentStatus, RefundState
from services.clock import Clock
from services.hosted import Hosted
from services.outbox import Outbox
from services.rules import Rules
from services.shops import Shops
from services.stock import alert_effect

# As many in one round as no provider minds; what is left waits for the next.
_AT_ONCE = 20
_PAUSE = 0.2

log = logging.getLogger(__name__)


class Poller:
    """Goes round; any number of them may: a payment is claimed for its next turn before it is asked about."""

    def __init__(
        self, db: Db, clock: Clock, rules: Rules, *, shops: Shops, hosted: Hosted, outbox: Outbox
    ) -> None:
        self._db = db
        self._clock = clock
        self._rules = rules
        self._shops = shops
        self._hosted = hosted
        self._outbox = outbox

    async def run(self) -> None:
        """Poll until cancelled."""
        while True:
            try:
                await self.poll()
            except PyMongoError:
                log.exception("poll_database_away")
            await asyncio.sleep(self._rules.sweep.total_seconds())

    async def poll(self, pause: float = _PAUSE) -> int:
        """One round, `pause` seconds between two payments; how many were asked about."""
        asked = 0
        while asked < _AT_ONCE and (payment := await self._next()):
            if asked:
                await asyncio.sleep(pause)
            await self._ask(payment)
            asked += 1
        return asked

    async def _next(self) -> Payment | None:
        now = self._clock.now()
        # Until it is known how often this one was asked about, the longest wait keeps others from it.
        claimed = await Payment.claim_poll(self._db, now, now + self._rules.payment_polls[-1])
        if claimed is None:
            return None
        return await Payment.record(self._db, claimed, {"nextPollAt": self._due(claimed, now)})

    def _due(self, payment: Payment, now: datetime) -> datetime | None:
        """When it is asked about again; None once it is over or the steps are."""
        steps = self._rules.payment_polls
        over = payment.settled and not any(
            each.state in {RefundState.PENDING, RefundState.UNKNOWN} for each in payment.refunds
        )
        if over or payment.polls > len(steps):
            return None
        return now + steps[payment.polls - 1]

    async def _ask(self, payment: Payment) -> None:
        try:
            shop = await self._shops.of_tenant(payment.tenant_id)
            if payment.provider_ref:
                outcomes = await self._hosted.ask(shop, payment)
                log.info("payment_polled", extra={"payment": payment.key, "outcomes": outcomes})
            if payment.next_poll_at is None:
                await self._give_up(payment)
        except ShopError as error:
            why = type(error).__name__
            log.warning("payment_not_polled", extra={"payment": payment.key, "error": why})

    async def _give_up(self, payment: Payment) -> None:
        """Tell staff of money that has been on its way for days, or of a refund nobody can account for."""
        now = await Payment.get(self._db, payment.tenant_id, payment.id)
        stuck = now is not None and (
            now.status is PaymentStatus.PROCESSING
            or any(each.state is RefundState.UNKNOWN for each in now.refunds)
        )
        if now is None or not stuck:
            return
        alert = Alert(
            tenant_id=now.tenant_id,
            type=AlertType.PAYMENT_FAILED,
            severity=AlertSeverity.ERROR,
            message="payment_stuck",
            params={"number": now.order_number, "method": now.method},
            entity_type="Payment",
            entity_id=now.key,
        )

        async def work(tx: Tx) -> None:
            await alert.insert(self._db, tx=tx)
            await self._outbox.owe([alert_effect(alert, self._clock)], tx)

        await self._outbox.commit(work)
