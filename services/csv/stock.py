"""Stock as a file: how many were counted of each product."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from models.base import Db, TenantDocument, Tx
from models.bulk import add_each, found_by
from models.errors import BadInput
from models.inventory import InventoryMove, InventorySnapshot, InventoryTransaction
from models.product import Product
from models.storefront import Storefront
from services.access import Permission
from services.csv.cells import NAME, WHOLE
from services.csv.contract import Column, Context, Desk, Found, Step, Stored
from services.csv.incoming import Editable
from services.csv.products import queues
from services.stock import MAX_STOCK


class StockCount(Editable):
    """Found by SKU. A count is carried out as its difference to what was shown with it, in the ledger."""

    name = "stock"
    model = Product
    identity = ("sku",)
    order = "nameFolded"
    to_import = frozenset({Permission.STOCK_MANAGE})
    counts = "quantityAvailable"
    columns = (
        Column("sku", NAME, optional=False),
        Column("name", shown=True),
        Column("quantityAvailable", WHOLE, optional=False),
        Column("quantityReserved", WHOLE, shown=True),
    )

    async def enriched(self, db: Db, tenant_id: str, rows: list[Stored], tx: Tx | None) -> list[Stored]:
        """Products with their stock; 0 where none was ever counted."""
        keys = [str(row["_id"]) for row in rows]
        stock = await found_by(db, InventorySnapshot, tenant_id, "productId", keys, tx=tx)
        none: Stored = {"quantityAvailable": 0, "quantityReserved": 0}
        return [
            row | {name: stock.get(key, none)[name] for name in none} | {"counted": key in stock}
            for key, row in zip(keys, rows, strict=True)
        ]

    async def find(
        self, context: Context, desk: Desk, rows: Sequence[Mapping[str, str]], tx: Tx | None
    ) -> Found:
        """The products of these rows with their stock."""
        found = await super().find(context, desk, rows, tx)
        whole = await self.enriched(context.db, desk.shop.id, list(found.records.values()), tx)
        return Found(dict(zip(found.records, whole, strict=True)))

    def mark(self, desk: Desk, record: Stored | None) -> str:
        """Not what is there: customers may buy while somebody looks at the file."""
        del desk
        return "" if record is None else f"{record['_id']} {record.get('deliversKeys', False)}"

    def judged(self, desk: Desk, line: int, cells: Mapping[str, str], found: Found) -> Step:
        """The difference that somebody was shown, to what is there now: what was sold since stays sold."""
        record = found.records.get(self.named(cells))
        seen = found.also.get("seen", {}).get(self.named(cells))
        if record is None or seen is None:
            return super().judged(desk, line, cells, found)
        then = {**record, "quantityAvailable": seen}
        step = super().judged(desk, line, cells, Found({self.named(cells): then}))
        if not step.fields:
            return step
        count = record["quantityAvailable"] + step.fields["quantityAvailable"] - seen
        if count < 0:
            raise BadInput("quantityAvailable", "too_small")
        if count > MAX_STOCK:
            raise BadInput("quantityAvailable", "range", MAX_STOCK)
        return replace(step, record=record, fields={"quantityAvailable": count})

    def make(self, desk: Desk, values: Mapping[str, Any], found: Found) -> TenantDocument:
        """Nothing is counted that is not for sale."""
        del desk, values, found
        raise BadInput("sku", "csv_unknown")

    def change(self, desk: Desk, record: Stored, values: Mapping[str, Any], found: Found) -> Stored:
        """The number that was counted."""
        del desk, found
        if record.get("deliversKeys"):
            raise BadInput("quantityAvailable", "csv_by_keys")
        if values["quantityAvailable"] > MAX_STOCK:
            raise BadInput("quantityAvailable", "range", MAX_STOCK)
        return dict(values)

    async def write(self, context: Context, desk: Desk, steps: Sequence[Step], tx: Tx) -> None:
        """A row of the ledger for each difference, as it is inside this transaction."""
        counted = [
            (step.record, step.fields["quantityAvailable"]) for step in steps if step.record and step.fields
        ]
        fresh = [
            InventorySnapshot(tenant_id=desk.shop.id, product_id=str(record["_id"]))
            for record, _ in counted
            if not record["counted"]
        ]
        await InventorySnapshot.insert_all(context.db, fresh, tx=tx)
        rows = await asyncio.to_thread(_rows, desk, counted)
        guarded = [_guarded(record, row) for (record, _), row in zip(counted, rows, strict=True)]
        if await add_each(context.db, InventorySnapshot, guarded, tx=tx) != len(rows):
            raise RuntimeError("stock moved within the transaction that read it")
        await InventoryTransaction.insert_all(context.db, rows, tx=tx)
        names = {str(record["_id"]): record["name"] for record, _ in counted}
        await context.stock.moved_many(
            desk.shop, names, await queues(context, desk.shop.id, list(names), tx), tx
        )
        if rows:
            await Storefront.mark(context.db, desk.shop.id, context.clock.now(), tx=tx)


def _rows(desk: Desk, counted: Sequence[tuple[Stored, int]]) -> list[InventoryTransaction]:
    return [_row(desk, record, count - record["quantityAvailable"]) for record, count in counted]


def _row(desk: Desk, record: Stored, delta: int) -> InventoryTransaction:
    return InventoryTransaction(
        tenant_id=desk.shop.id,
        product_id=str(record["_id"]),
        type=InventoryMove.ADJUSTMENT,
        quantity_delta=delta,
        reason=desk.reason,
    )


def _guarded(record: Stored, row: InventoryTransaction) -> tuple[Stored, dict[str, int]]:
    where = {
        "tenantId": row.tenant_id,
        "productId": row.product_id,
        "quantityAvailable": record["quantityAvailable"],
    }
    return where, {"quantityAvailable": row.available_delta}


KIND = StockCount()
