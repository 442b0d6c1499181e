"""Every record of a shop, listed, searched and opened by one mechanism; whoever lacks a key sees nothing."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from models import browsing
from models.access import User
from models.audit import AuditLog
from models.base import Db, Where
from models.browsing import Hint, Reading, Row
from models.errors import NotFound
from models.member import Member
from models.required import required
from services.access import Access, Permission
from services.paging import bounded
from services.panel import declared
from services.panel.contract import Declared, Filter, Related, Scope
from services.panel.hiding import without
from services.panel.naming import linked_names
from services.shops import Shop
from services.storable import well_formed

PAGE_SIZE = 10
_FOUND = 100
_MOST_USERS = 1000
_ANY = "0"


@dataclass(frozen=True)
class PanelPage:
    """One page of records as they are stored; `page` counts from 0, `names` says what links lead to.

    With `cut` there are more than `total`.
    """

    kind: Declared
    rows: list[Row]
    page: int
    pages: int
    total: int
    cut: bool = False
    names: Mapping[tuple[str, str], str] = field(default_factory=dict)


@dataclass(frozen=True)
class Record:
    """A record that was opened; `stamp` names what was seen, and an edit of anything else is refused."""

    kind: Declared
    row: Row
    stamp: str
    may_edit: bool
    may_open: frozenset[str]
    names: Mapping[tuple[str, str], str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Its id as text."""
        return str(self.row["_id"])


@dataclass(frozen=True)
class Past:
    """One page of what staff did to a record, newest first."""

    record: Record
    acts: list[AuditLog]
    page: int
    pages: int


class Panel:
    """Reads; what may be changed is changed by PanelEdits."""

    def __init__(self, db: Db, access: Access) -> None:
        self._db = db
        self._access = access

    async def kinds(self, shop: Shop, member: Member) -> list[Declared]:
        """The kinds of records that a member may look at, section by section."""
        keys = await self._access.permissions_of(shop, member)
        return [each for each in declared().values() if {each.looks, Permission.PANEL_VIEW} <= keys]

    async def kind(self, shop: Shop, member: Member, code: str) -> Declared:
        """A kind of record by its code; raises NotFound, and NotAllowed naming the key that is missing."""
        found = required(declared().get(code), "panel")
        for key in (Permission.PANEL_VIEW, found.looks):
            await self._access.require(shop, member, key)
        return found

    async def page(
        self, shop: Shop, member: Member, code: str, *, filters: str = "", query: str = "", page: int = 0
    ) -> PanelPage:
        """The records that fit; `filters` has a sign for each filter, 0 for any, else the value's number."""
        kind = await self.kind(shop, member, code)
        where, chosen = await self._where(shop, kind, filters)
        if looked := well_formed(query).strip():
            return await self._found(shop, kind, where, looked, page)
        by = Reading(where, *_order(kind, chosen), fields_of(kind))
        return await self._page(shop, kind, by, page)

    async def one(self, shop: Shop, member: Member, code: str, key: str) -> Record:
        """A record of the shop; raises NotFound and NotAllowed."""
        kind = await self.kind(shop, member, code)
        where, _ = await self._where(shop, kind, "")
        row = required(await browsing.one(self._db, kind.model, where, key, without=_heavy(kind)), "panel")
        return await self._record(shop, member, kind, row)

    async def related(
        self, shop: Shop, member: Member, code: str, key: str, number: int, page: int = 0
    ) -> tuple[Record, PanelPage]:
        """The records of another kind that name this one; raises NotFound and NotAllowed."""
        record = await self.one(shop, member, code, key)
        if number >= len(record.kind.related):
            raise NotFound("panel")
        of = record.kind.related[number]
        kind = await self.kind(shop, member, of.to)
        base, _ = await self._where(shop, kind, "")
        value = record.key if of.own == "_id" else str(record.row.get(of.own))
        by = Reading({**base, of.field: value}, "", related_hint(of), fields_of(kind))
        return record, await self._page(shop, kind, by, page)

    async def linked(self, shop: Shop, member: Member, code: str, key: str, number: int) -> Record:
        """The record that this one names; raises NotFound and NotAllowed."""
        record = await self.one(shop, member, code, key)
        if number >= len(record.kind.links):
            raise NotFound("panel")
        link = record.kind.links[number]
        value = str(record.row.get(link.field) or "")
        if link.by == "_id":
            return await self.one(shop, member, link.to, value)
        kind = await self.kind(shop, member, link.to)
        where = {**browsing.of_tenant(shop.id), link.by: value}
        by = Reading(where, "", _needed(browsing.index_for(kind.model, ["tenantId", link.by])), ["_id"])
        found = await browsing.rows(self._db, kind.model, by, limit=1)
        if not found:
            raise NotFound("panel")
        return await self.one(shop, member, link.to, str(found[0]["_id"]))

    async def past(self, shop: Shop, member: Member, code: str, key: str, page: int = 0) -> Past:
        """What staff did to a record; raises NotFound and NotAllowed."""
        record = await self.one(shop, member, code, key)
        total = await AuditLog.how_many_about(self._db, shop.id, record.kind.name, key)
        page, pages = bounded(page, total, PAGE_SIZE)
        acts = await AuditLog.about(
            self._db, shop.id, record.kind.name, key, skip=page * PAGE_SIZE, limit=PAGE_SIZE
        )
        return Past(record, acts, page, pages)

    async def _record(self, shop: Shop, member: Member, kind: Declared, row: Row) -> Record:
        keys = await self._access.permissions_of(shop, member)
        own = row.get("tenantId") == shop.id and kind.closed(row) is None
        return Record(
            kind,
            without(row, kind.hidden),
            stamp_of(kind, row),
            may_edit=own and bool(kind.editable) and kind.edits in keys,
            may_open=frozenset(code for code, each in declared().items() if each.looks in keys),
            names=await linked_names(self._db, shop.id, kind.links, [row]),
        )

    async def _page(self, shop: Shop, kind: Declared, by: Reading, page: int) -> PanelPage:
        total = await browsing.how_many(self._db, kind.model, by)
        cut, total = total > browsing.MOST_COUNTED, min(total, browsing.MOST_COUNTED)
        page, pages = bounded(page, total, PAGE_SIZE)
        rows = await browsing.rows(self._db, kind.model, by, skip=page * PAGE_SIZE, limit=PAGE_SIZE)
        return await self._shown(shop, kind, rows, (page, pages, total, cut))

    async def _found(self, shop: Shop, kind: Declared, where: Where, query: str, page: int) -> PanelPage:
        known = await browsing.one(self._db, kind.model, where, query, without=_heavy(kind))
        found = {known["_id"]: known} if known else {}
        for name in kind.search:
            by = Reading(where, "", _needed(search_hint(kind, name)), fields_of(kind))
            # Names that are kept folded are searched folded, too.
            text = query.casefold() if name.endswith("Folded") else query
            more = await browsing.holding(self._db, kind.model, by, name, text, limit=_FOUND + 1)
            found |= {row["_id"]: row for row in more}
        every = sorted(found.values(), key=lambda row: str(row["_id"]), reverse=True)
        cut, every = len(every) > _FOUND, every[:_FOUND]
        page, pages = bounded(page, len(every), PAGE_SIZE)
        rows = every[page * PAGE_SIZE : (page + 1) * PAGE_SIZE]
        return await self._shown(shop, kind, rows, (page, pages, len(every), cut))

    async def _shown(
        self, shop: Shop, kind: Declared, rows: list[Row], place: tuple[int, int, int, bool]
    ) -> PanelPage:
        links = [link for link in kind.links if link.field in kind.columns]
        names = await linked_names(self._db, shop.id, links, rows)
        return PanelPage(kind, [without(row, kind.hidden) for row in rows], *place, names=names)

    async def _where(self, shop: Shop, kind: Declared, filters: str) -> tuple[Where, list[Filter]]:
        """The filter of whose records these are, and of what was chosen; what is unknown filters nothing."""
        where: dict[str, Any] = dict(await self._scope(shop, kind))
        chosen: list[Filter] = []
        for each, sign in zip(kind.filters, filters, strict=False):
            values = options(kind, each.field)
            if sign != _ANY and sign.isalnum() and sign.isascii() and int(sign, 36) <= len(values):
                where[each.field] = values[int(sign, 36) - 1]
                chosen.append(each)
        return where, chosen

    async def _scope(self, shop: Shop, kind: Declared) -> Where:
        match kind.scope:
            case Scope.OWN:
                return browsing.of_tenant(shop.id)
            case Scope.SHARED:
                return browsing.shared_with(shop.id)
            case Scope.SYSTEM:
                return {"ownerUserId": None, "isSystem": True}
            case Scope.USERS:
                users = await User.keys_of(self._db, shop.id, limit=_MOST_USERS)
                return browsing.one_of("userId", users)


