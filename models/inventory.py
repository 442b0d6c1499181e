"""Stock: the snapshot that customers race for and the append-only ledger behind it (docs/adr/0002)."""

from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from models.base import Db, Field, ObjectId, Part, TenantDocument, Tx, Utc, Where, index, stored, transact
from models.left import Left


class InventoryMove(StrEnum):
    """Why stock moved."""

    ADJUSTMENT = "ADJUSTMENT"
    RESERVE = "RESERVE"
    RELEASE = "RELEASE"
    SALE = "SALE"
    RESTOCK = "RESTOCK"
    REFUND = "REFUND"


class StockOffer(Part):
    """One unit kept for a member who waited for it; see models/stock_offers.py."""

    waiting_id: str
    member_id: str
    until: Utc


class StockHold(Part):
    """Units taken for an order that is being written; the sweeper gives back what no order claims."""

    order_id: str
    quantity: int = Field(ge=1)
    taken_at: Utc
    offer: StockOffer | None = Field(default=None, description="The offer that one of the units was")


class InventoryTransaction(TenantDocument):
    """One row of the ledger; `settled` says that the snapshot already counts it."""

    model_config = stored(
        "inventorytransactions",
        index("tenantId", "productId", "-createdAt"),
        index("tenantId", "orderId"),
        index("settled", "tenantId", "productId", only={"settled": False}),
        index("tenantId", "productId", "settled", "type", "quantityDelta"),
        index("tenantId", "type", "createdAt", "productId", "quantityDelta", only={"type": "SALE"}),
    )

    tenant_id: str
    product_id: str
    order_id: str | None = None
    type: InventoryMove
    quantity_delta: int = Field(description="Negative when units leave")
    reason: str | None = None
    settled: bool = Field(default=True, description="Whether the snapshot counts this row")

    @classmethod
    async def latest(cls, db: Db, tenant_id: str, product_id: str, limit: int) -> list[Self]:
        """The newest rows of a product, newest first."""
        where = {"tenantId": tenant_id, "productId": product_id}
        return await cls.find_all(db, where, sort="-createdAt", limit=limit)

    @classmethod
    async def pieces_of_order(
        cls, db: Db, tenant_id: str, order_id: str, move: InventoryMove, *, tx: Tx
    ) -> dict[str, int]:
        """How many units an order's rows of this kind moved, by product id."""
        where = {"tenantId": tenant_id, "orderId": order_id, "type": move}
        moved: dict[str, int] = {}
        for row in await cls.find_all(db, where, tx=tx):
            moved[row.product_id] = moved.get(row.product_id, 0) + row.quantity_delta
        return moved

    @property
    def available_delta(self) -> int:
        """What the row does to quantityAvailable: everything but a sale, which was taken at RESERVE."""
        return 0 if self.type is InventoryMove.SALE else self.quantity_delta

    @property
    def reserved_delta(self) -> int:
        """What the row does to quantityReserved."""
        match self.type:
            case InventoryMove.RESERVE | InventoryMove.RELEASE:
                return -self.quantity_delta
            case InventoryMove.SALE:
                return self.quantity_delta
            case _:
                return 0


