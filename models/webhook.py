"""What providers told us, kept before it is acted upon."""

from collections.abc import AsyncIterator, Collection, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Self

from pymongo.errors import BulkWriteError

from models.base import (
    DUPLICATE_KEY,
    Db,
    Field,
    ObjectId,
    TenantDocument,
    Tx,
    Utc,
    index,
    stored,
    utc_now,
    without_record,
)
from models.retention import Retention


class WebhookProvider(StrEnum):
    """Who sent it; in lower case it is the name in the webhook's address."""

    PAYPAL = "PAYPAL"
    STRIPE = "STRIPE"
    CASHAPP_PAY = "CASHAPP_PAY"
    NOWPAYMENTS = "NOWPAYMENTS"
    COINBASE_BUSINESS = "COINBASE_BUSINESS"
    COINBASE_COMMERCE = "COINBASE_COMMERCE"
    DISCORD = "DISCORD"
    EASYPOST = "EASYPOST"


class WebhookState(StrEnum):
    """How far an event is: waiting to be acted upon, done, of no interest, in conflict, or given up."""

    WAITING = "WAITING"
    DONE = "DONE"
    IGNORED = "IGNORED"
    CONFLICT = "CONFLICT"
    DEAD = "DEAD"


_EMPTY: dict[str, Any] = {"body": b"", "payload": {}, "headers": {}}


