"""What staff type to set a discount's terms, read and checked."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from models.base import visible
from models.discount import DiscountType
from models.errors import BadInput
from models.money import parse_amount
from services.offers import folded_code

_LABEL, _CODE, _MOST_USES = 80, 40, 1_000_000
_PERCENT = re.compile(r"([0-9]{1,3}(?:[.,][0-9]{1,2})?) ?%")
_PLAIN = re.compile(r"[^\W_]+(?:[-._][^\W_]+)*")


def read_terms(typed: Mapping[str, str], currency: str) -> dict[str, Any]:
    """A discount's terms by their Python names; raises BadInput naming the first value that is wrong.

    `off` is a share such as `10%` or a sum such as `5.00`; dates are days in UTC, both included.
    """
    starts_at, last = _day(typed, "starts_at"), _day(typed, "ends_at")
    if starts_at is not None and last is not None and last < starts_at:
        raise BadInput("ends_at", "not_allowed")
    return {
        "label": _label(typed.get("label", "")),
        "code": read_code(typed.get("code", "")),
        **_off(typed.get("off", ""), currency),
        "usage_limit": _uses(typed.get("usage_limit", ""), "usage_limit"),
        "starts_at": starts_at,
        "ends_at": last + timedelta(days=1) if last is not None else None,
    }


def read_uses(text: str) -> int | None:
    """How often an assigned discount may be used, None for ever; raises BadInput."""
    return _uses(text, "total_allowed")


def _label(text: str) -> str | None:
    label = " ".join(text.split())
    if len(label) > _LABEL:
        raise BadInput("label", "length", _LABEL)
    return label if visible(label) else None


def read_code(text: str) -> str | None:
    """A code as it is stored, None for none; raises BadInput."""
    code = folded_code(text)
    if not code:
        return None
    if len(code) > _CODE or not _PLAIN.fullmatch(code):
        raise BadInput("discount_code", "example", "SUMMER-10")
    return code


def _off(text: str, currency: str) -> dict[str, Any]:
    share = _PERCENT.fullmatch(text.strip())
    if share is None:
        cents = parse_amount(text, currency, field="discount_off")
        if cents < 1:
            raise BadInput("discount_off", "too_small")
        return {"type": DiscountType.AMOUNT, "amount_cents": cents, "percent": None}
    percent = Decimal(share[1].replace(",", "."))
    if not 0 < percent <= 100:  # noqa: PLR2004 - the whole price
        raise BadInput("discount_off", "example", "10%")
    return {"type": DiscountType.PERCENT, "percent": percent, "amount_cents": None}


def _uses(text: str, field: str) -> int | None:
    text = text.strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit()):
        raise BadInput(field, "not_a_number")
    if not 0 < int(text) <= _MOST_USES:
        raise BadInput(field, "range", _MOST_USES)
    return int(text)


def _day(typed: Mapping[str, str], field: str) -> datetime | None:
    text = typed.get(field, "").strip()
    if not text:
        return None
    try:
        return datetime.combine(date.fromisoformat(text), time(), UTC)
    except ValueError:
        raise BadInput(field, "example", "2026-12-24") from None
