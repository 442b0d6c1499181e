"""A report that staff shared by link: what it shows, for how long, and when it was opened (docs/adr/0033)."""

from datetime import datetime, timedelta
from typing import Self

from models.base import Db, Field, TenantDocument, Tx, Utc, Where, index, object_id, stored
from models.retention import Retention

# However often a page is loaded again, at most one opening is counted in such a time.
ONE_OPENING = timedelta(minutes=1)


class ShareLink(TenantDocument):
    """One shared report; the address itself is signed anew from these fields and never stored."""

    model_config = stored(
        "sharelinks",
        index("tenantId", "-createdAt", "-_id"),
        index("tenantId", "actorId", "-createdAt", "-_id"),
        # What became of a link can be looked up for a while after its end.
        index("expiresAt", expire_after=Retention().expiries["sharelinks.expiresAt"]),
    )

    tenant_id: str
    actor_id: str
    report_type: str
    first_day: str = Field(description="ISO-8601, a day of the shop's time zone")
    last_day: str = Field(description="ISO-8601, included")
    currency: str
    with_names: bool = Field(default=False, description="Whether customers are called by their names")
    expires_at: Utc
    opened_count: int = Field(default=0, description="Counted at most once a minute")
    last_opened_at: Utc | None = None
    revoked_at: Utc | None = None

    def open_at(self, now: datetime) -> bool:
        """Whether the link shows anything at this moment."""
        return self.revoked_at is None and now <= self.expires_at

    @classmethod
    async def how_many(cls, db: Db, tenant_id: str, actor_id: str | None) -> int:
        """The number of links that somebody made, or of the whole shop."""
        return int(await cls.rows(db).count_documents(_made_by(tenant_id, actor_id)))

    @classmethod
    async def page(cls, db: Db, tenant_id: str, actor_id: str | None, *, skip: int, limit: int) -> list[Self]:
        """Links that somebody made, or of the whole shop, newest first."""
        where = _made_by(tenant_id, actor_id)
        return await cls.find_all(db, where, sort="-createdAt -_id", skip=skip, limit=limit)

    async def count_opening(self, db: Db, now: datetime) -> None:
        """Count that it was opened, unless that was done within the last minute; many at once count once."""
        since = now - ONE_OPENING
        if self.last_opened_at is not None and self.last_opened_at > since:
            return
        # A time that is not set is earlier than none, for MongoDB.
        stale = {"$or": [{"lastOpenedAt": None}, {"lastOpenedAt": {"$lte": since}}]}
        where = {"_id": self.id, "tenantId": self.tenant_id, "revokedAt": None, **stale}
        await self.change(db, where, {"$inc": {"openedCount": 1}, "$set": {"lastOpenedAt": now}})

    @classmethod
    async def revoke(cls, db: Db, tenant_id: str, key: str, now: datetime, *, tx: Tx) -> Self | None:
        """End a link; None when it was ended before."""
        where = {"_id": object_id(key), "tenantId": tenant_id, "revokedAt": None}
        return await cls.change(db, where, {"$set": {"revokedAt": now}}, tx=tx)


def _made_by(tenant_id: str, actor_id: str | None) -> Where:
    return {"tenantId": tenant_id} if actor_id is None else {"tenantId": tenant_id, "actorId": actor_id}
