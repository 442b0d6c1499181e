"""Which days are named below an axis."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cogs._charts.canvas import TYPE
from cogs._charts.days import sparse
from cogs._charts.labels import Labels
from cogs._charts.lettering import BROWSER
from cogs._ui.words import Words
from tests.cogs.charts.samples import DAY, days

ENGLISH = Labels(Words.of("en-US"), "EUR", printed=False)
ROOM = 640.0


def named(count: int, first: date = DAY, room: float = ROOM) -> list[str]:
    """What is written below so many days."""
    return [said for _, said in sparse(days(count, first), room, ENGLISH)]


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (1, ["Oct 28"]),
        (3, ["Oct 28", "Oct 29", "Oct 30"]),
        (7, ["Oct 28", "Oct 30", "Nov 1", "Nov 3"]),
        (30, ["Oct 28", "Nov 4", "Nov 11", "Nov 18", "Nov 25"]),
        (90, ["Oct 28", "Nov 25", "Dec 23", "Jan 20"]),
    ],
)
def test_days_are_named_in_steps_that_people_count_in(count: int, expected: list[str]) -> None:
    """Every day, every other one, weeks, or four weeks, and the first one always."""
    assert named(count) == expected


def test_a_year_from_a_first_begins_with_its_month() -> None:
    """Quarters and halves fall on the months they are known by."""
    assert named(365, date(2026, 1, 1))[0] == "2026"
    assert named(365, date(2026, 1, 1), room=200) == ["2026", "Jul"]


def test_the_month_that_had_begun_is_not_named() -> None:
    """A name stands where its month begins."""
    assert named(365, date(2026, 1, 15))[0] == "Mar"


def test_many_years_are_named_by_their_number() -> None:
    """Each stands at its first of January."""
    marks = sparse(days(366 * 8, date(2020, 6, 1)), ROOM, ENGLISH)
    assert [said for _, said in marks] == ["2021", "2023", "2025", "2027"]
    assert all(days(366 * 8, date(2020, 6, 1))[number].day == 1 for number, _ in marks)


@given(st.integers(1, 3000), st.dates(date(1990, 1, 1), date(2080, 1, 1)), st.floats(150, 700))
def test_what_is_named_finds_room(count: int, first: date, room: float) -> None:
    """Not more than fit side by side, in order, each within the axis."""
    marks = sparse(days(count, first), room, ENGLISH)
    assert [number for number, _ in marks] == sorted({number for number, _ in marks})
    assert all(0 <= number < count for number, _ in marks)
    wide = sum(BROWSER.width(said, TYPE) for _, said in marks)
    assert len(marks) <= 1 or wide <= room + TYPE


def test_places_that_are_no_days_have_their_names() -> None:
    """Cut where they are long."""
    marks = sparse(["Cart", "Address", "W" * 100], ROOM, ENGLISH)
    assert [said for _, said in marks][:2] == ["Cart", "Address"]
    assert marks[2][1].endswith("…")
