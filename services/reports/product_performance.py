"""PRODUCT_PERFORMANCE: what each product brought, also products that are no longer there."""

from typing import Any, Self

from models.base import object_id
from models.order import Order
from models.product import Product
from services.reports.contract import Chart, Column, Figure, Look, ReportType, Series, Table, Unit
from services.reports.report import Question, Report, Result, each_one, rows
from services.reports.revenue import LINE_NET, LINE_UNITS, paid

_SHOWN = 15
# Of the average number of units: whatever sells less is slow.
_SLOW_SHARE = 4


class ProductLine(Result):
    """One product."""

    product_id: str
    name: str
    revenue_cents: int = 0
    units_sold: int = 0
    order_count: int = 0
    avg_order_value_cents: int = 0
    is_top_revenue: bool = False
    is_top_volume: bool = False
    is_slow_mover: bool = False


class ProductPerformance(Result):
    """The data dictionary's ProductPerformanceReport; the product that brought most comes first."""

    products: list[ProductLine]

    @classmethod
    def empty(cls) -> Self:
        """A shop without products."""
        return cls(products=[])


class ProductReport(Report[ProductPerformance]):
    """Reads the lines of the orders; products on sale that nobody bought are part of it."""

    type = ReportType.PRODUCT_PERFORMANCE
    title = "Products"
    about = "What each product brought, how many were sold, and which ones hardly sell."
    result = ProductPerformance

    async def query(self, asked: Question) -> ProductPerformance:
        """Sums by product, with today's names or those of the last sale."""
        sold = await rows(Order.rows(asked.db), _pipeline(asked))
        names = await _names(asked, [row["_id"] for row in sold])
        gone = {row["_id"]: await _last_name(asked, row) for row in sold if row["_id"] not in names}
        lines = {
            row["_id"]: ProductLine(
                product_id=row["_id"],
                name=(names | gone)[row["_id"]],
                revenue_cents=int(row["revenue"]),
                units_sold=int(row["units"]),
                order_count=row["orders"],
                avg_order_value_cents=each_one(int(row["revenue"]), row["orders"]),
            )
            for row in sold
        }
        unsold = {key: ProductLine(product_id=key, name=name) for key, name in names.items()}
        ordered = sorted(
            (unsold | lines).values(),
            key=lambda line: (-line.revenue_cents, -line.units_sold, line.name, line.product_id),
        )
        return ProductPerformance(products=_marked(ordered))

    def figures(self, now: ProductPerformance, before: ProductPerformance) -> list[Figure]:
        """Revenue, pieces, and how many products sold at all."""
        return [
            Figure("Revenue", _sum(now, "revenue_cents"), Unit.MONEY, _sum(before, "revenue_cents")),
            Figure("Pieces sold", _sum(now, "units_sold"), Unit.COUNT, _sum(before, "units_sold")),
            Figure("Products that sold", _selling(now), Unit.COUNT, _selling(before)),
        ]

    def chart(self, now: ProductPerformance, before: ProductPerformance) -> Chart:
        """What the first ones brought, then and now."""
        shown = now.products[:_SHOWN]
        known = {line.product_id: line.revenue_cents for line in before.products}
        return Chart(
            Look.BARS,
            Unit.MONEY,
            [line.name for line in shown],
            [
                Series("Revenue", [line.revenue_cents for line in shown]),
                Series("Before", [known.get(line.product_id) for line in shown], ghost=True),
            ],
        )

    def table(self, now: ProductPerformance) -> Table:
        """A row a product."""
        columns = [
            Column("name", "Product", Unit.TEXT),
            Column("revenueCents", "Revenue", Unit.MONEY),
            Column("unitsSold", "Pieces sold", Unit.COUNT),
            Column("orderCount", "Orders", Unit.COUNT),
            Column("avgOrderValueCents", "Average order", Unit.MONEY),
            Column("isTopRevenue", "Brought most", Unit.YES_NO),
            Column("isTopVolume", "Sold most", Unit.YES_NO),
            Column("isSlowMover", "Hardly sells", Unit.YES_NO),
        ]
        every = [list(line.model_dump(exclude={"product_id"}).values()) for line in now.products]
        return Table(columns, every)


def _pipeline(asked: Question) -> list[dict[str, Any]]:
    group = {
        "_id": "$items.productId",
        "revenue": {"$sum": LINE_NET},
        "units": {"$sum": LINE_UNITS},
        "orders": {"$sum": 1},
        "last": {"$max": "$paidAt"},
    }
    return [{"$match": paid(asked)}, {"$unwind": "$items"}, {"$group": group}]


async def _last_name(asked: Question, sold: dict[str, Any]) -> str:
    """What a product that is gone was called when it was last sold: a moment that is known, so one look."""
    key = str(sold["_id"])
    where = {**paid(asked), "paidAt": sold["last"], "items.productId": key}
    row = await Order.rows(asked.db).find_one(where, {"items": 1})
    return next((item["name"] for item in (row or {}).get("items", ()) if item["productId"] == key), key)


async def _names(asked: Question, sold: list[str]) -> dict[str, str]:
    """Today's names of the products that sold, and of all that are on sale in this currency."""
    keys = [known for key in sold if (known := object_id(key))]
    every: list[dict[str, Any]] = [
        {"tenantId": asked.tenant_id, "isActive": True, "currency": asked.currency},
        {"tenantId": asked.tenant_id, "_id": {"$in": keys}},
    ]
    products = Product.rows(asked.db)
    # Names alone: to read hundreds of whole products takes longer than all the rest of a small shop.
    found = [await products.find(where, {"name": 1}).to_list(None) for where in every]
    return {str(row["_id"]): row["name"] for part in found for row in part}


def _marked(lines: list[ProductLine]) -> list[ProductLine]:
    most = max((line.revenue_cents for line in lines), default=0)
    units = sum(line.units_sold for line in lines)
    highest = max((line.units_sold for line in lines), default=0)
    return [
        line.model_copy(
            update={
                "is_top_revenue": line.revenue_cents == most > 0,
                "is_top_volume": line.units_sold == highest > 0,
                "is_slow_mover": line.units_sold * len(lines) * _SLOW_SHARE < units or line.units_sold == 0,
            }
        )
        for line in lines
    ]


def _sum(result: ProductPerformance, name: str) -> int:
    return sum(getattr(line, name) for line in result.products)


def _selling(result: ProductPerformance) -> int:
    return sum(line.units_sold > 0 for line in result.products)


REPORT = ProductReport()
