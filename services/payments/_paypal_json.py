"""Reads what PayPal says of orders, captures, refunds and disputes, in webhooks and in answers alike."""

import re
from dataclasses import replace
from typing import Any

from models.errors import Declined
from models.money import decimal_text
from services.payments.processor import BadPayload, Money, News, What
from services.payments.reading import cents, child, children, decimal, text

_OURS = re.compile(r"[0-9a-f]{24}")
_CURRENCY = re.compile(r"[A-Z]{3}")
_ID = re.compile(r"[A-Za-z0-9-]{1,60}")
_CODE = re.compile(r"[A-Za-z0-9_.:-]{1,60}")
# PayPal's "currency codes" page: no decimals, whatever ISO 4217 says.
_NO_DECIMALS = frozenset({"HUF", "JPY", "TWD"})

# Statuses as the OpenAPI files payments_payment_v2 and customer_disputes_v1 list them.
_CAPTURE = {
    "COMPLETED": What.PAID,
    "PARTIALLY_REFUNDED": What.PAID,
    "REFUNDED": What.PAID,
    "PENDING": What.PENDING,
    "DECLINED": What.FAILED,
    "FAILED": What.FAILED,
}
_REFUND = {
    "COMPLETED": What.REFUNDED,
    "PENDING": What.REFUND_PENDING,
    "FAILED": What.REFUND_FAILED,
    "CANCELLED": What.REFUND_FAILED,
}
_OUTCOME = {
    "RESOLVED_BUYER_FAVOUR": What.DISPUTE_LOST,
    "ACCEPTED": What.DISPUTE_LOST,
    "RESOLVED_SELLER_FAVOUR": What.DISPUTE_WON,
    "RESOLVED_WITH_PAYOUT": What.DISPUTE_WON,
    "CANCELED_BY_BUYER": What.DISPUTE_WON,
    "DENIED": What.DISPUTE_WON,
}
_CAPTURE_EVENTS = {
    "PAYMENT.CAPTURE.COMPLETED": What.PAID,
    "PAYMENT.CAPTURE.PENDING": What.PENDING,
    "PAYMENT.CAPTURE.DENIED": What.FAILED,
    "PAYMENT.CAPTURE.DECLINED": What.FAILED,
}
_REFUND_EVENTS = {"PAYMENT.CAPTURE.REFUNDED", "PAYMENT.REFUND.PENDING", "PAYMENT.REFUND.FAILED"}
EVENTS = (
    "CHECKOUT.ORDER.APPROVED",
    *_CAPTURE_EVENTS,
    *sorted(_REFUND_EVENTS),
    "PAYMENT.CAPTURE.REVERSED",
    *(f"CUSTOMER.DISPUTE.{verb}" for verb in ("CREATED", "UPDATED", "RESOLVED")),
)


def amount_of(due: Money) -> dict[str, str]:
    """An amount as PayPal wants it; raises Declined where PayPal takes no fractions of this currency."""
    value = decimal_text(due.cents, due.currency)
    if due.currency in _NO_DECIMALS:
        value, _, fraction = value.partition(".")
        if fraction.strip("0"):
            raise Declined("paypal", "DECIMALS_NOT_SUPPORTED")
    return {"currency_code": due.currency, "value": value}


def note(value: Any) -> str | None:
    """One of PayPal's codes; None for anything longer, which might quote a person."""
    return value if isinstance(value, str) and _CODE.fullmatch(value) else None


def _money(found: dict[str, Any], name: str) -> Money:
    read = child(found, name)
    currency = text(read, "currency_code")
    if not _CURRENCY.fullmatch(currency):
        raise BadPayload(name)
    return Money(cents(decimal(read, "value"), currency), currency)


def _money_back(found: dict[str, Any], name: str) -> Money:
    """An amount that left the account: reversals may be told with a minus."""
    read = child(found, name)
    return _money({name: {**read, "value": text(read, "value").removeprefix("-")}}, name)


def _our_order(found: dict[str, Any], name: str = "custom_id") -> str | None:
    value = found.get(name)
    return value if isinstance(value, str) and _OURS.fullmatch(value) else None


def _related(found: dict[str, Any], name: str) -> str | None:
    """An id under `supplementary_data.related_ids`, which PayPal does not always send."""
    data = found.get("supplementary_data")
    ids = data.get("related_ids") if isinstance(data, dict) else None
    value = ids.get(name) if isinstance(ids, dict) else None
    return value if isinstance(value, str) and _ID.fullmatch(value) else None


def capture_news(capture: dict[str, Any], order_id: str | None, provider_ref: str | None = None) -> News:
    """What a capture tells of the money it collected, whatever was given back since; raises BadPayload."""
    status = text(capture, "status")
    if status not in _CAPTURE:
        raise BadPayload("status")
    what = _CAPTURE[status]
    details = capture.get("status_details")
    reason = note(details.get("reason")) if isinstance(details, dict) else None
    return News(
        what,
        order_id=order_id,
        provider_ref=provider_ref or _related(capture, "order_id"),
        charge_ref=text(capture, "id"),
        amount=_money(capture, "amount"),
        note=None if what is What.PAID else reason or status,
    )


def refund_news(refund: dict[str, Any], charge_ref: str | None = None) -> News:
    """What a refund tells; its capture is named by the link "up" where it is not known. Raises BadPayload."""
    status = text(refund, "status")
    if status not in _REFUND:
        raise BadPayload("status")
    what = _REFUND[status]
    return News(
        what,
        order_id=_our_order(refund),
        charge_ref=charge_ref or _captured(refund),
        refund_ref=text(refund, "id"),
        amount=_money_back(refund, "amount"),
        note=status if what is What.REFUND_FAILED else None,
    )


