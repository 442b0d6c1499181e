"""What a customer's orders come to, whichever of their Discord accounts placed them."""

from dataclasses import dataclass

from models.base import Db, Where
from models.order import Order, OrderStatus

_OPEN = [OrderStatus.PENDING_PAYMENT, OrderStatus.PAID, OrderStatus.FULFILLING, OrderStatus.SHIPPED]


@dataclass(frozen=True)
class Spent:
    """One currency: what was paid and not given back, in minor units, how many orders, how many open."""

    currency: str
    cents: int
    orders: int
    open: int


def of_customer(tenant_id: str, customer_id: str) -> Where:
    """The filter for a customer's orders, also those of accounts that were merged into it."""
    return {"tenantId": tenant_id, "customerId": customer_id}


async def spent(db: Db, tenant_id: str, customer_id: str) -> list[Spent]:
    """The sums, by currency."""
    kept = {"$subtract": ["$totalCents", {"$ifNull": ["$refundedCents", 0]}]}
    paid = {"$cond": [{"$ne": [{"$ifNull": ["$paidAt", None]}, None]}, kept, 0]}
    group = {
        "_id": "$currency",
        "cents": {"$sum": paid},
        "orders": {"$sum": 1},
        "open": {"$sum": {"$cond": [{"$in": ["$status", _OPEN]}, 1, 0]}},
    }
    rows = Order.rows(db).aggregate(
        [{"$match": of_customer(tenant_id, customer_id)}, {"$group": group}, {"$sort": {"_id": 1}}]
    )
    return [Spent(row["_id"], row["cents"], row["orders"], row["open"]) async for row in rows]
