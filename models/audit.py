"""Who did what to which record."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Self

from models.base import Db, Field, TenantDocument, Tx, given, index, stored

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
    """One act of a person; `actor_id` is a Discord user id, `meta` holds before and after.

    A row about many records at once names them in `entity_ids`, and `meta.records` holds each one's.
    """

    model_config = stored(
        "auditlogs",
        index("tenantId", "-createdAt"),
        index("tenantId", "entityType", "entityId", "-createdAt"),
        index("tenantId", "actorId", "-createdAt"),
        index("tenantId", "action", "-createdAt"),
        index("tenantId", "entityIds", only=given("entityIds")),
    )

    tenant_id: str
    actor_id: str
    action: str
    entity_type: str
    entity_id: str
    entity_ids: list[str] = Field(default_factory=list, description="Records that a row about many is about")
    meta: dict[str, Any] = Field(default_factory=dict)

    @classmethod
    async def about(
        cls, db: Db, tenant_id: str, entity_type: str, entity_id: str, *, skip: int, limit: int
    ) -> list[Self]:
        """What was done to one record, newest first; of an act on many at once, what it was to this one."""
        own = _on_one(tenant_id, entity_type, entity_id)
        found = await cls.find_all(db, own, sort="-createdAt", limit=skip + limit)
        many = await cls.find_all(db, _on_many(tenant_id, entity_type, entity_id))
        shared = [row.only(entity_id) for row in many]
        newest = sorted([*found, *shared], key=lambda row: row.created_at, reverse=True)
        return newest[skip : skip + limit]

    @classmethod
    async def how_many_about(cls, db: Db, tenant_id: str, entity_type: str, entity_id: str) -> int:
        """How often something was done to one record."""
        count = cls.rows(db).count_documents
        ways = (_on_one, _on_many)
        return sum([int(await count(way(tenant_id, entity_type, entity_id))) for way in ways])

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

    async def insert_large(self, db: Db, *, tx: Tx) -> None:
        """Store a row about many records, without holding up everybody else."""
        row = await asyncio.to_thread(self.model_dump_doc)
        await self.rows(db).insert_one(row, session=tx)

    def only(self, entity_id: str) -> Self:
        """The same act as far as it is about this record."""
        one = dict(self.meta.get("records", {}).get(entity_id, {}))
        shared = {name: value for name, value in self.meta.items() if name != "records"}
        kept = {**shared, "before": {}, "after": {}, **one}
        return self.model_copy(update={"entity_id": entity_id, "entity_ids": [], "meta": kept})


def _on_one(tenant_id: str, entity_type: str, entity_id: str) -> dict[str, Any]:
    return {"tenantId": tenant_id, "entityType": entity_type, "entityId": entity_id}


def _on_many(tenant_id: str, entity_type: str, entity_id: str) -> dict[str, Any]:
    # The comparison tells the planner that the partial index has them all.
    return {"tenantId": tenant_id, "entityIds": {"$eq": entity_id, "$gt": ""}, "entityType": entity_type}


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
