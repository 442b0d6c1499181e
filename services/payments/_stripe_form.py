"""Writes what Stripe is asked: forms with names in brackets, as its API reference has them."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from services.payments._stripe_json import ORDER
from services.payments.processor import Charge, RefundAsk

_LONGEST_NAME = 100
# A session may last 30 minutes to 24 hours; a minute is left for clocks that differ and for tries.
_SOONEST = timedelta(minutes=31)
_LATEST = timedelta(hours=23, minutes=59)


def form(values: Mapping[str, Any]) -> bytes:
    """A form-encoded body: `{"a": {"b": [1]}}` is `a[b][0]=1`."""
    return urlencode(list(_flat("", values))).encode()


def _flat(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _flat(f"{name}[{key}]" if name else key, inner)
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            yield from _flat(f"{name}[{at}]", inner)
    else:
        yield name, str(value)


def page(charge: Charge) -> bytes:
    """A Checkout Session over one line; amounts are in the minor unit, as ours are.

    The order's id goes along as metadata of session and payment, by which webhooks are known as ours. Prices
    in the payer's own currency are off: what is asked for is what has to come.
    """
    shop_name = " ".join(charge.shop_name.split())[:_LONGEST_NAME]
    name = f"{shop_name} {charge.order_number}".strip()
    price = {
        "currency": charge.amount.currency.lower(),
        "unit_amount": charge.amount.cents,
        "product_data": {"name": name},
    }
    ours = {ORDER: charge.order_id}
    return form(
        {
            "mode": "payment",
            "line_items": [{"price_data": price, "quantity": 1}],
            "success_url": charge.return_url,
            "cancel_url": charge.return_url,
            "client_reference_id": charge.order_id,
            "metadata": ours,
            "payment_intent_data": {"description": name, "metadata": ours},
            "adaptive_pricing": {"enabled": "false"},
            "expires_at": int(_ends_at(charge).timestamp()),
        }
    )


def _ends_at(charge: Charge) -> datetime:
    """The hold's end where Stripe allows that: for every try the same, so that its key finds the page."""
    return min(max(charge.ends_at, charge.now + _SOONEST), charge.now + _LATEST)


def refund(ask: RefundAsk) -> bytes:
    """Money to give back; why, in staff's words, is for the shop's own eyes at Stripe."""
    ours = {ORDER: ask.known.order_id} | ({"reason": ask.reason} if ask.reason else {})
    return form(
        {
            "payment_intent": ask.charge_ref,
            "amount": ask.amount.cents,
            "reason": "requested_by_customer",
            "metadata": ours,
        }
    )