def _captured(refund: dict[str, Any]) -> str:
    for link in children(refund, "links"):
        path, _, last = str(link.get("href")).rpartition("/")
        if link.get("rel") == "up" and path.endswith("/captures") and _ID.fullmatch(last):
            return last
    found = _related(refund, "capture_id")
    if found is None:
        raise BadPayload("up")
    return found


def _reversal_news(refund: dict[str, Any]) -> News:
    """Money that PayPal or a bank took back: told as the sum of all that left the capture.

    A lost dispute is told by itself as well, and both together are one loss.
    """
    told = refund_news(refund)
    breakdown = refund.get("seller_payable_breakdown")
    if isinstance(breakdown, dict) and breakdown.get("total_refunded_amount") is not None:
        told = replace(told, amount=_money_back(breakdown, "total_refunded_amount"))
    return replace(told, total=told.what is What.REFUNDED, note="REVERSED")


def dispute_news(dispute: dict[str, Any]) -> tuple[News, ...]:
    """What a dispute tells of each capture it is about; raises BadPayload.

    Resolved with an outcome that favours nobody it stays an open dispute, for staff to look at.
    """
    about = [each for each in children(dispute, "disputed_transactions") if _not_foreign(each, "custom")]
    about = [each for each in about if each.get("seller_transaction_id") is not None]
    outcome, what = dispute.get("dispute_outcome"), What.DISPUTED
    amount = _money(dispute, "dispute_amount") if dispute.get("dispute_amount") is not None else None
    if dispute.get("status") == "RESOLVED" and isinstance(outcome, dict):
        what = _OUTCOME.get(str(outcome.get("outcome_code")), What.DISPUTED)
        if what is What.DISPUTE_LOST and outcome.get("amount_refunded") is not None:
            amount = _money_back(outcome, "amount_refunded")
    return tuple(
        News(
            what,
            order_id=_our_order(each, "custom"),
            charge_ref=text(each, "seller_transaction_id"),
            dispute_ref=text(dispute, "dispute_id"),
            # Of several captures nobody can say which part is whose.
            amount=amount if len(about) == 1 else None,
            note=note(dispute.get("reason")),
        )
        for each in about
    )


def order_news(order: dict[str, Any], order_id: str, provider_ref: str) -> tuple[News, ...]:
    """What an order tells: its captures with their refunds, or that it is approved or void.

    An order whose only capture was refused can be paid no more: FAILED, then EXPIRED. Raises BadPayload.
    """
    units = children(order, "purchase_units")
    payments = [child(unit, "payments") for unit in units if unit.get("payments") is not None]
    captures = [each for found in payments for each in children(found, "captures")]
    refunds = [each for found in payments for each in children(found, "refunds")]
    only = text(captures[0], "id") if len(captures) == 1 else None
    news = [capture_news(each, order_id, provider_ref) for each in captures]
    alive = any(each.what is not What.FAILED for each in news)
    news += [replace(refund_news(each, only), order_id=order_id) for each in refunds]
    news += [] if refunds else _taken_back(captures, order_id)
    status = order.get("status")
    if status == "APPROVED" and not alive:
        amount = _money(units[0], "amount") if units else None
        news.append(News(What.APPROVED, order_id=order_id, provider_ref=provider_ref, amount=amount))
    if status in {"VOIDED", "COMPLETED"} and not alive:
        news.append(News(What.EXPIRED, order_id=order_id, provider_ref=provider_ref))
    return tuple(news)


def _taken_back(captures: list[dict[str, Any]], order_id: str) -> list[News]:
    """Captures whose whole money is gone without a refund that would say so."""
    return [
        News(
            What.REFUNDED,
            order_id=order_id,
            charge_ref=text(each, "id"),
            amount=_money(each, "amount"),
            total=True,
        )
        for each in captures
        if each.get("status") == "REFUNDED"
    ]


def webhook_news(kind: str, event: dict[str, Any]) -> tuple[News, ...]:
    """What a delivery tells; nothing where it is of no interest or another business's. Raises BadPayload."""
    if kind == "CHECKOUT.ORDER.APPROVED":
        return _approved(child(event, "resource"))
    if kind in _CAPTURE_EVENTS:
        return _captured_news(_CAPTURE_EVENTS[kind], child(event, "resource"))
    if kind in _REFUND_EVENTS or kind == "PAYMENT.CAPTURE.REVERSED":
        refund = child(event, "resource")
        if not _not_foreign(refund, "custom_id"):
            return ()
        return (refund_news(refund) if kind in _REFUND_EVENTS else _reversal_news(refund),)
    if kind.startswith("CUSTOMER.DISPUTE."):
        return dispute_news(child(event, "resource"))
    return ()


def _not_foreign(found: dict[str, Any], name: str) -> bool:
    """Whether it may be ours: it carries an order of ours, or nobody's."""
    return not found.get(name) or _our_order(found, name) is not None


def _approved(order: dict[str, Any]) -> tuple[News, ...]:
    for unit in children(order, "purchase_units"):
        order_id = _our_order(unit)
        if order_id is not None:
            return (News(What.APPROVED, order_id, text(order, "id"), amount=_money(unit, "amount")),)
    return ()


def _captured_news(what: What, capture: dict[str, Any]) -> tuple[News, ...]:
    order_id = _our_order(capture)
    if order_id is None:
        return ()
    told = capture_news(capture, order_id)
    told = replace(told, what=what, note=None if what is What.PAID else told.note)
    if what is not What.FAILED or told.provider_ref is None:
        return (told,)
    # A page is captured once: this one can be paid no more.
    return (told, News(What.EXPIRED, order_id=order_id, provider_ref=told.provider_ref))
