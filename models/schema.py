"""How far this database's records have followed the program, and who moves them on at the moment."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import pymongo
from pymongo.errors import DuplicateKeyError

from models.base import Db, ObjectId, Rows, utc_now
from models.tenant import Tenant

COLLECTION = "schema"
_KEY: Any = "schema"
RESTORING = "restoring"
_MARK: Any = "mark"


class SchemaRefused(Exception):
    """This program must not run over this database; the text says what an operator can do."""


@dataclass(frozen=True)
class Standing:
    """All migrations up to `version` are done; releases that know fewer than `oldest` must not run."""

    version: int
    oldest: int


@dataclass(frozen=True)
class Turn:
    """The right to move on with one migration, until the lease ends."""

    number: int
    position: Any
    token: ObjectId


async def standing(db: Db, known: int) -> Standing:
    """How far the database is; one without records has nothing to move. Raises SchemaRefused.

    `known` is the number of the newest migration that this program has.
    """
    await _refuse_half_restored(db)
    row = await _rows(db).find_one({"_id": _KEY}) or await _first(db, known)
    return _fitting(row, known)


async def peek(db: Db, known: int) -> Standing:
    """As `standing`, but nothing is written."""
    await _refuse_half_restored(db)
    return _fitting(await _rows(db).find_one({"_id": _KEY}) or await _new(db, known), known)


async def _refuse_half_restored(db: Db) -> None:
    if await restoring(db) is not None:
        raise SchemaRefused(
            "A backup is being put into this database, or was not put in whole: wait for `run.py restore`, "
            "or call it again."
        )


def _fitting(row: dict[str, Any], known: int) -> Standing:
    found = Standing(row["version"], row["oldest"])
    if known < found.oldest:
        raise SchemaRefused(
            f"This database was moved on by a newer release: it needs one that knows schema {found.oldest}, "
            f"and this one knows {known}. Start the newer release, or restore the backup from before."
        )
    return found


async def has_shops(db: Db) -> bool:
    """Whether anybody ever sold here; if not, there is nothing to move."""
    return await Tenant.rows(db).find_one({}, {"_id": 1}) is not None


async def _new(db: Db, known: int) -> dict[str, Any]:
    done = 0 if await has_shops(db) else known
    return {"_id": _KEY, "version": done, "oldest": max(0, done - 1), "position": None}


async def _first(db: Db, known: int) -> dict[str, Any]:
    row = await _new(db, known)
    try:
        await _rows(db).insert_one(row)
    except DuplicateKeyError:  # another process was faster
        return await _rows(db).find_one({"_id": _KEY}) or row
    return row


async def take_turn(db: Db, number: int, seconds: float) -> Turn | None:
    """The right to a migration that is the next one, for so many seconds; None while another holds it.

    From here on releases that know less than the one before it must not start. Times are the database's.
    """
    token = ObjectId()
    free = {"$or": [{"leaseUntil": None}, {"$expr": {"$lte": ["$leaseUntil", "$$NOW"]}}]}
    oldest = {"$max": ["$oldest", number - 1]}
    fields = {"leaseToken": token, "leaseUntil": _from_now(seconds), "oldest": oldest}
    row = await _rows(db).find_one_and_update(
        {"_id": _KEY, "version": number - 1, **free},
        [{"$set": fields}],
        return_document=pymongo.ReturnDocument.AFTER,
    )
    return Turn(number, row.get("position"), token) if row else None


async def note_position(db: Db, turn: Turn, position: Any, seconds: float) -> bool:
    """Keep how far the turn has come, and hold it longer; False when another has taken it."""
    fields = {"position": {"$literal": position}, "leaseUntil": _from_now(seconds)}
    found = await _rows(db).update_one(_held(turn), [{"$set": fields}])
    return found.matched_count == 1


async def end_turn(db: Db, turn: Turn, *, done: bool) -> bool:
    """Give the turn back, as one that is done or to be gone on with; False when another has taken it."""
    fields: dict[str, Any] = {"leaseToken": None, "leaseUntil": None}
    if done:
        fields |= {"version": turn.number, "position": None}
    return (await _rows(db).update_one(_held(turn), {"$set": fields})).matched_count == 1


class Restoring(NamedTuple):
    """A backup that is being put in, or was not put in whole: whose it is, and since when."""

    owner: ObjectId | None
    begun_at: datetime


async def begin_restoring(db: Db, *, instead_of: Restoring | None = None) -> Restoring | None:
    """Let no process start over this database while a backup is put into it; None while another's is.

    The mark of one that was killed is taken over by naming it.
    """
    mine = Restoring(ObjectId(), utc_now())
    row = {"owner": mine.owner, "begunAt": mine.begun_at}
    rows = db.rows(RESTORING)
    if instead_of is not None:
        found = await rows.update_one({"owner": instead_of.owner}, {"$set": row})
        return mine if found.modified_count else None
    try:
        await rows.insert_one({"_id": _MARK, **row})
    except DuplicateKeyError:
        return None
    return mine


async def still_restoring(db: Db, mine: Restoring) -> bool:
    """Whether nobody has taken it over."""
    return await db.rows(RESTORING).find_one({"owner": mine.owner}) is not None


async def end_restoring(db: Db, mine: Restoring) -> bool:
    """Let processes start again; False when another has taken it over."""
    return (await db.rows(RESTORING).delete_one({"owner": mine.owner})).deleted_count == 1


async def restoring(db: Db) -> Restoring | None:
    """The backup that was begun to be put in and is not in whole, if there is one."""
    row = await db.rows(RESTORING).find_one({})
    # Releases before wrote no owner.
    return Restoring(row.get("owner"), row["begunAt"]) if row else None


def _held(turn: Turn) -> dict[str, Any]:
    return {"_id": _KEY, "version": turn.number - 1, "leaseToken": turn.token}


def _from_now(seconds: float) -> dict[str, Any]:
    later = {"startDate": "$$NOW", "unit": "millisecond", "amount": int(seconds * 1000)}
    return {"$dateAdd": later}


def _rows(db: Db) -> Rows:
    return db.rows(COLLECTION)