class InventorySnapshot(TenantDocument):
    """Current stock of a product; both quantities never fall below 0."""

    model_config = stored(
        "inventorysnapshots",
        index("tenantId", "productId", unique=True),
        index("holds.takenAt", only={"holds.takenAt": {"$exists": True}}),
        index("offers.until", only={"offers.until": {"$exists": True}}),
    )

    tenant_id: str
    product_id: str
    quantity_available: int = Field(default=0, ge=0)
    quantity_reserved: int = Field(default=0, ge=0)
    holds: list[StockHold] = Field(default_factory=list)
    offers: list[StockOffer] = Field(default_factory=list, description="Units kept for who waited")
    low_alerted: bool = Field(default=False, description="Whether staff know that stock is low")

    @classmethod
    async def of(cls, db: Db, tenant_id: str, product_ids: list[str]) -> dict[str, int]:
        """How many are available of each product that has a snapshot."""
        cursor = cls.rows(db).find(
            {"tenantId": tenant_id, "productId": {"$in": product_ids}},
            {"productId": 1, "quantityAvailable": 1, "_id": 0},
        )
        return {row["productId"]: row["quantityAvailable"] async for row in cursor}

    @classmethod
    async def take(
        cls, db: Db, hold: StockHold, *, tenant_id: str, product_id: str, member_id: str | None = None
    ) -> bool:
        """Move units from available to reserved as a hold that names the order.

        False when there are too few, and for a member for whom one is kept: that one comes first.
        """
        where: dict[str, Any] = {
            "tenantId": tenant_id,
            "productId": product_id,
            "quantityAvailable": {"$gte": hold.quantity},
            "holds.orderId": {"$ne": hold.order_id},
        }
        if member_id is not None:
            where["offers.memberId"] = {"$ne": member_id}
        updated = await cls.rows(db).update_one(
            where,
            {
                "$inc": {"quantityAvailable": -hold.quantity, "quantityReserved": hold.quantity},
                "$push": {"holds": hold.model_dump_doc()},
                "$currentDate": {"updatedAt": True},
            },
        )
        return updated.modified_count == 1

    @classmethod
    async def give_back(cls, db: Db, order_id: str, *, tenant_id: str, product_id: str) -> bool:
        """Undo the hold of an order that never came to be; False when it was undone or settled before.

        A unit that was kept for its customer is kept again, for as long as it was meant to be.
        """
        where = {"tenantId": tenant_id, "productId": product_id}
        snapshot = await cls.find_one(db, {**where, "holds.orderId": order_id})
        hold = (
            next((hold for hold in snapshot.holds if hold.order_id == order_id), None) if snapshot else None
        )
        if hold is None:
            return False
        loose = hold.quantity - (hold.offer is not None)
        update: dict[str, Any] = {
            "$inc": {"quantityAvailable": loose, "quantityReserved": -loose},
            "$pull": {"holds": {"orderId": order_id}},
            "$currentDate": {"updatedAt": True},
        }
        if hold.offer is not None:
            update["$push"] = {"offers": hold.offer.model_dump_doc()}
        updated = await cls.rows(db).update_one(
            {**where, "holds": {"$elemMatch": {"orderId": order_id, "quantity": hold.quantity}}}, update
        )
        return updated.modified_count == 1

    @classmethod
    async def settle(cls, db: Db, order_id: str, *, tenant_id: str, product_ids: list[str]) -> None:
        """Forget the holds of an order that now stands in the ledger."""
        await cls.rows(db).update_many(
            {"tenantId": tenant_id, "productId": {"$in": product_ids}, "holds.orderId": order_id},
            {"$pull": {"holds": {"orderId": order_id}}},
        )

    @classmethod
    async def with_old_holds(cls, db: Db, before: datetime) -> list[Left]:
        """Holds, of every tenant, that were taken before that moment."""
        found = cls.rows(db).find(
            {"holds.takenAt": {"$lt": before}}, {"tenantId": 1, "productId": 1, "holds": 1}
        )
        return [
            Left(row["tenantId"], hold["orderId"], [row["productId"]])
            async for row in found
            for hold in row["holds"]
            if hold["takenAt"] < before
        ]

    @classmethod
    async def of_product(cls, db: Db, tenant_id: str, product_id: str, *, tx: Tx | None = None) -> Self:
        """The product's snapshot; an empty one when its stock was never tracked."""
        found = await cls.find_one(db, {"tenantId": tenant_id, "productId": product_id}, tx=tx)
        return found or cls(tenant_id=tenant_id, product_id=product_id)

    @classmethod
    async def hold_still(cls, db: Db, tenant_id: str, product_id: str, *, tx: Tx) -> Self:
        """The same, written to: of two transactions that decide by it, the second is repeated."""
        held = await cls.change(db, {"tenantId": tenant_id, "productId": product_id}, {}, tx=tx)
        return held or cls(tenant_id=tenant_id, product_id=product_id)

    @classmethod
    async def mark_low(cls, db: Db, tenant_id: str, product_id: str, threshold: int, *, tx: Tx) -> int | None:
        """Note that stock fell to the threshold: how many are left, once per crossing, else None."""
        where = {
            "tenantId": tenant_id,
            "productId": product_id,
            "quantityAvailable": {"$lte": threshold},
            "lowAlerted": False,
        }
        marked = await cls.change(db, where, {"$set": {"lowAlerted": True}}, tx=tx)
        return None if marked is None else marked.quantity_available

    @classmethod
    async def mark_ample(
        cls, db: Db, tenant_id: str, product_id: str, threshold: int, *, tx: Tx | None = None
    ) -> None:
        """Note that stock rose above the threshold again, so that the next crossing is told."""
        where = {
            "tenantId": tenant_id,
            "productId": product_id,
            "quantityAvailable": {"$gt": threshold},
            "lowAlerted": True,
        }
        await cls.rows(db).update_one(where, {"$set": {"lowAlerted": False}}, session=tx)


