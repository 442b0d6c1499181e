"""Hands records out as files, all as they were at one moment."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from models.base import Db, Where
from models.bulk import Stored, one_moment, period, streamed
from models.errors import BadInput, NotFound
from models.member import Member
from services.audit import Audit
from services.clock import Clock
from services.csv import kinds
from services.csv.contract import Column, Kind
from services.csv.looking import Progress
from services.csv.running import silent
from services.csv.writing import MAX_PART, CsvFile, Part
from services.shops import Shop


class Period(NamedTuple):
    """From the first day to the last, both included; None for as far back, or as late, as there is."""

    first: date | None
    last: date | None


ALWAYS = Period(None, None)


@dataclass(frozen=True)
class Export:
    """The files, and how many rows they hold together."""

    kind: Kind
    parts: list[Part]
    rows: int


class Exports:
    """What is handed out is in the audit log, the rows themselves are not."""

    def __init__(self, db: Db, clock: Clock, audit: Audit) -> None:
        self._db = db
        self._clock = clock
        self._audit = audit

    def kind(self, name: str) -> Kind:
        """The kind of this name that can be handed out; raises NotFound."""
        found = kinds().get(name)
        if found is None or not found.exports:
            raise NotFound("csv_kind")
        return found

    async def export(
        self,
        shop: Shop,
        actor: Member,
        name: str,
        *,
        days: Period = ALWAYS,
        anonymous: bool = False,
        most: int = MAX_PART,
        progress: Progress = silent,
    ) -> Export:
        """Every record of a kind; `anonymous` leaves out who it was. Raises NotFound and BadInput."""
        kind = self.kind(name)
        columns = [column for column in kind.columns if not (anonymous and column.personal)]
        where = {**kind.where(shop.id), **_within(kind, days)}
        file = CsvFile(f"{kind.name}-{self._clock.now():%Y-%m-%d}", [each.name for each in columns], most)
        async with one_moment(self._db) as moment:
            async for batch in streamed(self._db, kind.model, where, kind.order, tx=moment):
                rows = await kind.enriched(self._db, shop.id, batch, moment)
                await asyncio.to_thread(_write, file, columns, rows, shop.currency)
                await progress(file.rows, 0)
        parts = await asyncio.to_thread(file.parts)
        said = {"kind": kind.name, "rows": file.rows, "anonymous": anonymous}
        await self._audit.record(shop.id, actor, "data.export", shop.tenant, after=said)
        return Export(kind, parts, file.rows)


def _write(file: CsvFile, columns: Sequence[Column], rows: Sequence[Stored], currency: str) -> None:
    file.write([[column.text(row, currency) for column in columns] for row in rows])


def _within(kind: Kind, days: Period) -> Where:
    if days == ALWAYS:
        return {}
    if kind.period is None:
        raise BadInput("csv_period", "csv_no_period")
    return period(kind.period, _begin(days.first), _begin(days.last, 1))


def _begin(day: date | None, after: int = 0) -> datetime | None:
    return None if day is None else datetime.combine(day, time(), UTC) + timedelta(days=after)


def read_period(first: str, last: str) -> Period:
    """The days that somebody typed, such as 2026-12-24; raises BadInput."""
    return _ordered(Period(_day(first), _day(last)))


def _ordered(days: Period) -> Period:
    if days.first is not None and days.last is not None and days.last < days.first:
        raise BadInput("csv_period", "example", "2026-12-01")
    return days


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip()) if text.strip() else None
    except ValueError:
        raise BadInput("csv_period", "example", "2026-12-24") from None
