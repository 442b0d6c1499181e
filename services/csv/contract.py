"""What each kind of record says about its file; the one mechanism over all of them is beside this."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from pydantic.alias_generators import to_camel

from models.base import Db, TenantDocument, Tx, Where
from models.bulk import Stored, found_by, set_each
from models.errors import BadInput
from models.member import Member
from services.access import Permission
from services.clock import Clock
from services.csv.cells import TEXT, Cell
from services.key_pool import KeyPool
from services.offering import Offering
from services.shops import Shop
from services.stock import Stock

__all__ = ["Column", "Context", "Desk", "Found", "Kind", "Step", "Stored"]


@dataclass(frozen=True)
class Column:
    """A column: its name, the record's field (a Python name) and how its cells are read and written.

    `only_new` is read for a record that is made, `shown` never; `needed` must be there for a new one.
    """

    name: str
    cell: Cell = TEXT
    field: str = ""
    shown: bool = False
    only_new: bool = False
    needed: bool = False
    optional: bool = True
    personal: bool = False

    @property
    def attribute(self) -> str:
        """The Python name of the field."""
        return self.field or "".join(f"_{c.lower()}" if c.isupper() else c for c in self.name)

    @property
    def stored(self) -> str:
        """The name under which it is stored."""
        return "_id" if self.attribute == "id" else to_camel(self.attribute)

    def text(self, record: Stored, currency: str) -> str:
        """The cell of a record."""
        return self.cell.write(record.get(self.stored), str(record.get("currency") or currency))


@dataclass(frozen=True)
class Context:
    """What kinds need to look things up and to carry rows out."""

    db: Db
    clock: Clock
    offering: Offering
    stock: Stock
    key_pool: KeyPool


@dataclass(frozen=True)
class Desk:
    """Who brings a file in, and to which shop; no role of `guarded` can be put on sale by it."""

    shop: Shop
    actor: Member
    guarded: frozenset[str] = frozenset()
    reason: str = ""

    @property
    def currency(self) -> str:
        """What amounts are in."""
        return self.shop.currency


@dataclass(frozen=True)
class Found:
    """What the shop has for some rows: records by their identity, and what else the kind looked up."""

    records: Mapping[str, Stored]
    also: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Step:
    """What one row comes to: a new record, or fields of a known one by stored names; neither if it fits.

    `payload` is what a new record is made of when it is carried out. `before` and `after` are cells, for
    people; `mark` is all that the row depends on.
    """

    line: int
    identity: str
    record: Stored | None = None
    made: TenantDocument | None = None
    payload: str = ""
    fields: Stored = field(default_factory=dict)
    before: Mapping[str, str] = field(default_factory=dict)
    after: Mapping[str, str] = field(default_factory=dict)
    mark: str = ""

    @property
    def state(self) -> str:
        """New, changed or same."""
        new = self.made is not None or self.payload
        return "new" if new else "changed" if self.fields else "same"


class Kind:
    """One kind of record; every file of this folder with a KIND is one (services/csv/__init__.py)."""

    name: ClassVar[str]
    model: ClassVar[type[TenantDocument]]
    columns: ClassVar[tuple[Column, ...]]
    # The columns that say which record a row is, the first that is filled.
    identity: ClassVar[tuple[str, ...]]
    imports: ClassVar[bool] = True
    exports: ClassVar[bool] = True
    secret: ClassVar[bool] = False
    order: ClassVar[str] = "_id"
    # The field of a period that can be chosen.
    period: ClassVar[str | None] = None
    to_import: ClassVar[frozenset[Permission]] = frozenset()
    to_export: ClassVar[frozenset[Permission]] = frozenset()
    most_rows: ClassVar[int] = 50_000
    # Of how many products a file may be.
    most_named: ClassVar[int | None] = None
    batch: ClassVar[int] = 500
    # The stored field whose difference to what was shown is carried out, whatever it is by then.
    counts: ClassVar[str | None] = None
    # Whether a record is in no more than one row.
    once: ClassVar[bool] = True
    # Whether a row that says no identity is a new record.
    nameless: ClassVar[bool] = False

    def where(self, tenant_id: str) -> Where:
        """The filter for all records of a shop."""
        return {"tenantId": tenant_id}

    async def enriched(self, db: Db, tenant_id: str, rows: list[Stored], tx: Tx | None) -> list[Stored]:
        """Records with what their file shows besides of others; each as its columns expect it."""
        del db, tenant_id, tx
        return rows

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

    def make(self, desk: Desk, values: Mapping[str, Any], found: Found) -> TenantDocument:
        """The new record; raises BadInput. For kinds whose `judged` asks it: not those that only go out."""
        raise NotImplementedError

    def change(self, desk: Desk, record: Stored, values: Mapping[str, Any], found: Found) -> Stored:
        """The fields to set, by stored names; raises BadInput for what the record does not allow.

        For the same kinds as `make`.
        """
        raise NotImplementedError

    async def write(self, context: Context, desk: Desk, steps: Sequence[Step], tx: Tx) -> None:
        """Carry rows out, in one transaction with everything that belongs to them."""
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
