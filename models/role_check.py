"""The daily comparison of what members bought with the roles they have: whose turn it is, and how far."""

from datetime import datetime
from typing import Any, Self

from pymongo.errors import DuplicateKeyError

from models.base import Db, Field, TenantDocument, Tx, Utc, index, stored
from models.entitlement import Entitlement, EntitlementStatus, EntitlementType
from models.outbox import OutboxEffect, OutboxStatus
from models.tenant import BotConfig


class RoleCheck(TenantDocument):
    """One shop's comparison; `turn` counts them, so that one that was overtaken does nothing any more."""

    model_config = stored("rolechecks", index("tenantId", unique=True), index("dueAt"))

    tenant_id: str
    due_at: Utc = Field(description="When the next one begins")
    turn: int = 0
    running: bool = False
    after: str = Field(default="", description="The Discord user after whom the next one goes on")
    given: int = Field(default=0, description="Roles that this one found missing")
    taken: int = Field(default=0, description="Roles that this one found left behind")

    @classmethod
    async def of(cls, db: Db, tenant_id: str) -> Self | None:
        """The shop's comparison."""
        return await cls.find_one(db, {"tenantId": tenant_id})

    @classmethod
    async def enrol(cls, db: Db, tenant_id: str, due_at: datetime) -> None:
        """Let a shop have its first one at this time; whoever is faster decides."""
        try:
            await cls(tenant_id=tenant_id, due_at=due_at).insert(db)
        except DuplicateKeyError:
            return

    @classmethod
    async def due(cls, db: Db, now: datetime, limit: int) -> list[Self]:
        """Those, of every tenant, whose time has come, the longest first."""
        return await cls.find_all(db, {"dueAt": {"$lte": now}}, sort="dueAt", limit=limit)

    @classmethod
    async def hasten(cls, db: Db, tenant_id: str, now: datetime, *, tx: Tx) -> None:
        """Let the shop's next one begin now."""
        await cls.change(db, {"tenantId": tenant_id}, {"$set": {"dueAt": now}}, tx=tx)

    @classmethod
    async def begin(cls, db: Db, seen: Self, next_due: datetime, *, tx: Tx) -> Self | None:
        """Begin the next turn; None when somebody else has."""
        where = {"_id": seen.id, "tenantId": seen.tenant_id, "turn": seen.turn}
        fields = {"dueAt": next_due, "running": True, "given": 0, "taken": 0}
        return await cls.change(db, where, {"$set": fields, "$inc": {"turn": 1}}, tx=tx)

    @classmethod
    async def count(
        cls, db: Db, tenant_id: str, turn: int, *, given: int = 0, taken: int = 0, tx: Tx
    ) -> bool:
        """Add to what this turn found; False when it is over."""
        where = {"tenantId": tenant_id, "turn": turn, "running": True}
        return await cls.change(db, where, {"$inc": {"given": given, "taken": taken}}, tx=tx) is not None

    @classmethod
    async def finish(cls, db: Db, tenant_id: str, turn: int, after: str, *, tx: Tx) -> Self | None:
        """End a turn, once; the next one goes on after this user. None when it is over."""
        where = {"tenantId": tenant_id, "turn": turn, "running": True}
        return await cls.change(db, where, {"$set": {"running": False, "after": after}}, tx=tx)


async def unchecked(db: Db) -> list[str]:
    """The tenants that have no comparison yet."""
    known = set(await RoleCheck.rows(db).distinct("tenantId"))
    return [tenant for tenant in await BotConfig.rows(db).distinct("tenantId") if tenant not in known]


def _left_behind() -> dict[str, Any]:
    # Granted by us and revoked, but nobody ever noted that the role was gone.
    return {"status": EntitlementStatus.REVOKED, "grantedAt": {"$ne": None}, "revokedAt": None}


async def holders(db: Db, tenant_id: str, after: str, limit: int) -> list[str]:
    """Discord users, in order, who should have a role by their purchases or should have one no more."""
    states = [{"status": EntitlementStatus.GRANTED}, _left_behind()]
    where = {"tenantId": tenant_id, "userId": {"$gt": after}, "type": EntitlementType.DISCORD_ROLE}
    cursor = Entitlement.rows(db).find({**where, "$or": states}, {"userId": 1}).sort("userId", 1)
    found: dict[str, None] = {}
    async for row in cursor:
        found[row["userId"]] = None
        if len(found) == limit:
            break
    return list(found)


async def roles_of(db: Db, tenant_id: str, user_id: str) -> list[Entitlement]:
    """Every role that a member bought in this shop, in whatever state."""
    where = {"tenantId": tenant_id, "userId": user_id, "type": EntitlementType.DISCORD_ROLE}
    return await Entitlement.find_all(db, where, sort="_id")


def left_behind(entitlement: Entitlement) -> bool:
    """Whether we gave a role that was to be removed, and nobody knows that it was."""
    revoked = entitlement.status is EntitlementStatus.REVOKED and entitlement.revoked_at is None
    return revoked and entitlement.granted_at is not None


async def under_way(db: Db, entitlement: Entitlement) -> bool:
    """Whether an effect about this entitlement still has to happen."""
    where = {
        "tenantId": entitlement.tenant_id,
        "orderId": entitlement.order_id,
        "status": OutboxStatus.PENDING,
    }
    return await OutboxEffect.find_one(db, {**where, "payload.entitlementId": entitlement.key}) is not None
