"""The value axis: where it begins and ends, and the round numbers that are written on it."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.reports.contract import Number, Unit

_STEPS = 4
_ROUND = (1, 2, 5, 10)
_WHOLE = {Unit.COUNT, Unit.MONEY}
# Below this everything is as good as nothing.
_LEAST = 1e-6
_NOTHING = {Unit.COUNT: 4, Unit.MONEY: 400, Unit.PERCENT: 100}


@dataclass(frozen=True)
class Scale:
    """From the lowest to the highest mark; zero is always on it."""

    marks: Sequence[Number]

    @property
    def low(self) -> Number:
        """Where the axis begins."""
        return self.marks[0]

    def share(self, value: Number) -> float:
        """How far along the axis a value lies, from 0 to 1."""
        return min(1.0, max(0.0, float((value - self.low) / (self.marks[-1] - self.low))))


def finite(values: Iterable[Number | None]) -> list[Number | None]:
    """The values, without what is no number."""
    return [value if value is not None and math.isfinite(value) else None for value in values]


def scale(values: Iterable[Number | None], unit: Unit) -> Scale:
    """The axis for these values, with marks at round numbers; whole ones for what is counted."""
    known = [value for value in finite(values) if value is not None]
    low, high = min([0, *known]), max([0, *known])
    if high - low < _LEAST:
        top = _NOTHING.get(unit, 4)
        return Scale((0, top))
    step = _step((high - low) / _STEPS, whole=unit in _WHOLE)
    first, last = math.floor(low / step), math.ceil(high / step)
    if unit is Unit.PERCENT and high <= 100 < last * step:  # noqa: PLR2004 - a share of all ends there
        last = math.ceil(100 / step)
    return Scale([number * step for number in range(first, last + 1)])


def _step(least: float, *, whole: bool) -> Number:
    power = math.floor(math.log10(least))
    if whole and power < 0:
        return 1
    unit: Number = 10**power if power >= 0 else 10.0**power
    return next(each * unit for each in _ROUND if each * unit >= least or each == _ROUND[-1])
