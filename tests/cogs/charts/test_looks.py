"""Lines, bars and heat maps: what stands where."""

from datetime import date
from itertools import pairwise

import pytest

from services.reports.contract import Chart, Look, Series, Unit
from tests.cogs.charts.looking import cells, description, drawn, shapes, texts, told
from tests.cogs.charts.samples import bars, days, lines, week

A_YEAR = [number * 10 for number in range(365)]


def number(shape: object, name: str) -> float:
    """One measure of a shape."""
    return float(getattr(shape, "attrib", {})[name])


def test_the_period_before_is_a_ghost_with_its_name() -> None:
    """Two lines are told apart by a legend; one alone has none."""
    root = drawn(lines([100, 200], before=[50, 60]))
    (ghost,) = [each for each in shapes(root, "c-ghost") if "L" in each.attrib["d"]]
    assert ghost.attrib["d"].startswith("M")
    assert texts(root, "c-key") == ["Revenue", "Period before"]
    assert told(root) == [
        "Oct 28, 2026: €1.00 (Period before: €0.50)",
        "Oct 29, 2026: €2.00 (Period before: €0.60)",
    ]
    assert texts(drawn(lines([100, 200])), "c-key") == []


def test_several_lines_each_have_their_colour_and_their_name() -> None:
    """Both are told of a day, and no area lies under either."""
    root = drawn(lines([100, 200], [5, None]))
    assert texts(root, "c-key") == ["Revenue", "Refunds"]
    assert told(root)[0] == "Oct 28, 2026: Revenue €1.00, Refunds €0.05"
    assert told(root)[1] == "Oct 29, 2026: Revenue €2.00, Refunds \u2013"
    assert shapes(root, "c-area") == []
    assert shapes(root, "c-2")


def test_one_day_alone_stands_in_the_middle() -> None:
    """A dot with its day below it."""
    root = drawn(lines([500]))
    (dot,) = [each for each in shapes(root, "c-dot") if each.attrib["r"] == "8"]
    assert 400 < number(dot, "cx") < 500
    assert texts(root, "c-tick")[-1] == "Oct 28"


def test_nothing_sold_is_a_line_at_zero() -> None:
    """All zero is something to show: a line on the axis, with a mark above it."""
    root = drawn(lines([0, 0, 0], unit=Unit.COUNT))
    assert texts(root, "c-tick")[:2] == ["0", "4"]
    (zero,) = shapes(root, "c-zero")
    (line,) = shapes(root, "c-line")
    assert line.attrib["d"].split()[1].startswith(zero.attrib["d"].split()[1].split("H")[0])


def test_refunds_reach_below_zero() -> None:
    """The zero line lies between, and marks below it have their sign."""
    marks = texts(drawn(lines([-5000, 7000])), "c-tick")
    assert marks[:4] == ["-€50", "€0", "€50", "€100"]


def test_a_year_is_told_in_months_and_a_decade_in_years() -> None:
    """January is told by its year; neither is crowded."""
    months = texts(drawn(Chart(Look.LINE, Unit.COUNT, days(365), [Series("Orders", A_YEAR)])), "c-tick")
    assert [each for each in months if each.isalpha()] == ["Nov", "Mar", "May", "Jul", "Sep"]
    assert "2027" in months
    decade = Chart(Look.LINE, Unit.COUNT, days(3650), [Series("Orders", A_YEAR * 10)])
    years = texts(drawn(decade), "c-tick")
    assert [each for each in years if each.startswith("20")][:2] == ["2027", "2029"]


def test_dense_lines_are_thin_and_told_in_steps() -> None:
    """Ten years have a bounded number of places to point at."""
    root = drawn(Chart(Look.LINE, Unit.COUNT, days(3650), [Series("Orders", A_YEAR * 10)]))
    assert len(told(root)) <= 400
    assert all("c-thin" in each.attrib["class"] for each in shapes(root, "c-line"))


def test_bars_are_as_long_as_their_values() -> None:
    """Twice as much is twice as long, and the value stands beside it."""
    root = drawn(bars({"Mug": 100000, "Cup": 50000, "Pin": 0}))
    long, short = (number(each, "width") for each in shapes(root, "c-fill-1"))
    assert long == pytest.approx(2 * short, abs=0.2)
    assert texts(root, "c-name") == ["Mug", "Cup", "Pin"]
    assert texts(root, "c-value") == ["€1,000", "€500", "€0"]
    assert description(root) == "3 bars; the longest: Mug: €1,000.00, Cup: €500.00, Pin: €0.00."


def test_the_longest_bar_fills_its_track() -> None:
    """The room is not spent on round numbers that nobody sees."""
    root = drawn(bars({"Mug": 1234, "Cup": 1}))
    assert number(shapes(root, "c-fill-1")[0], "width") == number(shapes(root, "c-track")[0], "width")


