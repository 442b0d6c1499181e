"""Finding acts of staff by who, what, which record and when, and taking them out as a table."""

import asyncio
import codecs
import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from models.audit import MOST_COUNTED, AuditFilter, AuditLog
from models.base import Db
from models.errors import BadInput
from models.member import Member
from models.required import required
from services.audit import Audit
from services.cells import harmless
from services.paging import bounded
from services.panel.hiding import without
from services.shops import Shop

PAGE_SIZE = 10
MOST_EXPORTED = 10_000
MOST_BYTES = 8 * 1024 * 1024
_COLUMNS = ("createdAt", "actorId", "action", "entityType", "entityId", "before", "after")
_AT_ONCE = 200
# Small parts belong to a larger one, so that a menu of 25 holds them all.
_PARTS = {"admin": "shop", "audit": "data", "doctor": "shop", "keys": "key", "move": "shop"}


class Wanted(NamedTuple):
    """What is looked for; `action` may also be the part before the dot, the days are whole ones in UTC."""

    actor_id: str | None = None
    action: str | None = None
    entity_type: str | None = None
    entity_id: str | None = None
    first_day: date | None = None
    last_day: date | None = None


@dataclass(frozen=True)
class AuditPage:
    """One page of acts, newest first; `page` counts from 0. With `cut` there are more than `total`."""

    acts: list[AuditLog]
    page: int
    pages: int
    total: int
    cut: bool


@dataclass(frozen=True)
class Export:
    """A table of acts; with `cut` there were more than fit."""

    data: bytes
    rows: int
    cut: bool


class AuditSearch:
    """Reads the shop's memory; `kinds` are the records that can stand in it."""

    def __init__(self, db: Db, audit: Audit, kinds: list[str]) -> None:
        self._db = db
        self._audit = audit
        self._kinds = kinds

    async def actions(self, shop: Shop) -> list[str]:
        """Every action that occurs in this shop, in order."""
        return await AuditLog.actions(self._db, shop.id)

    async def page(self, shop: Shop, wanted: Wanted, page: int = 0) -> AuditPage:
        """The acts that fit."""
        by = await self._filter(shop, wanted)
        total = await AuditLog.how_many(self._db, shop.id, by)
        cut, total = total > MOST_COUNTED, min(total, MOST_COUNTED)
        page, pages = bounded(page, total, PAGE_SIZE)
        found = AuditLog.found(self._db, shop.id, by, skip=page * PAGE_SIZE, limit=PAGE_SIZE)
        return AuditPage([act async for act in found], page, pages, total, cut)

    async def one(self, shop: Shop, act_id: str) -> AuditLog:
        """One act; raises NotFound."""
        return required(await AuditLog.get(self._db, shop.id, act_id), "audit")

    async def export(self, shop: Shop, actor: Member, wanted: Wanted) -> Export:
        """The newest acts that fit, as a table in UTF-8; that somebody took them out is an act, too."""
        by = await self._filter(shop, wanted)
        lines, size, cut = [_written(_COLUMNS)], 0, False
        async for act in AuditLog.found(self._db, shop.id, by, skip=0, limit=MOST_EXPORTED + 1):
            line = _written(_line(act))
            size += len(line)
            cut = len(lines) > MOST_EXPORTED or size > MOST_BYTES
            if cut:
                break
            lines.append(line)
            if len(lines) % _AT_ONCE == 0:  # the bot has others to serve
                await asyncio.sleep(0)
        rows = len(lines) - 1
        await self._audit.record(shop.id, actor, "audit.export", shop.tenant, after={"rows": rows})
        # The mark tells spreadsheets that it is UTF-8.
        return Export(codecs.BOM_UTF8 + b"".join(lines), rows, cut)

    async def _filter(self, shop: Shop, wanted: Wanted) -> AuditFilter:
        actions = None
        if wanted.action is not None:
            every = await self.actions(shop)
            actions = [each for each in every if each == wanted.action or area(each) == wanted.action]
        types = [wanted.entity_type] if wanted.entity_type else self._kinds if wanted.entity_id else None
        last = wanted.last_day + timedelta(days=1) if wanted.last_day else None
        return AuditFilter(
            wanted.actor_id, actions, types, wanted.entity_id, _midnight(wanted.first_day), _midnight(last)
        )


def area(action: str) -> str:
    """The part of the shop that an action belongs to, such as product."""
    part = action.partition(".")[0]
    return _PARTS.get(part, part)


def read_day(text: str, field: str) -> date | None:
    """A day as people type it, None for nothing; raises BadInput."""
    text = text.strip()
    if not text:
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = None
    # Days beyond these are typing errors, and a button has no room for them.
    if found is None or not 2000 <= found.year <= 2099:  # noqa: PLR2004
        raise BadInput(field, "example", "2026-11-01")
    return found


def _midnight(day: date | None) -> datetime | None:
    return None if day is None else datetime.combine(day, time(), UTC)


def _written(line: Sequence[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerow(line)
    return text.getvalue().encode("utf-8", "replace")


def _line(act: AuditLog) -> list[str]:
    said = [act.created_at.isoformat(), act.actor_id, act.action, act.entity_type, act.entity_id]
    meta = without(act.meta)
    return [*map(harmless, said), *(_json(meta.get(part)) for part in ("before", "after"))]


def _json(value: object) -> str:
    return harmless(json.dumps(value, ensure_ascii=False, sort_keys=True, default=str) if value else "")
