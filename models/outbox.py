"""The durable list of effects that still have to reach the outside (docs/adr/0003)."""

from collections.abc import Collection
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from typing import Any, Self

from pymongo.errors import DuplicateKeyError

from models.base import Db, Field, ObjectId, TenantDocument, Tx, Utc, given, index, stored
from models.correlation import current, fresh
from models.retention import Retention


class OutboxStatus(StrEnum):
    """Whether an effect has happened."""

    PENDING = "PENDING"
    DONE = "DONE"
    DEAD = "DEAD"


class Urgency(IntEnum):
    """What an effect makes people wait for; each waits only for its like."""

    MONEY_AND_KEYS = 0
    ROLES = 1
    WORD = 2
    PARTNERS = 3
    LEISURE = 4


BY_HAND = "by_hand"
_FIRST_DAY = timedelta(days=1)
# Dead, or waiting for its next try while no worker holds it.
_IDLE: dict[str, Any] = {
    "$or": [{"status": OutboxStatus.DEAD}, {"status": OutboxStatus.PENDING, "leaseToken": None}]
}


class OutboxEffect(TenantDocument):
    """One effect owed to the outside; `dedupe_key` makes owing it twice impossible, times in UTC."""

    model_config = stored(
        "outbox",
        index("tenantId", "dedupeKey", unique=True),
        index("urgency", "nextAttemptAt", "kind", only={"status": "PENDING"}),
        index("tenantId", "status", "createdAt"),
        index("status", only={"status": "DEAD"}),
        index("tenantId", "orderId"),
        index("tenantId", "kind", "createdAt", only=given("lastError")),
        # Configurable, as are all times after which the database forgets (models/retention.py).
        index("doneAt", only={"status": "DONE"}, expire_after=Retention().expiries["outbox.doneAt"]),
    )

    tenant_id: str
    kind: str = Field(description="Which handler runs it")
    dedupe_key: str = Field(description="Names what is owed, so that it is owed once")
    payload: dict[str, Any] = Field(default_factory=dict)
    order_id: str | None = None
    urgency: Urgency = Field(
        default=Urgency.WORD,
        description="What it makes people wait for: 0 money and keys, 1 roles, 2 word, 3 partners, 4 leisure",
    )
    status: OutboxStatus = OutboxStatus.PENDING
    attempts: int = 0
    next_attempt_at: Utc = Field(description="When it is due; while leased, when the lease ends")
    lease_token: ObjectId | None = Field(default=None, description="Held by the worker that may close it")
    last_error: str | None = None
    outcome: str | None = Field(default=None, description="What came of it")
    done_at: Utc | None = None
    correlation_id: str | None = Field(default=None, description="By which the log tells what led to it")

    @classmethod
    async def owe(cls, db: Db, effects: list[Self], *, tx: Tx | None = None) -> None:
        """Write effects down, in the transaction that owes them."""
        for effect in effects:
            effect.stamp()
        await cls.insert_all(db, effects, tx=tx)

    @classmethod
    async def owe_once(cls, db: Db, effect: Self) -> bool:
        """Write an effect down outside a transaction; False when it is owed already."""
        try:
            effect.stamp()
            await effect.insert(db)
        except DuplicateKeyError:
            return False
        return True

    def stamp(self) -> None:
        """Let it belong to what owes it; what nobody asked for, such as a hold's end, begins a story."""
        self.correlation_id = self.correlation_id or current() or fresh()

    @classmethod
    async def not_owed(cls, db: Db, effects: list[Self], *, tx: Tx) -> list[Self]:
        """Those of the effects that nobody owes yet."""
        keys = [effect.dedupe_key for effect in effects]
        tenants = list({effect.tenant_id for effect in effects})
        where = {"tenantId": {"$in": tenants}, "dedupeKey": {"$in": keys}}
        owed = {(found.tenant_id, found.dedupe_key) for found in await cls.find_all(db, where, tx=tx)}
        return [effect for effect in effects if (effect.tenant_id, effect.dedupe_key) not in owed]

    @classmethod
    async def to_come(
        cls, db: Db, tenant_id: str, order_id: str, kind: str, *, tx: Tx | None = None
    ) -> list[Self]:
        """Effects of a kind that somebody will still try for an order."""
        where = {"tenantId": tenant_id, "orderId": order_id, "kind": kind, "status": OutboxStatus.PENDING}
        return await cls.find_all(db, where, tx=tx)

    @classmethod
    async def claim(
        cls, db: Db, now: datetime, lease: timedelta, urgency: Urgency, kinds: Collection[str] | None = None
    ) -> Self | None:
        """Lease the effect of this urgency that is due longest; it is due again when the lease ends.

        Only of these `kinds`, where they are given. None if none is due.
        """
        # Effects of earlier versions have no urgency.
        alike = {"$in": [urgency, None]} if urgency is Urgency.WORD else urgency
        of_kinds = {} if kinds is None else {"kind": {"$in": sorted(kinds)}}
        return await cls.change(
            db,
            {"status": OutboxStatus.PENDING, "urgency": alike, "nextAttemptAt": {"$lte": now}, **of_kinds},
            {"$set": {"leaseToken": ObjectId(), "nextAttemptAt": now + lease}, "$inc": {"attempts": 1}},
        )

    @classmethod
    async def ahead(cls, db: Db, effect: Self, kinds: Collection[str], tries: int) -> Self | None:
        """One of these kinds that was owed for the same order before and has not happened yet.

        One that failed so many times holds nobody up any more, except while it is tried again.
        """
        before: list[dict[str, Any]] = [
            {"createdAt": {"$lt": effect.created_at}},
            {"createdAt": effect.created_at, "_id": {"$lt": effect.id}},
        ]
        hopeful: list[dict[str, Any]] = [{"attempts": {"$lt": tries}}, {"leaseToken": {"$ne": None}}]
        where: dict[str, Any] = {
            "tenantId": effect.tenant_id,
            "orderId": effect.order_id,
            "kind": {"$in": sorted(kinds)},
            "status": OutboxStatus.PENDING,
            "$and": [{"$or": before}, {"$or": hopeful}],
        }
        return await cls.find_one(db, where)

    @classmethod
    async def follow(cls, db: Db, effect: Self, ahead: Self, now: datetime, until: datetime) -> None:
        """Leave an effect untried until then; at once when the one ahead of it has ended meanwhile."""
        await cls.hand_back(db, effect, until)
        # In this order: whoever ends the one ahead after this look finds ours laid down.
        if await cls.find_one(db, {"_id": ahead.id, "status": OutboxStatus.PENDING}) is None:
            laid_down = {"_id": effect.id, "status": OutboxStatus.PENDING, "leaseToken": None}
            await cls.rows(db).update_one(laid_down, {"$set": {"nextAttemptAt": now}})

    @classmethod
    async def release(cls, db: Db, ended: Self, kinds: Collection[str], now: datetime) -> bool:
        """Make due at once what followed this one and has not failed; whether anything did."""
        where: dict[str, Any] = {
            "tenantId": ended.tenant_id,
            "orderId": ended.order_id,
            "kind": {"$in": sorted(kinds)},
            "status": OutboxStatus.PENDING,
            "leaseToken": None,
            "lastError": None,
            "nextAttemptAt": {"$gt": now},
        }
        found = await cls.rows(db).update_many(where, {"$set": {"nextAttemptAt": now}})
        return bool(found.modified_count)

    @classmethod
    async def finish(cls, db: Db, effect: Self, now: datetime, outcome: str | None) -> bool:
        """PENDING → DONE, if the lease is still ours."""
        fields = {"status": OutboxStatus.DONE, "doneAt": now, "outcome": outcome, "lastError": None}
        return await cls._close(db, effect, fields)

    @classmethod
    async def postpone(cls, db: Db, effect: Self, until: datetime, error: str) -> bool:
        """Try again at `until`, if the lease is still ours."""
        return await cls._close(db, effect, {"nextAttemptAt": until, "lastError": error, "leaseToken": None})

    @classmethod
    async def wait(cls, db: Db, effect: Self, until: datetime, why: str) -> bool:
        """Leave it until then without having tried, if the lease is still ours."""
        where = effect._mine()
        fields = {"nextAttemptAt": until, "lastError": why, "leaseToken": None}
        update = {"$set": fields, "$inc": {"attempts": -1}, "$currentDate": {"updatedAt": True}}
        return (await cls.rows(db).update_one(where, update)).matched_count == 1

    @classmethod
    async def hand_back(cls, db: Db, effect: Self, now: datetime) -> None:
        """Leave to others what was claimed and not tried, if the lease is still ours."""
        where = effect._mine()
        fields = {"nextAttemptAt": now, "leaseToken": None}
        await cls.rows(db).update_one(where, {"$set": fields, "$inc": {"attempts": -1}})

    @classmethod
    async def hand_back_all(cls, db: Db, effects: Collection[Self], now: datetime) -> int:
        """Leave to others at once what was claimed and begun, where the lease is still ours; how many.

        It is no try that failed: whoever claims them next makes each happen once more, or finds that it did.
        """
        where = {
            "_id": {"$in": [each.id for each in effects]},
            "status": OutboxStatus.PENDING,
            "leaseToken": {"$in": [each.lease_token for each in effects]},
        }
        update = {"$set": {"nextAttemptAt": now, "leaseToken": None}, "$inc": {"attempts": -1}}
        return int((await cls.rows(db).update_many(where, update)).modified_count)

    @classmethod
    async def bury(cls, db: Db, effect: Self, error: str, *, tx: Tx | None = None) -> bool:
        """PENDING → DEAD: it waits for staff, if the lease is still ours."""
        return await cls._close(db, effect, {"status": OutboxStatus.DEAD, "lastError": error}, tx)

    @classmethod
    async def _close(cls, db: Db, effect: Self, fields: dict[str, Any], tx: Tx | None = None) -> bool:
        where = effect._mine()
        # The row as it is afterwards would cost as much again, and nobody asks for it.
        update = {"$set": fields, "$currentDate": {"updatedAt": True}}
        return (await cls.rows(db).update_one(where, update, session=tx)).matched_count == 1

    @classmethod
    async def hasten(cls, db: Db, tenant_id: str, reason: str, now: datetime, *, tx: Tx | None = None) -> int:
        """Make due at once what failed for this reason, dead or waiting but not under way; how many."""
        return await cls._hasten(db, {"tenantId": tenant_id, "lastError": reason, **_IDLE}, now, tx)

    @classmethod
    async def hasten_all(cls, db: Db, reasons: Collection[str], now: datetime) -> int:
        """Make due at once, in every shop, what waits for one of these reasons; how many.

        On its first day it gets a try back, for it had to be made for nothing; later ones count, because what
        never succeeds must not wait for ever. Dead ones stay so: somebody was told of them.
        """
        where: dict[str, Any] = {
            "status": OutboxStatus.PENDING,
            "urgency": {"$in": [None, *Urgency]},
            "nextAttemptAt": {"$gt": now},
            "leaseToken": None,
            "lastError": {"$in": [*reasons]},
        }
        update: dict[str, Any] = {"$set": {"nextAttemptAt": now}}
        young = {**where, "attempts": {"$gt": 0}, "createdAt": {"$gt": now - _FIRST_DAY}}
        again = await cls.rows(db).update_many(young, {**update, "$inc": {"attempts": -1}})
        # Those are due now, and meet the condition no more.
        others = await cls.rows(db).update_many(where, update)
        return int(again.modified_count + others.modified_count)

    @classmethod
    async def _hasten(cls, db: Db, where: dict[str, Any], now: datetime, tx: Tx | None) -> int:
        fields = {"status": OutboxStatus.PENDING, "nextAttemptAt": now, "attempts": 0, "leaseToken": None}
        update = {"$set": fields, "$currentDate": {"updatedAt": True}}
        return int((await cls.rows(db).update_many(where, update, session=tx)).modified_count)

    @classmethod
    async def of_entitlements(
        cls, db: Db, tenant_id: str, order_ids: list[str], kinds: Collection[str], *, tx: Tx | None = None
    ) -> dict[str, list[Self]]:
        """What still has to hand over the entitlements of these orders, by entitlement, the newest last."""
        where = {
            "tenantId": tenant_id,
            "orderId": {"$in": order_ids},
            "kind": {"$in": list(kinds)},
            "status": {"$ne": OutboxStatus.DONE},
        }
        found: dict[str, list[Self]] = {}
        for each in await cls.find_all(db, where, sort="_id", tx=tx):
            found.setdefault(str(each.payload.get("entitlementId")), []).append(each)
        return found

    @classmethod
    async def hasten_these(cls, db: Db, tenant_id: str, effects: list[Self], now: datetime, *, tx: Tx) -> int:
        """Make due at once those of the effects that are dead or waiting but not under way; how many."""
        where = {"tenantId": tenant_id, "_id": {"$in": [each.id for each in effects]}, **_IDLE}
        return await cls._hasten(db, where, now, tx)

    @classmethod
    async def close_by_hand(cls, db: Db, effect: Self, now: datetime, *, tx: Tx) -> Self | None:
        """PENDING or DEAD → DONE because a person did it; None when it is under way or happened."""
        ended = [*_IDLE["$or"], {"status": OutboxStatus.PENDING, "nextAttemptAt": {"$lte": now}}]
        where = {"_id": effect.id, "tenantId": effect.tenant_id, "$or": ended}
        fields = {"status": OutboxStatus.DONE, "doneAt": now, "outcome": BY_HAND, "lastError": None}
        return await cls.change(db, where, {"$set": {**fields, "leaseToken": None}}, tx=tx)

    def _mine(self) -> dict[str, Any]:
        """Fits this row as long as nobody else holds its lease."""
        held = {"status": OutboxStatus.PENDING, "leaseToken": self.lease_token}
        return {"_id": self.id, "tenantId": self.tenant_id, **held}
