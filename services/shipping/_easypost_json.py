"""What EasyPost is told of a parcel, and what its shipments and trackers say.

Whatever reads raises BadPayload for what it cannot do without; other nonsense counts as not said.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from models.address import Address
from models.errors import BadInput
from models.money import currency_code, decimal_text, parse_amount, spread
from services.payments.processor import BadPayload
from services.payments.reading import child, text
from services.postal import state_code
from services.shipping.contract import Label, Movement, Quote, Rate, Sending, Track

_GRAMS = Decimal("28.349523125")  # in an ounce
_MILLIMETRES = Decimal("25.4")  # in an inch
_TENTH = Decimal("0.1")
_PER_OUNCE = 1000  # as finely as customs items are weighed
_LONGEST_NAME = 100
_LONGEST_URL = 500
_LONGEST_PROBLEM = 200
_MOST_PROBLEMS = 5
_MOST_RATES = 25
_MOST_DAYS = 365
# What it says where it has no more to say.
_NO_DETAIL = frozenset({"status_update", "unknown"})
_MOVEMENTS = {
    "pre_transit": Movement.PRE_TRANSIT,
    "in_transit": Movement.IN_TRANSIT,
    "out_for_delivery": Movement.OUT_FOR_DELIVERY,
    "available_for_pickup": Movement.READY_FOR_PICKUP,
    "delivered": Movement.DELIVERED,
    "return_to_sender": Movement.RETURNING,
    "failure": Movement.FAILED,
    "cancelled": Movement.CANCELLED,
}


def shipment(sending: Sending) -> dict[str, Any]:
    """A shipment to be quoted, with a customs form where it leaves the country."""
    box = sending.box
    ounces = _tenths(box.weight_grams, _GRAMS)
    abroad = sending.sender.country != sending.to.country
    return {
        "to_address": _address(sending.to),
        "from_address": _address(sending.sender),
        # Decimals of one place come out of a float as they went in.
        "parcel": {
            "weight": float(ounces),
            "length": float(_tenths(box.length_mm, _MILLIMETRES)),
            "width": float(_tenths(box.width_mm, _MILLIMETRES)),
            "height": float(_tenths(box.height_mm, _MILLIMETRES)),
        },
        "reference": sending.key,
        **({"customs_info": _customs(sending, ounces)} if abroad else {}),
    }


def quote(found: dict[str, Any], currency: str) -> Quote:
    """The rates of a shipment, those in the shop's currency first; what cannot be read is left out."""
    rates = [rate for each in _objects(found, "rates") for rate in _rate(each)]
    rates.sort(key=lambda rate: (rate.currency != currency, rate.cents))
    said = [line for each in _objects(found, "messages") for line in _problem(each)]
    problems = tuple(dict.fromkeys(said))[:_MOST_PROBLEMS]
    return Quote(text(found, "id"), tuple(rates[:_MOST_RATES]), problems)


def label(found: dict[str, Any]) -> Label | None:
    """The label of a shipment, None where none was bought."""
    postage = found.get("postage_label")
    if not isinstance(postage, dict) or not postage.get("label_url"):
        return None
    url = _url(postage, "label_url")
    if url is None:
        raise BadPayload("label_url")
    rate = child(found, "selected_rate")
    cents, currency = _amount(rate)
    followed = track(child(found, "tracker"))
    return Label(url, text(rate, "carrier"), text(rate, "service"), cents, currency, followed)


def track(found: dict[str, Any]) -> Track:
    """Where a tracker's parcel is; a status that is new here is unknown."""
    status = found.get("status")
    return Track(
        ref=text(found, "id"),
        tracking_number=text(found, "tracking_code"),
        carrier=_word(found, "carrier"),
        movement=_MOVEMENTS.get(status, Movement.UNKNOWN) if isinstance(status, str) else Movement.UNKNOWN,
        at=_moment(found.get("updated_at")),
        url=_url(found, "public_url"),
        detail=None if (said := _word(found, "status_detail")) in _NO_DETAIL else said,
    )


def news(kind: str, event: dict[str, Any]) -> tuple[Track, ...]:
    """What an event says of a parcel; none where it is about something else."""
    if kind not in {"tracker.created", "tracker.updated"}:
        return ()
    result = child(event, "result")
    return (track(result),) if result.get("object") == "Tracker" else ()


def _tenths(amount: int, in_one: Decimal) -> Decimal:
    """The larger unit, in tenths of it, at least one."""
    return max(_TENTH, (amount / in_one).quantize(_TENTH, ROUND_HALF_UP))


def _address(address: Address) -> dict[str, str]:
    named = {
        "name": address.name,
        "street1": address.line1,
        "street2": address.line2,
        "city": address.city,
        "state": state_code(address.state, address.country),
        "zip": address.postal_code,
        "country": address.country,
        "phone": address.phone,
    }
    return {name: value for name, value in named.items() if value}


def _customs(sending: Sending, ounces: Decimal) -> dict[str, Any]:
    # Together no heavier than the parcel, which carriers check.
    weights = spread(int(ounces * _PER_OUNCE), [each.quantity for each in sending.contents])
    items = [
        {
            "description": each.name[:_LONGEST_NAME],
            "quantity": each.quantity,
            # Of the whole line, and never nothing, also for a gift.
            "value": decimal_text(max(1, each.quantity * each.unit_price_cents), sending.currency),
            "currency": sending.currency,
            "weight": max(1, weight) / _PER_OUNCE,
            "origin_country": sending.sender.country,
        }
        for each, weight in zip(sending.contents, weights, strict=True)
    ]
    return {
        "contents_type": "merchandise",
        "customs_certify": True,
        "customs_signer": sending.sender.name,
        "eel_pfc": "NOEEI 30.37(a)",
        "restriction_type": "none",
        "customs_items": items,
    }


def _objects(found: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """Those of a list that are objects."""
    values = found.get(name)
    return [each for each in values if isinstance(each, dict)] if isinstance(values, list) else []


def _rate(found: dict[str, Any]) -> Iterator[Rate]:
    try:
        cents, currency = _amount(found)
        ref, carrier, service = text(found, "id"), text(found, "carrier"), text(found, "service")
    except BadPayload:
        # One carrier's nonsense does not hide the others' rates.
        return
    days = found.get("delivery_days")
    known = type(days) is int and 0 <= days <= _MOST_DAYS
    yield Rate(ref, carrier, service, cents, currency, days if known else None)


def _amount(rate: dict[str, Any]) -> tuple[int, str]:
    try:
        currency = currency_code(text(rate, "currency"))
        return parse_amount(text(rate, "rate"), currency), currency
    except BadInput:
        raise BadPayload("rate") from None


def _problem(found: dict[str, Any]) -> Iterator[str]:
    carrier, message = found.get("carrier"), found.get("message")
    if isinstance(message, str) and message.strip():
        said = f"{carrier}: {message}" if isinstance(carrier, str) and carrier else message
        yield " ".join(said.split())[:_LONGEST_PROBLEM]


def _word(found: dict[str, Any], name: str) -> str | None:
    """A short text; None where there is none."""
    try:
        return text(found, name)
    except BadPayload:
        return None


def _url(found: dict[str, Any], name: str) -> str | None:
    """An address that may be shown as a link; None where there is none."""
    value = found.get(name)
    fits = isinstance(value, str) and value.startswith("https://") and len(value) <= _LONGEST_URL
    return value if fits else None


def _moment(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
        return moment.astimezone(UTC) if moment is not None and moment.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None
