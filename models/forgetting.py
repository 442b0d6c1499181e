"""Closed records that a shop lets go of after a while, a portion at a time (docs/adr/0037)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from models.alert import Alert
from models.audit import AuditLog
from models.base import Db, TenantDocument
from models.retention import Retention
from models.session import OrderSession


class Closed(NamedTuple):
    """Records of a kind that nobody waits for any more, and after how many days they go; 0 for never."""

    kind: type[TenantDocument]
    where: Mapping[str, Any]
    days: int


def closed(kept: Retention) -> tuple[Closed, ...]:
    """What is let go of; nothing that is unread, or in a cart that is still open."""
    return (
        Closed(AuditLog, {}, kept.audit_days),
        Closed(Alert, {"isRead": True}, kept.alert_days),
        Closed(OrderSession, {"isOpen": False}, kept.session_days),
    )


async def forget(db: Db, tenant_id: str, those: Closed, before: datetime, limit: int) -> int:
    """Delete at most so many of a tenant that were made before that moment, the oldest first; how many."""
    rows = those.kind.rows(db)
    where = {"tenantId": tenant_id, **those.where, "createdAt": {"$lt": before}}
    found = rows.find(where, {"_id": True}).sort("createdAt", 1).limit(limit)
    ids = [row["_id"] async for row in found]
    # With its guard once more: what was opened again meanwhile stays.
    return int((await rows.delete_many({**where, "_id": {"$in": ids}})).deleted_count) if ids else 0
