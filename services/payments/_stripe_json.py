"""Reads what Stripe says of sessions, payments, refunds and disputes, in webhooks and in answers alike.

Statuses and fields as Stripe's API reference has them for 2026-10-28 (Checkout Session, PaymentIntent,
Refund, Charge, Dispute, Event types).
"""

import re
from typing import Any

from services.payments.processor import BadPayload, Money, News, What
from services.payments.reading import child, children, optional_text, text

# The name of our order's id in metadata: nobody else's, since other tills may use the same account.
ORDER = "shop_order_id"
_OURS = re.compile(r"[0-9a-f]{24}")
_CURRENCY = re.compile(r"[a-z]{3}")
_MOST = 10**12

_PAID = {"paid", "no_payment_required"}
_SESSION_EVENTS = tuple(
    f"checkout.session.{each}"
    for each in ("completed", "async_payment_succeeded", "async_payment_failed", "expired")
)
_REFUND_EVENTS = ("refund.created", "refund.updated", "refund.failed", "charge.refund.updated")
_DISPUTE_EVENTS = tuple(
    f"charge.dispute.{each}"
    for each in ("created", "updated", "closed", "funds_withdrawn", "funds_reinstated")
)
# What the webhook's address is subscribed to; the rest of what Stripe can tell is no news here.
EVENTS = (*_SESSION_EVENTS, *_REFUND_EVENTS[:3], "charge.refunded", *_DISPUTE_EVENTS)
_REFUND = {
    "pending": What.REFUND_PENDING,
    "requires_action": What.REFUND_PENDING,
    "succeeded": What.REFUNDED,
    "failed": What.REFUND_FAILED,
    "canceled": What.REFUND_FAILED,
}
_DISPUTE = {"won": What.DISPUTE_WON, "warning_closed": What.DISPUTE_WON, "lost": What.DISPUTE_LOST}


def our_order(found: dict[str, Any]) -> str | None:
    """Our order's id in an object's metadata; None on another business's."""
    tags = found.get("metadata")
    value = tags.get(ORDER) if isinstance(tags, dict) else None
    return value if isinstance(value, str) and _OURS.fullmatch(value) else None


def reference(found: dict[str, Any], name: str) -> str | None:
    """The id of a related object, which may stand there itself; None where there is none."""
    value = found.get(name)
    return text(value, "id") if isinstance(value, dict) else optional_text(found, name)


def money(found: dict[str, Any], name: str) -> Money:
    """An amount in minor units of the object's currency; raises BadPayload."""
    amount, currency = found.get(name), text(found, "currency")
    if type(amount) is not int or not 0 <= amount < _MOST or not _CURRENCY.fullmatch(currency):
        raise BadPayload(name)
    return Money(amount, currency.upper())


def session_news(session: dict[str, Any], order_id: str) -> tuple[News, ...]:
    """What a Checkout Session tells as it stands; raises BadPayload.

    Complete but unpaid means that a bank takes days. Once such a payment has failed, which only the payment
    itself tells where it is expanded, the page is no use any more.
    """
    status = text(session, "status")
    if status == "expired":
        return (_lapsed(session, order_id),)
    if status != "complete":
        return ()
    intent = session.get("payment_intent")
    over = isinstance(intent, dict) and intent.get("status") in {"requires_payment_method", "canceled"}
    if over and session.get("payment_status") not in _PAID:
        return _failed(session, order_id)
    return (_arrived(session, order_id),)


def _arrived(session: dict[str, Any], order_id: str) -> News:
    return News(
        What.PAID if text(session, "payment_status") in _PAID else What.PENDING,
        order_id=order_id,
        provider_ref=text(session, "id"),
        charge_ref=reference(session, "payment_intent"),
        amount=money(session, "amount_total"),
    )


