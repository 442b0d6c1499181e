"""Reads how heavy and how large a parcel is, as people write it: `1.5 lb`, `2 lb 4 oz`, `20 x 15 x 10 cm`."""

import re
from fractions import Fraction

from models.errors import BadInput
from services.shipping.contract import Box

MAX_GRAMS = 70_000
MAX_MM = 3_000
_LONGEST = 60
_WEIGHT_EXAMPLE, _SIZE_EXAMPLE = "250 g, 1.2 kg, 8 oz, 2 lb 4 oz", "20 x 15 x 10 cm, 8 x 6 x 4 in"
_KG, _G, _OZ, _LB = Fraction(1000), Fraction(1), Fraction("28.349523125"), Fraction("453.59237")
_GRAMS = {
    **dict.fromkeys(("g", "gr", "gram", "grams", "gramm"), _G),
    **dict.fromkeys(("kg", "kgs", "kilo", "kilos", "kilogram", "kilograms", "kilogramm"), _KG),
    **dict.fromkeys(("oz", "ounce", "ounces"), _OZ),
    **dict.fromkeys(("lb", "lbs", "pound", "pounds"), _LB),
}
_MM, _CM, _M, _IN = Fraction(1), Fraction(10), Fraction(1000), Fraction("25.4")
_MILLIMETRES = {
    **dict.fromkeys(("mm",), _MM),
    **dict.fromkeys(("cm",), _CM),
    **dict.fromkeys(("m",), _M),
    **dict.fromkeys(("in", "inch", "inches", '"', "''", "″", "”"), _IN),
}
_PAIRS = {(_KG, _G), (_LB, _OZ)}
# In small units `1,250` is as likely a thousand as a fraction, so that it is asked for again.
_THIRD_PLACE = frozenset({_KG, _LB, _M})
_NUMBER = r"([0-9]{1,6})(?:[.,]([0-9]{1,3}))?"
_PART = re.compile(rf"\s*{_NUMBER}\s*([^\W\d_]{{1,12}})?\.?\s*", re.ASCII)
_SIDE = re.compile(rf"\s*{_NUMBER}\s*([a-z]{{1,6}}|\"|''|″|”)?\.?\s*")
_TIMES = re.compile("[x*\N{MULTIPLICATION SIGN}]")
_SIDES = 3


def read_box(weight: str, size: str) -> Box:
    """A parcel of this weight and size; raises BadInput."""
    return Box(read_weight(weight), *read_size(size))


def read_weight(text: str) -> int:
    """Whole grams, half up, at least 1; raises BadInput, also where the unit is missing."""
    rest, sum_ = _cleaned("weight", text, _WEIGHT_EXAMPLE), Fraction(0)
    before: Fraction | None = None
    while rest:
        found = _PART.match(rest)
        if found is None:
            raise BadInput("weight", "example", _WEIGHT_EXAMPLE)
        unit = _unit("weight", found[3], _GRAMS, _WEIGHT_EXAMPLE)
        if before is not None and (before, unit) not in _PAIRS:
            raise BadInput("weight", "example", _WEIGHT_EXAMPLE)
        sum_ += _value("weight", found, unit, _WEIGHT_EXAMPLE)
        before, rest = unit, rest[found.end() :]
    return _within("weight", sum_, MAX_GRAMS, "70 kg")


def read_size(text: str) -> tuple[int, int, int]:
    """Length, width and height in whole millimetres, half up, at least 1; raises BadInput.

    The last unit holds for sides that have none.
    """
    found = [_SIDE.fullmatch(each) for each in _TIMES.split(_cleaned("size", text, _SIZE_EXAMPLE))]
    sides = [each for each in found if each is not None]
    if len(found) != _SIDES or len(sides) != _SIDES:
        raise BadInput("size", "example", _SIZE_EXAMPLE)
    last = sides[-1][3]
    units = [_unit("size", each[3] or last, _MILLIMETRES, _SIZE_EXAMPLE) for each in sides]
    length, width, height = (
        _within("size", _value("size", side, unit, _SIZE_EXAMPLE), MAX_MM, "3 m")
        for side, unit in zip(sides, units, strict=True)
    )
    return length, width, height


def _cleaned(field: str, text: str, example: str) -> str:
    cleaned = " ".join(text.split()).casefold()
    if not cleaned or len(cleaned) > _LONGEST:
        raise BadInput(field, "example", example)
    return cleaned


def _unit(field: str, name: str | None, known: dict[str, Fraction], example: str) -> Fraction:
    if name is None:
        raise BadInput(field, "no_unit", example)
    if name not in known:
        raise BadInput(field, "example", example)
    return known[name]


def _value(field: str, found: re.Match[str], unit: Fraction, example: str) -> Fraction:
    whole, part = found[1], found[2] or ""
    if len(part) == 3 and unit not in _THIRD_PLACE:  # noqa: PLR2004 - thousands have three digits
        raise BadInput(field, "example", example)
    return Fraction(int(whole + part), 10 ** len(part)) * unit


def _within(field: str, exact: Fraction, most: int, said: str) -> int:
    if not exact:
        raise BadInput(field, "too_small")
    if exact > most:
        raise BadInput(field, "most", said)
    return max(1, int(exact + Fraction(1, 2)))
