"""INVENTORY_HEALTH: what the stock is worth and how long it lasts, what nobody buys, and where it is off."""

from typing import Any, Self

from models import ledger
from models.inventory import InventoryMove, InventorySnapshot, InventoryTransaction
from models.product import Product
from services.reports.contract import Chart, Column, Figure, Look, ReportType, Series, Table, Unit
from services.reports.report import Question, Report, Result, rows

_SHOWN = 15
_AT_ONCE = 50


class StockLine(Result):
    """One product whose stock is counted; value in minor units, `days_of_cover` None where nothing sold."""

    product_id: str
    name: str
    available: int
    reserved: int
    stock_value_cents: int | None
    units_sold: int
    days_of_cover: float | None
    is_dead_stock: bool
    drift: int


class InventoryHealth(Result):
    """Stock as it is now, against what was sold in the period."""

    stock_value_cents: int = 0
    without_cost: int = 0
    days_of_cover: float | None = None
    dead_stock: int = 0
    dead_stock_value_cents: int = 0
    drifting: int = 0
    products: list[StockLine]

    @classmethod
    def empty(cls) -> Self:
        """Nothing is counted."""
        return cls(products=[])


class InventoryReport(Report[InventoryHealth]):
    """Products of the currency that are counted, with the pieces that left as sales."""

    type = ReportType.INVENTORY_HEALTH
    title = "Stock"
    about = "What the stock cost, how many days it lasts, what nobody buys, and where it is miscounted."
    result = InventoryHealth

    async def query(self, asked: Question) -> InventoryHealth:
        """A line for each product, that which lasts shortest first."""
        products, stock, sold = await _products(asked), await _stock(asked), await _sold(asked)
        drifts = {} if asked.to_compare else await _drifts(asked, [str(row["_id"]) for row in products])
        lines = [
            _line(asked, row, stock[key], sold.get(key, 0), drifts.get(key, 0))
            for row in products
            if (key := str(row["_id"])) in stock
        ]
        return _summed(asked, sorted(lines, key=_urgency))

    def figures(self, now: InventoryHealth, before: InventoryHealth) -> list[Figure]:
        """Its value, its reach, and the products that nobody buys; what it was is not known any more."""
        del before
        return [
            Figure("Stock at cost", now.stock_value_cents, Unit.MONEY),
            Figure("Lasts for", now.days_of_cover, Unit.DAYS),
            Figure("Products that nobody bought", now.dead_stock, Unit.COUNT),
        ]

    def chart(self, now: InventoryHealth, before: InventoryHealth) -> Chart:
        """How long those last that run out first."""
        del before
        shown = [line for line in now.products if line.days_of_cover is not None][:_SHOWN]
        series = [Series("Lasts for", [line.days_of_cover for line in shown])]
        return Chart(Look.BARS, Unit.DAYS, [line.name for line in shown], series)

    def table(self, now: InventoryHealth) -> Table:
        """A row a product."""
        columns = [
            Column("name", "Product", Unit.TEXT),
            Column("available", "Available", Unit.COUNT),
            Column("reserved", "Held for orders", Unit.COUNT),
            Column("stockValueCents", "Stock at cost", Unit.MONEY),
            Column("unitsSold", "Pieces sold", Unit.COUNT),
            Column("daysOfCover", "Lasts for", Unit.DAYS),
            Column("isDeadStock", "Nobody bought it", Unit.YES_NO),
            Column("drift", "Differs from the ledger by", Unit.COUNT),
        ]
        every = [list(line.model_dump(exclude={"product_id"}).values()) for line in now.products]
        return Table(columns, every)


async def _products(asked: Question) -> list[dict[str, Any]]:
    """Those of the currency that are counted."""
    where = {"tenantId": asked.tenant_id, "currency": asked.currency, "inventoryTracked": True}
    return [row async for row in Product.rows(asked.db).find(where, {"name": 1, "costCents": 1})]


async def _stock(asked: Question) -> dict[str, tuple[int, int]]:
    """(available, reserved) by product."""
    fields = {"productId": 1, "quantityAvailable": 1, "quantityReserved": 1, "_id": 0}
    found = InventorySnapshot.rows(asked.db).find({"tenantId": asked.tenant_id}, fields)
    return {row["productId"]: (row["quantityAvailable"], row["quantityReserved"]) async for row in found}


async def _sold(asked: Question) -> dict[str, int]:
    """How many pieces left as sales, by product."""
    where = {"tenantId": asked.tenant_id, "createdAt": asked.period.within, "type": InventoryMove.SALE}
    group = {"_id": "$productId", "units": {"$sum": "$quantityDelta"}}
    found = await rows(InventoryTransaction.rows(asked.db), [{"$match": where}, {"$group": group}])
    return {row["_id"]: -int(row["units"]) for row in found}


async def _drifts(asked: Question, keys: list[str]) -> dict[str, int]:
    """By how many pieces, available or held, stock is more than its ledger says, by product.

    The larger of the two: a piece that is held in one and available in the other must not cancel out.
    """
    found: dict[str, int] = {}
    for at in range(0, len(keys), _AT_ONCE):
        for drift in await ledger.drifts(asked.db, asked.tenant_id, keys[at : at + _AT_ONCE]):
            both = [now - told for now, told in zip(drift.snapshot, drift.ledger, strict=True)]
            found[drift.product_id] = max(both, key=abs)
    return found


def _urgency(line: StockLine) -> tuple[Any, ...]:
    """What runs out first; what does not sell comes last."""
    return line.days_of_cover is None, line.days_of_cover or 0, line.name, line.product_id


def _line(
    asked: Question, product: dict[str, Any], stock: tuple[int, int], units: int, drift: int
) -> StockLine:
    (available, reserved), cost = stock, product.get("costCents")
    return StockLine(
        product_id=str(product["_id"]),
        name=product["name"],
        available=available,
        reserved=reserved,
        stock_value_cents=None if cost is None else cost * (available + reserved),
        units_sold=units,
        days_of_cover=_cover(asked, available, units),
        is_dead_stock=available > 0 and units <= 0,
        drift=drift,
    )


def _cover(asked: Question, available: int, units: int) -> float | None:
    return round(available * asked.period.length / units, 1) if units > 0 else None


def _summed(asked: Question, lines: list[StockLine]) -> InventoryHealth:
    dead = [line for line in lines if line.is_dead_stock]
    return InventoryHealth(
        stock_value_cents=sum(line.stock_value_cents or 0 for line in lines),
        without_cost=sum(line.stock_value_cents is None for line in lines),
        days_of_cover=_cover(
            asked, sum(line.available for line in lines), sum(line.units_sold for line in lines)
        ),
        dead_stock=len(dead),
        dead_stock_value_cents=sum(line.stock_value_cents or 0 for line in dead),
        drifting=sum(line.drift != 0 for line in lines),
        products=lines,
    )


REPORT = InventoryReport()
