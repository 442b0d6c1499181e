"""The names of everything that can be owed to the outside, and how it is written down."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from models.absence import Absence
from models.alert import Alert, AlertSeverity, AlertType
from models.outbox import OutboxEffect, Urgency
from models.payment import Payment


class EffectKind(StrEnum):
    """One handler each; the payload is described where it is owed."""

    ROLE_GRANT = "role.grant"
    ROLE_REVOKE = "role.revoke"
    ROLE_CHECK = "role.check"
    CUSTOMER_NOTICE = "customer.notice"
    STAFF_CLAIM = "staff.claim"
    STAFF_DECIDED = "staff.decided"
    STAFF_ALERT = "staff.alert"
    STAFF_DIGEST = "staff.digest"
    INVOICE_NUMBER = "invoice.number"
    PAYMENT_OPEN = "payment.open"
    PAYMENT_CLOSE = "payment.close"
    PAYMENT_REFUND = "payment.refund"
    KEYS_ASSIGN = "keys.assign"
    MAIL_CUSTOMER = "mail.customer"
    MAIL_STAFF = "mail.staff"
    TAX_RECORD = "tax.record"
    TAX_REFUND = "tax.refund"
    STOCK_OFFER = "stock.offer"
    LABEL_BUY = "label.buy"
    PARCEL_FOLLOW = "parcel.follow"
    FUND_CELEBRATE = "fund.celebrate"
    PERSON_SCRUB = "person.scrub"
    IMPORT_RESULT = "import.result"
    OWNER_NOTICE = "owner.notice"
    INDEXES_MAKE = "indexes.make"


# Whatever is not named here only tells.
_URGENCY = {
    EffectKind.INVOICE_NUMBER: Urgency.MONEY_AND_KEYS,
    EffectKind.PAYMENT_OPEN: Urgency.MONEY_AND_KEYS,
    EffectKind.PAYMENT_CLOSE: Urgency.MONEY_AND_KEYS,
    EffectKind.PAYMENT_REFUND: Urgency.MONEY_AND_KEYS,
    EffectKind.KEYS_ASSIGN: Urgency.MONEY_AND_KEYS,
    # Partners may take their time, each with its shops' own accounts; nobody else shall wait for them.
    EffectKind.LABEL_BUY: Urgency.PARTNERS,
    EffectKind.PARCEL_FOLLOW: Urgency.PARTNERS,
    EffectKind.MAIL_CUSTOMER: Urgency.PARTNERS,
    EffectKind.MAIL_STAFF: Urgency.PARTNERS,
    EffectKind.TAX_RECORD: Urgency.PARTNERS,
    EffectKind.TAX_REFUND: Urgency.PARTNERS,
    # Hundreds of shops have the same morning, and each digest counts and draws.
    EffectKind.STAFF_DIGEST: Urgency.LEISURE,
    EffectKind.ROLE_GRANT: Urgency.ROLES,
    EffectKind.ROLE_REVOKE: Urgency.ROLES,
}


# What is told of an order in the order in which it happened: each kind, and what must have been told before.
_AFTER = {
    EffectKind.CUSTOMER_NOTICE: frozenset({EffectKind.CUSTOMER_NOTICE}),
    EffectKind.MAIL_CUSTOMER: frozenset({EffectKind.MAIL_CUSTOMER}),
    EffectKind.TAX_REFUND: frozenset({EffectKind.TAX_RECORD, EffectKind.TAX_REFUND}),
}


class Notice(StrEnum):
    """What a customer is told, each once per order."""

    ORDER_RECEIVED = "orderReceived"
    PAYMENT_CONFIRMED = "paymentConfirmed"
    PAYMENT_REJECTED = "paymentRejected"
    PAYMENT_UNDERPAID = "paymentUnderpaid"
    PAYMENT_FAILED = "paymentFailed"
    ORDER_CANCELLED = "orderCancelled"
    REFUNDED = "refunded"
    ROLE_FAILED = "roleFailed"
    KEY_DELIVERED = "keyDelivered"
    KEY_REPLACED = "keyReplaced"
    ROLE_ENDING = "roleEnding"
    ROLE_ENDED = "roleEnded"
    ORDER_SHIPPED = "orderShipped"
    HOLD_ENDING = "holdEnding"


def goes_after(owed: OutboxEffect) -> frozenset[EffectKind]:
    """What must have happened for the same order before this one may."""
    first = owed.order_id is None or owed.payload.get("event") == Notice.ORDER_RECEIVED
    return frozenset() if first else _AFTER.get(EffectKind(owed.kind), frozenset())


def comes_before(owed: OutboxEffect) -> frozenset[EffectKind]:
    """What may have waited for this one to happen."""
    if owed.order_id is None:
        return frozenset()
    return frozenset(kind for kind, before in _AFTER.items() if owed.kind in before)


def effect(
    kind: EffectKind,
    tenant_id: str,
    subject: str,
    now: datetime,
    *,
    payload: dict[str, Any],
    order_id: str | None = None,
) -> OutboxEffect:
    """An effect that is due now; the same kind and subject can be owed only once.

    It is written down as of now, by the time that all processes share: an order's effects go by it.
    """
    return OutboxEffect(
        created_at=now,
        tenant_id=tenant_id,
        kind=kind,
        dedupe_key=f"{kind}:{subject}",
        payload=payload,
        order_id=order_id,
        urgency=_URGENCY.get(kind, Urgency.WORD),
        next_attempt_at=now,
    )


def notice(
    event: Notice, tenant_id: str, order_id: str, now: datetime, *, turn: int = 0, **extra: Any
) -> OutboxEffect:
    """Tell an order's customer; `turn` sets apart events that can happen to one order more than once."""
    payload = {"event": event, "orderId": order_id, "turn": turn, **extra}
    return effect(
        EffectKind.CUSTOMER_NOTICE,
        tenant_id,
        f"{order_id}:{event}:{turn}",
        now,
        payload=payload,
        order_id=order_id,
    )


