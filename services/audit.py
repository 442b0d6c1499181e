"""Writes down who changed what."""

from typing import Any, NamedTuple

from models.audit import AuditLog
from models.base import Db, Document, Tx
from models.member import Member


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
        """Add one row for many records of a kind, found by each; `entity` is what brought them."""
        row = AuditLog(
            tenant_id=tenant_id,
            actor_id=actor.discord_id,
            action=action,
            entity_type=records.entity_type,
            entity_id=entity.key,
            entity_ids=list(records.changes),
            meta={records.by: entity.key, "records": records.changes},
        )
        await row.insert_large(self._db, tx=tx)