def options(kind: Declared, name: str) -> list[Any]:
    """The values that a field of an enumeration or a yes/no field may have, in order."""
    annotation = kind.model.model_fields[browsing.names_of(kind.model)[name]].annotation
    if annotation is bool:
        return [True, False]
    return [each.value for each in enumeration(annotation)]


def enumeration(annotation: Any) -> Any:
    """The enumeration in a field's type, also in one that may be None."""
    parts = getattr(annotation, "__args__", None)
    return next(part for part in parts if part is not type(None)) if parts else annotation


def fields_of(kind: Declared) -> list[str]:
    """The stored names that a list needs of each record."""
    return [*dict.fromkeys((*kind.columns, "currency", "createdAt", "tenantId"))]


def search_hint(kind: Declared, name: str) -> Hint | None:
    """The index in which a field is searched."""
    return browsing.index_for(kind.model, ["tenantId", name])


def related_hint(of: Related) -> Hint:
    """The index by which related records are found."""
    model = declared()[of.to].model
    return _needed(browsing.index_for(model, ["tenantId", of.field]) or browsing.index_for(model, [of.field]))


def stamp_of(kind: Declared, row: Row) -> str:
    """A short name for what a record says, apart from what changes by itself and is not shown."""
    aside = {"updatedAt", *kind.moves, *_heavy(kind)}
    said = {name: value for name, value in row.items() if name not in aside}
    digest = hashlib.sha256(json.dumps(said, sort_keys=True, default=str).encode()).hexdigest()
    return digest[:10]


def _order(kind: Declared, chosen: Sequence[Filter]) -> tuple[str, Hint]:
    """The order of a list and the index that has it."""
    if chosen:
        first = chosen[0]
        return first.sort, _needed(browsing.index_for(kind.model, ["tenantId", first.field], first.sort))
    keys = {Scope.SYSTEM: ["ownerUserId"], Scope.USERS: []}.get(kind.scope, ["tenantId"])
    # A record of which each shop has one has no order beside its tenant.
    equal = [] if kind.sort == "tenantId" else keys
    return kind.sort, _needed(browsing.index_for(kind.model, equal, kind.sort))


def _heavy(kind: Declared) -> list[str]:
    """What is not even read, because nobody may see it."""
    return [name for name in kind.hidden if "." not in name]


def _needed(hint: Hint | None) -> Hint:
    if hint is None:
        raise LookupError("no index serves this list of the panel")
    return hint
