"""A report in a person's words: its days, its figures with how they changed, its first rows, its chart."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from babel.dates import format_date, format_interval

from cogs._charts.labels import Labels
from cogs._ui.text import cut, plain
from cogs._ui.words import Words, later
from services.reports.contract import Cell, Chart, Column, Figure, Number, Table, Unit, Word
from services.reports.period import Period, Preset
from services.reports.report import change_percent

PRESETS = {
    Preset.TODAY: later("Today"),
    Preset.YESTERDAY: later("Yesterday"),
    Preset.LAST_7_DAYS: later("Last 7 days"),
    Preset.LAST_30_DAYS: later("Last 30 days"),
    Preset.LAST_90_DAYS: later("Last 90 days"),
    Preset.THIS_MONTH: later("This month"),
    Preset.LAST_MONTH: later("Last month"),
    Preset.THIS_YEAR: later("This year"),
    Preset.LAST_YEAR: later("Last year"),
    Preset.LAST_12_MONTHS: later("Last 12 months"),
}
_UP, _DOWN = "\N{BLACK UP-POINTING TRIANGLE}", "\N{BLACK DOWN-POINTING TRIANGLE}"
# What fits beside each other on a phone, and is read before somebody takes the file.
_COLUMNS, _ROWS = 4, 7
_NAME, _LONGEST = 40, 1024
_WHOLE_FROM = 10


def labels(words: Words, currency: str) -> Labels:
    """How numbers are written in a message."""
    return Labels(words, currency, printed=False)


def days(period: Period, w: Words) -> str:
    """The days, such as Nov 1 \N{EN DASH} 24, 2026."""
    if period.length == 1:
        return format_date(period.first, "medium", locale=w.locale)
    return str(format_interval(period.first, period.last, "yMMMd", locale=w.locale))


def change(figure: Figure, write: Labels) -> str:
    """How a figure changed against the period before; empty where that is not known."""
    now, before, w = figure.value, figure.before, write.words
    if now is None or before is None:
        return ""
    was = w("before: {value}", value=write.exact(before, figure.unit))
    if now == before:
        return w("= as before")
    arrow = _UP if now > before else _DOWN
    return f"{arrow} {by}, {was}" if (by := _by(now, before, figure.unit, write)) else f"{arrow} {was}"


def _by(now: Number, before: Number, unit: Unit, write: Labels) -> str:
    if unit is Unit.PERCENT:
        # Of percentages nobody knows whether percent or points are meant, unless it is said.
        by = round(abs(now - before), 1)
        return write.words("{n} points", n=write.exact(by, Unit.COUNT))
    percent = change_percent(now, before)
    if percent is None:
        return ""
    size = abs(percent)
    return write.exact(round(size) if size >= _WHOLE_FROM else size, Unit.PERCENT)


def first_rows(table: Table, write: Labels) -> str:
    """The first rows as lines, of days the latest; empty where there is none."""
    shown = list(table.rows)[-_ROWS:][::-1] if _by_day(table) else list(table.rows)[:_ROWS]
    if not shown:
        return ""
    columns = list(table.columns)[:_COLUMNS]
    lines = [" \N{MIDDLE DOT} ".join(write.words(each.label) for each in columns)]
    for row in shown:
        first, *others = (cell(column, each, write) for column, each in zip(columns, row, strict=False))
        lines.append(" \N{MIDDLE DOT} ".join([f"**{first}**", *others]))
    if rest := len(table.rows) - len(shown):
        w = write.words
        lines.append(w.count(rest, "{n} more row in the CSV file", "{n} more rows in the CSV file"))
    return cut("\n".join(lines), _LONGEST)


def _by_day(table: Table) -> bool:
    return bool(table.columns) and table.columns[0].unit is Unit.DATE


def cell(column: Column, value: Cell, write: Labels) -> str:
    """One cell in words; names of people and goods are harmless."""
    if isinstance(value, bool):
        return write.words("yes") if value else write.words("no")
    if isinstance(value, Word):
        return write.words(value)
    if isinstance(value, str):
        return plain(cut(value, _NAME)) or "\N{EN DASH}"
    if isinstance(value, date):
        return format_date(value, "medium", locale=write.words.locale)
    return write.exact(value, column.unit)


def picture(chart: Chart, w: Words, *, compare: bool = True) -> Chart:
    """The chart, our own words on its axis translated; without the period before unless compared."""
    axis: Sequence[date | str | int] = [w(each) if isinstance(each, Word) else each for each in chart.axis]
    return replace(chart, axis=axis, series=[each for each in chart.series if compare or not each.ghost])


def shade(accent: int | None) -> str | None:
    """A card's colour as charts take it."""
    return None if accent is None else f"#{accent:06x}"
