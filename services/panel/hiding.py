"""What nobody reads in the panel or in the audit log: secrets, sealed values, and goods that are sold."""

from collections.abc import Iterable, Mapping
from typing import Any

from services.storable import is_secret, readable

HIDDEN = "••••"
# By their stored names, however deep they lie.
_NEVER = frozenset(
    {"deliveryText", "deliveryLink", "deliveryFile", "sealed", "secrets", "digest", "leaseToken"}
)


def without(row: Mapping[str, Any], hidden: Iterable[str] = ()) -> dict[str, Any]:
    """The record without what must not be seen; of what is set, dots tell that it is there."""
    return {name: _shown(name, value, {*hidden}) for name, value in row.items()}


def whole(row: Mapping[str, Any]) -> bytes:
    """All of a record that may be seen, as a file to read."""
    return readable(row).encode("utf-8", "replace")


def _shown(name: str, value: Any, hidden: set[str]) -> Any:
    if value is not None and (name in hidden or name in _NEVER or is_secret(name)):
        return HIDDEN
    if isinstance(value, Mapping):
        return {inner: _shown(str(inner), each, set()) for inner, each in value.items()}
    if isinstance(value, list):
        return [_shown("", each, set()) for each in value]
    return f"({len(value)} bytes)" if isinstance(value, bytes) else value
