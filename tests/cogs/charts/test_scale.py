"""The axis: round numbers that hold every value, whole ones for what is counted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cogs._charts.scale import finite, scale
from services.reports.contract import Number, Unit
from tests.cogs.charts.samples import UNITS, numbers


@pytest.mark.parametrize(
    ("values", "unit", "marks"),
    [
        ([3, 9], Unit.COUNT, [0, 5, 10]),
        ([1], Unit.COUNT, [0, 1]),
        ([2, 1], Unit.COUNT, [0, 1, 2]),
        ([1], Unit.MONEY, [0, 1]),
        ([1234], Unit.MONEY, [0, 500, 1000, 1500]),
        ([-700, 300], Unit.MONEY, [-1000, -500, 0, 500]),
        ([-3, -9], Unit.COUNT, [-10, -5, 0]),
        ([99.5], Unit.PERCENT, [0, 50, 100]),
        ([0.3], Unit.HOURS, [0, 0.1, 0.2, 0.3]),
        ([0, 0], Unit.COUNT, [0, 4]),
        ([0], Unit.MONEY, [0, 400]),
        ([], Unit.PERCENT, [0, 100]),
    ],
)
def test_marks_are_round(values: list[Number], unit: Unit, marks: list[Number]) -> None:
    """1, 2 or 5 of a power of ten apart; nothing at all still has an axis."""
    assert list(scale(values, unit).marks) == pytest.approx(marks)


@given(st.lists(numbers, max_size=12), st.sampled_from(UNITS))
def test_every_value_lies_on_the_axis(values: list[Number | None], unit: Unit) -> None:
    """From 0 to 1, zero is on it, and there are few marks."""
    axis = scale(values, unit)
    assert 2 <= len(axis.marks) <= 8
    for value in [0, *(each for each in finite(values) if each is not None)]:
        assert -1e-9 <= axis.share(value) <= 1 + 1e-9
    assert any(abs(mark) < 1e-12 for mark in axis.marks)


@given(st.lists(st.integers(-10_000, 10_000), max_size=8), st.sampled_from([Unit.COUNT, Unit.MONEY]))
def test_what_is_counted_has_whole_marks(values: list[int], unit: Unit) -> None:
    """There is no half order and no half cent."""
    assert all(isinstance(mark, int) for mark in scale(values, unit).marks)


def test_what_is_no_number_is_none() -> None:
    """A share of nothing is no reason to draw anything."""
    assert finite([1, None, float("nan"), float("-inf"), 2.5]) == [1, None, None, None, 2.5]
