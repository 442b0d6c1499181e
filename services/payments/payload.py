"""Reads JSON that came from outside, and nothing that only looks like it."""

import json
from decimal import Decimal
from typing import Any

from services.payments.processor import BadPayload

_DEEPEST = 40


def parse(body: bytes) -> dict[str, Any]:
    """A JSON object, its fractions as Decimal; raises BadPayload.

    Refused, too: NaN and infinities, a name that occurs twice, lone surrogates, nesting beyond 40 levels.
    """
    try:
        text = body.decode("utf-8")
        found = json.loads(
            text, parse_float=Decimal, parse_constant=_no_number, object_pairs_hook=_no_duplicates
        )
    except (ValueError, ArithmeticError, RecursionError) as error:
        # An exponent that not even Decimal can hold is arithmetic.
        raise BadPayload(type(error).__name__) from None
    if not isinstance(found, dict):
        raise BadPayload("no object")
    if not harmless(body, _DEEPEST):
        _look_through(found, 0)
    return found


def harmless(body: bytes, deepest: int) -> bool:
    """Whether a look at JSON's bytes tells that no text in it is out of the ordinary and no value too deep.

    False where only reading it can tell: an escape may stand for a lone surrogate or a NUL.
    """
    return b"\\u" not in body and body.count(b"{") + body.count(b"[") <= deepest


def _no_number(text: str) -> None:
    raise ValueError(text)


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name occurs twice")
    return found


def _look_through(value: Any, depth: int) -> None:
    if depth > _DEEPEST:
        raise BadPayload("too deep")
    if isinstance(value, str):
        _whole(value)
    elif isinstance(value, dict):
        for name, inner in value.items():
            _whole(name)
            _look_through(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            _look_through(inner, depth + 1)


def _whole(text: str) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise BadPayload("lone surrogate") from None
