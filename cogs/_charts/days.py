"""Which days are named below the axis: few enough that no two names touch."""

from collections.abc import Sequence
from datetime import date, timedelta

from cogs._charts.canvas import TYPE
from cogs._charts.labels import Labels, Place, day_of

_BETWEEN = 26
_IN_DAYS, _IN_MONTHS = timedelta(days=150), timedelta(days=5 * 365)
_DAY_STEPS = (1, 2, 3, 7, 14, 28)
_MONTH_STEPS = (1, 2, 3, 6, 12)

type _Named = list[tuple[int, str]]


def sparse(axis: Sequence[Place], room: float, labels: Labels) -> _Named:
    """The places that are named below the axis, so few that no two of them touch."""
    days = [day for place in axis if (day := day_of(place))]
    if not days or len(days) < len(axis):
        names = (labels.name(place, number) for number, place in enumerate(axis, 1))
        said = [labels.face.fit(name, room / 4, TYPE) for name in names]
        return _every(list(enumerate(said)), room, labels)
    span = max(days) - min(days)
    if span <= _IN_DAYS:
        return _every(
            [(number, labels.day(day)) for number, day in enumerate(days)], room, labels, _DAY_STEPS
        )
    firsts = [
        number for number, day in enumerate(days) if number == 0 or _month(days[number - 1]) != _month(day)
    ]
    if days[0].day != 1:
        firsts = firsts[1:]
    if span <= _IN_MONTHS:
        return _every_month(firsts, days, room, labels)
    years = [(number, str(days[number].year)) for number in firsts if days[number].month == 1]
    return _every(years, room, labels)


def _month(day: date) -> tuple[int, int]:
    return day.year, day.month


def _every_month(firsts: Sequence[int], days: Sequence[date], room: float, labels: Labels) -> _Named:
    said = [(number, labels.month(days[number])) for number in firsts]
    most = _most(said, room, labels)
    step = next((each for each in _MONTH_STEPS if len(said) <= each * most), _MONTH_STEPS[-1])
    return _every([each for each in said if (days[each[0]].month - 1) % step == 0], room, labels)


def _every(said: _Named, room: float, labels: Labels, steps: Sequence[int] = ()) -> _Named:
    least = -(-len(said) // _most(said, room, labels)) if said else 1
    step = next((each for each in steps if each >= least), least)
    return said[::step]


def _most(said: Sequence[tuple[int, str]], room: float, labels: Labels) -> int:
    widest = max((labels.face.width(text, TYPE) for _, text in said), default=room)
    return max(1, int((room + _BETWEEN) / (widest + _BETWEEN)))
