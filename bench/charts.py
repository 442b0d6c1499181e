"""(f) Charts: milliseconds for each look, and how long the event loop stands still meanwhile."""

import asyncio
import random
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from statistics import median

from bench.loop import stall
from bench.report import Figure, Table
from cogs._charts import Charts, Press, svg
from cogs._ui.words import Words
from services.reports.contract import Chart, Look, Series, Unit

REPEATS = 5
AT_ONCE = 20
_WORDS = Words.of("en-US")


def samples() -> dict[str, Chart]:
    """One of each look, as busy as a report makes it."""
    number = random.Random(6)  # noqa: S311 - figures to draw, the same ones every time
    days = [date(2026, 1, 1) + timedelta(days=day) for day in range(365)]
    year, before = ([number.randrange(10**6) for _ in days] for _ in range(2))
    rows = [Series(str(day), [number.randrange(200) for _ in range(24)]) for day in range(7)]
    names = [f"Product number {each} with a name" for each in range(20)]
    lines = [Series("Revenue", year), Series("Revenue", before, ghost=True)]
    return {
        "line over a year": Chart(Look.LINE, Unit.MONEY, days, lines),
        "bars": Chart(Look.BARS, Unit.MONEY, names, [Series("Revenue", year[:20])]),
        "heat map": Chart(Look.HEAT, Unit.COUNT, list(range(24)), rows),
    }


async def measure() -> Table:
    """Every figure of part (f)."""
    charts, figures = Charts(Press()), []
    bare = Press((sys.executable, "-I", "-c", "import sys; sys.stdin.read(); print('done')"))
    for name, chart in samples().items():

        async def picture(chart: Chart = chart) -> None:
            await charts.png(chart, _WORDS, "EUR", "Revenue")

        async def page(chart: Chart = chart) -> None:
            svg(chart, _WORDS, "EUR", "Revenue")

        async def nothing() -> None:
            await bare.png("")

        drawn, started, written = [await _took(each) for each in (picture, nothing, page)]
        figures.append(
            Figure(
                f"{name}: PNG / a process that does nothing",
                drawn / started,
                None,
                f"{1000 * drawn:.1f} vs {1000 * started:.1f} ms; as SVG {1000 * written:.1f} ms",
            )
        )
    every = list(samples().values())
    asked = (charts.png(every[each % len(every)], _WORDS, "EUR", "Revenue") for each in range(AT_ONCE))
    figures.append(await stall(f"while {AT_ONCE} charts are drawn", asyncio.gather(*asked)))
    return Table("Charts: drawn in a process each, while the bot's loop goes on", figures)


async def _took(act: Callable[[], Awaitable[None]]) -> float:
    """The middle of a few runs, after one that only warms up."""
    await act()
    taken = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        await act()
        taken.append(time.perf_counter() - began)
    return median(taken)
