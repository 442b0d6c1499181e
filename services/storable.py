"""Makes a body that came from outside fit to be stored, so that people can look at it."""

import json
import re
from collections.abc import Mapping
from typing import Any

from services.payments.payload import harmless

_DEEPEST = 40
_MOST = 5000
_LEFT_OUT = "…"
_HIDDEN = "••••"
_SECRET = re.compile(r"secret|token|passw|signature|credential|authorization|api_?key", re.IGNORECASE)
# What MongoDB reads as an operator, as a path or as the end of a name, by signs that look like it.
_NAMES = str.maketrans({"$": "＄", ".": "．", "\0": "␀"})  # noqa: RUF001 - they are meant to look alike
_INTEGERS = range(-(2**63), 2**63)


def storable(body: bytes) -> dict[str, Any]:
    """The JSON object in a body as MongoDB takes it; empty when there is none.

    Fractions and numbers beyond 64 bits become texts, lone surrogates question marks; what is nested too deep
    or too much to look at is left out. The body itself is the evidence, this is a picture of it.
    """
    plain = harmless(body, _DEEPEST) and body.count(b",") + 2 * _DEEPEST < _MOST
    try:
        found = json.loads(
            body.decode(),
            parse_int=_whole,
            parse_float=str,
            parse_constant=str,
            object_hook=_renamed if plain else None,
        )
    except (ValueError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    return found if plain else _Sieve().names(found, 0)


def readable(found: Mapping[str, Any]) -> str:
    """A stored picture of a body as indented text, without what somebody could use as a key."""
    return json.dumps(_without_secrets(found), indent=1, ensure_ascii=False, default=str)


def is_secret(name: str) -> bool:
    """Whether what has this name could be used as a key."""
    return bool(_SECRET.search(name))


def _without_secrets(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {
            name: _HIDDEN if is_secret(name) else _without_secrets(inner) for name, inner in value.items()
        }
    return [_without_secrets(inner) for inner in value] if isinstance(value, list) else value


def well_formed(text: str) -> str:
    """The text without lone surrogates, which no database takes."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def _whole(text: str) -> int | str:
    value = int(text)
    return value if value in _INTEGERS else str(value)


def _renamed(found: dict[str, Any]) -> dict[str, Any]:
    every = "".join(found)
    if "$" in every or "." in every:
        return {name.translate(_NAMES): value for name, value in found.items()}
    return found


class _Sieve:
    def __init__(self) -> None:
        self._left = _MOST

    def names(self, found: dict[str, Any], depth: int) -> dict[str, Any]:
        return {
            well_formed(name).translate(_NAMES): self.value(inner, depth + 1)
            for name, inner in found.items()
            if self._left > 0
        }

    def value(self, value: Any, depth: int) -> Any:
        self._left -= 1
        if isinstance(value, str):
            return well_formed(value)
        if isinstance(value, dict | list) and depth > _DEEPEST:
            return _LEFT_OUT
        if isinstance(value, dict):
            return self.names(value, depth)
        if isinstance(value, list):
            return [self.value(inner, depth + 1) for inner in value if self._left > 0]
        return value
