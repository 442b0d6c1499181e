"""Kinds whose files are brought in: what a row means, what it comes to, and how it is carried out."""

import contextlib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from models.base import TenantDocument, Tx
from models.bulk import Stored, found_by, set_each
from models.errors import BadInput
from services.access import Permission
from services.csv.contract import Column, Context, Desk, Found, Kind, Step


class Incoming(Kind, ABC):
    """A kind of which files are brought in, too."""

    # The columns that say which record a row is, the first that is filled.
    identity: ClassVar[tuple[str, ...]]
    secret: ClassVar[bool] = False
    to_import: ClassVar[frozenset[Permission]] = frozenset()
    most_rows: ClassVar[int] = 50_000
    # Of how many products a file may be.
    most_named: ClassVar[int | None] = None
    batch: ClassVar[int] = 500
    # The stored field whose difference to what was shown is carried out, whatever it is by then.
    counts: ClassVar[str | None] = None
    # Whether a record is in no more than one row.
    once: ClassVar[bool] = True

    def named(self, cells: Mapping[str, str]) -> str:
        """Which record a row means: what identifies it, empty when nothing does."""
        filled = (cells.get(name, "") for name in self.identity)
        known = {column.name: column for column in self.columns}
        return next(
            (
                str(known[name].cell.read(text, name, ""))
                for name, text in zip(self.identity, filled, strict=True)
                if text.strip()
            ),
            "",
        )

    def same(self, cells: Mapping[str, str]) -> str:
        """What no two rows of a file may have in common; empty for a row like no other."""
        return self.named(cells)

    @abstractmethod
    async def find(
        self, context: Context, desk: Desk, rows: Sequence[Mapping[str, str]], tx: Tx | None
    ) -> Found:
        """What the shop has for these rows."""

    @abstractmethod
    def judged(self, desk: Desk, line: int, cells: Mapping[str, str], found: Found) -> Step:
        """What a row comes to; raises BadInput naming the column. Waits for nothing: a thread runs it."""

    @abstractmethod
    async def write(self, context: Context, desk: Desk, steps: Sequence[Step], tx: Tx) -> None:
        """Carry rows out, in one transaction with everything that belongs to them."""


class Editable(Incoming):
    """A kind whose rows are its records: each makes a new one, or changes what it says of a known one."""

    # Whether a row that says no identity is a new record.
    nameless: ClassVar[bool] = False

    async def find(
        self, context: Context, desk: Desk, rows: Sequence[Mapping[str, str]], tx: Tx | None
    ) -> Found:
        """What the shop has for these rows."""
        (name,) = self.identity
        stored = next(column.stored for column in self.columns if column.name == name)
        wanted = [self.named(cells) for cells in rows]
        return Found(await found_by(context.db, self.model, desk.shop.id, stored, wanted, tx=tx))

    def judged(self, desk: Desk, line: int, cells: Mapping[str, str], found: Found) -> Step:
        """What a row comes to; raises BadInput naming the column. Waits for nothing: a thread runs it."""
        identity = self.named(cells)
        if not identity and not self.nameless:
            raise BadInput(self.identity[0], "csv_needed", self.identity[0])
        record = found.records.get(identity)
        values = self.values(desk, cells, record)
        mark = self.mark(desk, record)
        if record is None:
            made = self.make(desk, values, found)
            return Step(line, identity, made=made, after=self.shown(cells, values), mark=mark)
        if not values:
            return Step(line, identity, record, mark=mark)
        fields = self.change(desk, record, values, found)
        old = {c.name: c.text(record, desk.currency) for c in self.columns if c.name in values}
        return Step(
            line, identity, record, fields=fields, before=old, after=self.shown(cells, values), mark=mark
        )

    def values(self, desk: Desk, cells: Mapping[str, str], record: Stored | None) -> dict[str, Any]:
        """What the row says that is not so yet, by column; raises BadInput."""
        found: dict[str, Any] = {}
        for column in self.columns:
            text = cells.get(column.name)
            wanted = not (column.shown or (column.only_new and record is not None))
            if column.needed and record is None and not (text or "").strip():
                raise BadInput(column.name, "csv_needed", column.name)
            if text is None or not wanted or (record is None and not text.strip()):
                continue
            value = self._read(desk, column, text, record)
            if record is None or value is not _SAME:
                found[column.name] = value
        return found

    def _read(self, desk: Desk, column: Column, text: str, record: Stored | None) -> Any:
        known = "" if record is None else column.text(record, desk.currency)
        currency = str((record or {}).get("currency") or desk.currency)
        if record is not None and _alike(text) == _alike(known):
            return _SAME
        if not text.strip():
            return None if column.optional else _SAME
        value = column.cell.read(text, column.name, currency)
        written = column.cell.write(value, currency)
        return _SAME if record is not None and _alike(written) == _alike(known) else value

    def shown(self, cells: Mapping[str, str], values: Mapping[str, Any]) -> dict[str, str]:
        """The row's cells that say something new, for people."""
        return {name: cells.get(name, "") for name in values}

    def mark(self, desk: Desk, record: Stored | None) -> str:
        """All that the row's meaning depends on, so that a change of it is seen."""
        if record is None:
            return desk.currency
        parts = [c.text(record, desk.currency) for c in self.columns if not (c.shown or c.only_new)]
        return "\x1f".join([desk.currency, str(record["_id"]), *parts])

    @abstractmethod
    def make(self, desk: Desk, values: Mapping[str, Any], found: Found) -> TenantDocument:
        """The new record; raises BadInput."""

    @abstractmethod
    def change(self, desk: Desk, record: Stored, values: Mapping[str, Any], found: Found) -> Stored:
        """The fields to set, by stored names; raises BadInput for what the record does not allow."""

    async def write(self, context: Context, desk: Desk, steps: Sequence[Step], tx: Tx) -> None:
        """Store what is new and set what changed."""
        await self.model.insert_all(context.db, [step.made for step in steps if step.made is not None], tx=tx)
        fields = [(step.record["_id"], step.fields) for step in steps if step.record and step.fields]
        await set_each(context.db, self.model, desk.shop.id, fields, tx=tx)

    def by_attribute(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """What was read, by the record's Python names."""
        names = {column.name: column.attribute for column in self.columns}
        return {names[name]: value for name, value in values.items()}

    @contextlib.contextmanager
    def by_column(self) -> Iterator[None]:
        """Let what the shop says against a field name its column."""
        try:
            yield
        except BadInput as error:
            names = {column.attribute: column.name for column in self.columns}
            raise BadInput(names.get(error.field, error.field), error.problem, error.limit) from error


class _Same:
    """Says that a cell holds what the record has already."""


_SAME = _Same()


def _alike(text: str) -> str:
    return text.replace("\r\n", "\n")
