"""Records of any kind as people browse and change them: stored rows by index, and one guarded update."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from models.base import Db, Document, Part, Tx, Where, object_id, searchable
from models.registry import indexes_of

type Row = dict[str, Any]
type Hint = list[tuple[str, int]]

# Beyond so many nobody turns pages: a filter or a search finds more.
MOST_COUNTED = 10_000


class Reading(NamedTuple):
    """Which rows are read, and by which index; `fields` are the stored names that are needed of each."""

    where: Where
    sort: str
    hint: Hint
    fields: Sequence[str]


def names_of(document: type[Document | Part]) -> dict[str, str]:
    """The stored names of the fields of a record, or of a part of one, each with its Python name."""
    return {
        getattr(field, "key_name", name): name
        for name, field in document.__odm_fields__.items()
        if name != "id"
    }


def index_for(document: type[Document], equal: Sequence[str], sort: str = "") -> Hint | None:
    """The index that gives rows whose fields `equal` are fixed in this order; None when there is none.

    A search needs no order and may use an index over those rows alone that have the field.
    """
    wanted = [(key.lstrip("-"), -1 if key.startswith("-") else 1) for key in sort.split()]
    for declared in indexes_of(document):
        keys = list(declared.document["key"].items())
        head, tail = keys[: len(equal)], keys[len(equal) :][: len(wanted)]
        backwards = [(name, -way) for name, way in tail]
        whole = "partialFilterExpression" not in declared.document or not sort
        if whole and [name for name, _ in head] == list(equal) and wanted in (tail, backwards):
            return keys
    return None


def of_tenant(tenant_id: str) -> Where:
    """The filter for a tenant's own records."""
    return {"tenantId": tenant_id}


def shared_with(tenant_id: str) -> Where:
    """The filter for a tenant's own records and those that count for everybody."""
    return {"tenantId": {"$in": [tenant_id, None]}}


def one_of(field: str, values: Iterable[Any]) -> Where:
    """The filter for records whose field is one of these."""
    return {field: {"$in": list(values)}}


def by_ids(keys: Iterable[str]) -> Where:
    """The filter for records with these ids; what is no id fits none."""
    return {"_id": {"$in": [found for key in keys if (found := object_id(key))]}}


async def rows(db: Db, document: type[Document], by: Reading, *, skip: int = 0, limit: int = 0) -> list[Row]:
    """The rows that fit, in the order of the index."""
    cursor = document.rows(db).find(by.where, dict.fromkeys(by.fields, 1)).hint(by.hint)
    if by.sort:
        cursor = cursor.sort([(key.lstrip("-"), -1 if key[0] == "-" else 1) for key in by.sort.split()])
    return [row async for row in cursor.skip(skip).limit(limit)]


async def how_many(db: Db, document: type[Document], by: Reading) -> int:
    """The number of rows that fit, counted up to one more than MOST_COUNTED."""
    count = document.rows(db).count_documents(by.where, hint=by.hint, limit=MOST_COUNTED + 1)
    return int(await count)


async def holding(
    db: Db, document: type[Document], by: Reading, field: str, text: str, *, limit: int
) -> list[Row]:
    """Rows whose field holds a text, in whatever case, in no order; only the index is searched."""
    part = {"$regex": re.escape(searchable(text)), "$options": "i", "$gt": ""}
    found = document.rows(db).find({**by.where, field: part}, dict.fromkeys(by.fields, 1)).hint(by.hint)
    return [row async for row in found.limit(limit)]


async def one(
    db: Db,
    document: type[Document],
    where: Where,
    key: str,
    *,
    without: Sequence[str] = (),
    tx: Tx | None = None,
) -> Row | None:
    """The row with this id among those that fit; None for a malformed, unknown or foreign id."""
    found = object_id(key)
    if found is None:
        return None
    only = dict.fromkeys(without, 0) or None
    return await document.rows(db).find_one({**where, "_id": found}, only, session=tx)


async def texts(db: Db, document: type[Document], where: Where, name: str) -> dict[str, Any]:
    """One field of the rows that fit, by id."""
    return {str(row["_id"]): row.get(name) async for row in document.rows(db).find(where, {name: 1})}


async def write(
    db: Db, document: type[Document], seen: Row, fields: Mapping[str, Any], *, tx: Tx
) -> Row | None:
    """Overwrite validated fields, by stored names, if the row is the one that was seen; the row after it."""
    where = {"_id": seen["_id"], "tenantId": seen["tenantId"], "updatedAt": seen.get("updatedAt")}
    changed = await document.change(db, where, {"$set": dict(fields)}, tx=tx)
    mine = {"_id": seen["_id"], "tenantId": seen["tenantId"]}
    return None if changed is None else await document.rows(db).find_one(mine, session=tx)
