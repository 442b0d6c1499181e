"""The ledger as a file to look at: every movement of stock."""

from models.base import Db, Tx
from models.bulk import Stored, found_by
from models.inventory import InventoryTransaction
from models.order import Order
from models.product import Product
from services.csv.cells import FLAG, MOMENT, WHOLE
from services.csv.contract import Column, Kind


class Ledger(Kind):
    """A row for each movement, product by product, the newest first."""

    name = "ledger"
    model = InventoryTransaction
    order = "productId -createdAt"
    period = "createdAt"
    columns = (
        Column("createdAt", MOMENT),
        Column("sku"),
        Column("name"),
        Column("type"),
        Column("quantityDelta", WHOLE),
        Column("reason"),
        Column("orderNumber"),
        Column("settled", FLAG),
    )

    async def enriched(self, db: Db, tenant_id: str, rows: list[Stored], tx: Tx | None) -> list[Stored]:
        """With what products and orders are called."""
        products = await found_by(db, Product, tenant_id, "_id", [row["productId"] for row in rows], tx=tx)
        keys = [row["orderId"] for row in rows if row.get("orderId")]
        orders = await found_by(db, Order, tenant_id, "_id", keys, tx=tx)
        return [
            row
            | {name: products.get(row["productId"], {}).get(name) for name in ("sku", "name")}
            | {"orderNumber": orders.get(row.get("orderId") or "", {}).get("orderNumber")}
            for row in rows
        ]


KIND = Ledger()