async def apply_row(db: Db, row: InventoryTransaction, tx: Tx) -> bool:
    """Write a ledger row and its effect on the snapshot together; False when stock would fall below 0."""
    where: Where = {
        "tenantId": row.tenant_id,
        "productId": row.product_id,
        "quantityAvailable": {"$gte": -row.available_delta},
        "quantityReserved": {"$gte": -row.reserved_delta},
    }
    steps = {
        "$inc": {"quantityAvailable": row.available_delta, "quantityReserved": row.reserved_delta},
        "$currentDate": {"updatedAt": True},
    }
    if (await InventorySnapshot.rows(db).update_one(where, steps, session=tx)).modified_count != 1:
        return False
    await row.insert(db, tx=tx)
    return True


async def unsettled_products(db: Db) -> list[tuple[str, str]]:
    """(tenant, product) pairs, of every tenant, with ledger rows that the snapshot does not count yet."""
    pairs = InventoryTransaction.rows(db).aggregate(
        [
            {"$match": {"settled": False}},
            {"$group": {"_id": {"tenantId": "$tenantId", "productId": "$productId"}}},
        ]
    )
    return [(pair["_id"]["tenantId"], pair["_id"]["productId"]) async for pair in pairs]


async def fold(db: Db, tenant_id: str, product_id: str) -> int:
    """Count every unsettled ledger row of a product into its snapshot, exactly once; how many there were."""
    return await transact(db, lambda tx: fold_within(db, tenant_id, product_id, tx))


async def fold_within(db: Db, tenant_id: str, product_id: str, tx: Tx) -> int:
    """The same inside the caller's transaction, for what has to be written together with the count."""
    where: Where = {"tenantId": tenant_id, "productId": product_id, "settled": False}
    rows = await InventoryTransaction.find_all(db, where, tx=tx)
    if not rows:
        return 0
    ids: list[ObjectId] = [row.id for row in rows]
    await InventoryTransaction.rows(db).update_many(
        {**where, "_id": {"$in": ids}}, {"$set": {"settled": True}}, session=tx
    )
    await InventorySnapshot.rows(db).update_one(
        {"tenantId": tenant_id, "productId": product_id},
        {
            "$inc": {
                "quantityAvailable": sum(row.available_delta for row in rows),
                "quantityReserved": sum(row.reserved_delta for row in rows),
            },
            "$currentDate": {"updatedAt": True},
        },
        session=tx,
    )
    return len(rows)


async def replay(db: Db, tenant_id: str, product_id: str) -> tuple[int, int]:
    """(available, reserved) as the ledger, the holds not yet settled and the offers tell them."""
    rows = await InventoryTransaction.find_all(
        db, {"tenantId": tenant_id, "productId": product_id, "settled": True}
    )
    available = sum(row.available_delta for row in rows)
    reserved = sum(row.reserved_delta for row in rows)
    snapshot = await InventorySnapshot.find_one(db, {"tenantId": tenant_id, "productId": product_id})
    known = {row.order_id for row in rows if row.type is InventoryMove.RESERVE}
    held = sum(h.quantity for h in (snapshot.holds if snapshot else []) if h.order_id not in known)
    held += len(snapshot.offers) if snapshot else 0
    return available - held, reserved + held
