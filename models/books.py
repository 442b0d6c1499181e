"""How an audit reads: portion by portion in order of the ids, each as the database was at one moment."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from pymongo.errors import OperationFailure

from models.base import Db, Document, ObjectId, Tx, Where
from models.tenant import Tenant

# The moment cannot be read (any more): indexes were just made, or it is too long ago.
_MOMENT_GONE = {239, 246}


class Keeper(NamedTuple):
    """A tenant whose books are looked at; `key` is its place in the order in which they are."""

    key: ObjectId
    tenant_id: str


def moment_gone(error: OperationFailure) -> bool:
    """Whether the same can be read at a later moment."""
    return error.code in _MOMENT_GONE


async def keepers(db: Db, tenant_id: str | None, after: ObjectId | None = None) -> list[Keeper]:
    """The tenants, all or this one, from the one with this key on."""
    where: dict[str, Any] = {} if tenant_id is None else {"tenantId": tenant_id}
    if after is not None:
        where["_id"] = {"$gte": after}
    found = Tenant.rows(db).find(where, {"tenantId": 1}).sort("_id", 1)
    return [Keeper(row["_id"], row["tenantId"]) async for row in found]


async def portion(
    db: Db,
    document: type[Document],
    tenant_id: str,
    *,
    tx: Tx,
    after: ObjectId | None = None,
    only: Iterable[ObjectId] | None = None,
    limit: int = 0,
) -> list[dict[str, Any]]:
    """A tenant's next records of a kind as they are stored, in order of their ids, or only these."""
    where: dict[str, Any] = {"tenantId": tenant_id}
    if after is not None:
        where["_id"] = {"$gt": after}
    if only is not None:
        where["_id"] = {"$in": list(only)}
    found = document.rows(db).find(where, session=tx).sort("_id", 1).limit(limit)
    return [row async for row in found]


async def beside(
    db: Db,
    document: type[Document],
    tenant_id: str,
    field: str,
    values: Sequence[Any],
    *,
    tx: Tx,
    names: Sequence[str] = (),
    within: Where | None = None,
) -> list[dict[str, Any]]:
    """A tenant's records of a kind whose stored field has one of these values, whole or only some fields."""
    if not values:
        return []
    where = {"tenantId": tenant_id, field: {"$in": list(values)}, **(within or {})}
    found = document.rows(db).find(where, dict.fromkeys(names, 1) or None, session=tx)
    # Sorted here: asked for it, the database may go through all of a collection in that order.
    return sorted([row async for row in found], key=lambda row: str(row["_id"]))


async def owners(
    db: Db, document: type[Document], keys: Iterable[ObjectId], *, tx: Tx
) -> dict[ObjectId, str | None]:
    """Whose records these are, of any tenant, by their ids; those that do not exist are left out."""
    found = document.rows(db).find({"_id": {"$in": list(keys)}}, {"tenantId": 1}, session=tx)
    return {row["_id"]: row.get("tenantId") async for row in found}


async def ownerless(db: Db, document: type[Document], known: Iterable[str]) -> list[str]:
    """The tenants of these records that are none."""
    named = await document.rows(db).distinct("tenantId")
    return sorted(str(each) for each in set(named) - set(known))