def test_a_negative_bar_goes_the_other_way() -> None:
    """It ends where the others begin, in a colour of its own."""
    root = drawn(bars({"Mug": 10000, "Cup": -5000}))
    (up,), (down,) = shapes(root, "c-fill-1"), shapes(root, "c-below")
    assert number(down, "x") + number(down, "width") == pytest.approx(number(up, "x"), abs=0.2)


def test_a_small_bar_can_still_be_seen() -> None:
    """One cent beside a million is a sliver, and zero is none."""
    root = drawn(bars({"Mug": 100_000_000, "Cup": 1, "Pin": 0, "None": None}))
    assert [number(each, "width") >= 3 for each in shapes(root, "c-fill-1")] == [True, True]
    assert texts(root, "c-value")[2:] == ["€0", "\u2013"]


def test_bars_that_find_no_room_are_counted() -> None:
    """Eight are shown, and how many more there are is said."""
    many = {f"Product {number}": 100 - number for number in range(20)}
    root = drawn(bars(many))
    assert len(texts(root, "c-name")) == 8
    assert texts(root, "c-tick") == ["and 12 more"]
    assert texts(drawn(bars(many), "de"), "c-tick") == ["und 12 weitere"]


def test_bars_with_the_period_before_stand_in_pairs() -> None:
    """Half as many find room, each with both values."""
    root = drawn(bars({"PayPal": 5, "Stripe": 7}, Unit.COUNT, before=[4, 9]))
    assert texts(root, "c-value") == ["5", "4", "7", "9"]
    assert len(shapes(root, "c-ghost-fill")) == 3  # two bars and the legend
    assert told(root)[0] == "PayPal: 5 (Period before: 4)"


def test_bars_of_months_are_named_by_their_months() -> None:
    """Cohorts begin on the first of a month."""
    months = [date(2026, month, 1) for month in (9, 10, 11)]
    chart = Chart(Look.BARS, Unit.MONEY, months, [Series("Value", [1, 2, 3])])
    assert texts(drawn(chart), "c-name") == ["Sep 2026", "Oct 2026", "Nov 2026"]
    assert texts(drawn(chart, "de"), "c-name")[1] == "Okt. 2026"


def test_a_heat_map_has_a_cell_for_every_hour_of_the_week() -> None:
    """Seven rows of 24, each told, the strongest where most is."""
    root = drawn(week())
    assert len(told(root)) == 7 * 24
    assert texts(root, "c-tick")[:7] == ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    assert told(root)[-1] == "Sun 11 PM: 9"
    assert description(root) == "The most is 9, on Sun at 11 PM."
    assert cells(root)[-1] == "c-heat-5"
    assert cells(root)[0] == "c-heat-0"
    assert texts(root, "c-key") == ["9", "0"]


def test_the_hours_below_a_heat_map_keep_apart() -> None:
    """They are even steps of the day, in the reader's clock."""
    root = drawn(week())
    assert texts(root, "c-tick")[7:] == ["12 AM", "4 AM", "8 AM", "12 PM", "4 PM", "8 PM"]
    assert texts(drawn(week(), "de"), "c-tick")[7:9] == ["00:00", "04:00"]


def test_cells_without_a_value_are_hollow() -> None:
    """They are no zeros; a negative value is marked as such."""
    rows = [Series(str(day), [None, -5, 0, 7]) for day in range(7)]
    root = drawn(Chart(Look.HEAT, Unit.MONEY, [0, 1, 2, 3], rows))
    assert len(shapes(root, "c-none")) == len(shapes(root, "c-below")) == 7


def test_values_that_are_all_zero_are_a_quiet_week() -> None:
    """No colours need explaining then."""
    root = drawn(Chart(Look.HEAT, Unit.COUNT, list(range(24)), [Series("x", [0] * 24)] * 7))
    assert len(shapes(root, "c-heat-0")) == 7 * 24
    assert texts(root, "c-key") == []


def test_a_heat_map_that_is_no_week_has_its_own_rows() -> None:
    """Rows are then called what they are called."""
    root = drawn(Chart(Look.HEAT, Unit.COUNT, ["A", "B"], [Series("One", [1, 2]), Series("Two", [3, 4])]))
    assert texts(root, "c-tick") == ["One", "Two", "A", "B"]
    assert told(root)[0] == "One A: 1"


def test_the_legend_takes_a_row_of_its_own_under_a_long_title() -> None:
    """Neither is cut for the other."""
    root = drawn(lines([1, 2], before=[1, 2]), title="All that came in during this autumn")
    title, first, *_ = root.iter("{http://www.w3.org/2000/svg}text")
    assert title.text == "All that came in during this autumn"
    assert number(first, "y") > number(title, "y")


def test_colours_of_heat_grow_with_the_values() -> None:
    """The steps follow the values up."""
    row = list(range(11))
    root = drawn(Chart(Look.HEAT, Unit.COUNT, row, [Series("x", row)]))
    steps = [int(kind[-1]) for kind in cells(root)]
    assert steps == [0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    assert all(one <= other for one, other in pairwise(steps))
