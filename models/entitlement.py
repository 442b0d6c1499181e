"""What a buyer is owed beyond a parcel: a Discord role or a digital item."""

from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from models.base import Db, Field, TenantDocument, Tx, Utc, Where, given, index, stored
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
        index("tenantId", "productId", "status", only={"keys": {"$gt": 0}}),
        index("status", "expiresAt"),
        index("status", "warnAt"),
        index("pseudonym", only=given("pseudonym")),
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
    keys: int = Field(default=0, ge=0, description="How many one-time keys are owed")
    days: int | None = Field(
        default=None, description="How long a role is kept from its grant; none for ever"
    )
    expires_at: Utc | None = Field(default=None, description="When a role's time ends; known once granted")
    warn_at: Utc | None = Field(default=None, description="When its holder has to be told that it ends")
    warned: bool = Field(default=False, description="Whether its holder was told that it ends")
    revoked_reason: str | None = Field(default=None, description="Why it was taken back, as a word")
    pseudonym: str | None = Field(
        default=None, description="What userId becomes once the role of an erased person needs no managing"
    )

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
    async def owing_keys(cls, db: Db, tenant_id: str, product_id: str, *, tx: Tx | None = None) -> list[Self]:
        """What is owed of a product's keys and not wholly handed over yet, in order of payment."""
        where = {
            "tenantId": tenant_id,
            "productId": product_id,
            "keys": {"$gt": 0},
            "status": {"$in": [E.PENDING, E.FAILED]},
        }
        return await cls.find_all(db, where, sort="_id", tx=tx)

    @classmethod
    async def of_people(cls, db: Db, tenant_id: str, user_ids: list[str], *, limit: int) -> list[Self]:
        """What some Discord users hold or are still owed, in no order."""
        open_states = {"$in": [E.FAILED, E.PENDING, E.GRANTED]}
        where = {"tenantId": tenant_id, "userId": {"$in": user_ids}, "status": open_states}
        return await cls.find_all(db, where, limit=limit)

    @classmethod
    async def reopen(cls, db: Db, entitlement: Self, *, tx: Tx | None = None) -> bool:
        """Note that a role has to be granted again: its holder came back or lost it. False if not granted."""
        where = {"_id": entitlement.id, "tenantId": entitlement.tenant_id, "status": E.GRANTED}
        # Whatever a person did instead is over: from now on it is ours to give.
        anew = {"$set": {"status": E.PENDING, "grantedAt": None}, "$unset": {"metadata.byHand": ""}}
        again = await cls.change(db, where, anew, tx=tx)
        return again is not None

    @classmethod
    async def grant(
        cls, db: Db, tenant_id: str, key: Any, now: datetime, *, tx: Tx | None = None
    ) -> Self | None:
        """PENDING or FAILED → GRANTED; None when it was granted or revoked before."""
        where = {"_id": key, "tenantId": tenant_id, "status": {"$in": ENTITLEMENT_LIFE.before(E.GRANTED)}}
        fields = {"status": E.GRANTED, "grantedAt": now, "failedReason": None}
        return await cls.change(db, where, {"$set": fields}, tx=tx)

    @classmethod
    async def mark_by_hand(cls, db: Db, entitlement: Self, *, tx: Tx) -> None:
        """Note that a person saw to it."""
        where = {"_id": entitlement.id, "tenantId": entitlement.tenant_id}
        await cls.change(db, where, {"$set": {"metadata.byHand": True}}, tx=tx)

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

    @classmethod
    async def revoke(
        cls, db: Db, entitlement: Self, reason: str, now: datetime, *, tx: Tx | None = None
    ) -> Self | None:
        """Any open state → REVOKED; None when it was taken back before. A role's removal is dated later."""
        where = {
            "_id": entitlement.id,
            "tenantId": entitlement.tenant_id,
            "status": {"$in": ENTITLEMENT_LIFE.before(E.REVOKED)},
        }
        fields: dict[str, Any] = {"status": E.REVOKED, "revokedReason": reason, "warnAt": None}
        if entitlement.type is not EntitlementType.DISCORD_ROLE:
            fields["revokedAt"] = now
        return await cls.change(db, where, {"$set": fields}, tx=tx)

    @classmethod
    async def date_removal(cls, db: Db, entitlement: Self, now: datetime) -> None:
        """Note when a role was removed, at all that had granted it: who has it later, has it from others."""
        where = {**entitlement.same_role, "status": E.REVOKED, "revokedAt": None}
        fields = {"revokedAt": now, "failedReason": None}
        await cls.rows(db).update_many(where, {"$set": fields, "$currentDate": {"updatedAt": True}})

    @property
    def by_hand(self) -> bool:
        """Whether a person saw to it, as `mark_by_hand` notes."""
        return bool(self.metadata.get("byHand"))

    @property
    def same_role(self) -> Where:
        """The filter for everything that this member bought in this shop and that grants the same role."""
        return {
            "tenantId": self.tenant_id,
            "userId": self.user_id,
            "type": EntitlementType.DISCORD_ROLE,
            "roleId": self.role_id,
        }

    @property
    def standing(self) -> Where:
        """Those of them that were not taken back, granted or not."""
        return {**self.same_role, "status": {"$in": ENTITLEMENT_LIFE.before(E.REVOKED)}}

    @classmethod
    async def role_is_owed(cls, db: Db, entitlement: Self, *, tx: Tx | None = None) -> bool:
        """Whether anything that its holder bought in this shop grants the same role, or is about to."""
        return await cls.find_one(db, entitlement.standing, tx=tx) is not None
