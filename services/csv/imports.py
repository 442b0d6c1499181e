"""Brings files in: looked at first, then carried out to the end, whatever dies on the way (docs/adr/0028)."""

import asyncio
import hashlib
from dataclasses import dataclass, replace
from datetime import timedelta

from models.data_import import DataImport, ImportState
from models.errors import BadInput, ImportStale, Refused
from models.required import required
from services.csv import incoming
from services.csv.contract import Context, Desk
from services.csv.incoming import Incoming
from services.csv.looking import PRINT, Look, Progress, look
from services.csv.reading import Table, read_table
from services.csv.running import Runner, TakenOver, silent
from services.shops import Shop
from services.vault import Vault

_SHOWN, _NAME = 20, 200


@dataclass(frozen=True)
class ImportView:
    """A file that was looked at, and what it would do."""

    record: DataImport
    kind: Incoming
    look: Look
    unknown: list[str]


class Imports:
    """A file is kept for a day after it was looked at; nothing is changed before somebody says so."""

    def __init__(self, context: Context, vault: Vault, runner: Runner) -> None:
        self._db = context.db
        self._clock = context.clock
        self._context = context
        self._vault = vault
        self._runner = runner

    async def check(
        self, desk: Desk, name: str, file_name: str, content: bytes, progress: Progress = silent
    ) -> ImportView:
        """Look at a file and keep it; raises BadInput for one that is no such table, and NotFound."""
        kind = incoming(name)
        table = await asyncio.to_thread(read_table, kind, content)
        found = await look(self._context, kind, desk, table.rows, progress)
        record = DataImport(
            tenant_id=desk.shop.id,
            actor_id=desk.actor.discord_id,
            actor_name=desk.actor.display_name[:100],
            kind=kind.name,
            file_name=file_name[:_NAME],
            digest=hashlib.sha256(content).hexdigest(),
            content=await asyncio.to_thread(self._kept, desk.shop.id, kind, content),
            prints=bytes(found.prints),
            seen=bytes(found.seen),
            total=len(table.rows),
            added=found.added,
            changed=found.changed,
            wrong=found.wrong,
            checked_at=self._clock.now(),
        )
        await record.insert(self._db)
        return ImportView(record, kind, found, table.unknown)

    async def get(self, shop: Shop, import_id: str) -> DataImport:
        """A file that was looked at or brought in; raises NotFound."""
        return required(await DataImport.get(self._db, shop.id, import_id), "import")

    async def latest(self, shop: Shop) -> DataImport | None:
        """The newest that was carried out, or is."""
        return await DataImport.latest(self._db, shop.id)

    async def told(self, record: DataImport) -> None:
        """Note that whoever brought it in saw how it ended, so that nobody tells them again."""
        await DataImport.tell(self._db, record)

    async def again(self, desk: Desk, import_id: str, progress: Progress = silent) -> ImportView:
        """Look at a kept file once more, as the shop is now; raises NotFound, and Refused once begun."""
        record, kind, table = await self._opened(desk.shop, import_id, anew=True)
        found = await look(self._context, kind, desk, table.rows, progress)
        fields = {
            "prints": bytes(found.prints),
            "seen": bytes(found.seen),
            "added": found.added,
            "changed": found.changed,
            "wrong": found.wrong,
            "checkedAt": max(self._clock.now(), record.checked_at + timedelta(milliseconds=1)),
        }
        kept = await DataImport.show_again(self._db, record, fields)
        if kept is None:
            raise Refused("import", ImportState.APPLYING)
        return ImportView(kept, kind, found, table.unknown)

    async def apply(self, desk: Desk, import_id: str, progress: Progress = silent) -> DataImport:
        """Carry a file out, all of it; what it would do must be what was shown.

        Raises ImportStale with what changed since, ImportUnderWay, Refused once it was begun, NotFound.
        """
        record, kind, table = await self._opened(desk.shop, import_id)
        desk = replace(desk, reason=reason_of(record))
        found = await look(self._context, kind, desk, table.rows, silent)
        self._compare(record, kind, table, found)
        begun = await self._runner.begin(desk, record)
        try:
            return await self._runner.run(begun, kind, desk, table.rows, progress)
        except TakenOver:
            # This process was thought dead: another one carries it to its end.
            return await self.get(desk.shop, import_id)

    def _compare(self, record: DataImport, kind: Incoming, table: Table, found: Look) -> None:
        new = bytes(found.prints)
        if new == record.prints and not found.wrong:
            return
        moved = [
            kind.named(row.cells) or str(row.line)
            for at, row in enumerate(table.rows)
            if new[at * PRINT : (at + 1) * PRINT] != record.prints[at * PRINT : (at + 1) * PRINT]
        ]
        if not moved:
            # It was wrong when it was shown, too.
            raise BadInput("csv_file", "csv_wrong")
        raise ImportStale(tuple(moved[:_SHOWN]), len(moved))

    async def sweep(self) -> int:
        """Go on with what a process left standing, of any tenant, for a while; how many batches that were."""
        return await self._runner.resume(self._table)

    async def _opened(
        self, shop: Shop, import_id: str, *, anew: bool = False
    ) -> tuple[DataImport, Incoming, Table]:
        record = await self.get(shop, import_id)
        if record.state is not ImportState.CHECKED:
            raise Refused("import", record.state)
        return record, incoming(record.kind), await self._table(record, anew=anew)

    async def _table(self, record: DataImport, *, anew: bool = False) -> Table:
        return await asyncio.to_thread(self._read, record, b"" if anew else record.seen)

    def _read(self, record: DataImport, seen: bytes) -> Table:
        kind, content = incoming(record.kind), record.content
        if kind.secret:
            content = self._vault.open(content.decode(), about=_about(record.tenant_id)).encode()
        return read_table(kind, content, seen)

    def _kept(self, tenant_id: str, kind: Incoming, content: bytes) -> bytes:
        if not kind.secret:
            return content
        return self._vault.seal(content.decode("utf-8-sig"), about=_about(tenant_id)).encode()


def _about(tenant_id: str) -> str:
    return f"{tenant_id}/imports"


def reason_of(record: DataImport) -> str:
    """What the ledger says of rows that an import wrote."""
    return f"import: {record.file_name}"[:_NAME]
