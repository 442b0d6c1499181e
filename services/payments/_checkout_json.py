"""Reads what Coinbase Business says of a checkout, in webhooks and in answers alike."""

import re
from decimal import Decimal
from typing import Any

from services.payments.processor import BadPayload, Coins, Money, News, What
from services.payments.reading import cents, child, children, decimal, optional_text, text

_OURS = re.compile(r"[0-9a-f]{24}")
_CURRENCY = re.compile(r"[A-Z]{3}")
_DOLLARS = {"USDC": "USD"}  # at par: what Circle owes for one USDC is one US dollar
_PAID = {"COMPLETED", "REFUNDED", "PARTIALLY_REFUNDED"}
# A checkout takes one payment: one that failed cannot be paid any more than one that lapsed.
_WHAT = {
    "PROCESSING": What.PENDING,
    "FAILED": What.EXPIRED,
    "EXPIRED": What.EXPIRED,
    "DEACTIVATED": What.EXPIRED,
}
_REFUND = {
    "PENDING": What.REFUND_PENDING,
    "COMPLETED": What.REFUNDED,
    "FAILED": What.REFUND_FAILED,
}


def our_order(checkout: dict[str, Any]) -> str | None:
    """Our order's id from the metadata that create() planted; None on another business's checkout."""
    metadata = checkout.get("metadata")
    found = metadata.get("order_id") if isinstance(metadata, dict) else None
    return found if isinstance(found, str) and _OURS.fullmatch(found) else None


def checkout_news(checkout: dict[str, Any], order_id: str | None) -> tuple[News, ...]:
    """Everything a checkout tells: its payment, then its refunds; raises BadPayload.

    A checkout takes one payment, so its id stands for the money, too.
    """
    ref, status = text(checkout, "id"), text(checkout, "status")
    if status == "ACTIVE":
        return ()
    if status in _WHAT:
        note = status.lower() if status in {"FAILED", "DEACTIVATED"} else None
        return (News(_WHAT[status], order_id=order_id, provider_ref=ref, note=note),)
    if status not in _PAID:
        raise BadPayload("status")
    amount, coins = _arrived(checkout)
    paid = News(What.PAID, order_id=order_id, provider_ref=ref, charge_ref=ref, amount=amount, coins=coins)
    return (paid, *_refunds(checkout, order_id, ref))


def refund_news(refund: dict[str, Any], order_id: str | None, ref: str) -> News:
    """What one refund of the checkout `ref` tells; raises BadPayload."""
    status = text(refund, "status")
    if status not in _REFUND:
        raise BadPayload("status")
    amount, coins = _money(decimal(refund, "amount"), optional_text(refund, "currency") or "USDC")
    return News(
        _REFUND[status],
        order_id=order_id,
        provider_ref=ref,
        charge_ref=ref,
        amount=amount,
        coins=coins,
        refund_ref=text(refund, "id"),
    )


def _refunds(checkout: dict[str, Any], order_id: str | None, ref: str) -> tuple[News, ...]:
    told = tuple(refund_news(each, order_id, ref) for each in children(checkout, "refunds"))
    if told or checkout.get("refundedAmount") is None:
        return told
    amount, coins = _money(decimal(checkout, "refundedAmount"), text(checkout, "currency"))
    if not amount.cents:
        return ()
    every = News(
        What.REFUNDED,
        order_id=order_id,
        provider_ref=ref,
        charge_ref=ref,
        amount=amount,
        coins=coins,
        total=True,
    )
    return (every,)


def _arrived(checkout: dict[str, Any]) -> tuple[Money, Coins | None]:
    """What came in before Coinbase took its fee."""
    if checkout.get("settlement") is None:
        return _money(decimal(checkout, "amount"), text(checkout, "currency"))
    settlement = child(checkout, "settlement")
    return _money(decimal(settlement, "totalAmount"), text(settlement, "currency"))


def _money(amount: Decimal, ticker: str) -> tuple[Money, Coins | None]:
    currency = _DOLLARS.get(ticker, ticker)
    if not _CURRENCY.fullmatch(currency):
        raise BadPayload("currency")
    coins = Coins(amount, ticker.lower()) if ticker in _DOLLARS else None
    return Money(cents(amount, currency), currency), coins
