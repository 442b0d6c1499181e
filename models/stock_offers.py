"""Units kept for members who waited: moved out of what is available, and into an order by its Confirm."""

from datetime import datetime

from models.base import Db, Tx
from models.inventory import InventorySnapshot, StockHold, StockOffer


async def allot(db: Db, snapshot: InventorySnapshot, offers: list[StockOffer], *, tx: Tx) -> bool:
    """Replace the offers of a snapshot that this transaction read; False when too few are available."""
    more = len(offers) - len(snapshot.offers)
    where = {
        "_id": snapshot.id,
        "tenantId": snapshot.tenant_id,
        "quantityAvailable": {"$gte": more},
    }
    update = {
        "$set": {"offers": [each.model_dump_doc() for each in offers]},
        "$inc": {"quantityAvailable": -more, "quantityReserved": more},
    }
    return await InventorySnapshot.change(db, where, update, tx=tx) is not None


async def take_offered(
    db: Db, hold: StockHold, *, tenant_id: str, product_id: str, member_id: str
) -> StockHold | None:
    """Turn the unit that is kept for this member, and what else is wanted, into an order's hold at once.

    The hold with its offer; None when nothing is kept, or there are too few.
    """
    snapshot = await InventorySnapshot.of_product(db, tenant_id, product_id)
    offer = next((each for each in snapshot.offers if each.member_id == member_id), None)
    if offer is None:
        return None
    taken, loose = hold.model_copy(update={"offer": offer}), hold.quantity - 1
    where = {
        "_id": snapshot.id,
        "tenantId": tenant_id,
        "quantityAvailable": {"$gte": loose},
        "holds.orderId": {"$ne": hold.order_id},
        "offers.waitingId": offer.waiting_id,
    }
    update = {
        "$inc": {"quantityAvailable": -loose, "quantityReserved": loose},
        "$pull": {"offers": {"waitingId": offer.waiting_id}},
        "$push": {"holds": taken.model_dump_doc()},
    }
    return taken if await InventorySnapshot.change(db, where, update) else None


async def with_ended_offers(db: Db, now: datetime) -> list[tuple[str, str]]:
    """(tenant, product) pairs, of every tenant, with an offer whose time is over."""
    rows = InventorySnapshot.rows(db)
    found = rows.find({"offers.until": {"$lte": now}}, {"tenantId": 1, "productId": 1})
    return [(row["tenantId"], row["productId"]) async for row in found]
