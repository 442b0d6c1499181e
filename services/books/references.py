"""Whether every record that names another means one of its own shop."""

from collections.abc import AsyncIterator
from typing import Any

from models import books
from models.base import TenantDocument, object_id
from models.books_references import REFERENCES, Reference, named
from services.books.contract import Check, Finding, Severity
from services.books.look import Look


class References(Check):
    """Shops are apart: what one names of another would be read, changed or paid in its place."""

    name = "references"
    over = tuple(dict.fromkeys(each.document for each in REFERENCES))
    finds = frozenset({"reference_foreign", "reference_dangling"})

    async def look(self, look: Look) -> AsyncIterator[Finding]:
        """Ask for the tenant of everything that is named."""
        mine = [each for each in REFERENCES if each.document is look.document]
        wanted: dict[type[TenantDocument], set[str]] = {}
        for reference in mine:
            names = wanted.setdefault(reference.target, set())
            names.update(each for row in look.rows for each in named(row, reference.path))
        owners = {target: await _owners(look, target, names) for target, names in wanted.items()}
        every = ((row, reference) for row in look.rows for reference in mine)
        for row, reference in every:
            known = owners[reference.target]
            for key in dict.fromkeys(named(row, reference.path)):
                if known.get(key) != look.tenant_id:
                    yield _broken(look, row, reference, key, foreign=key in known)


async def _owners(look: Look, target: type[TenantDocument], names: set[str]) -> dict[str, str | None]:
    ids = [found for each in sorted(names) if (found := object_id(each))]
    tenants = await books.owners(look.db, target, ids, tx=look.tx) if ids else {}
    return {str(key): tenant for key, tenant in tenants.items()}


def _broken(look: Look, row: dict[str, Any], reference: Reference, key: str, *, foreign: bool) -> Finding:
    code = "reference_foreign" if foreign else "reference_dangling"
    kind, record = look.document.__collection__, str(row["_id"])
    where = {"record": record, "field": reference.path, "names": key}
    values = {"kind": kind, "target": reference.target.__collection__}
    return Finding(code, Severity.WRONG, look.tenant_id, kind, record, where, values)


CHECK = References()
