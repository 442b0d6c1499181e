"""Who did what to which record."""

import asyncio
from typing import Any, Self

from models.base import Db, Field, TenantDocument, Tx, given, index, stored


class AuditLog(TenantDocument):
    """One act of a person; `actor_id` is a Discord user id, `meta` holds before and after.

    A row about many records at once names them in `entity_ids`, and `meta.records` holds each one's.
    """

    model_config = stored(
        "auditlogs",
        index("tenantId", "-createdAt"),
        index("tenantId", "entityType", "entityId", "-createdAt"),
        index("tenantId", "actorId", "-createdAt"),
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
    async def about(cls, db: Db, tenant_id: str, entity_type: str, entity_id: str, limit: int) -> list[Self]:
        """The newest acts on a record, also those on many at once; of these only what it was to this one."""
        own = {"tenantId": tenant_id, "entityType": entity_type, "entityId": entity_id}
        found = await cls.find_all(db, own, sort="-createdAt", limit=limit)
        # The comparison tells the planner that the partial index has them all.
        many = {"tenantId": tenant_id, "entityIds": {"$eq": entity_id, "$gt": ""}, "entityType": entity_type}
        shared = [row.only(entity_id) for row in await cls.find_all(db, many)]
        return sorted([*found, *shared], key=lambda row: row.created_at, reverse=True)[:limit]

    async def insert_large(self, db: Db, *, tx: Tx) -> None:
        """Store a row about many records, without holding up everybody else."""
        row = await asyncio.to_thread(self.model_dump_doc)
        await self.rows(db).insert_one(row, session=tx)

    def only(self, entity_id: str) -> Self:
        """The same act as far as it is about this record."""
        one = dict(self.meta.get("records", {}).get(entity_id, {}))
        kept = {"import": self.meta.get("import"), "before": {}, "after": {}, **one}
        return self.model_copy(update={"entity_id": entity_id, "entity_ids": [], "meta": kept})
