"""SALES_VELOCITY: when orders are paid, by day, weekday and hour of the local clock."""

from collections import Counter
from datetime import date
from typing import Self

from models.order import Order
from services.reports.contract import Chart, Column, Figure, Look, ReportType, Series, Table, Unit, Word
from services.reports.period import DAY_MS, HOUR_MS, Period
from services.reports.report import Question, Report, Result, rows
from services.reports.revenue import paid

# The first is 0, as in Python and ISO 8601; each is translated where it is shown.
WEEKDAYS = tuple(map(Word, ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")))
_WEEK, _HOURS = 7, 24


class Day(Result):
    """One local day."""

    date: date
    order_count: int = 0


class SlowDay(Result):
    """The weekday with the fewest orders; `dow` 0 is Monday, `label` its English name."""

    dow: int
    label: str
    avg_orders: float
    lowest_avg_hour: int


class SalesVelocity(Result):
    """The data dictionary's SalesVelocityReport."""

    orders_per_day: list[Day]
    dow_heatmap: list[list[int]]
    slow_day_callout: SlowDay | None

    @classmethod
    def empty(cls) -> Self:
        """No days at all."""
        grid = [[0] * _HOURS for _ in range(_WEEK)]
        return cls(orders_per_day=[], dow_heatmap=grid, slow_day_callout=None)

    @property
    def total(self) -> int:
        """All orders."""
        return sum(day.order_count for day in self.orders_per_day)


class VelocityReport(Report[SalesVelocity]):
    """Counts by local hour; an hour that clocks show twice counts both."""

    type = ReportType.SALES_VELOCITY
    title = "Pace of sales"
    about = "How many orders are paid a day, and at which hours of the week."
    result = SalesVelocity
    said = WEEKDAYS

    async def query(self, asked: Question) -> SalesVelocity:
        """Counts by local hour, from which all the rest follows."""
        group = {"_id": asked.period.hour("paidAt"), "orders": {"$sum": 1}}
        found = await rows(Order.rows(asked.db), [{"$match": paid(asked)}, {"$group": group}])
        by_hour = Counter[int]()
        for row in found:
            by_hour[int(row["_id"] // HOUR_MS)] += row["orders"]
        by_day, grid = dict.fromkeys(asked.period.days, 0), SalesVelocity.empty().dow_heatmap
        known = {number: asked.period.day_of(number * DAY_MS) for number in {at // _HOURS for at in by_hour}}
        for at, orders in by_hour.items():
            day = known[at // _HOURS]
            by_day[day] += orders
            grid[day.weekday()][at % _HOURS] += orders
        days = [Day(date=day, order_count=orders) for day, orders in by_day.items()]
        return SalesVelocity(
            orders_per_day=days, dow_heatmap=grid, slow_day_callout=_slowest(asked.period, grid)
        )

    def figures(self, now: SalesVelocity, before: SalesVelocity) -> list[Figure]:
        """Orders, orders a day, and the best day."""
        return [
            Figure("Orders", now.total, Unit.COUNT, before.total),
            Figure("Orders a day", _a_day(now), Unit.COUNT, _a_day(before)),
            Figure("On the best day", _best(now), Unit.COUNT, _best(before)),
        ]

    def chart(self, now: SalesVelocity, before: SalesVelocity) -> Chart:  # noqa: ARG002 - no ghost in a heat map
        """The week's hours."""
        named = zip(WEEKDAYS, now.dow_heatmap, strict=True)
        return Chart(Look.HEAT, Unit.COUNT, range(_HOURS), [Series(name, counts) for name, counts in named])

    def table(self, now: SalesVelocity) -> Table:
        """A row a day."""
        columns = [
            Column("date", "Day", Unit.DATE),
            Column("weekday", "Weekday", Unit.TEXT),
            Column("orderCount", "Orders", Unit.COUNT),
        ]
        days = now.orders_per_day
        return Table(columns, [(day.date, WEEKDAYS[day.date.weekday()], day.order_count) for day in days])


def _a_day(result: SalesVelocity) -> float:
    days = len(result.orders_per_day)
    return round(result.total / days, 2) if days else 0


def _best(result: SalesVelocity) -> int:
    return max((day.order_count for day in result.orders_per_day), default=0)


def _slowest(period: Period, grid: list[list[int]]) -> SlowDay | None:
    """The weekday with the fewest orders on average, the first of equals; None before a week was seen."""
    if period.length < _WEEK or not any(map(any, grid)):
        return None
    often = [0] * _WEEK
    for day in period.days:
        often[day.weekday()] += 1
    averages = [sum(hours) / many for hours, many in zip(grid, often, strict=True)]
    dow = averages.index(min(averages))
    lowest = grid[dow].index(min(grid[dow]))
    return SlowDay(dow=dow, label=WEEKDAYS[dow], avg_orders=round(averages[dow], 2), lowest_avg_hour=lowest)


REPORT = VelocityReport()
