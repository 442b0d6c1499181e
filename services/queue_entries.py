"""What stands in the queue: one kind of entry, whatever it is that was paid and has not arrived."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from models.base import TenantDocument
from models.entitlement import Entitlement, EntitlementType
from models.order import Order, ShippingStatus
from models.outbox import OutboxEffect, OutboxStatus
from models.payment import Payment, RefundState
from models.undelivered import REFUND_UNKNOWN
from services.effects import EffectKind

# What these hand over stands in the queue itself, also when such an effect was lost.
OF_ENTITLEMENT = frozenset({EffectKind.ROLE_GRANT, EffectKind.KEYS_ASSIGN})
# What these do stands in the queue as the order whose parcel it is.
OF_PARCEL = frozenset({EffectKind.LABEL_BUY, EffectKind.PARCEL_FOLLOW})
# Nobody waits for these: each is the telling of something that can be seen elsewhere.
_NOT_OWED = frozenset({EffectKind.STAFF_ALERT})
_PARCELS = {ShippingStatus.FAILED: "parcel_failed", ShippingStatus.LABEL_CREATED: "label_waiting"}


class QueueKind(StrEnum):
    """What sort of thing has not arrived."""

    DELIVERY = "delivery"
    PARCEL = "parcel"
    MONEY = "money"
    MESSAGE = "message"
    OTHER = "other"


class Source(StrEnum):
    """Which record an entry stands for; the letter begins the entry's id."""

    ENTITLEMENT = "g"
    ORDER = "o"
    PAYMENT = "p"
    EFFECT = "e"


def kind_of(effect: str) -> QueueKind:
    """The sort of thing that an effect owes."""
    if effect.startswith("payment."):
        return QueueKind.MONEY
    return QueueKind.MESSAGE if effect.startswith(("customer.", "mail.")) else QueueKind.OTHER


def effects_of(kind: QueueKind) -> list[EffectKind]:
    """The effects that stand in the queue under this kind."""
    own = frozenset(EffectKind) - OF_ENTITLEMENT - OF_PARCEL - _NOT_OWED
    return sorted(each for each in own if kind_of(each) is kind)


@dataclass(frozen=True)
class QueueEntry:
    """One thing that was paid and has not arrived.

    `what` and `reason` are words of the translators; `next_try` is None when nobody tries by themselves any
    more. `record` is what the entry stands for.
    """

    source: Source
    kind: QueueKind
    record: TenantDocument
    what: str
    reason: str
    since: datetime
    order_id: str | None
    tries: int = 0
    next_try: datetime | None = None
    can_retry: bool = False
    can_close: bool = False
    order: Order | None = None
    effects: list[OutboxEffect] = field(default_factory=list)

    @property
    def id(self) -> str:
        """What buttons carry."""
        return f"{self.source}{self.record.key}"


@dataclass(frozen=True)
class QueuePage:
    """One page of the queue, oldest first; `page` counts from 0."""

    entries: list[QueueEntry]
    kind: QueueKind | None
    page: int
    pages: int
    total: int


def entry_of(
    record: TenantDocument,
    effects: Mapping[str, list[OutboxEffect]],
    orders: Mapping[str, Order],
) -> QueueEntry:
    """The entry for a record that waits."""
    if isinstance(record, Entitlement):
        return _of_entitlement(record, effects.get(record.key, []), orders.get(record.order_id))
    if isinstance(record, Order):
        return _of_order(record)
    if isinstance(record, Payment):
        return _of_payment(record, orders.get(record.order_id))
    assert isinstance(record, OutboxEffect)  # noqa: S101 - there is no other source
    return _of_effect(record, orders.get(record.order_id or ""))


def _of_entitlement(owed: Entitlement, effects: list[OutboxEffect], order: Order | None) -> QueueEntry:
    last = effects[-1] if effects else None
    role = owed.type is EntitlementType.DISCORD_ROLE
    return QueueEntry(
        Source.ENTITLEMENT,
        QueueKind.DELIVERY,
        owed,
        what="role" if role else "item",
        reason=(last.last_error if last else None) or owed.failed_reason or "waiting",
        since=owed.created_at,
        order_id=owed.order_id,
        tries=last.attempts if last else 0,
        next_try=_next_try(last),
        can_retry=role or owed.keys > 0 or last is not None,
        can_close=True,
        order=order,
        effects=effects,
    )


def _of_order(order: Order) -> QueueEntry:
    return QueueEntry(
        Source.ORDER,
        QueueKind.PARCEL,
        order,
        what="parcel",
        reason=_PARCELS.get(order.shipping_status, "to_ship"),
        since=order.paid_at or order.created_at,
        order_id=order.key,
        order=order,
    )


def _of_payment(payment: Payment, order: Order | None) -> QueueEntry:
    unsure = any(each.state is RefundState.UNKNOWN for each in payment.refunds)
    return QueueEntry(
        Source.PAYMENT,
        QueueKind.MONEY,
        payment,
        what="refund" if unsure else "payment",
        reason=REFUND_UNKNOWN if unsure else payment.conflict or "waiting",
        since=payment.created_at,
        order_id=payment.order_id,
        order=order,
    )


def _of_effect(effect: OutboxEffect, order: Order | None) -> QueueEntry:
    return QueueEntry(
        Source.EFFECT,
        kind_of(effect.kind),
        effect,
        what=effect.kind,
        reason=effect.last_error or "waiting",
        since=effect.created_at,
        order_id=effect.order_id,
        tries=effect.attempts,
        next_try=_next_try(effect),
        can_retry=True,
        can_close=True,
        order=order,
        effects=[effect],
    )


def _next_try(effect: OutboxEffect | None) -> datetime | None:
    if effect is None or effect.status is not OutboxStatus.PENDING:
        return None
    return effect.next_attempt_at