class OwnerEvent(StrEnum):
    """What a shop's owner is told about the bot and the server, each once per absence."""

    LEFT = "left"
    BACK = "back"
    CLOSED = "closed"


def owner_notice(event: OwnerEvent, absence: Absence, now: datetime, **extra: Any) -> OutboxEffect:
    """Tell a shop's owner."""
    known = {"absence": absence.key, "guild": absence.guild_name, "locale": absence.locale}
    payload = {"event": event, **known, **extra}
    about = f"{absence.key}:{event}"
    return effect(EffectKind.OWNER_NOTICE, absence.tenant_id, about, now, payload=payload)


def assign_keys(entitlement_id: str, tenant_id: str, order_id: str, now: datetime) -> OutboxEffect:
    """Hand out the one-time keys that an entitlement owes."""
    payload = {"entitlementId": entitlement_id}
    return effect(EffectKind.KEYS_ASSIGN, tenant_id, entitlement_id, now, payload=payload, order_id=order_id)


def close_page(payment: Payment, now: datetime) -> OutboxEffect:
    """Let the page of a payment whose order was called off be paid no longer; owed once for each page."""
    return effect(
        EffectKind.PAYMENT_CLOSE,
        payment.tenant_id,
        f"{payment.key}:{payment.opened}",
        now,
        payload={"paymentId": payment.key},
        order_id=payment.order_id,
    )


def send_refund(payment: Payment, key: str, now: datetime, turn: int = 0) -> OutboxEffect:
    """Let a refund be sent to its provider; `turn` sets apart when that has to be owed once more."""
    return effect(
        EffectKind.PAYMENT_REFUND,
        payment.tenant_id,
        f"{key}:{turn}" if turn else key,
        now,
        payload={"paymentId": payment.key, "key": key},
        order_id=payment.order_id,
    )


def given_up(owed: OutboxEffect, reason: str) -> Alert:
    """What staff are told of an effect that is not tried any more."""
    return Alert(
        tenant_id=owed.tenant_id,
        type=AlertType.FULFILLMENT_FAILED,
        severity=AlertSeverity.ERROR,
        message="effect_dead",
        params={"kind": owed.kind, "reason": reason, "orderId": owed.order_id},
        entity_type="OutboxEffect",
        entity_id=owed.key,
    )
