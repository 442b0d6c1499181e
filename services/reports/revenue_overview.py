"""REVENUE_OVERVIEW: what came in day by day, tax and shipping apart."""

from datetime import date
from typing import Any, ClassVar, Self

from models.order import Order
from services.reports.contract import Chart, Column, Figure, Look, ReportType, Series, Table, Unit
from services.reports.report import Question, Report, Result, change_percent, each_one, rows
from services.reports.revenue import SUMS, Sums, paid


class Totals(Result):
    """The period in three numbers."""

    gross_revenue_cents: int = 0
    order_count: int = 0
    avg_order_value_cents: int = 0


class Delta(Result):
    """The change against the period before."""

    gross_revenue_pct: float | None = None


class Day(Result):
    """One local day."""

    date: date
    revenue_cents: int = 0
    order_count: int = 0


class Apart(Result):
    """What is no revenue, of the same day: sold before refunds, given back of it, tax, shipping."""

    sold_cents: int = 0
    refunded_cents: int = 0
    tax_cents: int = 0
    shipping_cents: int = 0


class RevenueOverview(Result):
    """The data dictionary's RevenueOverviewReport."""

    beside: ClassVar[frozenset[str]] = frozenset({"apart"})

    period: Totals
    delta: Delta
    daily_breakdown: list[Day]
    apart: list[Apart]

    @classmethod
    def empty(cls) -> Self:
        """No days at all."""
        return cls(period=Totals(), delta=Delta(), daily_breakdown=[], apart=[])


class RevenueReport(Report[RevenueOverview]):
    """Reads one covering index of the orders."""

    type = ReportType.REVENUE_OVERVIEW
    title = "Revenue"
    about = "What paid orders brought, day by day: without tax and shipping, less what was given back."
    result = RevenueOverview

    async def query(self, asked: Question) -> RevenueOverview:
        """Sums by local day."""
        group: dict[str, Any] = {
            "_id": asked.period.day("paidAt"),
            **SUMS,
            "tax": {"$sum": "$taxAmountCents"},
            "shipping": {"$sum": "$shippingCostCents"},
        }
        found = await rows(Order.rows(asked.db), [{"$match": paid(asked)}, {"$group": group}])
        by_day = {asked.period.day_of(row["_id"]): row for row in found}
        days = [_day(day, by_day.get(day)) for day in asked.period.days]
        revenue = sum(day.revenue_cents for day, _ in days)
        orders = sum(day.order_count for day, _ in days)
        totals = Totals(
            gross_revenue_cents=revenue, order_count=orders, avg_order_value_cents=each_one(revenue, orders)
        )
        return RevenueOverview(
            period=totals,
            delta=Delta(),
            daily_breakdown=[day for day, _ in days],
            apart=[apart for _, apart in days],
        )

    def compared(self, now: RevenueOverview, before: RevenueOverview) -> RevenueOverview:
        """With the change in percent."""
        percent = change_percent(now.period.gross_revenue_cents, before.period.gross_revenue_cents)
        return now.model_copy(update={"delta": Delta(gross_revenue_pct=percent)})

    def figures(self, now: RevenueOverview, before: RevenueOverview) -> list[Figure]:
        """Revenue, orders, and what one is worth."""
        new, old = now.period, before.period
        return [
            Figure("Revenue", new.gross_revenue_cents, Unit.MONEY, old.gross_revenue_cents),
            Figure("Orders", new.order_count, Unit.COUNT, old.order_count),
            Figure("Average order", new.avg_order_value_cents, Unit.MONEY, old.avg_order_value_cents),
        ]

    def chart(self, now: RevenueOverview, before: RevenueOverview) -> Chart:
        """Revenue over the days, the days before as a ghost."""
        return Chart(
            Look.LINE,
            Unit.MONEY,
            [day.date for day in now.daily_breakdown],
            [
                Series("Revenue", [day.revenue_cents for day in now.daily_breakdown]),
                Series("Before", [day.revenue_cents for day in before.daily_breakdown], ghost=True),
            ],
        )

    def table(self, now: RevenueOverview) -> Table:
        """A row a day."""
        columns = [
            Column("date", "Day", Unit.DATE),
            Column("revenueCents", "Revenue", Unit.MONEY),
            Column("orderCount", "Orders", Unit.COUNT),
            Column("soldCents", "Sold", Unit.MONEY),
            Column("refundedCents", "Given back of it", Unit.MONEY),
            Column("taxCents", "Tax charged", Unit.MONEY),
            Column("shippingCents", "Shipping charged", Unit.MONEY),
        ]
        each = zip(now.daily_breakdown, now.apart, strict=True)
        return Table(columns, [(*_cells(day), *_cells(apart)) for day, apart in each])


def _cells(part: Result) -> list[Any]:
    return [getattr(part, name) for name in type(part).model_fields]


def _day(day: date, row: dict[str, Any] | None) -> tuple[Day, Apart]:
    if row is None:
        return Day(date=day), Apart()
    sums = Sums.read(row)
    apart = Apart(
        sold_cents=sums.sold,
        refunded_cents=sums.back,
        tax_cents=int(row["tax"]),
        shipping_cents=int(row["shipping"]),
    )
    return Day(date=day, revenue_cents=sums.revenue, order_count=sums.orders), apart


REPORT = RevenueReport()
