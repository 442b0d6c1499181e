"""Money off: what a discount gives, to whom, and how often; counted as stock is (docs/adr/0012)."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Self

from bson.decimal128 import Decimal128
from odmantic.bson import WithBsonSerializer
from pydantic import BeforeValidator

from models.base import Db, Field, Part, TenantDocument, Tx, Utc, given, index, object_id, stored
from models.left import Left

# The whole list is in discountuses; a record that everybody writes has to stay small.
_LATEST = 100


class DiscountType(StrEnum):
    """Whether a discount is a share or a sum."""

    PERCENT = "PERCENT"
    AMOUNT = "AMOUNT"


def _exact(value: Any) -> Any:
    # A plain number, as other programs store it: by its digits, so that 12.5 stays 12.5.
    return Decimal(str(value)) if type(value) in (int, float) else value


def _decimal128(value: Decimal | None) -> Decimal128 | None:
    return None if value is None else Decimal128(value)


# ODMantic finds the serializer of an optional Decimal only on the outside.
Percent = Annotated[Decimal | None, BeforeValidator(_exact), WithBsonSerializer(_decimal128)]


class DiscountHold(Part):
    """A use taken for an order that is being written; the sweeper gives back what no order claims."""

    order_id: str
    taken_at: Utc


class Discount(TenantDocument):
    """Percent or minor units off; with a code it is typed in, without one it applies by itself."""

    model_config = stored(
        "discounts",
        index("tenantId", "code", unique=True, only=given("code")),
        index("tenantId", "isActive", "-createdAt"),
        index("tenantId", "-createdAt"),
        index("tenantId", "holds.orderId", only={"holds.orderId": {"$exists": True}}),
        index("holds.takenAt", only={"holds.takenAt": {"$exists": True}}),
    )

    tenant_id: str
    label: str | None = Field(default=None, max_length=80, description="What customers and staff call it")
    code: str | None = Field(default=None, min_length=1, max_length=40)
    type: DiscountType
    percent: Percent = Field(default=None, description="Above 0, at most 100")
    amount_cents: int | None = Field(default=None, ge=1)
    applies_to_all: bool = False
    product_ids: list[str] = Field(default_factory=list)
    role_ids: list[str] = Field(default_factory=list, description="Discord role ids")
    customer_ids: list[str] = Field(default_factory=list)
    assigned_only: bool = Field(default=False, description="Only those to whom it was assigned get it")
    is_active: bool = True
    starts_at: Utc | None = None
    ends_at: Utc | None = None
    usage_limit: int | None = Field(default=None, ge=0)
    usage_count: int = Field(default=0, ge=0)
    consumed_order_ids: list[str] = Field(
        default_factory=list, description="The latest orders that used it; all of them are its uses"
    )
    holds: list[DiscountHold] = Field(default_factory=list)

    @property
    def name(self) -> str:
        """What it is called: its label, else its code; empty when it has neither."""
        return self.label or self.code or ""

    @property
    def used_up(self) -> bool:
        """Whether its limit is reached."""
        return self.usage_limit is not None and self.usage_count >= self.usage_limit

    def runs(self, now: datetime) -> bool:
        """Whether that moment lies between its start and its end."""
        begun = self.starts_at is None or self.starts_at <= now
        return begun and (self.ends_at is None or now < self.ends_at)

    @classmethod
    async def take(cls, db: Db, discount: Self, hold: DiscountHold) -> bool:
        """Count one use as a hold that names the order; False when it ended, is off or used up."""
        taken = await cls.rows(db).update_one(
            {
                **_usable(discount, hold.taken_at),
                "holds.orderId": {"$ne": hold.order_id},
            },
            {
                "$inc": {"usageCount": 1},
                "$push": {"holds": hold.model_dump_doc()},
                "$currentDate": {"updatedAt": True},
            },
        )
        return taken.modified_count == 1

    @classmethod
    async def take_again(cls, db: Db, discount: Self, now: datetime, *, tx: Tx) -> bool:
        """Count a use that was given back, in the transaction that revives its order; False if used up."""
        # What the customer was promised holds, also after its end: only the number of uses is a limit here.
        where = {"_id": discount.id, "tenantId": discount.tenant_id, **_room()}
        done = await cls.rows(db).update_one(
            where, {"$inc": {"usageCount": 1}, "$set": {"updatedAt": now}}, session=tx
        )
        return done.modified_count == 1

    @classmethod
    async def count_anyway(cls, db: Db, tenant_id: str, key: str, *, tx: Tx) -> None:
        """Count a use beyond the limit, because somebody decided so."""
        where = {"_id": object_id(key), "tenantId": tenant_id}
        await cls.rows(db).update_one(where, {"$inc": {"usageCount": 1}}, session=tx)

    @classmethod
    async def settle(cls, db: Db, tenant_id: str, order_id: str) -> None:
        """Forget the hold of an order that now stands among the uses."""
        await cls.rows(db).update_one(
            {"tenantId": tenant_id, "holds.orderId": order_id},
            {
                "$pull": {"holds": {"orderId": order_id}},
                "$push": {"consumedOrderIds": {"$each": [order_id], "$slice": -_LATEST}},
            },
        )

    @classmethod
    async def give_back(cls, db: Db, tenant_id: str, order_id: str) -> bool:
        """Undo the hold of an order that never came to be; False when there was none."""
        done = await cls.rows(db).update_one(
            {"tenantId": tenant_id, "holds.orderId": order_id},
            {
                "$inc": {"usageCount": -1},
                "$pull": {"holds": {"orderId": order_id}},
                "$currentDate": {"updatedAt": True},
            },
        )
        return bool(done.modified_count == 1)

    @classmethod
    async def with_old_holds(cls, db: Db, before: datetime) -> list[Left]:
        """Holds, of every tenant, that were taken before that moment."""
        found = cls.rows(db).find({"holds.takenAt": {"$lt": before}}, {"tenantId": 1, "holds": 1})
        return [
            Left(row["tenantId"], hold["orderId"], [])
            async for row in found
            for hold in row["holds"]
            if hold["takenAt"] < before
        ]

    @classmethod
    async def automatic(cls, db: Db, tenant_id: str, limit: int) -> list[Self]:
        """Those that apply without a code, the newest first."""
        where = {"tenantId": tenant_id, "isActive": True, "code": None, "assignedOnly": False}
        return await cls.find_all(db, where, sort="-createdAt", limit=limit)

    @classmethod
    async def any_active(cls, db: Db, tenant_id: str) -> bool:
        """Whether the shop gives any discount at all."""
        return await cls.rows(db).find_one({"tenantId": tenant_id, "isActive": True}, {"_id": 1}) is not None

    @classmethod
    async def of_code(cls, db: Db, tenant_id: str, code: str) -> Self | None:
        """The discount with this code, written as codes are stored."""
        return await cls.find_one(db, {"tenantId": tenant_id, "code": code})

    @classmethod
    async def of_keys(cls, db: Db, tenant_id: str, keys: list[str]) -> list[Self]:
        """The tenant's discounts with these ids."""
        ids = [found for key in keys if (found := object_id(key))]
        return await cls.find_all(db, {"_id": {"$in": ids}, "tenantId": tenant_id})

    @classmethod
    async def how_many(cls, db: Db, tenant_id: str) -> int:
        """The number of the tenant's discounts."""
        return int(await cls.rows(db).count_documents({"tenantId": tenant_id}))

    @classmethod
    async def page(cls, db: Db, tenant_id: str, *, skip: int, limit: int) -> list[Self]:
        """The tenant's discounts, newest first."""
        return await cls.find_all(db, {"tenantId": tenant_id}, sort="-createdAt", skip=skip, limit=limit)

    @classmethod
    async def set_unused(cls, db: Db, seen: Self, fields: dict[str, Any], *, tx: Tx) -> Self | None:
        """Change the terms, by stored names, of one that nobody used and that is off; else None."""
        where = {"_id": seen.id, "tenantId": seen.tenant_id, "isActive": False, "usageCount": 0}
        return await cls.change(db, {**where, "updatedAt": seen.updated_at}, {"$set": fields}, tx=tx)

    @classmethod
    async def switch(cls, db: Db, seen: Self, *, active: bool, tx: Tx) -> Self | None:
        """Turn it on or off; None when it is so already."""
        where = {"_id": seen.id, "tenantId": seen.tenant_id, "isActive": not active}
        return await cls.change(db, where, {"$set": {"isActive": active}}, tx=tx)


def _room() -> dict[str, Any]:
    return {"$expr": {"$lt": ["$usageCount", {"$ifNull": ["$usageLimit", float("inf")]}]}}


def _usable(discount: Discount, now: datetime) -> dict[str, Any]:
    return {
        "_id": discount.id,
        "tenantId": discount.tenant_id,
        "isActive": True,
        "$and": [
            {"$or": [{"startsAt": None}, {"startsAt": {"$lte": now}}]},
            {"$or": [{"endsAt": None}, {"endsAt": {"$gt": now}}]},
        ],
        **_room(),
    }
