"""What records are called, looked up for many at once: a query or two for each kind of them."""

from collections.abc import Iterable, Mapping, Sequence

from models import browsing
from models.base import Db
from models.browsing import Reading, Row
from models.member import Member
from services.access import Access, Permission
from services.panel import declared
from services.panel.contract import Declared, Link
from services.panel.hiding import without
from services.shops import Shop

type Names = dict[tuple[str, str], str]
type Called = dict[tuple[str, str], tuple[Declared, Row]]


class Naming:
    """Finds records by kind and id, as far as somebody may look at them."""

    def __init__(self, db: Db, access: Access) -> None:
        self._db = db
        self._access = access

    async def called(self, shop: Shop, member: Member, wanted: Iterable[tuple[str, str]]) -> Called:
        """What names each of these records, by the kind's name in the dictionary and the id.

        A field that names another record says what that one is called. Left out is what does not exist any
        more, what another shop has, what this member may not look at, and what each shop has one of.
        """
        keys = await self._access.permissions_of(shop, member)
        by_kind: dict[str, set[str]] = {}
        for name, key in wanted:
            by_kind.setdefault(name, set()).add(key)
        found: Called = {}
        for kind in declared().values():
            if kind.name in by_kind and kind.looks in keys and not kind.single:
                rows = await self._rows(shop, kind, by_kind[kind.name], keys)
                found |= {(kind.name, str(row["_id"])): (kind, row) for row in rows}
        return found

    async def _rows(
        self, shop: Shop, kind: Declared, ids: Iterable[str], keys: frozenset[Permission]
    ) -> list[Row]:
        where = {**browsing.by_ids(ids), **browsing.of_tenant(shop.id)}
        by = Reading(where, "", [("_id", 1)], (*kind.called_by, "currency"))
        rows = [without(row, kind.hidden) for row in await browsing.rows(self._db, kind.model, by)]
        links = [each for each in kind.links if each.field in kind.called_by and each.by == "_id"]
        seen = [each for each in links if declared()[each.to].looks in keys]
        names = await linked_names(self._db, shop.id, seen, rows)
        for row in rows:
            row |= {each.field: names.get((each.field, str(row.get(each.field)))) for each in links}
        return rows


async def linked_names(
    db: Db, tenant_id: str, links: Sequence[Link], rows: Sequence[Mapping[str, object]]
) -> Names:
    """What the records are called that rows name by their ids."""
    said: Names = {}
    for link in links:
        keys = {str(row[link.field]) for row in rows if row.get(link.field)}
        if not keys or link.by != "_id":
            continue
        to = declared()[link.to]
        where = {**browsing.by_ids(keys), **browsing.of_tenant(tenant_id)}
        called = await browsing.texts(db, to.model, where, to.columns[0])
        said |= {(link.field, key): str(text) for key, text in called.items() if text}
    return said