def _failed(session: dict[str, Any], order_id: str) -> tuple[News, ...]:
    """A complete session takes no second try: the payer needs another page."""
    intent = session.get("payment_intent")
    error = intent.get("last_payment_error") if isinstance(intent, dict) else None
    failed = News(
        What.FAILED,
        order_id=order_id,
        provider_ref=text(session, "id"),
        charge_ref=reference(session, "payment_intent"),
        note=optional_text(error, "code") if isinstance(error, dict) else None,
    )
    return failed, _lapsed(session, order_id)


def _lapsed(session: dict[str, Any], order_id: str) -> News:
    return News(What.EXPIRED, order_id=order_id, provider_ref=text(session, "id"))


def intent_news(intent: dict[str, Any], order_id: str) -> tuple[News, ...]:
    """What the payment of an earlier page tells: money, or nothing; raises BadPayload."""
    what = {"succeeded": What.PAID, "processing": What.PENDING}.get(text(intent, "status"))
    if what is None:
        return ()
    amount = money(intent, "amount_received" if what is What.PAID else "amount")
    return (News(what, order_id=order_id, charge_ref=text(intent, "id"), amount=amount),)


def refund_news(refund: dict[str, Any], order_id: str | None = None) -> News:
    """What a Refund tells; raises BadPayload."""
    status = text(refund, "status")
    if status not in _REFUND:
        raise BadPayload("status")
    failed = _REFUND[status] is What.REFUND_FAILED
    return News(
        _REFUND[status],
        order_id=order_id or our_order(refund),
        charge_ref=reference(refund, "payment_intent"),
        refund_ref=text(refund, "id"),
        amount=money(refund, "amount"),
        note=(optional_text(refund, "failure_reason") or status) if failed else None,
    )


def dispute_news(dispute: dict[str, Any], order_id: str | None = None) -> News:
    """What a Dispute tells; a status that is not final is an open dispute. Raises BadPayload.

    Prevented means won, unless Stripe took the money for it: the payer got it back then.
    """
    status = text(dispute, "status")
    what = _DISPUTE.get(status, What.DISPUTED)
    if status == "prevented":
        what = What.DISPUTE_LOST if _withdrawn(dispute) else What.DISPUTE_WON
    return News(
        what,
        order_id=order_id or our_order(dispute),
        charge_ref=reference(dispute, "payment_intent"),
        dispute_ref=text(dispute, "id"),
        amount=money(dispute, "amount"),
        note=optional_text(dispute, "reason"),
    )


def _withdrawn(dispute: dict[str, Any]) -> bool:
    """Whether more was taken than given back: only the sign counts, for the currency is the account's."""
    moved = [each.get("amount") for each in children(dispute, "balance_transactions")]
    return sum(each for each in moved if isinstance(each, int)) < 0


def _refunded_news(charge: dict[str, Any]) -> News:
    return News(
        What.REFUNDED,
        order_id=our_order(charge),
        charge_ref=reference(charge, "payment_intent"),
        amount=money(charge, "amount_refunded"),
        total=True,
    )


def webhook_news(kind: str, event: dict[str, Any]) -> tuple[News, ...]:
    """What a delivery tells; nothing where it is of no interest or another till's. Raises BadPayload.

    `payment_intent.payment_failed` is of no interest: the page says so to its payer and takes another try.
    """
    if kind in _SESSION_EVENTS:
        session = child(child(event, "data"), "object")
        order_id = our_order(session)
        return _session_event(kind, session, order_id) if order_id else ()
    if kind in _REFUND_EVENTS:
        told = refund_news(child(child(event, "data"), "object"))
    elif kind == "charge.refunded":
        told = _refunded_news(child(child(event, "data"), "object"))
    elif kind.startswith("charge.dispute."):
        told = dispute_news(child(child(event, "data"), "object"))
    else:
        return ()
    # Ours are all made by a PaymentIntent.
    return (told,) if told.charge_ref else ()


def _session_event(kind: str, session: dict[str, Any], order_id: str) -> tuple[News, ...]:
    if kind.endswith(".expired"):
        return (_lapsed(session, order_id),)
    if kind.endswith(".async_payment_failed"):
        return _failed(session, order_id)
    return (_arrived(session, order_id),)
