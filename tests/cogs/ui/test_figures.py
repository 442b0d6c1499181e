"""Reports in words: how a figure changed, what a row says, which days, and whether it all fits."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cogs._ui.figures import PRESETS, cell, change, days, first_rows, labels, picture, shade
from cogs._ui.text import width
from cogs._ui.words import Words
from cogs.admin._analytics_card import View
from services.reports.contract import (
    Chart,
    Column,
    Figure,
    Look,
    Number,
    ReportType,
    Series,
    Table,
    Unit,
    Word,
)
from services.reports.period import Period, Preset

ENGLISH, GERMAN = Words.of("en-US"), Words.of("de")
NAME, COUNT = Column("name", "Product", Unit.TEXT), Column("n", "Orders", Unit.COUNT)


@pytest.mark.parametrize(
    ("now", "before", "unit", "said"),
    [
        (1500, 1000, Unit.MONEY, "▲ 50%, before: $10.00"),
        (1000, 1050, Unit.MONEY, "▼ 4.8%, before: $10.50"),
        (12, 0, Unit.COUNT, "▲ before: 0"),
        (0, 12, Unit.COUNT, "▼ 100%, before: 12"),
        (7, 7, Unit.COUNT, "= as before"),
        (12.5, 10.0, Unit.PERCENT, "▲ 2.5 points, before: 10%"),
        (-500, 1000, Unit.MONEY, "▼ 150%, before: $10.00"),
        (500, -1000, Unit.MONEY, "▲ before: -$10.00"),
        (3, None, Unit.COUNT, ""),
        (None, 3, Unit.COUNT, ""),
    ],
)
def test_a_change_says_its_direction_its_size_and_what_was(
    now: Number | None, before: Number | None, unit: Unit, said: str
) -> None:
    """In percent; of percentages in points; and without a size where there is nothing to measure it by."""
    assert change(Figure("Orders", now, unit, before), labels(ENGLISH, "USD")) == said


def test_numbers_are_written_as_the_language_writes_them() -> None:
    """Also those of currencies without cents."""
    figure = Figure("Revenue", 123456, Unit.MONEY, 1000)
    assert change(figure, labels(GERMAN, "JPY")).replace("\u00a0", " ") == "▲ 12.246 %, davor: 1.000 ¥"


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        ("2026-11-24", "2026-11-24", "24.11.2026"),
        ("2026-11-01", "2026-11-24", "1.\u201324. Nov. 2026"),
        ("2025-12-30", "2026-01-02", "30. Dez. 2025 \u2013 2. Jan. 2026"),
    ],
)
def test_days_are_named_once(first: str, last: str, said: str) -> None:
    """Month and year stand only where they differ."""
    period = Period(date.fromisoformat(first), date.fromisoformat(last))
    assert days(period, GERMAN).replace("\u2009", " ") == said


def test_cells_are_words_names_and_numbers() -> None:
    """Words are translated, names only made harmless, what is empty is a dash."""
    write = labels(GERMAN, "EUR")
    assert cell(NAME, Word("Cart"), write) == "Warenkorb"
    assert cell(NAME, "Cart *", write) == r"Cart \*"
    assert cell(NAME, " ", write) == cell(COUNT, None, write) == "\u2013"
    assert (cell(COUNT, value=True, write=write), cell(COUNT, value=False, write=write)) == ("ja", "nein")
    assert cell(Column("d", "Day", Unit.DATE), date(2026, 3, 1), write) == "01.03.2026"


def test_few_rows_are_shown_and_of_days_the_latest() -> None:
    """What is left out is counted."""
    write = labels(ENGLISH, "USD")
    goods = Table([NAME, COUNT], [(f"Mug {at}", at) for at in range(9)])
    lines = first_rows(goods, write).splitlines()
    assert lines[:2] == ["Product · Orders", "**Mug 0** · 0"]
    assert lines[-1] == "2 more rows in the CSV file"
    by_day = Table([Column("date", "Day", Unit.DATE), COUNT], [(date(2026, 1, at), at) for at in range(1, 9)])
    lines = first_rows(by_day, write).splitlines()
    assert lines[1] == "**Jan 8, 2026** · 8"
    assert lines[-1] == "1 more row in the CSV file"
    assert first_rows(Table([NAME]), write) == ""


@given(st.lists(st.text(max_size=200), max_size=12))
def test_rows_always_fit_a_field(names: list[str]) -> None:
    """Whatever goods are called, and a line for each."""
    table = Table([NAME, COUNT], [(name, 10**9) for name in names])
    said = first_rows(table, labels(ENGLISH, "USD"))
    assert width(said) <= 1024
    assert len(said.splitlines()) <= 9


def test_our_own_words_on_an_axis_are_translated() -> None:
    """People's are not; and the period before goes when nobody compares."""
    series = [Series("Orders", [1, 2]), Series("Before", [3, 4], ghost=True)]
    chart = Chart(Look.BARS, Unit.COUNT, [Word("Cart"), "Cart"], series)
    assert picture(chart, GERMAN).axis == ["Warenkorb", "Cart"]
    assert picture(chart, GERMAN).series == series
    assert picture(chart, GERMAN, compare=False).series == series[:1]
    assert (shade(0x00FF01), shade(None)) == ("#00ff01", None)


def test_the_longest_view_fits_a_button() -> None:
    """Whatever is looked at, also where the days were typed; and it is read back as it was."""
    for kind in ReportType:
        view = View(kind, "2026-01-01_2026-12-31", "USD", compare=False)
        assert all(view.to(action).custom_id for action in ("show", "kind", "days", "money", "typed", "file"))
        assert View.read(kind.value, view.period, "USD", "0") == view


def test_every_preset_has_a_word() -> None:
    """A new one fails here until it can be chosen."""
    assert set(PRESETS) == set(Preset)
