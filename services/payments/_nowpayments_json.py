"""Writes JSON again as JavaScript would: NOWPayments signs that text, not the bytes that it sends."""

import json
import re
from decimal import Decimal
from typing import Any

# ECMAScript: keys that are array indices come first, by number; an index is below 2^32 - 1.
_INDEX = re.compile(r"0|[1-9][0-9]{0,9}")
_LAST_INDEX = 2**32 - 2
_PLAIN_UP_TO = 21
_PLAIN_DOWN_TO = -6

_ESCAPED = re.compile(r'["\\\x00-\x1f\ud800-\udfff]')
_SHORT = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def canonical(body: bytes) -> bytes:
    """`JSON.stringify(sortObjectDeep(JSON.parse(body)))`, as NOWPayments' Node SDK has it; raises ValueError.

    Of a name that occurs twice the last value counts. Refused: what JavaScript refuses, bytes that are no
    UTF-8, and nesting too deep to follow.
    """
    try:
        return _written(_parsed(body)).encode()
    except RecursionError:
        raise ValueError("too deep") from None


def older_canonical(body: bytes) -> bytes:
    """The same by a sample of NOWPayments' older documentation; raises ValueError.

    Its list of names, meant to sort, drops every name that the outermost object does not have. To tell
    staff why a delivery was refused, never to accept it.
    """
    try:
        found = _parsed(body)
        return _written(_kept(found, set(found)) if isinstance(found, dict) else found).encode()
    except RecursionError:
        raise ValueError("too deep") from None


def js_number(value: float) -> str:
    """A number as JavaScript prints it (ECMA-262, Number::toString); infinities as JSON has them, null."""
    if value in {float("inf"), float("-inf")}:
        return "null"
    if value == 0:
        return "0"
    # Both languages print the shortest digits that read as the same double; only their places differ.
    parts = Decimal(repr(abs(value))).as_tuple()
    every = "".join(map(str, parts.digits))
    digits = every.rstrip("0")
    point = len(every) + int(parts.exponent)
    return ("-" if value < 0 else "") + _placed(digits, point)


def _placed(digits: str, point: int) -> str:
    if len(digits) <= point <= _PLAIN_UP_TO:
        return digits.ljust(point, "0")
    if 0 < point <= _PLAIN_UP_TO:
        return f"{digits[:point]}.{digits[point:]}"
    if _PLAIN_DOWN_TO < point <= 0:
        return f"0.{'0' * -point}{digits}"
    rest = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{digits[0]}{rest}e{point - 1:+d}"


def _parsed(body: bytes) -> Any:
    # Python reads whole numbers exactly, JavaScript as doubles like all others.
    return json.loads(body.decode(), parse_int=float, parse_constant=_no_number)


def _no_number(text: str) -> None:
    raise ValueError(text)


def _written(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case float():
            return js_number(value)
        case str():
            return _quoted(value)
        case list():
            return f"[{','.join(map(_written, value))}]"
        case _:
            names = sorted(value, key=_place)
            return f"{{{','.join(f'{_quoted(name)}:{_written(value[name])}' for name in names)}}}"


def _place(name: str) -> tuple[int, int, bytes]:
    if _INDEX.fullmatch(name) and int(name) <= _LAST_INDEX:
        return 0, int(name), b""
    return 1, 0, name.encode("utf-16-be", "surrogatepass")


def _quoted(text: str) -> str:
    return f'"{_ESCAPED.sub(_escape, text)}"'


def _escape(found: re.Match[str]) -> str:
    return _SHORT.get(found[0]) or f"\\u{ord(found[0]):04x}"


def _kept(value: Any, names: set[str]) -> Any:
    if isinstance(value, list):
        return [_kept(each, names) for each in value]
    if isinstance(value, dict):
        return {name: _kept(inner, names) for name, inner in value.items() if name in names}
    return value
