"""What each kind of record says about its file; the one mechanism over all of them is beside this."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from pydantic.alias_generators import to_camel

from models.base import Db, TenantDocument, Tx, Where
from models.bulk import Stored
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
    exports: ClassVar[bool] = True
    order: ClassVar[str] = "_id"
    # The field of a period that can be chosen.
    period: ClassVar[str | None] = None
    to_export: ClassVar[frozenset[Permission]] = frozenset()

    def where(self, tenant_id: str) -> Where:
        """The filter for all records of a shop."""
        return {"tenantId": tenant_id}

    async def enriched(self, db: Db, tenant_id: str, rows: list[Stored], tx: Tx | None) -> list[Stored]:
        """Records with what their file shows besides of others; each as its columns expect it."""
        del db, tenant_id, tx
        return rows
