"""How a cell of a file is read into the model's own types, and how it is written."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from bson.decimal128 import Decimal128

from models.errors import BadInput
from models.money import decimal_text, parse_amount
from services.cells import as_meant, harmless

_WORDS = {
    True: {"true", "yes", "1", "ja", "wahr", "sí", "si", "verdadero"},
    False: {"false", "no", "0", "nein", "falsch", "falso"},
}
_WHOLE = re.compile(r"[0-9]{1,9}")
_PERCENT = re.compile(r"[0-9]{1,3}(?:[.,][0-9]{1,2})?")
_ID = re.compile(r"[1-9][0-9]{14,19}")

type Read = Callable[[str, str, str], Any]


@dataclass(frozen=True)
class Cell:
    """Reads `(text, column, currency)`, raising BadInput for the column, and writes `(value, currency)`."""

    read: Read
    write: Callable[[Any, str], str]


def _text(value: Any, _: str) -> str:
    # No file with a NUL is read again.
    return "" if value is None else harmless(str(value).replace("\0", ""))


def _name(text: str, column: str, _: str) -> str:
    name = as_meant(text).strip()
    if any(unicodedata.category(sign) == "Cc" for sign in name):
        raise BadInput(column, "csv_control")
    return name


def _flag(text: str, column: str, _: str) -> bool:
    typed = text.strip().casefold()
    for meaning, words in _WORDS.items():
        if typed in words:
            return meaning
    raise BadInput(column, "example", "true")


def _whole(text: str, column: str, _: str) -> int:
    if not _WHOLE.fullmatch(text.strip()):
        raise BadInput(column, "not_a_number")
    return int(text)


def _money(text: str, column: str, currency: str) -> int:
    return parse_amount(text, currency, field=column)


def _percent(text: str, column: str, _: str) -> Decimal:
    typed = text.strip().removesuffix("%").rstrip()
    if not _PERCENT.fullmatch(typed):
        raise BadInput(column, "example", "12.5")
    return Decimal(typed.replace(",", "."))


def _plain_decimal(value: Any, _: str) -> str:
    if value is None:
        return ""
    number = value.to_decimal() if isinstance(value, Decimal128) else Decimal(str(value))
    try:
        shown = number.quantize(Decimal("0.01")).normalize()
    except InvalidOperation:
        shown = number
    return f"{shown:f}"


def _moment(text: str, column: str, _: str) -> datetime:
    try:
        read = datetime.fromisoformat(text.strip())
        moment = read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadInput(column, "example", "2026-12-24T18:00:00Z") from None
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _iso(value: Any, _: str) -> str:
    if value is None:
        return ""
    moment: datetime = value.astimezone(UTC)
    shown = moment.isoformat(timespec="milliseconds" if moment.microsecond else "seconds")
    return shown.replace("+00:00", "Z")


def _ids(text: str, column: str, _: str) -> list[str]:
    found = list(dict.fromkeys(text.replace(",", " ").split()))
    # A spreadsheet program makes 1.23E+17 of them, and nobody can tell which it was.
    if not all(_ID.fullmatch(each) for each in found):
        raise BadInput(column, "not_ids")
    if len(found) > MOST_IDS:
        raise BadInput(column, "too_many", MOST_IDS)
    return found


def _lines(text: str, _: str, __: str) -> list[str]:
    return list(dict.fromkeys(kept for each in as_meant(text).splitlines() if (kept := each.strip())))


def choice(kind: type[StrEnum]) -> Cell:
    """One of these words, whatever their case."""
    known = {each.value.casefold(): each for each in kind}

    def read(text: str, column: str, _: str) -> StrEnum:
        found = known.get(text.strip().casefold())
        if found is None:
            raise BadInput(column, "example", next(iter(kind)).value)
        return found

    return Cell(read, _text)


MOST_IDS = 25
TEXT = Cell(lambda text, _, __: as_meant(text), _text)
NAME = Cell(_name, _text)
FLAG = Cell(_flag, lambda value, _: "" if value is None else str(bool(value)).lower())
WHOLE = Cell(_whole, lambda value, _: "" if value is None else str(value))
MONEY = Cell(_money, lambda value, currency: "" if value is None else decimal_text(value, currency))
PERCENT = Cell(_percent, _plain_decimal)
MOMENT = Cell(_moment, _iso)
# Every amount of a row is in the shop's own currency; the column says which that is.
CURRENCY = Cell(lambda text, _, __: text.strip().upper(), lambda value, currency: str(value or currency))
IDS = Cell(_ids, lambda value, _: " ".join(value or ()))
LINES = Cell(_lines, lambda value, _: harmless("\n".join(value or ())))
