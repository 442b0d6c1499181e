"""Shops with many records of a kind, made from the declarations alone."""

from enum import StrEnum
from typing import Any

from models import browsing
from models.base import Db, Document
from models.registry import indexes_of
from services.panel import declared
from services.panel.contract import Declared, Scope
from services.panel.desk import options
from tests.models.samples import sample

CROWD = 40


def own(kind: Declared, tenant_id: str) -> dict[str, Any]:
    """What makes a record belong to a tenant, or to everybody."""
    if kind.scope is Scope.SYSTEM:
        return {"is_system": True}
    return {"tenant_id": tenant_id} if "tenantId" in browsing.names_of(kind.model) else {}


def unlike(model: type[Document], number: int, tenant_id: str) -> dict[str, Any]:
    """Values for what unique indexes ask for, other ones for every number."""
    names = browsing.names_of(model)
    unique = {
        name
        for declared_index in indexes_of(model)
        if declared_index.document.get("unique")
        for name in declared_index.document["key"]
    }
    made: dict[str, Any] = {}
    for stored in unique - {"tenantId", "scope"}:
        kind = model.model_fields[names[stored]].annotation
        if isinstance(kind, type) and issubclass(kind, StrEnum):
            continue
        made[names[stored]] = number if kind in (int, int | None) else f"{tenant_id}{number}"
    return made


def alone(model: type[Document]) -> bool:
    """Whether each shop has one such record."""
    keys = [list(each.document["key"]) for each in indexes_of(model) if each.document.get("unique")]
    return ["tenantId"] in keys


def one(kind: Declared, tenant_id: str, number: int = 0, **given: Any) -> Document:
    """A record of this kind, with something in each field that lists show, search and filter."""
    names, made = browsing.names_of(kind.model), own(kind, tenant_id)
    made |= unlike(kind.model, number, tenant_id)
    for stored in kind.search:
        if stored in names:
            made.setdefault(names[stored], f"{stored}{number}"[:40])
    for each in kind.filters:
        values = options(kind, each.field)
        made[names[each.field]] = values[number % len(values)]
    for other in declared().values():
        for related in other.related:
            if related.to == kind.code and names[related.field] not in made:
                made[names[related.field]] = f"{number}"
    return sample(kind.model, **made | given)


async def crowd(db: Db, kind: Declared, tenant_id: str) -> list[Document]:
    """As many records of this kind as a shop may have, up to CROWD, stored."""
    made = [one(kind, tenant_id, number) for number in range(1 if alone(kind.model) else CROWD)]
    await kind.model.insert_all(db, made)
    return made
