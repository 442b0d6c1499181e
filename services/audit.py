"""Writes down who changed what."""

import asyncio
from typing import Any, NamedTuple

import bson

from models.audit import AuditLog
from models.base import Db, Document, Tx
from models.member import Member

# MongoDB stores no document above 16 MiB.
_MOST_BYTES = 4 * 1024 * 1024


class AboutMany(NamedTuple):
    """Records of one kind by id, each with its `before` and `after`, and by what they were changed."""

    entity_type: str
    changes: dict[str, dict[str, Any]]
    by: str = "import"


class Audit:
    """The shop's memory of staff's acts; rows are only ever added."""

    def __init__(self, db: Db) -> None:
        self._db = db

    async def record(
        self,
        tenant_id: str,
        actor: Member,
        action: str,
        entity: Document,
        *,
        before: dict[str, Any] | None = None,
        after: dict[str, Any] | None = None,
        tx: Tx | None = None,
    ) -> None:
        """Add a row, in the transaction of the act itself where there is one."""
        row = AuditLog(
            tenant_id=tenant_id,
            actor_id=actor.discord_id,
            action=action,
            entity_type=type(entity).__name__,
            entity_id=entity.key,
            meta={"before": before or {}, "after": after or {}},
        )
        await row.insert(self._db, tx=tx)

    async def record_many(
        self, tenant_id: str, actor: Member, action: str, entity: Document, records: AboutMany, *, tx: Tx
    ) -> None:
        """Add a row for many records of a kind, found by each; `entity` is what brought them.

        More than one row where a single one would be too large to be stored.
        """
        for changes in await asyncio.to_thread(_in_parts, records.changes):
            row = AuditLog(
                tenant_id=tenant_id,
                actor_id=actor.discord_id,
                action=action,
                entity_type=records.entity_type,
                entity_id=entity.key,
                entity_ids=list(changes),
                meta={records.by: entity.key, "records": changes},
            )
            await row.insert_large(self._db, tx=tx)


def _in_parts(changes: dict[str, dict[str, Any]]) -> list[dict[str, dict[str, Any]]]:
    parts: list[dict[str, dict[str, Any]]] = [{}]
    size = 0
    for key, change in changes.items():
        more = len(bson.encode(change))
        if parts[-1] and size + more > _MOST_BYTES:
            parts.append({})
            size = 0
        parts[-1][key] = change
        size += more
    return parts
