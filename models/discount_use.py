"""Which orders used a discount, and which customers hold one."""

from datetime import datetime
from enum import StrEnum
from typing import Self

from models.base import Db, Field, TenantDocument, Tx, Utc, index, object_id, stored
from models.discount import Discount

# Of a DiscountAssignment: it was not used as often as its holder may.
_ROOM = {"$expr": {"$lt": ["$usedCount", {"$ifNull": ["$totalAllowed", float("inf")]}]}}


class UseStatus(StrEnum):
    """Whether a use counts."""

    USED = "USED"
    RETURNED = "RETURNED"


class DiscountUse(TenantDocument):
    """One order's use of a discount; amount in minor units. `counted`: usageCount agrees with its status."""

    model_config = stored(
        "discountuses",
        index("tenantId", "orderId", unique=True),
        index("tenantId", "discountId", "-createdAt"),
        index("tenantId", "customerId"),
        index("counted", "tenantId", "discountId", only={"counted": False}),
    )

    tenant_id: str
    discount_id: str
    order_id: str
    order_number: str
    customer_id: str | None = None
    assignment_id: str | None = None
    amount_cents: int = Field(ge=0)
    currency: str
    status: UseStatus = UseStatus.USED
    counted: bool = True

    @classmethod
    async def of_order(cls, db: Db, tenant_id: str, order_id: str, *, tx: Tx | None = None) -> Self | None:
        """What an order used."""
        return await cls.find_one(db, {"tenantId": tenant_id, "orderId": order_id}, tx=tx)

    @classmethod
    async def set_status(cls, db: Db, use: Self, status: UseStatus, *, counted: bool, tx: Tx) -> Self | None:
        """Change the status that was seen; None when somebody else did."""
        where = {"_id": use.id, "tenantId": use.tenant_id, "status": use.status, "counted": use.counted}
        return await cls.change(db, where, {"$set": {"status": status, "counted": counted}}, tx=tx)

    @classmethod
    async def page(cls, db: Db, tenant_id: str, discount_id: str, *, limit: int) -> list[Self]:
        """The latest uses of a discount, newest first."""
        where = {"tenantId": tenant_id, "discountId": discount_id}
        return await cls.find_all(db, where, sort="-createdAt", limit=limit)


async def uncounted(db: Db) -> list[tuple[str, str]]:
    """(tenant, discount) pairs, of every tenant, with returned uses that the discount still counts."""
    pairs = DiscountUse.rows(db).aggregate(
        [
            {"$match": {"counted": False}},
            {"$group": {"_id": {"tenantId": "$tenantId", "discountId": "$discountId"}}},
        ]
    )
    return [(pair["_id"]["tenantId"], pair["_id"]["discountId"]) async for pair in pairs]


async def count_returned(db: Db, tenant_id: str, discount_id: str, tx: Tx) -> int:
    """Take every returned use off the discount's count, exactly once; how many there were."""
    where = {"tenantId": tenant_id, "discountId": discount_id, "counted": False}
    uses = await DiscountUse.find_all(db, where, tx=tx)
    if not uses:
        return 0
    ids, orders = [use.id for use in uses], [use.order_id for use in uses]
    rows = DiscountUse.rows(db)
    await rows.update_many({**where, "_id": {"$in": ids}}, {"$set": {"counted": True}}, session=tx)
    await Discount.rows(db).update_one(
        {"_id": object_id(discount_id), "tenantId": tenant_id},
        {"$inc": {"usageCount": -len(uses)}, "$pull": {"consumedOrderIds": {"$in": orders}}},
        session=tx,
    )
    return len(uses)


class AssignmentRule(StrEnum):
    """How often a customer may use an assigned discount."""

    ONE_TIME = "one_time"
    NEXT_N = "next_n"
    FOREVER = "forever"


class DiscountAssignment(TenantDocument):
    """A discount that one customer holds; revoked by an `expires_at` that has passed."""

    model_config = stored(
        "discountassignments",
        index("tenantId", "customerId", "expiresAt"),
        index("tenantId", "discountId", "customerId"),
    )

    tenant_id: str
    discount_id: str
    customer_id: str
    rule: AssignmentRule
    total_allowed: int | None = Field(default=None, ge=1, description="None for forever")
    used_count: int = Field(default=0, ge=0)
    expires_at: Utc | None = None

    def usable(self, now: datetime) -> bool:
        """Whether its holder may use it once more."""
        held = self.expires_at is None or now < self.expires_at
        return held and (self.total_allowed is None or self.used_count < self.total_allowed)

    @classmethod
    async def of_customer(cls, db: Db, tenant_id: str, customer_id: str, now: datetime) -> list[Self]:
        """What a customer holds and may use, the oldest first."""
        where = {
            "tenantId": tenant_id,
            "customerId": customer_id,
            "$or": [{"expiresAt": None}, {"expiresAt": {"$gt": now}}],
        }
        return [each for each in await cls.find_all(db, where, sort="_id", limit=100) if each.usable(now)]

    @classmethod
    async def of_discount(
        cls, db: Db, tenant_id: str, discount_id: str, now: datetime, *, limit: int
    ) -> list[Self]:
        """Who holds a discount: those who may use it before those who may no longer, the newest first."""
        where = {"tenantId": tenant_id, "discountId": discount_id}
        held = {"$or": [{"expiresAt": None}, {"expiresAt": {"$gt": now}}], **_ROOM}
        usable = await cls.find_all(db, {**where, **held}, sort="-_id", limit=limit)
        if len(usable) == limit:
            return usable
        others = {**where, "_id": {"$nin": [each.id for each in usable]}}
        return [*usable, *await cls.find_all(db, others, sort="-_id", limit=limit - len(usable))]

    @classmethod
    async def use(cls, db: Db, tenant_id: str, key: str, now: datetime | None, *, tx: Tx) -> bool:
        """Count one use if it still holds at `now`, with None at any time; False when it does not."""
        held = {} if now is None else {"$or": [{"expiresAt": None}, {"expiresAt": {"$gt": now}}]}
        where = {"_id": object_id(key), "tenantId": tenant_id, **held, **_ROOM}
        return await cls.change(db, where, {"$inc": {"usedCount": 1}}, tx=tx) is not None

    @classmethod
    async def unuse(cls, db: Db, tenant_id: str, key: str, *, tx: Tx) -> None:
        """Give one use back."""
        where = {"_id": object_id(key), "tenantId": tenant_id, "usedCount": {"$gt": 0}}
        await cls.change(db, where, {"$inc": {"usedCount": -1}}, tx=tx)

    @classmethod
    async def revoke(cls, db: Db, seen: Self, now: datetime, *, tx: Tx) -> Self | None:
        """End it now; None when it has ended before."""
        where = {
            "_id": seen.id,
            "tenantId": seen.tenant_id,
            "$or": [{"expiresAt": None}, {"expiresAt": {"$gt": now}}],
        }
        return await cls.change(db, where, {"$set": {"expiresAt": now}}, tx=tx)
