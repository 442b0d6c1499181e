"""How long a bought role lasts: time that was bought adds up, and time that was given back is taken off."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from models.base import Db, Tx
from models.entitlement import ENTITLEMENT_LIFE, Entitlement, EntitlementStatus

_NOTICE = timedelta(days=3)


class Name(NamedTuple):
    """Which entitlement of which shop."""

    tenant_id: str
    key: str


def lead(days: int) -> timedelta:
    """How long before its end a holder is told: three days, or half the time where that is shorter."""
    return min(_NOTICE, timedelta(days=days) / 2)


async def begin(db: Db, owed: Entitlement, now: datetime, *, tx: Tx) -> Entitlement | None:
    """PENDING or FAILED → GRANTED; None when it was granted or revoked before.

    A timed role's time begins now, or where the time of the same role from other purchases ends. It begins
    once: a role that is given again to a member who came back ends when it would have ended.
    """
    granted = await Entitlement.grant(db, owed.tenant_id, owed.id, now, tx=tx)
    if granted is None or granted.days is None or granted.expires_at is not None:
        return granted
    # Touched, so that two that begin at once meet at each other's record, and one is repeated.
    others = {**granted.standing, "_id": {"$ne": granted.id}}
    await Entitlement.rows(db).update_many(others, {"$currentDate": {"updatedAt": True}}, session=tx)
    ends = [other.expires_at for other in await Entitlement.find_all(db, others, tx=tx) if other.expires_at]
    end = max([now, *ends]) + timedelta(days=granted.days)
    return await _set(db, granted, {"expiresAt": end, "warnAt": end - lead(granted.days)}, tx)


async def draw_in(db: Db, gone: Entitlement, now: datetime, *, tx: Tx) -> None:
    """Let what is left of the role's time end earlier by what a purchase that was taken back had unused."""
    unused = timedelta()
    if gone.expires_at is not None and gone.days is not None:
        unused = gone.expires_at - max(now, gone.expires_at - timedelta(days=gone.days))
    for other in await Entitlement.find_all(db, {**gone.standing, "expiresAt": {"$gt": now}}, tx=tx):
        end, days = other.expires_at, other.days
        if end is None or days is None:
            continue
        if gone.expires_at is not None and end > gone.expires_at and unused > timedelta():
            end -= unused
        # What was not told because this purchase would have gone on has to be told now.
        warn_at = None if other.warned else end - lead(days)
        await _set(db, other, {"expiresAt": end, "warnAt": warn_at}, tx)


async def ended(db: Db, now: datetime, limit: int) -> list[Name]:
    """Roles, of every tenant, whose time is over, the longest first."""
    return await _names(db, "expiresAt", now, limit)


async def ending(db: Db, now: datetime, limit: int) -> list[Name]:
    """Roles, of every tenant, whose holders have to be told that their time ends."""
    return await _names(db, "warnAt", now, limit)


async def _names(db: Db, by: str, now: datetime, limit: int) -> list[Name]:
    where = {"status": {"$in": ENTITLEMENT_LIFE.before(EntitlementStatus.REVOKED)}, by: {"$lte": now}}
    # Only their names: one that cannot be read must not hide the others.
    cursor = Entitlement.rows(db).find(where, {"tenantId": 1}).sort(by, 1).limit(limit)
    return [Name(row["tenantId"], str(row["_id"])) async for row in cursor]


async def outlasted(db: Db, entitlement: Entitlement, *, tx: Tx) -> bool:
    """Whether another purchase keeps the role for longer, or will once it is granted."""
    no_end = {"expiresAt": None}
    later = {"expiresAt": {"$gt": entitlement.expires_at}}
    where = {**entitlement.standing, "_id": {"$ne": entitlement.id}, "$or": [no_end, later]}
    return await Entitlement.find_one(db, where, tx=tx) is not None


async def mark_warned(db: Db, seen: Entitlement, now: datetime, *, told: bool, tx: Tx) -> bool:
    """Note that nobody has to be told any more; False when somebody else did or it is not due any more."""
    where = {"_id": seen.id, "tenantId": seen.tenant_id, "warnAt": {"$lte": now}}
    fields = {"warnAt": None, "warned": told}
    return await Entitlement.change(db, where, {"$set": fields}, tx=tx) is not None


async def _set(db: Db, entitlement: Entitlement, fields: dict[str, Any], tx: Tx) -> Entitlement | None:
    where = {"_id": entitlement.id, "tenantId": entitlement.tenant_id}
    return await Entitlement.change(db, where, {"$set": fields}, tx=tx)
