"""Who did what to which record."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Self

from models.base import Db, Field, TenantDocument, index, stored

# Beyond so many nobody turns pages: a narrower search finds more.
MOST_COUNTED = 10_000
_BATCH = 200


class AuditFilter(NamedTuple):
    """Which acts are looked for; None means any, `until` is the first moment that is too late."""

    actor_id: str | None = None
    actions: Sequence[str] | None = None
    entity_types: Sequence[str] | None = None
    entity_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None


class AuditLog(TenantDocument):
    """One act of a person; `actor_id` is a Discord user id, `meta` holds before and after."""

    model_config = stored(
        "auditlogs",
        index("tenantId", "-createdAt"),
        index("tenantId", "entityType", "entityId", "-createdAt"),
        index("tenantId", "actorId", "-createdAt"),
        index("tenantId", "action", "-createdAt"),
    )

    tenant_id: str
    actor_id: str
    action: str
    entity_type: str
    entity_id: str
    meta: dict[str, Any] = Field(default_factory=dict)

    @classmethod
    async def about(
        cls, db: Db, tenant_id: str, entity_type: str, entity_id: str, *, skip: int, limit: int
    ) -> list[Self]:
        """What was done to one record, newest first."""
        where = {"tenantId": tenant_id, "entityType": entity_type, "entityId": entity_id}
        return await cls.find_all(db, where, sort="-createdAt", skip=skip, limit=limit)

    @classmethod
    async def how_many_about(cls, db: Db, tenant_id: str, entity_type: str, entity_id: str) -> int:
        """How often something was done to one record."""
        where = {"tenantId": tenant_id, "entityType": entity_type, "entityId": entity_id}
        return int(await cls.rows(db).count_documents(where))

    @classmethod
    async def actions(cls, db: Db, tenant_id: str) -> list[str]:
        """Every action that occurs, in order."""
        return sorted(await cls.rows(db).distinct("action", {"tenantId": tenant_id}))

    @classmethod
    async def found(
        cls, db: Db, tenant_id: str, by: AuditFilter, *, skip: int, limit: int
    ) -> AsyncIterator[Self]:
        """The acts that fit, newest first."""
        where, hint = _matching(tenant_id, by)
        cursor = cls.rows(db).find(where).hint(hint).sort("createdAt", -1)
        # Many at once would be read in one go, during which nobody else is served.
        async for row in cursor.skip(skip).limit(limit).batch_size(_BATCH):
            yield cls.model_validate_doc(row)

    @classmethod
    async def how_many(cls, db: Db, tenant_id: str, by: AuditFilter) -> int:
        """The number of acts that fit, counted up to one more than MOST_COUNTED."""
        where, hint = _matching(tenant_id, by)
        return int(await cls.rows(db).count_documents(where, hint=hint, limit=MOST_COUNTED + 1))


def _matching(tenant_id: str, by: AuditFilter) -> tuple[dict[str, Any], list[tuple[str, int]]]:
    """The filter, and the index that gives what it leaves in the order of time."""
    wanted: dict[str, Any] = {"actorId": by.actor_id, "entityId": by.entity_id}
    where = {"tenantId": tenant_id} | {name: value for name, value in wanted.items() if value is not None}
    several = {"action": by.actions, "entityType": by.entity_types}
    where |= {name: {"$in": list(values)} for name, values in several.items() if values is not None}
    within = {"$gte": by.since, "$lt": by.until}
    if any(within.values()):
        where["createdAt"] = {sign: moment for sign, moment in within.items() if moment}
    first = ["actorId"] if by.actor_id is not None else ["action"] if by.actions is not None else []
    if by.entity_id is not None and by.entity_types is not None:
        first = ["entityType", "entityId"]
    return where, [("tenantId", 1), *((name, 1) for name in first), ("createdAt", -1)]
