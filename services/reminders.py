"""Reminds customers, once, that an order which nobody has paid will soon be given up."""

import logging

from models.base import Db, Tx, Unreadable
from models.order import EndedHold, Order
from models.payment import Payment, PaymentStatus
from services.clock import Clock
from services.effects import Notice, notice
from services.outbox import Outbox
from services.payments import by_hand
from services.rules import Rules

# Whoever was rejected or paid a part has just been told, with the time that is left.
REMINDED = frozenset({PaymentStatus.PENDING_PAYMENT, PaymentStatus.FAILED})
_LEFT = 4

log = logging.getLogger(__name__)


class Reminders:
    """Looks for holds of which a quarter is left."""

    def __init__(self, db: Db, clock: Clock, rules: Rules, outbox: Outbox) -> None:
        self._db = db
        self._clock = clock
        self._rules = rules
        self._outbox = outbox

    async def remind_due(self) -> int:
        """Owe every reminder whose time has come; how many."""
        now = self._clock.now()
        longest = max(self._rules.hold_p2p, self._rules.hold_processor) / _LEFT
        ending = await Order.with_ending_hold(self._db, now, now + longest)
        return sum([await self._try(each) for each in ending])

    async def _try(self, ending: EndedHold) -> int:
        try:
            return await self._remind(ending)
        except Unreadable:
            log.warning("reminder_skipped", extra={"order": ending.order_id})
            return 0

    async def _remind(self, ending: EndedHold) -> int:
        async def work(tx: Tx) -> bool:
            order = await Order.get(self._db, ending.tenant_id, ending.order_id, tx=tx)
            payment = await Payment.of_order(self._db, ending.tenant_id, ending.order_id, tx=tx)
            if order is None or payment is None or not self._due(order, payment):
                return False
            if await Order.mark_reminded(self._db, order, tx=tx) is None:
                return False
            told = notice(Notice.HOLD_ENDING, order.tenant_id, order.key, self._clock.now())
            await self._outbox.owe([told], tx)
            return True

        return int(await self._outbox.commit(work))

    def _due(self, order: Order, payment: Payment) -> bool:
        if payment.status not in REMINDED or payment.received_any or order.hold_ends_at is None:
            return False
        hold = self._rules.hold_p2p if payment.method in by_hand() else self._rules.hold_processor
        return order.hold_ends_at - self._clock.now() <= hold / _LEFT
