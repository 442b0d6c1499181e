"""Bars by name, lying, so that names can be read on a phone; the value stands beside each."""

from collections.abc import Sequence
from datetime import date

from cogs._charts.canvas import BOTTOM, EDGE, LEFT, RIGHT, TYPE, Canvas
from cogs._charts.labels import day_of
from cogs._charts.legend import MOST, legend
from cogs._charts.scale import Scale
from cogs._charts.told import point
from services.reports.contract import Chart, Number

# So many bars can be told apart on a phone.
MOST_BARS = 8
_NAMES_WIDE, _VALUES_WIDE = 330, 190
_GAP = 16
_ROW, _MORE = 60, 34
_SHARE, _SHARE_OF_SEVERAL = 0.62, 0.78


class Bars:
    """A chart's bars on a canvas; those that find no room are counted below."""

    def __init__(self, canvas: Canvas, chart: Chart) -> None:
        self._canvas, self._chart, self._labels = canvas, chart, canvas.labels
        self._face = canvas.face
        ghosts = [each for each in chart.series if each.ghost][:1]
        self._series = [each for each in chart.series if not each.ghost][:MOST]
        self._drawn = [*self._series, *ghosts]
        self._legend = legend(self._series, ghosts, self._labels, "c-fill-{n}")
        room = max(1, MOST_BARS // max(1, len(self._drawn)))
        self._shown = min(len(chart.axis), room)
        self._values = [each.values[: self._shown] for each in self._drawn]

    def draw(self) -> None:
        """Draw everything."""
        top = self._canvas.header(self._legend)
        rest = len(self._chart.axis) - self._shown
        bottom = BOTTOM - (_MORE if rest else 0)
        if rest:
            more = self._labels.words.count(rest, "and {n} more", "and {n} more")
            self._canvas.text(LEFT, BOTTOM - 10, more, "c-tick")
        row = min((bottom - top) / self._shown, float(_ROW) * len(self._drawn))
        names = [self._face.fit(self._name(number), _NAMES_WIDE, TYPE) for number in range(self._shown)]
        said = [
            [
                self._face.fit(self._labels.beside(value, self._chart.unit), _VALUES_WIDE, TYPE, bold=True)
                for value in values
            ]
            for values in self._values
        ]
        left = LEFT + max(self._face.width(each, TYPE) for each in names) + _GAP
        right = (
            RIGHT
            - max((self._face.width(each, TYPE, bold=True) for some in said for each in some), default=0)
            - _GAP
        )
        known = [value for values in self._values for value in values if value is not None]
        axis = Scale((min([0, *known]), max([0, *known]) or 1))
        for number, name in enumerate(names):
            y = top + row * number
            self._canvas.text(LEFT, y + row / 2, name, "c-name")
            self._row(_Strip(left, right, y, row, axis), number, [some[number : number + 1] for some in said])
        zero = left + (right - left) * axis.share(0)
        end = top + row * self._shown
        self._canvas.path(f"M{zero:.1f} {top:.1f}V{end:.1f}", "c-zero")
        if not rest:
            self._canvas.end_at(end + EDGE)

    def _name(self, number: int) -> str:
        place = self._chart.axis[number]
        if (day := day_of(place)) and all(_begins_month(each) for each in self._chart.axis):
            return self._labels.month_of_year(day)
        return self._labels.name(place, number + 1)

    def _row(self, at: "_Strip", number: int, said: Sequence[Sequence[str]]) -> None:
        share = _SHARE if len(self._drawn) == 1 else _SHARE_OF_SEVERAL
        thick = at.high * share / max(1, len(self._drawn))
        begin = at.top + at.high * (1 - share) / 2
        told = point(self._chart, self._drawn, number, self._labels) if self._canvas.told else ""
        for place, each in enumerate(self._drawn):
            y = begin + thick * place
            values = self._values[place]
            value = values[number]
            self._canvas.box(at.left, y + 1, at.right - at.left, thick - 2, "c-track", told=told, radius=5)
            if value:
                kind = "c-ghost-fill" if each.ghost else "c-below" if value < 0 else f"c-fill-{place + 1}"
                x, wide = at.bar(value)
                self._canvas.box(x, y + 1, wide, thick - 2, kind, told=told, radius=5)
            for text in said[place]:
                self._canvas.text(RIGHT, y + thick / 2, text, "c-value", anchor="end")


class _Strip:
    """The place of one row, and where its bars begin and end."""

    def __init__(self, left: float, right: float, top: float, high: float, axis: Scale) -> None:
        self.left, self.right, self.top, self.high = left, right, top, high
        self._axis = axis

    def bar(self, value: Number) -> tuple[float, float]:
        """Where a bar begins and how long it is: long enough to be seen."""
        across = self.right - self.left
        zero, end = (self.left + across * self._axis.share(each) for each in (0, value))
        wide = max(3.0, abs(end - zero))
        return (min(zero, self.right - wide) if value > 0 else max(self.left, zero - wide)), wide


def _begins_month(place: object) -> bool:
    return isinstance(place, date) and place.day == 1
