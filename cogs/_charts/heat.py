"""A heat map, seven days by 24 hours: the more, the stronger the colour."""

from cogs._charts.canvas import BOTTOM, EDGE, HEIGHT, LEFT, LEGEND_TYPE, RIGHT, TYPE, Canvas
from services.reports.contract import Chart, Number, Series

DAYS, HOURS = 7, 24
_STEPS = 5
_NAMES_WIDE = 130
_BETWEEN = 22
_LEGEND_CELL = 22
_EVERY = (1, 2, 3, 4, 6, 8, 12, 24)


class Heat:
    """A chart's cells on a canvas."""

    def __init__(self, canvas: Canvas, chart: Chart) -> None:
        self._canvas, self._chart, self._labels = canvas, chart, canvas.labels
        self._face = canvas.face
        self._rows = [each for each in chart.series if not each.ghost][:DAYS]
        self._hours = list(chart.axis[:HOURS])
        self._most = max(
            (value for row in self._rows for value in row.values if value is not None), default=0
        )

    def draw(self) -> None:
        """Draw everything."""
        top = self._legend()
        names = [self._face.fit(self.name(number), _NAMES_WIDE, TYPE) for number in range(len(self._rows))]
        left = LEFT + max(self._face.width(each, TYPE) for each in names) + 14
        wide, high = (RIGHT - left) / len(self._hours), (BOTTOM - 38 - top) / len(self._rows)
        for row, name in enumerate(names):
            self._canvas.text(LEFT, top + (row + 0.5) * high, name, "c-tick")
            values = self._rows[row].values
            for column in range(len(self._hours)):
                value = values[column]
                self._cell(
                    left + column * wide,
                    top + row * high,
                    (wide, high),
                    value,
                    self._told(row, column, value) if self._canvas.told else "",
                )
        self._below(left, wide)

    def name(self, row: int) -> str:
        """A weekday, or whatever else a row is."""
        return (
            self._labels.weekday(row) if len(self._rows) == DAYS else self._series_name(self._rows[row], row)
        )

    def _series_name(self, series: Series, row: int) -> str:
        return self._labels.name(self._labels.series(series.label), row + 1)

    def _told(self, row: int, column: int, value: Number | None) -> str:
        hour = self._labels.hour(self._hours[column])
        return f"{self.name(row)} {hour}: {self._labels.exact(value, self._chart.unit)}"

    def _cell(self, x: float, y: float, size: tuple[float, float], value: Number | None, told: str) -> None:
        wide, high = size[0] - 4, size[1] - 4
        self._canvas.box(x + 2, y + 2, wide, high, self._kind(value), told=told, radius=5)

    def _kind(self, value: Number | None) -> str:
        if value is None:
            return "c-none"
        if value < 0:
            return "c-below"
        return f"c-heat-{-int(-value * _STEPS // self._most) if value else 0}"

    def _below(self, left: float, wide: float) -> None:
        said = [self._labels.hour(each) for each in self._hours]
        widest = max(self._face.width(each, TYPE) for each in said) + _BETWEEN
        every = next((each for each in _EVERY if each * wide >= widest), _EVERY[-1])
        after = 0.0
        for number in range(0, len(said), every):
            text = self._face.fit(said[number], RIGHT - left, TYPE)
            after = self._canvas.below(left + (number + 0.5) * wide, HEIGHT - EDGE, text, after)

    def _legend(self) -> float:
        """Tell what the colours are, beside the title if it leaves room; tells where the cells begin."""
        top = self._canvas.header([])
        if self._most <= 0:
            return top
        said = self._labels.marks([0, self._most], self._chart.unit)
        none, most = (self._face.fit(each, 160, LEGEND_TYPE) for each in said)
        cells = (_STEPS + 1) * (_LEGEND_CELL + 3) + 16
        ends = self._face.width(most, LEGEND_TYPE), self._face.width(none, LEGEND_TYPE)
        beside = self._canvas.title_ends() + 40 <= RIGHT - cells - sum(ends)
        y, x = (40.0, float(RIGHT)) if beside else (top + 8, float(RIGHT))
        self._canvas.text(x, y, most, "c-key", anchor="end", size=LEGEND_TYPE)
        x -= ends[0] + 8
        for step in range(_STEPS, -1, -1):
            x -= _LEGEND_CELL + 3
            self._canvas.box(x, y - _LEGEND_CELL / 2, _LEGEND_CELL, _LEGEND_CELL, f"c-heat-{step}", radius=5)
        self._canvas.text(x - 8, y, none, "c-key", anchor="end", size=LEGEND_TYPE)
        return top if beside else top + 38
