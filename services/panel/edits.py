"""Changes to records by form, checked by their own types and refused when somebody else was faster."""

from collections.abc import Callable, Mapping
from typing import Any

from pymongo.errors import DuplicateKeyError

from models import browsing
from models.base import Db, Document, Tx, transact
from models.browsing import Row
from models.errors import AlreadyExists, BadInput, BeyondOwnKeys, NotFound, RecordChanged, Refused
from models.member import Member
from models.required import required
from models.storefront import Storefront
from services.access import Access, Permission
from services.audit import Audit
from services.clock import Clock
from services.memories import Memories
from services.panel.contract import Declared, Values
from services.panel.desk import Panel, Record, options, stamp_of
from services.panel.hiding import without
from services.panel.reading import typed, validated
from services.shops import Shop

type Change = Callable[[Row], Values]


class PanelEdits:
    """Every change is one transaction: what was seen is still there, what is said is valid, the audit row."""

    def __init__(
        self, db: Db, clock: Clock, *, audit: Audit, access: Access, memories: Memories, panel: Panel
    ) -> None:
        self._db = db
        self._clock = clock
        self._audit = audit
        self._access = access
        self._memories = memories
        self._panel = panel

    async def fill(
        self,
        shop: Shop,
        member: Member,
        record: tuple[str, str, str],
        number: int,
        fields: Mapping[str, str],
    ) -> Record:
        """Take a form of a record (its code, its id, the stamp that was seen); the record after it.

        Raises BadInput, AlreadyExists, NotFound, NotAllowed, Refused, and RecordChanged.
        """
        kind = await self.allow(shop, member, record[0])
        if number >= len(kind.forms):
            raise NotFound("panel")
        names = browsing.names_of(kind.model)

        def read(row: Row) -> Values:
            currency = str(row.get("currency") or shop.currency)
            return {
                names[field]: typed(kind.model, field, fields.get(field, ""), currency)
                for field in kind.forms[number].fields
            }

        return await self._change(shop, member, kind, record, read)

    async def switch(self, shop: Shop, member: Member, record: tuple[str, str, str], number: int) -> Record:
        """Turn a yes/no field of a record round; raises as `fill` does."""
        kind = await self.allow(shop, member, record[0])
        if number >= len(kind.switches):
            raise NotFound("panel")
        field = kind.switches[number]
        name = browsing.names_of(kind.model)[field]
        return await self._change(shop, member, kind, record, lambda row: {name: not row.get(field)})

    async def choose(
        self, shop: Shop, member: Member, record: tuple[str, str, str], number: int, value: str
    ) -> Record:
        """Set a field to a value of its enumeration; raises as `fill` does."""
        kind = await self.allow(shop, member, record[0])
        if number >= len(kind.choices):
            raise NotFound("panel")
        field = kind.choices[number]
        name = browsing.names_of(kind.model)[field]
        if value not in options(kind, field):
            raise BadInput(name, "not_allowed")
        return await self._change(shop, member, kind, record, lambda _: {name: value})

    async def allow(self, shop: Shop, member: Member, code: str) -> Declared:
        """The kind of record, for whoever may change it; raises NotFound and NotAllowed."""
        kind = await self._panel.kind(shop, member, code)
        if kind.edits is None:
            raise NotFound("panel")
        await self._access.require(shop, member, kind.edits)
        return kind

    async def _change(
        self, shop: Shop, member: Member, kind: Declared, record: tuple[str, str, str], read: Change
    ) -> Record:
        code, key, stamp = record

        async def work(tx: Tx) -> None:
            row = await browsing.one(self._db, kind.model, browsing.of_tenant(shop.id), key, tx=tx)
            row = required(row, "panel")
            if (state := kind.closed(row)) is not None:
                raise Refused("panel", state)
            if stamp_of(kind, row) != stamp:
                raise RecordChanged
            await self._write(shop, member, kind, row, read(row), tx)

        try:
            await transact(self._db, work)
        except DuplicateKeyError as error:
            raise AlreadyExists(_taken(kind, error)) from None
        finally:
            # Also when it is unknown whether the transaction was committed.
            self._memories.forget()
        return await self._panel.one(shop, member, code, key)

    async def _write(
        self, shop: Shop, member: Member, kind: Declared, row: Row, values: Values, tx: Tx
    ) -> None:
        old = kind.model.model_validate_doc(row)
        new = validated(old, values)
        checked = kind.check(old, {name: getattr(new, name) for name in values})
        new = validated(old, checked)
        after = new.model_dump_doc(include=set(checked))
        before = {name: value for name, value in old.model_dump_doc().items() if name in after}
        after = {name: value for name, value in after.items() if before.get(name) != value}
        if not after:
            return
        await self._keyed(shop, member, kind, after, tx)
        if await browsing.write(self._db, kind.model, row, after, tx=tx) is None:
            raise RecordChanged
        before = {name: value for name, value in before.items() if name in after}
        await self._record(shop, member, kind, new, (before, after), tx)
        if kind.shows_storefront:
            await Storefront.mark(self._db, shop.id, self._clock.now(), tx=tx)

    async def _keyed(self, shop: Shop, member: Member, kind: Declared, after: Values, tx: Tx) -> None:
        needed = frozenset[Permission]().union(*(kind.keyed.get(name, ()) for name in after))
        if needed and (lacking := (await self._access.now(shop, member, tx=tx)).lacking(needed)):
            raise BeyondOwnKeys(lacking)

    async def _record(
        self,
        shop: Shop,
        member: Member,
        kind: Declared,
        changed: Document,
        said: tuple[dict[str, Any], dict[str, Any]],
        tx: Tx,
    ) -> None:
        before, after = (without(each, kind.hidden) for each in said)
        await self._audit.record(shop.id, member, "panel.edit", changed, before=before, after=after, tx=tx)


def _taken(kind: Declared, error: DuplicateKeyError) -> str:
    """The field that must be unique, by its Python name."""
    keys = [name for name in (error.details or {}).get("keyPattern", {}) if name != "tenantId"]
    return browsing.names_of(kind.model).get(keys[-1], keys[-1]) if keys else "name"
