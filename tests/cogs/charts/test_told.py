"""A chart in words: the sentence for those who have it read to them, and what is told of each place."""

import pytest

from services.reports.contract import Chart, Look, Series, Unit
from tests.cogs.charts.looking import description, drawn, told
from tests.cogs.charts.samples import bars, days, lines, week


def test_each_line_is_told_and_the_ghost_is_not() -> None:
    """Its lowest, its highest and its last value."""
    said = description(drawn(lines([100, 300, 200], [9, None, None], before=[1, 2, 3])))
    assert said == (
        "Revenue: at least €1.00 (Oct 28, 2026), at most €3.00 (Oct 29, 2026), at the end €2.00. "
        "Refunds: at least €0.09 (Oct 28, 2026), at most €0.09 (Oct 28, 2026), at the end €0.09."
    )


def test_the_end_is_the_last_day_that_is_known() -> None:
    """Today may have no figure yet."""
    assert description(drawn(lines([100, 300, None]))).endswith("at the end €3.00.")


def test_bars_are_told_by_the_longest_whatever_their_order() -> None:
    """Three of them, and how many there are in all."""
    chart = bars({"Pin": 1, "Mug": 900, "Cup": 500, "Cap": None, "Bag": 700}, Unit.COUNT)
    assert description(drawn(chart)) == "5 bars; the longest: Mug: 900, Bag: 700, Cup: 500."
    assert description(drawn(chart, "de")) == "5 Balken; die längsten: Mug: 900, Bag: 700, Cup: 500."


def test_a_week_is_told_by_its_busiest_hour() -> None:
    """The first one, where several are as busy."""
    quiet = [Series(str(day), [0] * 24) for day in range(7)]
    busy = [*quiet[:4], Series("4", [0] * 17 + [8, 8] + [0] * 5), *quiet[5:]]
    chart = Chart(Look.HEAT, Unit.COUNT, list(range(24)), busy)
    assert description(drawn(chart)) == "The most is 8, on Fri at 5 PM."
    assert description(drawn(chart, "de")) == "Am meisten ist 8, am Fr. um 17:00."


@pytest.mark.parametrize("chart", [lines([1, 2, 3], before=[1, 2, 3]), bars({"Mug": 5, "Cup": 3}), week()])
def test_all_that_can_be_pointed_at_is_told(chart: Chart) -> None:
    """Every place on the axis, with a value or with a dash."""
    said = told(drawn(chart))
    rows = len(chart.series) if chart.look is Look.HEAT else 1
    assert len(set(said)) == len(chart.axis) * rows
    assert all(": " in each for each in said)


def test_a_series_that_is_shorter_than_its_axis_has_dashes() -> None:
    """And what is longer is cut: a chart never fails for a day too many."""
    chart = Chart(Look.LINE, Unit.COUNT, days(3), [Series("Orders", [1]), Series("Visits", [1, 2, 3, 4, 5])])
    assert told(drawn(chart))[-1] == "Oct 30, 2026: Orders \u2013, Visits 3"


def test_a_name_from_right_to_left_does_not_turn_its_figures_around() -> None:
    """It is isolated where figures follow it."""
    assert told(drawn(bars({"قميص": 5}, Unit.COUNT)))[0] == "\u2068قميص\u2069: 5"
