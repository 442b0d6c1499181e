"""Asks providers about open payments, because a webhook may never come."""

import asyncio
import logging
from datetime import datetime

from pymongo.errors import PyMongoError

from models.alert import Alert, AlertSeverity, AlertType
from models.base import Db, Tx, Unreadable
from models.correlation import correlated
from models.errors import ShopError
from models.outbox import OutboxEffect
from models.payment import Payment, PaymentStatus, RefundState
from services.afterwards import database_away
from services.clock import Clock
from services.hosted import Hosted
from services.outbox import Outbox
from services.rules import Rules
from services.shops import Shops
from services.stock import alert_effect

# So many in one round, with pauses that no provider minds; what is left comes in the next.
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
            asked = 0
            try:
                asked = await self.poll()
            except PyMongoError as error:
                database_away(log, "poll_database_away", error)
            # A full round may have left some that are due.
            await asyncio.sleep(self._rules.sweep.total_seconds() if asked < _AT_ONCE else _PAUSE)

    async def poll(self, pause: float = _PAUSE) -> int:
        """One round, `pause` seconds after each payment; how many were asked about."""
        asking: list[asyncio.Task[None]] = []
        try:
            while len(asking) < _AT_ONCE and (payment := await self._next()):
                # Nobody waits for another one's provider, which may take its time.
                asking.append(asyncio.create_task(self._ask_apart(payment)))
                await asyncio.sleep(pause)
            await asyncio.gather(*asking)
        finally:
            for each in asking:
                each.cancel()
        return len(asking)

    async def _ask_apart(self, payment: Payment) -> None:
        with correlated(None):
            await self._ask(payment)

    async def _next(self) -> Payment | None:
        now = self._clock.now()
        # Until it is known how often this one was asked about, the longest wait keeps others from it.
        claimed = await self._claim(now)
        if claimed is None:
            return None
        await Payment.plan_poll(self._db, claimed, self._due(claimed, now))
        return claimed

    async def _claim(self, now: datetime) -> Payment | None:
        while True:
            try:
                return await Payment.claim_poll(self._db, now, now + self._rules.payment_polls[-1])
            except Unreadable as error:
                # Its next turn is far away and keeps it out of the way of the others.
                log.error("payment_unreadable", extra={"where": str(error)})  # noqa: TRY400 - it says all

    def _due(self, payment: Payment, now: datetime) -> datetime | None:
        """When it is asked about again; None once it is over or the steps are.

        Money that is on its way either way is asked about as seldom as at last until it has come.
        """
        steps = self._rules.payment_polls
        under_way = payment.status is PaymentStatus.PROCESSING or any(
            each.state in {RefundState.PENDING, RefundState.UNKNOWN} for each in payment.refunds
        )
        if not under_way and (payment.settled or payment.polls > len(steps)):
            return None
        return now + steps[min(payment.polls, len(steps)) - 1]

    async def _ask(self, payment: Payment) -> None:
        answered = True
        try:
            if payment.provider_ref:
                shop = await self._shops.of_tenant(payment.tenant_id)
                outcomes = await self._hosted.ask(shop, payment)
                log.info("payment_polled", extra={"payment": payment.key, "outcomes": outcomes})
        except ShopError as error:
            answered, why = False, type(error).__name__
            log.warning("payment_not_polled", extra={"payment": payment.key, "error": why})
        except PyMongoError:
            raise
        except Exception:
            # The loop owns the last word: one broken payment must not stop the rest.
            answered = False
            log.exception("poll_broke", extra={"payment": payment.key})
        if payment.polls > len(self._rules.payment_polls):
            await self._tell(payment, answered=answered)

    async def _tell(self, payment: Payment, *, answered: bool) -> None:
        """Tell staff once of money that has been on its way for days, or that nobody can account for.

        Looked at in every later turn: who took the first may have died before it told.
        """
        now = await Payment.get(self._db, payment.tenant_id, payment.id)
        stuck = now is not None and (
            now.status is PaymentStatus.PROCESSING
            or any(each.state is RefundState.UNKNOWN for each in now.refunds)
            or not (answered or now.settled)
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

        shown = alert_effect(alert, self._clock)
        # A refund that is asked for later may be stuck in its turn.
        shown.dedupe_key = f"{shown.kind}:{now.key}:stuck:{len(now.refunds)}"

        async def work(tx: Tx) -> None:
            if await OutboxEffect.not_owed(self._db, [shown], tx=tx):
                await alert.insert(self._db, tx=tx)
                await self._outbox.owe([shown], tx)

        await self._outbox.commit(work)
