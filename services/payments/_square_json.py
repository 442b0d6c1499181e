"""Reads what Square says of payments, refunds and disputes, in webhooks and in answers alike."""

import re
from typing import Any

from services.payments.processor import BadPayload, Known, Money, News, What
from services.payments.reading import child, optional_text, text

_OURS = re.compile(r"[0-9a-f]{24}")
_CURRENCY = re.compile(r"[A-Z]{3}")
_MOST = 10**12

# Square's Payment.status, PaymentRefund.status and DisputeState, as its SDK 46 documents them.
_PAYMENT = {
    "APPROVED": What.PENDING,
    "PENDING": What.PENDING,
    "COMPLETED": What.PAID,
    "CANCELED": What.FAILED,
    "FAILED": What.FAILED,
}
_REFUND = {
    "PENDING": What.REFUND_PENDING,
    "COMPLETED": What.REFUNDED,
    "REJECTED": What.REFUND_FAILED,
    "FAILED": What.REFUND_FAILED,
}
_DISPUTE = {
    "WON": What.DISPUTE_WON,
    "INQUIRY_CLOSED": What.DISPUTE_WON,
    "LOST": What.DISPUTE_LOST,
    "ACCEPTED": What.DISPUTE_LOST,
}


def money(found: dict[str, Any], name: str) -> Money:
    """Square's Money, minor units of an ISO code; raises BadPayload."""
    read = child(found, name)
    amount, currency = read.get("amount"), text(read, "currency")
    if type(amount) is not int or not 0 <= amount < _MOST or not _CURRENCY.fullmatch(currency):
        raise BadPayload(name)
    return Money(amount, currency)


def our_order(payment: dict[str, Any]) -> str | None:
    """Our order's id, which a link's `payment_note` leaves on its payments; None on another business's."""
    for name in ("note", "reference_id"):
        found = payment.get(name)
        if isinstance(found, str) and _OURS.fullmatch(found):
            return found
    return None


def payment_news(payment: dict[str, Any], order_id: str | None, provider_ref: str | None = None) -> News:
    """What a Payment object tells, whatever it was paid with; raises BadPayload.

    The amount is `amount_money`, which leaves a tip out: a tip is nothing that the order asked for.
    """
    status = text(payment, "status")
    if status not in _PAYMENT:
        raise BadPayload("status")
    what = _PAYMENT[status]
    return News(
        what,
        order_id=order_id,
        provider_ref=provider_ref,
        charge_ref=text(payment, "id"),
        amount=money(payment, "amount_money"),
        note=status.lower() if what is What.FAILED else None,
    )


def payments_news(payments: list[dict[str, Any]], order_ref: str, known: Known) -> list[News]:
    """What payments tell together, of which some may be for earlier pages; raises BadPayload.

    A try that failed on the page of Square's order `order_ref` is told only while nothing came after it.
    """
    news: list[News] = []
    for each in payments:
        # Money for an earlier page of the order counts, what went wrong there is over.
        here = each.get("order_id") == order_ref
        told = payment_news(each, known.order_id, known.provider_ref if here else None)
        if here or told.what is not What.FAILED:
            news.append(told)
    alive = [each for each in news if each.what is not What.FAILED]
    return alive or news


def refund_refs(payment: dict[str, Any]) -> list[str]:
    """The ids of a payment's refunds."""
    found = payment.get("refund_ids")
    return [each for each in found if isinstance(each, str)] if isinstance(found, list) else []


def refund_news(refund: dict[str, Any]) -> News:
    """What a PaymentRefund object tells; raises BadPayload."""
    status = text(refund, "status")
    if status not in _REFUND:
        raise BadPayload("status")
    return News(
        _REFUND[status],
        charge_ref=optional_text(refund, "payment_id"),
        refund_ref=text(refund, "id"),
        amount=money(refund, "amount_money"),
        note=status.lower() if status in {"REJECTED", "FAILED"} else None,
    )


def dispute_news(dispute: dict[str, Any]) -> News:
    """What a Dispute object tells; a state that is not final is an open dispute. Raises BadPayload."""
    reason = optional_text(dispute, "reason")
    return News(
        _DISPUTE.get(text(dispute, "state"), What.DISPUTED),
        charge_ref=text(child(dispute, "disputed_payment"), "payment_id"),
        dispute_ref=optional_text(dispute, "id") or text(dispute, "dispute_id"),
        amount=money(dispute, "amount_money"),
        note=reason.lower() if reason else None,
    )
