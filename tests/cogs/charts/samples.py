"""Charts of every kind, made up: plain ones to look at, and whatever hypothesis thinks of."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from services.reports.contract import Chart, Look, Number, Series, Unit

DAY = date(2026, 10, 28)
HOSTILE = (
    "</text><script>alert(1)</script>",
    '" onload="alert(1)',
    "]]>&lt;&#x3c;svg onload=alert(1)>",
    "\u202egnp.\u0000\u0007\ud800",
    "W" * 400,
    "漢字の商品セット" * 9,
    "قميص قطن أزرق " * 9,
    "🎮👨\u200d👩\u200d👧🏽" * 30,
    "Z̷̢̛͙̈́á̷l̴g̸o̧̧̧" * 20,
    "﷽𒐫⸻" * 5,
    "   ",
    "",
)
UNITS = (Unit.MONEY, Unit.COUNT, Unit.PERCENT, Unit.HOURS, Unit.DAYS)

names = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=60), st.sampled_from(["Mug", "Cup", "Sticker"]))
numbers: st.SearchStrategy[Number | None] = st.one_of(
    st.none(),
    st.integers(-(2**63), 2**63),
    st.integers(-500, 100_000),
    st.floats(-1e18, 1e18),
    st.sampled_from([0, 0.0, -0.0, float("nan"), float("inf"), 1e-300]),
)


def days(count: int, first: date = DAY) -> list[date]:
    """So many days on end."""
    return [first + timedelta(days=number) for number in range(count)]


def lines(*values: Sequence[Number | None], unit: Unit = Unit.MONEY, before: Sequence[Number] = ()) -> Chart:
    """Lines over days, the last one a ghost if there is a period before."""
    series = [Series(label, each) for label, each in zip(("Revenue", "Refunds", "Tax"), values, strict=False)]
    if before:
        series.append(Series("Revenue", before, ghost=True))
    return Chart(Look.LINE, unit, days(len(values[0])), series)


def bars(
    values: Mapping[str, Number | None], unit: Unit = Unit.MONEY, before: Sequence[Number] = ()
) -> Chart:
    """Bars by name."""
    series = [Series("Revenue", list(values.values()))]
    if before:
        series.append(Series("Revenue", before, ghost=True))
    return Chart(Look.BARS, unit, list(values), series)


def week(*, most: int = 9, unit: Unit = Unit.COUNT) -> Chart:
    """A heat map that grows towards Sunday night."""
    rows = [Series(str(day), [day * hour * most // (6 * 23) for hour in range(24)]) for day in range(7)]
    return Chart(Look.HEAT, unit, list(range(24)), rows)


@st.composite
def charts(draw: st.DrawFn) -> Chart:
    """Any chart at all, also one whose series are longer or shorter than its axis."""
    look = draw(st.sampled_from(Look))
    axis: list[Any] = draw(
        st.one_of(
            st.builds(days, st.integers(0, 40), st.dates(date(1990, 1, 1), date(2090, 1, 1))),
            st.builds(days, st.sampled_from([120, 366, 800, 2500])),
            st.lists(names, max_size=14),
            st.just(list(range(24))),
            st.lists(st.integers(-5, 40), max_size=30),
        )
    )
    longest = min(len(axis), 40) + 2
    count = 7 if look is Look.HEAT and draw(st.booleans()) else draw(st.integers(0, 6))
    series = [
        Series(draw(names), draw(st.lists(numbers, max_size=longest)), ghost=draw(st.integers(0, 3)) == 0)
        for _ in range(count)
    ]
    return Chart(look, draw(st.sampled_from(UNITS)), axis, series)
