"""One piece of news about one payment, as it lies before whoever decides about it."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from models.alert import Alert, AlertSeverity, AlertType
from models.base import Db, Tx
from models.order import Order, OrderEvent, OrderStatus
from models.outbox import OutboxEffect
from models.payment import Payment, PaymentEvent
from services.clock import Clock
from services.outbox import Outbox
from services.payments.processor import News
from services.rules import Rules
from services.shops import Shop
from services.stock import alert_effect

_ANEW = timedelta(minutes=1)


@dataclass
class Case:
    """A payment and its order, as read in the transaction that decides about them."""

    shop: Shop
    payment: Payment
    order: Order
    news: News
    tx: Tx
    now: datetime
    key: str | None = None  # of the refund that the news answers
    short: bool = False  # the goods were found to be gone
    fields: dict[str, Any] = field(default_factory=dict)  # stored names; written with the next entry


class Ledger:
    """Writes what was decided, in the case's own transaction."""

    def __init__(self, db: Db, clock: Clock, rules: Rules, outbox: Outbox) -> None:
        self.db = db
        self._clock = clock
        self._rules = rules
        self._outbox = outbox

    async def record(self, case: Case, what: str, **fields: Any) -> None:
        """Set fields of the payment, by stored names, with an entry of its history."""
        event = PaymentEvent(at=case.now, what=what, note=case.news.note)
        case.payment = await Payment.record(
            self.db, case.payment, {**case.fields, **fields}, event, tx=case.tx
        )

    async def hold(self, case: Case, until: datetime | None, what: str) -> None:
        """Keep the goods until then, with None until something else happens."""
        event = OrderEvent(at=case.now, what=what)
        fields = {"holdEndsAt": until}
        case.order = await Order.patch(self.db, case.order, fields, event, tx=case.tx) or case.order

    async def resume_hold(self, case: Case, what: str) -> None:
        """Let the hold run again where it waited for the money."""
        if case.order.hold_ends_at is None and case.order.status is OrderStatus.PENDING_PAYMENT:
            until = max(case.order.placed_at + self._rules.hold_processor, case.now + _ANEW)
            await self.hold(case, until, what)

    async def alert(
        self,
        case: Case,
        message: str,
        severity: AlertSeverity = AlertSeverity.WARN,
        kind: AlertType = AlertType.PAYMENT_FAILED,
        **params: Any,
    ) -> None:
        """Let staff know, by a stable word."""
        alert = Alert(
            tenant_id=case.shop.id,
            type=kind,
            severity=severity,
            message=message,
            params={
                "number": case.order.order_number,
                "method": case.payment.method,
                "total": case.payment.amount_cents,
                "currency": case.payment.currency,
                **params,
            },
            entity_type="Payment",
            entity_id=case.payment.key,
        )
        await alert.insert(self.db, tx=case.tx)
        await self.owe(case, alert_effect(alert, self._clock))

    async def owe(self, case: Case, *effects: OutboxEffect) -> None:
        """Owe effects with what was decided."""
        await self._outbox.owe(list(effects), case.tx)
