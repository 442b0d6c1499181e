"""What somebody typed into a form of the panel, as the record's own types take it, and back."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any, get_args, get_origin

from pydantic import ValidationError

from models.base import Document, visible
from models.browsing import names_of
from models.errors import BadInput
from models.money import decimal_text, parse_amount
from services.storable import well_formed

_LINK = re.compile(r"https?://[^\s<>\"]{1,490}")
_NUMBER = re.compile(r"-?[0-9]{1,10}")
_LARGEST = 2**31 - 1
_MOST_AMOUNTS = 20
_SHORT = 200


def typed(model: type[Document], field: str, text: str, currency: str) -> Any:
    """The value that was meant, by the field's type; raises BadInput by the field's Python name."""
    name = names_of(model)[field]
    kind = model.model_fields[name].annotation
    text = text.strip().replace("\r\n", "\n")
    if not text and (_may_lack(kind) or kind is str):
        return None if _may_lack(kind) else ""
    if _is_amounts(field, kind):
        return _amounts(text, currency, name)
    if field.endswith("Cents"):
        return parse_amount(_given(text, name), currency, field=name)
    if int in (kind, *get_args(kind)):
        return _number(text, name)
    return _text(text, name, long=is_long(model, field))


def shown(value: Any, field: str, currency: str) -> str:
    """The value as a form shows it, so that it is read back as it was."""
    if value is None:
        return ""
    if isinstance(value, list):
        return "; ".join(decimal_text(each, currency) for each in value)
    return decimal_text(value, currency) if field.endswith("Cents") else str(value)


def is_long(model: type[Document], field: str) -> bool:
    """Whether a text may have several lines: more than 200 characters of it, and no address."""
    return longest(model, field) > _SHORT and not field.endswith(("Url", "Email", "email", "phone"))


def longest(model: type[Document], field: str) -> int:
    """How many characters a text may have."""
    kind = model.model_fields[names_of(model)[field]]
    if str not in (kind.annotation, *get_args(kind.annotation)):
        return _SHORT
    bounds = [found for each in kind.metadata if (found := getattr(each, "max_length", None)) is not None]
    return min(bounds, default=500 if field.endswith("Url") else 1000)


def is_needed(model: type[Document], field: str) -> bool:
    """Whether a field cannot be left empty."""
    kind = model.model_fields[names_of(model)[field]]
    if _may_lack(kind.annotation):
        return False
    return kind.annotation is not str or any(getattr(each, "min_length", 0) for each in kind.metadata)


def validated(old: Document, values: Mapping[str, Any]) -> Document:
    """The record with new values, by Python names, as its types take it; raises BadInput for the first."""
    try:
        return type(old).model_validate({**old.model_dump(), **values})
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        raise _refusal(str(first["loc"][0]), first["type"], first.get("ctx", {})) from error


def checked_link(values: Mapping[str, Any], name: str) -> None:
    """Raise BadInput for a value that is given and is no web address."""
    if values.get(name) and not _LINK.fullmatch(values[name]):
        raise BadInput(name, "not_a_link")


def at_most(values: Mapping[str, Any], name: str, limit: int) -> None:
    """Raise BadInput for a text that is given and too long."""
    if len(values.get(name) or "") > limit:
        raise BadInput(name, "length", limit)


def _may_lack(kind: Any) -> bool:
    return type(None) in get_args(kind)


def _is_amounts(field: str, kind: Any) -> bool:
    return get_origin(kind) is list and field.endswith("Cents")


def _given(text: str, name: str) -> str:
    if not text:
        raise BadInput(name, "required")
    return text


def _amounts(text: str, currency: str, name: str) -> list[int]:
    # A comma alone may be the amount's own, as in 12,50.
    parts = [part.strip() for part in re.split(r"[;\n]|,\s|,$", _given(text, name)) if part.strip()]
    if len(parts) > _MOST_AMOUNTS:
        raise BadInput(name, "too_many", _MOST_AMOUNTS)
    return list(dict.fromkeys(parse_amount(part, currency, field=name) for part in parts))


def _number(text: str, name: str) -> int:
    if not _NUMBER.fullmatch(_given(text, name)):
        raise BadInput(name, "not_a_number")
    if abs(int(text)) > _LARGEST:
        raise BadInput(name, "too_large")
    return int(text)


def _text(text: str, name: str, *, long: bool) -> str:
    if not visible(text):
        raise BadInput(name, "required")
    if text != well_formed(text) or any(_unseen(each, long=long) for each in text):
        raise BadInput(name, "not_allowed")
    return text


def _unseen(character: str, *, long: bool) -> bool:
    """Whether it would be stored and not be shown: a control character or a change of direction."""
    if character in "\n\t":
        return not long
    return (
        unicodedata.category(character) == "Cc"
        or character in "\u202a\u202b\u202c\u202d\u202e"
        or ("\u2066" <= character <= "\u2069")
    )


def _refusal(name: str, problem: str, limits: Mapping[str, Any]) -> BadInput:
    if problem == "string_too_long":
        return BadInput(name, "length", limits["max_length"])
    if problem == "string_too_short":
        return BadInput(name, "required")
    if problem in {"greater_than", "greater_than_equal"}:
        return BadInput(name, "too_small")
    if problem in {"less_than", "less_than_equal"}:
        return BadInput(name, "too_large")
    return BadInput(name, "not_allowed")
