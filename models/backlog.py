"""How much waits in outbox and inbox, read by bounded looks into their indexes."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from models.base import Db, Document
from models.outbox import OutboxEffect, OutboxStatus, Urgency
from models.webhook import WebhookEvent, WebhookState

MOST = 10_000
_PATIENCE_MS = 2000


@dataclass(frozen=True)
class Waiting:
    """What is due: how many, counted up to MOST, and since when the longest."""

    due: int
    since: datetime | None


@dataclass(frozen=True)
class Backlog:
    """All that waits in this database, for whatever process."""

    outbox: Mapping[Urgency, Waiting]
    dead: int
    inbox: Waiting


async def backlog(db: Db, now: datetime) -> Backlog:
    """What is due now and under way nowhere, and what was given up."""
    due = {"$lte": now}
    *lanes, inbox, dead = await asyncio.gather(
        *(_waiting(db, OutboxEffect, {**_of(urgency), "nextAttemptAt": due}) for urgency in Urgency),
        _waiting(db, WebhookEvent, {"state": WebhookState.WAITING, "nextAttemptAt": due}),
        _waiting(db, OutboxEffect, {"status": OutboxStatus.DEAD}),
    )
    return Backlog(dict(zip(Urgency, lanes, strict=True)), dead.due, inbox)


def _of(urgency: Urgency) -> dict[str, Any]:
    # Effects of earlier versions have no urgency.
    alike: Any = {"$in": [urgency, None]} if urgency is Urgency.WORD else urgency
    return {"status": OutboxStatus.PENDING, "urgency": alike}


async def _waiting(db: Db, document: type[Document], where: dict[str, Any]) -> Waiting:
    rows = document.rows(db)
    many = await rows.count_documents(where, None, limit=MOST, maxTimeMS=_PATIENCE_MS)
    if not many or "nextAttemptAt" not in where:
        return Waiting(int(many), None)
    first = await rows.find_one(
        where, {"nextAttemptAt": 1}, sort=[("nextAttemptAt", 1)], max_time_ms=_PATIENCE_MS
    )
    return Waiting(int(many), first["nextAttemptAt"] if first else None)
