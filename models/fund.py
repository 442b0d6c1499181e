"""The community fund: what came in, what went out, and its rules."""

from datetime import datetime
from typing import Any, Self

from models.base import Db, Field, TenantDocument, Tx, Utc, given, index, object_id, stored

CELEBRATION = "{donor} gave {amount} to the community fund. Thank you!"
ANONYMOUS_CELEBRATION = "Somebody gave {amount} to the community fund. Thank you!"
DISCLAIMER = "The community fund is an informal pool of this community. Gifts to it are not tax-deductible."


class CommunityFundContribution(TenantDocument):
    """Money given to the fund, in minor units; at most one per order."""

    model_config = stored(
        "communityfundcontributions",
        index("tenantId", "orderId", unique=True, only=given("orderId")),
        index("tenantId", "-createdAt"),
        index("tenantId", "customerId", "-createdAt"),
        index("tenantId", "currency", "createdAt", "returnedAt", "customerId"),
    )

    tenant_id: str
    customer_id: str
    order_id: str | None = None
    amount_cents: int = Field(ge=1)
    anonymous: bool = False
    currency: str = Field(default="USD", description="The order's")
    returned_at: Utc | None = Field(default=None, description="When its order was refunded in full")

    @classmethod
    async def of_order(cls, db: Db, tenant_id: str, order_id: str, *, tx: Tx | None = None) -> Self | None:
        """What was given with this order."""
        return await cls.find_one(db, {"tenantId": tenant_id, "orderId": order_id}, tx=tx)

    @classmethod
    async def of_keys(cls, db: Db, tenant_id: str, keys: list[str]) -> list[Self]:
        """The tenant's gifts with these ids."""
        ids = [found for key in keys if (found := object_id(key))]
        return await cls.find_all(db, {"tenantId": tenant_id, "_id": {"$in": ids}})

    @classmethod
    async def mark(cls, db: Db, seen: Self, returned_at: datetime | None, *, tx: Tx) -> Self | None:
        """Note that it went back with its order, or with None that it is here again; None when it was so."""
        where = {"_id": seen.id, "tenantId": seen.tenant_id, "returnedAt": seen.returned_at}
        if (returned_at is None) == (seen.returned_at is None):
            return None
        return await cls.change(db, where, {"$set": {"returnedAt": returned_at}}, tx=tx)


class CommunityFundDisbursement(TenantDocument):
    """Money paid out of the fund, in minor units; `approved_by` is a Discord user id."""

    model_config = stored(
        "communityfunddisbursements",
        index("tenantId", "-createdAt"),
        index("tenantId", "recipientCustomerId", "-createdAt"),
    )

    tenant_id: str
    recipient_customer_id: str
    amount_cents: int = Field(ge=1)
    reason: str = Field(min_length=1, max_length=1000)
    approved_by: str
    currency: str = Field(default="USD", description="Of the balance that it was taken from")
    reversed_at: Utc | None = Field(default=None, description="When it was taken back as a mistake")
    reversed_by: str | None = Field(default=None, description="Discord user id")
    reversal_reason: str | None = None

    @classmethod
    async def of_keys(cls, db: Db, tenant_id: str, keys: list[str]) -> list[Self]:
        """The tenant's payments with these ids."""
        ids = [found for key in keys if (found := object_id(key))]
        return await cls.find_all(db, {"tenantId": tenant_id, "_id": {"$in": ids}})

    @classmethod
    async def received(cls, db: Db, tenant_id: str, customer_id: str) -> list[Self]:
        """What a customer got out of the fund."""
        where = {"tenantId": tenant_id, "recipientCustomerId": customer_id}
        return await cls.find_all(db, where, sort="-createdAt")

    @classmethod
    async def take_back(cls, db: Db, seen: Self, who: str, why: str, now: datetime, *, tx: Tx) -> Self | None:
        """Note that it was a mistake; None when somebody did already."""
        where = {"_id": seen.id, "tenantId": seen.tenant_id, "reversedAt": None}
        fields = {"reversedAt": now, "reversedBy": who, "reversalReason": why}
        return await cls.change(db, where, {"$set": fields}, tx=tx)


class CommunityFundConfig(TenantDocument):
    """A tenant's rules for its fund; amounts in minor units."""

    model_config = stored("communityfundconfigs", index("tenantId", unique=True))

    tenant_id: str
    enabled: bool = False
    allowed_amounts_cents: list[int] = Field(default_factory=lambda: [500, 1000, 2500, 5000, 10000])
    custom_amount_allowed: bool = True
    custom_amount_min_cents: int = Field(default=100, ge=1)
    custom_amount_max_cents: int = Field(default=100_000, ge=1)
    celebration_channel_id: str | None = None
    celebration_message_template: str = Field(
        default=CELEBRATION, min_length=1, max_length=1000, description="May name {donor} and {amount}"
    )
    anonymous_message_template: str = Field(
        default=ANONYMOUS_CELEBRATION, min_length=1, max_length=1000, description="May name {amount}"
    )
    anonymity_allowed: bool = True
    disbursement_approval_roles: list[str] = Field(
        default_factory=lambda: ["admin", "community_leader"],
        description="Names of the roles that may approve a payment out of the fund",
    )
    disclaimer_text: str = Field(
        default=DISCLAIMER, min_length=1, max_length=1000, description="Shown wherever money is asked for"
    )

    @classmethod
    async def of_tenant(cls, db: Db, tenant_id: str) -> Self:
        """The tenant's rules; made with the defaults at first access."""
        found = await cls.find_one(db, {"tenantId": tenant_id})
        if found is not None:
            return found
        fresh = cls(tenant_id=tenant_id).model_dump_doc()
        del fresh["updatedAt"]
        made = await cls.change(db, {"tenantId": tenant_id}, {"$setOnInsert": fresh}, upsert=True)
        return made or cls(tenant_id=tenant_id)

    @classmethod
    async def edit(cls, db: Db, seen: Self, fields: dict[str, Any], *, tx: Tx) -> Self | None:
        """Overwrite validated fields, by stored names, if nobody changed the rules since they were read."""
        where = {"tenantId": seen.tenant_id, "updatedAt": seen.updated_at}
        return await cls.change(db, where, {"$set": fields}, tx=tx)
