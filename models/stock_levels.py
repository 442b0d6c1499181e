"""The threshold of low stock, watched for many products at once."""

from typing import Any

from models.base import Db, Tx
from models.inventory import InventorySnapshot


def _of(tenant_id: str, product_ids: list[str]) -> dict[str, Any]:
    return {"tenantId": tenant_id, "productId": {"$in": product_ids}}


async def mark_ample_all(db: Db, tenant_id: str, product_ids: list[str], threshold: int, *, tx: Tx) -> None:
    """Note which of these rose above the threshold, so that the next crossing is told."""
    where = {
        **_of(tenant_id, product_ids),
        "quantityAvailable": {"$gt": threshold},
        "lowAlerted": True,
    }
    await InventorySnapshot.rows(db).update_many(where, {"$set": {"lowAlerted": False}}, session=tx)


async def newly_low(db: Db, tenant_id: str, product_ids: list[str], threshold: int, *, tx: Tx) -> list[str]:
    """Those of the products that are low, of which nobody was told."""
    where = {
        **_of(tenant_id, product_ids),
        "quantityAvailable": {"$lte": threshold},
        "lowAlerted": False,
    }
    cursor = InventorySnapshot.rows(db).find(where, {"productId": 1, "_id": 0}, session=tx)
    return [row["productId"] async for row in cursor]


async def mark_low_all(db: Db, tenant_id: str, product_ids: list[str], *, tx: Tx) -> None:
    """Note that staff know of these."""
    if product_ids:
        where = _of(tenant_id, product_ids)
        await InventorySnapshot.rows(db).update_many(where, {"$set": {"lowAlerted": True}}, session=tx)
