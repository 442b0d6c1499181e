"""Carries an import out: begun by one flip, then batch by batch to its end, by whatever process lives."""

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

from pymongo.errors import DuplicateKeyError, OperationFailure, PyMongoError

from models.alert import Alert, AlertSeverity, AlertType
from models.base import Tx
from models.bulk import Stored
from models.data_import import DataImport, ImportState
from models.errors import ImportUnderWay, NoShop, Refused
from models.member import Member
from models.outbox import OutboxEffect
from services.audit import AboutMany, Audit
from services.catalog import Catalog
from services.csv import incoming
from services.csv.contract import Context, Desk, Step
from services.csv.incoming import Incoming
from services.csv.looking import Problem, Progress, judged
from services.csv.reading import Row, Table
from services.discounts import Discounts
from services.effects import EffectKind, effect
from services.outbox import Outbox
from services.shops import Shops
from services.stock import alert_effect

log = logging.getLogger(__name__)

_LEASE = timedelta(seconds=30)
_TOLD_BY_CLICK = timedelta(minutes=1)
_AT_ONCE = 10
# Over about eight minutes, each rest twice as long.
_MOST_FAILS = 5


class TakenOver(Exception):
    """Another process carries it out by now."""


async def silent(done: int, total: int) -> None:
    """Nobody looks on."""


