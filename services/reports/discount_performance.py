"""DISCOUNT_PERFORMANCE: how often each discount was used, what was sold with it, and what it cost."""

from datetime import datetime
from typing import Any, Self

from models.base import given
from models.discount import Discount
from models.order import Order
from services.reports.contract import Chart, Column, Figure, Look, ReportType, Series, Table, Unit
from services.reports.report import Question, Report, Result, each_one, rows
from services.reports.revenue import SUMS, Sums, paid

_SHOWN = 15
_CALLED = ("discountLabel", "discountCode")


class DiscountLine(Result):
    """One discount; revenue is that of the orders with it, cost is what it took off."""

    discount_id: str
    name: str
    uses: int
    revenue_cents: int
    cost_cents: int
    avg_order_value_cents: int


class DiscountPerformance(Result):
    """The discounts of the orders that were paid in the period."""

    uses: int = 0
    revenue_cents: int = 0
    cost_cents: int = 0
    discounts: list[DiscountLine]

    @classmethod
    def empty(cls) -> Self:
        """None was used."""
        return cls(discounts=[])


class DiscountReport(Report[DiscountPerformance]):
    """Reads the orders; a discount that is gone is called as its orders called it."""

    type = ReportType.DISCOUNT_PERFORMANCE
    title = "Discounts"
    about = "How often each discount was used, what was sold with it, and what it took off."
    result = DiscountPerformance

    async def query(self, asked: Question) -> DiscountPerformance:
        """Sums by discount, the most used first."""
        group = {"_id": "$discountId", **SUMS, "last": {"$max": "$paidAt"}}
        found = await rows(Order.rows(asked.db), [{"$match": _used(asked)}, {"$group": group}])
        names = await _names(asked, {row["_id"]: row["last"] for row in found})
        lines = [_line(row["_id"], names.get(row["_id"], ""), Sums.read(row)) for row in found]
        return DiscountPerformance(
            uses=sum(line.uses for line in lines),
            revenue_cents=sum(line.revenue_cents for line in lines),
            cost_cents=sum(line.cost_cents for line in lines),
            discounts=sorted(lines, key=lambda line: (-line.uses, -line.revenue_cents, line.discount_id)),
        )

    def figures(self, now: DiscountPerformance, before: DiscountPerformance) -> list[Figure]:
        """Uses, what was sold so, and what it cost."""
        return [
            Figure("Times used", now.uses, Unit.COUNT, before.uses),
            Figure("Revenue with discounts", now.revenue_cents, Unit.MONEY, before.revenue_cents),
            Figure("Taken off", now.cost_cents, Unit.MONEY, before.cost_cents),
        ]

    def chart(self, now: DiscountPerformance, before: DiscountPerformance) -> Chart:
        """Uses of the first ones, then and now."""
        shown = now.discounts[:_SHOWN]
        known = {line.discount_id: line.uses for line in before.discounts}
        return Chart(
            Look.BARS,
            Unit.COUNT,
            [line.name for line in shown],
            [
                Series("Times used", [line.uses for line in shown]),
                Series("Before", [known.get(line.discount_id) for line in shown], ghost=True),
            ],
        )

    def table(self, now: DiscountPerformance) -> Table:
        """A row a discount."""
        columns = [
            Column("name", "Discount", Unit.TEXT),
            Column("uses", "Times used", Unit.COUNT),
            Column("revenueCents", "Revenue", Unit.MONEY),
            Column("costCents", "Taken off", Unit.MONEY),
            Column("avgOrderValueCents", "Average order", Unit.MONEY),
        ]
        every = [list(line.model_dump(exclude={"discount_id"}).values()) for line in now.discounts]
        return Table(columns, every)


def _line(key: str, name: str, sums: Sums) -> DiscountLine:
    return DiscountLine(
        discount_id=key,
        name=name,
        uses=sums.orders,
        revenue_cents=sums.revenue,
        cost_cents=sums.discount,
        avg_order_value_cents=each_one(sums.revenue, sums.orders),
    )


async def _names(asked: Question, used: dict[str, datetime]) -> dict[str, str]:
    """Today's names; of those that are gone, what the last of their orders says."""
    known = await Discount.of_keys(asked.db, asked.tenant_id, list(used))
    names = {discount.key: discount.name or discount.key for discount in known}
    for key in used.keys() - names.keys():
        where = {**_used(asked), "paidAt": used[key], "discountId": key}
        row = await Order.rows(asked.db).find_one(where, _CALLED)
        names[key] = next((row[name] for name in _CALLED if row and row.get(name)), key)
    return names


def _used(asked: Question) -> dict[str, Any]:
    """The filter for the orders that count and have a discount; nothing is taken off a gift."""
    counted = {name: value for name, value in paid(asked).items() if name != "isGift"}
    return {**counted, **given("discountId")}


REPORT = DiscountReport()