class WebhookEvent(TenantDocument):
    """One event of a provider, stored once however often it is delivered; times in UTC."""

    model_config = stored(
        "webhookevents",
        index("tenantId", "provider", "eventId", unique=True),
        index("tenantId", "-receivedAt"),
        index("tenantId", "provider", "-receivedAt"),
        index("tenantId", "state", "-receivedAt"),
        index("nextAttemptAt", only={"state": "WAITING"}),
        index("tenantId", "receivedAt", only={"body": {"$gt": b""}}),
        # Only what was cleared has that time: what waits for somebody stays.
        index("clearedAt", expire_after=Retention().expiries["webhookevents.clearedAt"]),
    )

    tenant_id: str
    provider: WebhookProvider
    event_id: str = Field(min_length=1, max_length=255)
    received_at: Utc
    payload: dict[str, Any] = Field(default_factory=dict, description="The body as read, for people")
    kind: str = Field(default="", max_length=200, description="The provider's type of event")
    body: bytes = Field(default=b"", description="The body as it came")
    headers: dict[str, str] = Field(default_factory=dict, description="Those of its headers that sign it")
    digest: str = Field(default="", description="SHA-256 of the body, to tell a repetition from a conflict")
    state: WebhookState = WebhookState.WAITING
    attempts: int = 0
    deliveries: int = Field(default=1, description="How often it was delivered")
    next_attempt_at: Utc | None = Field(default=None, description="When it is due; leased: when that ends")
    lease_token: ObjectId | None = None
    error: str | None = Field(default=None, description="Why it was not acted upon, in a word")
    outcome: str | None = Field(default=None, description="What came of it, in a word")
    processed_at: Utc | None = None
    cleared_at: Utc | None = Field(default=None, description="When what it says was forgotten")
    correlation_id: str | None = Field(default=None, description="By which the log tells what came of it")

    @classmethod
    async def store_all(cls, db: Db, events: Sequence[Self]) -> list[bool]:
        """Keep new events in one round trip; of each whether it was new, not one whose id was kept before."""
        try:
            await cls.rows(db).insert_many([event.model_dump_doc() for event in events], ordered=False)
        except BulkWriteError as error:
            known = _known(error)
            return [at not in known for at in range(len(events))]
        return [True] * len(events)

    @classmethod
    async def repeated(cls, db: Db, event: Self) -> Self | None:
        """The event of the same id and body that was kept before, one delivery more; None without one."""
        where = {**cls._same_id(event), "digest": event.digest}
        return await cls.change(db, where, {"$inc": {"deliveries": 1}})

    @classmethod
    async def namesake(cls, db: Db, event: Self) -> Self | None:
        """The event of the same id that was kept before, whatever its body says."""
        return await cls.find_one(db, cls._same_id(event))

    @classmethod
    def _same_id(cls, event: Self) -> dict[str, Any]:
        return {"tenantId": event.tenant_id, "provider": event.provider, "eventId": event.event_id}

    @classmethod
    async def claim(cls, db: Db, now: datetime, lease: timedelta, providers: Sequence[str]) -> Self | None:
        """Lease the event of these providers that is due longest; it is due again when the lease ends.

        None if none is due.
        """
        return await cls.change(
            db,
            {
                "state": WebhookState.WAITING,
                "nextAttemptAt": {"$lte": now},
                "provider": {"$in": list(providers)},
            },
            {"$set": {"leaseToken": ObjectId(), "nextAttemptAt": now + lease}, "$inc": {"attempts": 1}},
        )

    @classmethod
    async def close(
        cls, db: Db, event: Self, state: WebhookState, fields: dict[str, Any], *, tx: Tx | None = None
    ) -> bool:
        """Leave WAITING, or stay for another try, with these stored fields; False if the lease is lost."""
        held = {"state": WebhookState.WAITING, "leaseToken": event.lease_token}
        where = {"_id": event.id, "tenantId": event.tenant_id, **held}
        update = {"$set": {"state": state, "leaseToken": None, **fields}}
        return await cls.change(db, where, update, tx=tx) is not None

    @classmethod
    async def hand_back(cls, db: Db, events: Collection[Self], now: datetime) -> int:
        """Leave to others at once what was claimed and begun, where the lease is still ours; how many."""
        where = {
            "_id": {"$in": [each.id for each in events]},
            "state": WebhookState.WAITING,
            "leaseToken": {"$in": [each.lease_token for each in events]},
        }
        update = {"$set": {"nextAttemptAt": now, "leaseToken": None}, "$inc": {"attempts": -1}}
        return int((await cls.rows(db).update_many(where, update)).modified_count)

    @classmethod
    async def again(cls, db: Db, event: Self, now: datetime, *, tx: Tx | None = None) -> Self | None:
        """Make an event due once more, unless it waits anyway; None then."""
        where: dict[str, Any] = {"_id": event.id, "tenantId": event.tenant_id}
        # One that was cleared has nothing left to act upon.
        where |= {"state": {"$ne": WebhookState.WAITING}, "outcome": {"$ne": "erased"}, "clearedAt": None}
        fields = {"state": WebhookState.WAITING, "nextAttemptAt": now, "attempts": 0, "leaseToken": None}
        return await cls.change(db, where, {"$set": fields}, tx=tx)

    @classmethod
    async def bodies(cls, db: Db, tenant_id: str) -> AsyncIterator[tuple[ObjectId, bytes, bool]]:
        """Every event of a tenant that still has its body: id, body, and whether it waits."""
        cursor = cls.rows(db).find({"tenantId": tenant_id, "body": {"$ne": b""}}, {"body": 1, "state": 1})
        async for row in cursor.sort("receivedAt", 1):
            yield row["_id"], bytes(row.get("body") or b""), row["state"] == WebhookState.WAITING

    @classmethod
    async def clear(cls, db: Db, tenant_id: str, key: ObjectId) -> bool:
        """Forget what an event says, but not that it came; False while it waits to be acted upon."""
        where = {"_id": key, "tenantId": tenant_id, "state": {"$ne": WebhookState.WAITING}}
        fields = {**_EMPTY, "error": None, "state": WebhookState.IGNORED, "outcome": "erased"}
        return await cls.change(db, where, {"$set": {**fields, "clearedAt": utc_now()}}) is not None

    @classmethod
    async def grow_old(cls, db: Db, tenant_id: str, before: datetime, now: datetime, limit: int) -> int:
        """Forget what a tenant's events from before that moment say, but not that they came; how many.

        Those that wait, were given up or are in conflict are still somebody's business.
        """
        old = {"tenantId": tenant_id, "receivedAt": {"$lt": before}, "body": {"$gt": b""}}
        where = {**old, "state": {"$in": [WebhookState.DONE, WebhookState.IGNORED]}}
        found = cls.rows(db).find(where, {"_id": True}).sort("receivedAt", 1).limit(limit)
        ids = [row["_id"] async for row in found]
        update = {"$set": {**_EMPTY, "clearedAt": now}, "$currentDate": {"updatedAt": True}}
        return int((await cls.rows(db).update_many({**where, "_id": {"$in": ids}}, update)).modified_count)

    @classmethod
    async def latest(cls, db: Db, tenant_id: str, provider: WebhookProvider) -> Self | None:
        """The tenant's newest event of a provider."""
        found = await cls.find_all(
            db, {"tenantId": tenant_id, "provider": provider}, sort="-receivedAt", limit=1
        )
        return found[0] if found else None

    @classmethod
    async def of_same_id(cls, db: Db, event: Self, suffix: int, limit: int) -> list[Self]:
        """The first event of an id and those kept beside it, which add `suffix` letters of their digest."""
        first = event.event_id.removesuffix(f"#{event.digest[:suffix]}")
        # "$" is the character after "#", so that all those lie between.
        between = {"$gte": first, "$lt": f"{first}$"}
        where = {"tenantId": event.tenant_id, "provider": event.provider, "eventId": between}
        found = await cls.find_all(db, where, sort="eventId", limit=limit)
        return [each for each in found if each.event_id in {first, f"{first}#{each.digest[:suffix]}"}]

    @classmethod
    async def how_many(
        cls, db: Db, tenant_id: str, provider: WebhookProvider | None, state: WebhookState | None
    ) -> int:
        """The number of the tenant's events, those of a provider or in a state where one is given."""
        return int(await cls.rows(db).count_documents(_matching(tenant_id, provider, state)))

    @classmethod
    async def page(
        cls,
        db: Db,
        tenant_id: str,
        provider: WebhookProvider | None,
        state: WebhookState | None,
        *,
        skip: int,
        limit: int,
    ) -> list[Self]:
        """The tenant's events, newest first."""
        where = _matching(tenant_id, provider, state)
        return await cls.find_all(db, where, sort="-receivedAt", skip=skip, limit=limit)


def _known(error: BulkWriteError) -> set[int]:
    """The places of those that were kept before; raises what else went wrong, without quoting a record."""
    details = error.details or {}
    failed = details.get("writeErrors", [])
    if details.get("writeConcernErrors") or any(each["code"] != DUPLICATE_KEY for each in failed):
        raise without_record(error) from None
    return {each["index"] for each in failed}


def _matching(tenant_id: str, provider: WebhookProvider | None, state: WebhookState | None) -> dict[str, Any]:
    where: dict[str, Any] = {"tenantId": tenant_id}
    if provider is not None:
        where["provider"] = provider
    if state is not None:
        where["state"] = state
    return where
