"""What people bought from Discord itself: entitlements to the application's SKUs."""

from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from models.base import Db, Field, TenantDocument, Tx, Utc, index, stored


class EntitlementKind(StrEnum):
    """What Discord tells of an entitlement."""

    CREATE = "CREATE"
    UPDATE = "UPDATE"
    DELETE = "DELETE"


class PlatformState(StrEnum):
    """Whether it holds: it does, its time is over, or Discord took it back."""

    ACTIVE = "ACTIVE"
    ENDED = "ENDED"
    DELETED = "DELETED"


class PlatformEntitlement(TenantDocument):
    """One entitlement as Discord last told of it; ids are Discord's, times in UTC."""

    model_config = stored(
        "platformentitlements",
        index("tenantId", "entitlementId", unique=True),
        index("tenantId", "userId"),
        index("endsAt", only={"state": "ACTIVE"}),
    )

    tenant_id: str
    entitlement_id: str = Field(min_length=1, max_length=40)
    sku_id: str = Field(max_length=40)
    user_id: str | None = None
    guild_id: str | None = None
    type: int = Field(description="Discord's number for the kind of purchase")
    starts_at: Utc | None = None
    ends_at: Utc | None = None
    deleted: bool = False
    state: PlatformState
    told_kind: EntitlementKind = Field(description="Which event told of it last")
    told_at: Utc = Field(description="When that happened at Discord")

    def outdates(self, kind: EntitlementKind, at: datetime) -> bool:
        """Whether an event of that time tells nothing that is not known better.

        A deletion is final, a creation is older than anything else, changes count by their time; of two
        changes of the same moment the later to arrive counts.
        """
        if self.deleted or kind is EntitlementKind.CREATE:
            return True
        return (
            kind is EntitlementKind.UPDATE and self.told_kind is EntitlementKind.UPDATE and at < self.told_at
        )

    def same_as(self, told: Self) -> bool:
        """Whether both say the same of the entitlement, whenever and in whatever event it was told."""
        return self._said() == told._said()

    def _said(self) -> dict[str, Any]:
        return self.model_dump(exclude={"id", "created_at", "updated_at", "told_kind", "told_at"})

    @classmethod
    async def of(cls, db: Db, tenant_id: str, entitlement_id: str, *, tx: Tx | None = None) -> Self | None:
        """The tenant's record of an entitlement."""
        return await cls.find_one(db, {"tenantId": tenant_id, "entitlementId": entitlement_id}, tx=tx)

    @classmethod
    async def tell(cls, db: Db, seen: Self, told: Self, *, tx: Tx) -> Self | None:
        """Overwrite what was seen by what was told, if nobody else told of it in between."""
        fields = told.model_dump_doc()
        for kept in ("_id", "tenantId", "entitlementId", "createdAt", "updatedAt"):
            del fields[kept]
        return await cls.change(db, seen.guard(), {"$set": fields}, tx=tx)

    @classmethod
    async def end(cls, db: Db, seen: Self, *, tx: Tx) -> Self | None:
        """ACTIVE → ENDED because its time is over, if nobody told of it in between."""
        return await cls.change(db, seen.guard(), {"$set": {"state": PlatformState.ENDED}}, tx=tx)

    def guard(self) -> dict[str, Any]:
        """Fits the record as long as nobody told of it again."""
        told = {"toldKind": self.told_kind, "toldAt": self.told_at, "state": self.state}
        return {"_id": self.id, "tenantId": self.tenant_id, **told}

    @classmethod
    async def ended(cls, db: Db, now: datetime) -> list[Self]:
        """Entitlements whose time is over without Discord saying so."""
        return await cls.find_all(db, {"state": PlatformState.ACTIVE, "endsAt": {"$lte": now}}, limit=100)
