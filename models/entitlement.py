"""What a buyer is owed beyond a parcel: a Discord role or a digital item."""

from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from models.base import Db, Field, TenantDocument, Tx, Utc, index, stored
from models.states import Life


class EntitlementType(StrEnum):
    """What is owed."""

    DISCORD_ROLE = "DISCORD_ROLE"
    DIGITAL_ITEM = "DIGITAL_ITEM"


class EntitlementStatus(StrEnum):
    """Whether the buyer has it."""

    PENDING = "PENDING"
    GRANTED = "GRANTED"
    REVOKED = "REVOKED"
    FAILED = "FAILED"


E = EntitlementStatus
ENTITLEMENT_LIFE = Life(
    {
        E.PENDING: frozenset({E.GRANTED, E.FAILED, E.REVOKED}),
        # A failed grant is tried again, by the outbox or when the member rejoins.
        E.FAILED: frozenset({E.GRANTED, E.FAILED, E.REVOKED}),
        # Back to PENDING when its holder left the guild and came back.
        E.GRANTED: frozenset({E.REVOKED, E.PENDING}),
        E.REVOKED: frozenset(),
    }
)


class Entitlement(TenantDocument):
    """One role or one digital item owed to a Discord user by one order; times in UTC."""

    model_config = stored(
        "entitlements",
        index("tenantId", "orderId"),
        index("tenantId", "userId", "status"),
        index("tenantId", "status", "createdAt"),
    )

    tenant_id: str
    user_id: str
    order_id: str
    product_id: str
    type: EntitlementType
    role_id: str | None = None
    status: EntitlementStatus = EntitlementStatus.PENDING
    metadata: dict[str, Any] = Field(default_factory=dict)
    granted_at: Utc | None = None
    revoked_at: Utc | None = None
    failed_reason: str | None = None

    @classmethod
    async def of_order(cls, db: Db, tenant_id: str, order_id: str, *, tx: Tx | None = None) -> list[Self]:
        """Everything an order owes, in order of creation."""
        return await cls.find_all(db, {"tenantId": tenant_id, "orderId": order_id}, sort="_id", tx=tx)

    @classmethod
    async def owed_roles(cls, db: Db, tenant_id: str, user_id: str) -> list[Self]:
        """Roles of one member that are not granted yet or should still be held."""
        where = {
            "tenantId": tenant_id,
            "userId": user_id,
            "type": EntitlementType.DISCORD_ROLE,
            "status": {"$in": [E.PENDING, E.FAILED, E.GRANTED]},
        }
        return await cls.find_all(db, where, sort="_id")

    @classmethod
    async def of_people(cls, db: Db, tenant_id: str, user_ids: list[str], *, limit: int) -> list[Self]:
        """What some Discord users hold or are still owed, in no order."""
        open_states = {"$in": [E.FAILED, E.PENDING, E.GRANTED]}
        where = {"tenantId": tenant_id, "userId": {"$in": user_ids}, "status": open_states}
        return await cls.find_all(db, where, limit=limit)

    @classmethod
    async def reopen(cls, db: Db, entitlement: Self, *, tx: Tx | None = None) -> None:
        """Note that a role has to be granted again, because its holder left and came back."""
        where = {"_id": entitlement.id, "tenantId": entitlement.tenant_id, "status": E.GRANTED}
        await cls.change(db, where, {"$set": {"status": E.PENDING, "grantedAt": None}}, tx=tx)

    @classmethod
    async def grant(cls, db: Db, tenant_id: str, key: Any, now: datetime) -> Self | None:
        """PENDING or FAILED → GRANTED; None when it was granted or revoked before."""
        where = {"_id": key, "tenantId": tenant_id, "status": {"$in": ENTITLEMENT_LIFE.before(E.GRANTED)}}
        fields = {"status": E.GRANTED, "grantedAt": now, "failedReason": None}
        return await cls.change(db, where, {"$set": fields})

    @classmethod
    async def hand_over(cls, db: Db, entitlement: Self, now: datetime, *, tx: Tx) -> Self | None:
        """PENDING or FAILED → GRANTED because a person saw to it; None when it was granted or revoked."""
        where = {
            "_id": entitlement.id,
            "tenantId": entitlement.tenant_id,
            "status": {"$in": ENTITLEMENT_LIFE.before(E.GRANTED)},
        }
        fields = {"status": E.GRANTED, "grantedAt": now, "failedReason": None, "metadata.byHand": True}
        return await cls.change(db, where, {"$set": fields}, tx=tx)

    @classmethod
    async def fail(
        cls, db: Db, tenant_id: str, key: Any, reason: str, *, tx: Tx | None = None
    ) -> Self | None:
        """Note why it could not be granted yet, as a word of the translators; None when that was known."""
        where = {
            "_id": key,
            "tenantId": tenant_id,
            "status": {"$in": ENTITLEMENT_LIFE.before(E.FAILED)},
            "failedReason": {"$ne": reason},
        }
        return await cls.change(db, where, {"$set": {"status": E.FAILED, "failedReason": reason}}, tx=tx)
