"""CUSTOMER_INSIGHTS: who is new, who comes back, who spends most, and what newcomers are worth."""

from typing import Any, Self

from models.base import dated
from models.customer import Customer
from models.order import Order
from services.reports.contract import Chart, Column, Figure, Look, ReportType, Series, Table, Unit
from services.reports.period import Period
from services.reports.report import (
    Personal,
    Question,
    Report,
    Result,
    each_one,
    rows,
    share_percent,
)
from services.reports.revenue import NET, paid
from services.time_zones import zone

_TOP = 25
_COHORTS_SHOWN = 12


class Spender(Result):
    """One of those who spent most in the period; `lifetime_cents` is all up to its end."""

    customer_id: Personal
    name: Personal
    order_count: int
    revenue_cents: int
    lifetime_cents: int


class Cohort(Result):
    """Those who first bought in one local month, and what they brought up to the period's end."""

    month: str
    customers: int
    lifetime_cents: int
    avg_lifetime_cents: int


class CustomerInsights(Result):
    """The numbers of a period; customers are counted once, whatever they were merged from."""

    customers: int = 0
    new_customers: int = 0
    returning_customers: int = 0
    repeat_customers: int = 0
    repeat_rate_pct: float | None = None
    top_spenders: list[Spender]
    cohorts: list[Cohort]

    @classmethod
    def empty(cls) -> Self:
        """Nobody."""
        return cls(top_spenders=[], cohorts=[])


class CustomerReport(Report[CustomerInsights]):
    """Looks at everything that was paid until the period's end: only so it knows who is new."""

    type = ReportType.CUSTOMER_INSIGHTS
    title = "Customers"
    about = "Who is new and who comes back, who spends most, and what the newcomers of a month are worth."
    result = CustomerInsights

    async def query(self, asked: Question) -> CustomerInsights:
        """Sums by customer; orders that name none are of nobody."""
        known = await _all_time(asked)
        [found] = await rows(Order.rows(asked.db), _pipeline(asked, known))
        [total] = found["totals"] or [{"customers": 0, "new": 0, "repeat": 0}]
        return CustomerInsights(
            customers=total["customers"],
            new_customers=total["new"],
            returning_customers=total["customers"] - total["new"],
            repeat_customers=total["repeat"],
            repeat_rate_pct=share_percent(total["repeat"], total["customers"]),
            top_spenders=await _spenders(asked, found["top"]),
            cohorts=_cohorts(known, found["cohorts"]),
        )

    def figures(self, now: CustomerInsights, before: CustomerInsights) -> list[Figure]:
        """New ones, returning ones, and how many bought more than once."""
        return [
            Figure("New customers", now.new_customers, Unit.COUNT, before.new_customers),
            Figure("Returning customers", now.returning_customers, Unit.COUNT, before.returning_customers),
            Figure("Bought more than once", now.repeat_rate_pct, Unit.PERCENT, before.repeat_rate_pct),
        ]

    def chart(self, now: CustomerInsights, before: CustomerInsights) -> Chart:  # noqa: ARG002 - cohorts hold all time
        """What each of the last months' newcomers brought so far, on average."""
        shown = now.cohorts[-_COHORTS_SHOWN:]
        values = [each.avg_lifetime_cents for each in shown]
        series = [Series("Brought by each, by month of the first order", values)]
        return Chart(Look.BARS, Unit.MONEY, [each.month for each in shown], series)

    def table(self, now: CustomerInsights) -> Table:
        """Who spent most."""
        columns = [
            Column("name", "Customer", Unit.TEXT, personal=True),
            Column("orderCount", "Orders", Unit.COUNT),
            Column("revenueCents", "Revenue", Unit.MONEY),
            Column("lifetimeCents", "Revenue of all time", Unit.MONEY),
        ]
        every = [
            (each.name, each.order_count, each.revenue_cents, each.lifetime_cents)
            for each in now.top_spenders
        ]
        return Table(columns, every)


def _pipeline(asked: Question, known: Period) -> list[dict[str, Any]]:
    here = {"$gte": ["$paidAt", asked.period.start]}
    customer = {
        "_id": "$customerId",
        "first": {"$min": "$paidAt"},
        "all": {"$sum": 1},
        "life": {"$sum": NET},
        "orders": {"$sum": {"$cond": [here, 1, 0]}},
        "revenue": {"$sum": {"$cond": [here, NET, 0]}},
    }
    totals = {
        "_id": None,
        "customers": {"$sum": 1},
        "new": {"$sum": {"$cond": [{"$gte": ["$first", asked.period.start]}, 1, 0]}},
        "repeat": {"$sum": {"$cond": [{"$gt": ["$all", 1]}, 1, 0]}},
    }
    buying = {"$match": {"orders": {"$gt": 0}}}
    by_day = {"_id": known.day("first"), "customers": {"$sum": 1}, "life": {"$sum": "$life"}}
    parts = {
        "totals": [buying, {"$group": totals}],
        "top": [buying, {"$sort": {"revenue": -1, "_id": 1}}, {"$limit": _TOP}],
        "cohorts": [{"$group": by_day}],
    }
    return [{"$match": _until_its_end(asked)}, {"$group": customer}, {"$facet": parts}]


def _until_its_end(asked: Question) -> dict[str, Any]:
    """The filter for everything that customers were ever sold."""
    ever = {**dated("paidAt")["paidAt"], "$lt": asked.period.end}
    return {**paid(asked), "paidAt": ever, "customerId": {"$gt": ""}}


async def _all_time(asked: Question) -> Period:
    """From the day of the first order."""
    where, order = _until_its_end(asked), [(key, 1) for key in ("tenantId", "currency", "paidAt")]
    first = await Order.rows(asked.db).find_one(where, {"paidAt": 1}, sort=order)
    began = first["paidAt"].astimezone(zone(asked.period.zone)).date() if first else asked.period.first
    return Period(began, asked.period.last, asked.period.zone)


async def _spenders(asked: Question, found: list[dict[str, Any]]) -> list[Spender]:
    known = await Customer.of_keys(asked.db, asked.tenant_id, [row["_id"] for row in found])
    names = {key: customer.discord_display_name for key, customer in known.items()}
    return [
        Spender(
            customer_id=row["_id"],
            name=names.get(row["_id"]),
            order_count=row["orders"],
            revenue_cents=int(row["revenue"]),
            lifetime_cents=int(row["life"]),
        )
        for row in found
    ]


def _cohorts(known: Period, found: list[dict[str, Any]]) -> list[Cohort]:
    months: dict[str, tuple[int, int]] = {}
    for row in found:
        month = f"{known.day_of(row['_id']):%Y-%m}"
        customers, life = months.get(month, (0, 0))
        months[month] = (customers + row["customers"], life + int(row["life"]))
    return [
        Cohort(
            month=month,
            customers=customers,
            lifetime_cents=life,
            avg_lifetime_cents=each_one(life, customers),
        )
        for month, (customers, life) in sorted(months.items())
    ]


REPORT = CustomerReport()
