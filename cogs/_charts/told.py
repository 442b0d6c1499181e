"""A chart in a sentence, for those who have it read to them."""

from collections.abc import Sequence

from cogs._charts.labels import Labels, Place, day_of
from services.reports.contract import Chart, Look, Number, Series

_WEEK = 7
_NAMED = 3
_LONGEST = 60
_TYPE = 1.0


def is_empty(chart: Chart) -> bool:
    """Whether there is nothing to draw."""
    drawn = [each for each in chart.series if not each.ghost]
    known = [value for each in drawn for value in each.values]
    return not chart.axis or all(value is None for value in known)


def told(chart: Chart, labels: Labels) -> str:
    """The main numbers of a chart."""
    if is_empty(chart):
        return labels.words("There is nothing to show for this period yet.")
    if chart.look is Look.BARS:
        return _bars(chart, labels)
    return _heat(chart, labels) if chart.look is Look.HEAT else _line(chart, labels)


def _line(chart: Chart, labels: Labels) -> str:
    said = []
    for each in chart.series:
        known = _known(chart.axis, each.values)
        if each.ghost or not known:
            continue
        low, high = min(known, key=_value), max(known, key=_value)
        said.append(
            labels.words(
                "{name}: at least {low} ({low_at}), at most {high} ({high_at}), at the end {last}.",
                name=labels.title(labels.series(each.label), _LONGEST, _TYPE),
                low=labels.exact(low[1], chart.unit),
                low_at=_place(low[0], labels),
                high=labels.exact(high[1], chart.unit),
                high_at=_place(high[0], labels),
                last=labels.exact(known[-1][1], chart.unit),
            )
        )
    return " ".join(said)


def _bars(chart: Chart, labels: Labels) -> str:
    first = next(each for each in chart.series if not each.ghost)
    known = sorted(_known(chart.axis, first.values), key=_value, reverse=True)
    most = ", ".join(
        f"{_place(place, labels)}: {labels.exact(value, chart.unit)}" for place, value in known[:_NAMED]
    )
    return labels.words.count(
        len(chart.axis), "{n} bar; the longest: {most}.", "{n} bars; the longest: {most}.", most=most
    )


def _heat(chart: Chart, labels: Labels) -> str:
    rows = [each for each in chart.series if not each.ghost]
    most: tuple[str, str, Number] | None = None
    for number, row in enumerate(rows):
        for place, known in _known(chart.axis, row.values):
            if most is None or known > most[2]:
                name = labels.weekday(number) if len(rows) == _WEEK else labels.name(row.label, number + 1)
                most = name, labels.hour(place), known
    if most is None:
        return ""
    day, hour, value = most[0], most[1], labels.exact(most[2], chart.unit)
    return labels.words("The most is {value}, on {day} at {hour}.", value=value, day=day, hour=hour)


def _known(axis: Sequence[Place], values: Sequence[Number | None]) -> list[tuple[Place, Number]]:
    pairs = zip(axis, values, strict=True)
    return [(place, value) for place, value in pairs if value is not None]


def _value(pair: tuple[Place, Number]) -> Number:
    return pair[1]


def _place(place: Place, labels: Labels) -> str:
    day = day_of(place)
    return labels.whole_day(day) if day else labels.title(str(place), _LONGEST, _TYPE)


def point(chart: Chart, series: Sequence[Series], number: int, labels: Labels) -> str:
    """What is told of one place on the axis, such as Nov 3, 2026: $12.50 (period before: $11.00)."""
    place = chart.axis[number]
    day = day_of(place)
    name = labels.whole_day(day) if day else labels.name(place, number + 1)
    values = [(each, labels.exact(each.values[number], chart.unit)) for each in series]
    mine = [(each.label, said) for each, said in values if not each.ghost]
    if len(mine) == 1:
        told = mine[0][1]
    else:
        told = ", ".join(
            f"{labels.title(labels.series(label), _LONGEST, _TYPE)} {said}" for label, said in mine
        )
    before = next((said for each, said in values if each.ghost), None)
    return f"{name}: {told}" + (f" ({labels.words('Period before')}: {before})" if before else "")