class Runner:
    """One at a time in each shop; the index of models/data_import.py sees to that."""

    def __init__(
        self,
        context: Context,
        *,
        audit: Audit,
        outbox: Outbox,
        shops: Shops,
        catalog: Catalog,
        discounts: Discounts,
    ) -> None:
        self._context = context
        self._db = context.db
        self._clock = context.clock
        self._audit = audit
        self._outbox = outbox
        self._shops = shops
        self._catalog = catalog
        self._discounts = discounts

    def _lease(self) -> datetime:
        return self._clock.now() + _LEASE

    async def begin(self, desk: Desk, record: DataImport) -> DataImport:
        """The flip from which it goes on to its end, with its row in the audit log.

        Raises ImportUnderWay and Refused.
        """

        async def work(tx: Tx) -> DataImport:
            owner, guarded = uuid.uuid4().hex, sorted(desk.guarded)
            begun = await DataImport.begin(self._db, record, owner, self._lease(), guarded, tx=tx)
            if begun is None:
                raise Refused("import", "APPLYING")
            names = ("kind", "fileName", "digest", "total", "added", "changed")
            stored = begun.model_dump_doc()
            after = {name: stored[name] for name in names}
            await self._audit.record(desk.shop.id, desk.actor, "data.import", begun, after=after, tx=tx)
            return begun

        try:
            return await self._outbox.commit(work)
        except DuplicateKeyError as error:
            raise ImportUnderWay from error

    async def run(
        self,
        record: DataImport,
        kind: Incoming,
        desk: Desk,
        rows: Sequence[Row],
        progress: Progress = silent,
        *,
        most: int | None = None,
    ) -> DataImport:
        """Carry out what is left, at most so many batches; raises TakenOver."""
        batches = 0
        while record.done < len(rows) and (most is None or batches < most):
            record = await self._batch(record, kind, desk, rows[record.done : record.done + kind.batch])
            batches += 1
            await progress(record.done, len(rows))
        return record if record.done < len(rows) else await self._finish(record)

    async def _batch(self, record: DataImport, kind: Incoming, desk: Desk, rows: Sequence[Row]) -> DataImport:
        async def work(tx: Tx) -> DataImport:
            outcomes = await judged(self._context, kind, desk, rows, tx)
            steps = [each for each in outcomes if isinstance(each, Step) and each.state != "same"]
            late = [_late(each) for each in outcomes if isinstance(each, Problem)]
            if steps:
                await kind.write(self._context, desk, steps, tx)
                changes = await asyncio.to_thread(_changes, kind, steps)
                about = AboutMany(kind.model.__name__, changes)
                await self._audit.record_many(
                    desk.shop.id, desk.actor, "data.import.rows", record, about, tx=tx
                )
            moved = await DataImport.advance(self._db, record, len(rows), late, self._lease(), tx=tx)
            if moved is None:
                raise TakenOver
            return moved

        try:
            return await self._outbox.commit(work)
        except DuplicateKeyError:
            # Somebody made one of these at this very moment: it is there to be changed now.
            return await self._outbox.commit(work)
        finally:
            self._catalog.forget()
            self._discounts.forget()

    async def _finish(self, record: DataImport) -> DataImport:
        async def work(tx: Tx) -> DataImport:
            done = await DataImport.finish(self._db, record, self._clock.now(), tx=tx)
            if done is None:
                raise TakenOver
            # Whoever watched has been told by then.
            await self._outbox.owe([self._result(done, self._clock.now() + _TOLD_BY_CLICK)], tx)
            return done

        return await self._outbox.commit(work)

    async def resume(self, table_of: Callable[[DataImport], Awaitable[Table]]) -> int:
        """Go on with one whose process died; how many batches were carried out."""
        now = self._clock.now()
        record = await DataImport.take_over(self._db, uuid.uuid4().hex, now, now + _LEASE)
        if record is None:
            return 0
        log.warning("import_resumed", extra={"import": record.key, "done": record.done})
        try:
            return await self._go_on(record, table_of)
        except (TakenOver, NoShop):
            return 0
        except Exception as error:
            if isinstance(error, PyMongoError) and not isinstance(error, OperationFailure):
                # The database is away, which says nothing about the file.
                raise
            # Only the kind: the text may quote a row.
            said = {"import": record.key, "error": type(error).__name__}
            log.error("import_failed", extra=said)  # noqa: TRY400 - as above
            await self._stumbled(record)
            return 0

    async def _go_on(self, record: DataImport, table_of: Callable[[DataImport], Awaitable[Table]]) -> int:
        shop = await self._shops.of_tenant(record.tenant_id)
        actor = Member(record.actor_id, record.actor_name, record.actor_name)
        desk = Desk(shop, actor, frozenset(record.guarded), f"import: {record.file_name}"[:200])
        kind, before = incoming(record.kind), record.done
        table = await table_of(record)
        record = await self.run(record, kind, desk, table.rows, most=_AT_ONCE)
        if record.owner is not None:
            await DataImport.let_go(self._db, record, self._clock.now())
        return max(1, (record.done - before) // kind.batch)

    async def _stumbled(self, record: DataImport) -> None:
        """Wait longer each time; what fails again and again is stopped, and staff hear how far it came."""
        until = self._clock.now() + _LEASE * 2**record.fails
        seen = await DataImport.stumble(self._db, record, until)
        if seen is None or seen.fails < _MOST_FAILS:
            return

        async def work(tx: Tx) -> None:
            failed = await DataImport.finish(self._db, seen, self._clock.now(), ImportState.FAILED, tx=tx)
            if failed is None:
                return
            alert = _stopped(failed)
            await alert.insert(self._db, tx=tx)
            told = self._result(failed, self._clock.now())
            await self._outbox.owe([told, alert_effect(alert, self._clock)], tx)

        await self._outbox.commit(work)

    def _result(self, record: DataImport, due: datetime) -> OutboxEffect:
        payload, now = {"importId": record.key}, self._clock.now()
        told = effect(EffectKind.IMPORT_RESULT, record.tenant_id, record.key, now, payload=payload)
        told.next_attempt_at = due
        return told


def _stopped(record: DataImport) -> Alert:
    return Alert(
        tenant_id=record.tenant_id,
        type=AlertType.FULFILLMENT_FAILED,
        severity=AlertSeverity.ERROR,
        message="import_stopped",
        params={"name": record.file_name, "done": record.done, "total": record.total},
        entity_type="DataImport",
        entity_id=record.key,
    )


def _late(problem: Problem) -> str:
    return f"{problem.line}: {problem.identity}"[:100]


def _changes(kind: Incoming, steps: Sequence[Step]) -> dict[str, Stored]:
    """What each record was and is, by id; a key is never said."""
    changes: dict[str, Stored] = {}
    for step in steps:
        if kind.secret:
            known = changes.setdefault(str((step.record or {})["_id"]), {"after": {"count": 0}})
            known["after"]["count"] += 1
        elif step.made is not None:
            changes[step.made.key] = {"after": step.made.model_dump_doc()}
        elif step.record is not None:
            before = {name: step.record.get(name) for name in step.fields}
            changes[str(step.record["_id"])] = {"before": before, "after": step.fields}
    return changes
