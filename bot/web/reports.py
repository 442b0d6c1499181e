"""What the page of a report says: its figures, days, chart and rows, in the reader's words."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from babel.dates import format_date, format_time
from markupsafe import Markup

from cogs._charts import svg
from cogs._charts.labels import NOTHING, Labels
from cogs._ui.days import days_in_words
from cogs._ui.words import Words
from services.reports.contract import Cell, Chart, Column, Figure, Look, Number, Unit, Word
from services.reports.desk import Shown
from services.reports.report import change_percent
from services.time_zones import zone

# A year of days and a day more; whoever wants more takes the file.
MOST_ROWS = 367
# A table of more columns than that stands as cards on a tablet, too.
_FEW_COLUMNS = 6
_IN_WORDS = (Unit.TEXT, Unit.DATE, Unit.YES_NO)


@dataclass(frozen=True)
class Said:
    """A figure: its value, by how much it changed, and what it was; empty texts where there is nothing."""

    label: str
    value: str
    change: str
    before: str


class ReportWords:
    """One report for one reader."""

    def __init__(self, shown: Shown, words: Words) -> None:
        self._shown = shown
        self._words = words
        self._labels = Labels(words, shown.currency, printed=False)

    def page(self) -> dict[str, Any]:
        """The values of the template."""
        shown, w = self._shown, self._words
        table = shown.table
        return {
            "title": w(shown.report.title),
            "about": w(shown.report.about),
            "period": days_in_words(shown.period, w),
            "before": days_in_words(shown.period.before, w),
            "zone": shown.period.zone.replace("_", " "),
            "counted": self._counted(),
            "currency": shown.currency if shown.report.of_money else "",
            "figures": [self._figure(each) for each in shown.figures],
            "compared": any(each.before is not None for each in shown.figures),
            "chart": self._chart(),
            "columns": [(w(each.label), _kind(each)) for each in table.columns],
            "rows": [
                [self._cell(*pair) for pair in zip(table.columns, row, strict=True)]
                for row in table.rows[:MOST_ROWS]
            ],
            "left_out": self._left_out(len(table.rows) - MOST_ROWS),
            "wide": len(table.columns) > _FEW_COLUMNS,
        }

    def _left_out(self, rows: int) -> str:
        if rows <= 0:
            return ""
        return self._words.count(rows, "{n} more row is in the file.", "{n} more rows are in the file.")

    def _counted(self) -> str:
        at = self._shown.at.astimezone(zone(self._shown.period.zone))
        locale = self._words.locale
        day = format_date(at, "medium", locale=locale)
        return f"{day}, {format_time(at.time(), 'short', locale=locale)}"

    def _figure(self, figure: Figure) -> Said:
        change, before = "", ""
        if figure.before is not None:
            before = self._labels.exact(figure.before, figure.unit)
            change = self._change(figure.value, figure.before, figure.unit)
        return Said(self._words(figure.label), self._labels.exact(figure.value, figure.unit), change, before)

    def _change(self, now: Number | None, before: Number, unit: Unit) -> str:
        """In percent; of what is a percentage itself, in points."""
        if now is None:
            return ""
        if unit is Unit.PERCENT:
            points = round(now - before, 1)
            return self._words("{n} points", n=_signed(points, self._labels.exact(abs(points), Unit.COUNT)))
        percent = change_percent(now, before)
        return "" if percent is None else _signed(percent, self._labels.exact(abs(percent), Unit.PERCENT))

    def _chart(self) -> Markup:
        chart = spoken(self._shown.chart, self._words)
        drawn = [each for each in chart.series if not each.ghost]
        own = chart.look is not Look.HEAT and len(drawn) == 1
        title = self._words(drawn[0].label if own else self._shown.report.title)
        return svg(chart, self._words, self._shown.currency, title)

    def _cell(self, column: Column, cell: Cell) -> str:
        if cell is None:
            return NOTHING
        if isinstance(cell, bool):
            return self._words("yes") if cell else self._words("no")
        if isinstance(cell, date):
            return self._labels.whole_day(cell)
        if isinstance(cell, str):
            return self._words(cell) if isinstance(cell, Word) else cell
        return self._labels.exact(cell, column.unit)


def spoken(chart: Chart, words: Words) -> Chart:
    """The chart with our own words on its axis translated; names stay as they are."""
    axis = [words(place) if isinstance(place, Word) else place for place in chart.axis]
    return replace(chart, axis=axis)


def _kind(column: Column) -> str:
    return "" if column.unit in _IN_WORDS else "n"


def _signed(value: Number, said: str) -> str:
    # The sign that is as wide as a digit, not the hyphen.
    return f"{'+' if value > 0 else chr(0x2212) if value < 0 else '±'}{said}"
