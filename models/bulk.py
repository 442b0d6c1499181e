"""Many records of one kind at once: found, changed in one round trip, read as of one moment."""

import contextlib
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from pymongo import UpdateOne

from models.base import Db, ObjectId, TenantDocument, Tx, Where, object_id

type Stored = dict[str, Any]

_AT_ONCE = 500


async def found_by(
    db: Db, kind: type[TenantDocument], tenant_id: str, name: str, values: Iterable[Any], *, tx: Tx | None
) -> dict[Any, Stored]:
    """The tenant's records, as they are stored, whose field of this stored name is among the values."""
    wanted = list(dict.fromkeys(values))
    if name == "_id":
        wanted = [known for each in wanted if (known := object_id(each))]
    if not wanted:
        return {}
    where = {"tenantId": tenant_id, name: {"$in": wanted}}
    rows = await kind.rows(db).find(where, session=tx).to_list(None)
    return {str(row[name]) if name == "_id" else row[name]: row for row in rows}


async def set_each(
    db: Db, kind: type[TenantDocument], tenant_id: str, fields: Sequence[tuple[ObjectId, Stored]], *, tx: Tx
) -> None:
    """Overwrite validated fields of each, by stored names."""
    now = {"$currentDate": {"updatedAt": True}}
    steps = [UpdateOne({"_id": key, "tenantId": tenant_id}, {"$set": each, **now}) for key, each in fields]
    if steps:
        await kind.rows(db).bulk_write(steps, ordered=False, session=tx)


async def add_each(
    db: Db, kind: type[TenantDocument], steps: Sequence[tuple[Where, Mapping[str, int]]], *, tx: Tx
) -> int:
    """Add to numbers of the records that fit; how many did."""
    now = {"$currentDate": {"updatedAt": True}}
    made = [UpdateOne(where, {"$inc": dict(by), **now}) for where, by in steps]
    if not made:
        return 0
    return int((await kind.rows(db).bulk_write(made, ordered=False, session=tx)).modified_count)


def period(name: str, begin: datetime | None, end: datetime | None) -> Where:
    """The filter for records of a time, by a stored name; the end itself is not in it."""
    bounds = {sign: at for sign, at in (("$gte", begin), ("$lt", end)) if at is not None}
    return {name: bounds} if bounds else {}


@contextlib.asynccontextmanager
async def one_moment(db: Db) -> AsyncIterator[Tx]:
    """Everything that is read within is as it was at one moment, however long it takes."""
    async with await db.client.start_session(snapshot=True) as session:
        yield session


async def streamed(
    db: Db, kind: type[TenantDocument], where: Where, sort: str, *, tx: Tx
) -> AsyncIterator[list[Stored]]:
    """The records that fit, as they are stored, some hundreds at a time; `sort` as in Document.find_all."""
    names = [(key.lstrip("-"), -1 if key.startswith("-") else 1) for key in sort.split()]
    cursor = kind.rows(db).find(where, session=tx, batch_size=_AT_ONCE).sort(names)
    while batch := await cursor.to_list(_AT_ONCE):
        yield batch
