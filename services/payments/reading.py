"""Takes typed values out of a provider's JSON, and says so when they are not there."""

import re
from decimal import Decimal
from typing import Any

from models.money import exponent
from services.calls import Reply
from services.payments.processor import BadPayload

_LONGEST = 255
_DECIMAL = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,18})?")
_CODE = re.compile(r"[A-Za-z0-9_.:-]{1,60}")


def text(found: dict[str, Any], name: str) -> str:
    """A text of 1 to 255 characters; raises BadPayload."""
    value = found.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST:
        raise BadPayload(name)
    return value


def optional_text(found: dict[str, Any], name: str) -> str | None:
    """Such a text, or None where the name is missing or null; raises BadPayload."""
    return None if found.get(name) is None else text(found, name)


def child(found: dict[str, Any], name: str) -> dict[str, Any]:
    """An object; raises BadPayload."""
    value = found.get(name)
    if not isinstance(value, dict):
        raise BadPayload(name)
    return value


def children(found: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """A list of objects, empty where the name is missing or null; raises BadPayload."""
    values = found.get(name)
    if values is None:
        return []
    if not isinstance(values, list) or not all(isinstance(each, dict) for each in values):
        raise BadPayload(name)
    return values


def decimal(found: dict[str, Any], name: str) -> Decimal:
    """An amount in plain decimals, as text; raises BadPayload."""
    value = text(found, name)
    if not _DECIMAL.fullmatch(value):
        raise BadPayload(name)
    return Decimal(value)


def cents(amount: Decimal, currency: str) -> int:
    """An amount in minor units; raises BadPayload when the currency has none that small."""
    scaled = amount.scaleb(exponent(currency))
    if scaled != scaled.to_integral_value():
        raise BadPayload("too many decimals")
    return int(scaled)


def code(reply: Reply, value: Any) -> str:
    """A provider's own short code for a refusal; its HTTP status where it gave none that is one."""
    return value if isinstance(value, str) and _CODE.fullmatch(value) else f"http_{reply.status}"
