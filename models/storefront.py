"""The shop's permanent message in a channel, and when it has to be looked at again (docs/adr/0020)."""

from datetime import datetime, timedelta
from typing import Any, Self

from pymongo import ReturnDocument

from models.base import Db, Field, ObjectId, Part, TenantDocument, Tx, Utc, index, stored


class Posted(Part):
    """A message of ours, by Discord's ids."""

    channel_id: str
    message_id: str


class Storefront(TenantDocument):
    """One per shop; `due_at` says when some process shall show it, or look whether it still stands."""

    model_config = stored("storefronts", index("tenantId", unique=True), index("dueAt"))

    tenant_id: str
    channel_id: str | None = Field(default=None, description="Where it stands; none when staff took it down")
    message_id: str | None = None
    locale: str | None = Field(default=None, description="The guild's language")
    leftovers: list[Posted] = Field(default_factory=list, description="Older messages, still to be deleted")
    posts: int = Field(default=0, description="How often it was posted anew")
    dirty: bool = Field(default=True, description="Whether what it shows may have changed")
    unsettled: bool = Field(default=True, description="Whether it was dirty when it was last claimed")
    due_at: Utc
    rests_until: Utc = Field(description="Not to be shown again before: a lease, or the pause between edits")
    lease_token: ObjectId | None = Field(default=None, description="Held by the process that shows it")
    shown: str | None = Field(default=None, description="Fingerprint of what the message shows")
    looked_at: Utc | None = Field(default=None, description="When its message was last seen to stand")
    problem: str | None = Field(default=None, description="What keeps it from being shown; staff were told")

    @classmethod
    async def of_tenant(cls, db: Db, tenant_id: str, *, tx: Tx | None = None) -> Self | None:
        """The shop's storefront, also one that was taken down."""
        return await cls.find_one(db, {"tenantId": tenant_id}, tx=tx)

    @classmethod
    async def mark(cls, db: Db, tenant_id: str, now: datetime, *, tx: Tx | None = None) -> None:
        """Let it be shown again, after its pause; costs a look into an index when it is to be anyway."""
        soon = {"dirty": True, "dueAt": {"$max": [now, "$restsUntil"]}}
        await cls.rows(db).update_one({"tenantId": tenant_id, "dirty": False}, [{"$set": soon}], session=tx)

    @classmethod
    async def look(cls, db: Db, tenant_id: str, now: datetime, *, tx: Tx) -> None:
        """Let it be looked at now, whatever was wrong with its place before."""
        fields = {"dirty": True, "dueAt": now, "lookedAt": None, "problem": None}
        await cls.change(db, {"tenantId": tenant_id}, {"$set": fields}, tx=tx)

    @classmethod
    async def claim(cls, db: Db, now: datetime, lease: timedelta) -> Self | None:
        """Lease the one that is due longest, as it was before; None when none is due."""
        ends = now + lease
        lent = {"dirty": False, "unsettled": "$dirty", "leaseToken": ObjectId()}
        rest = {"dueAt": ends, "restsUntil": ends, "updatedAt": "$$NOW"}
        row = await cls.rows(db).find_one_and_update(
            {"dueAt": {"$lte": now}}, [{"$set": lent | rest}], return_document=ReturnDocument.AFTER
        )
        return None if row is None else cls.model_validate_doc(row)

    @classmethod
    async def rest(
        cls,
        db: Db,
        seen: Self,
        pause: datetime,
        look: datetime,
        fields: dict[str, Any],
        *,
        tx: Tx | None = None,
    ) -> bool:
        """Give the lease back with what came of it; False when it was not ours any more.

        It is due again at `pause` where something changed meanwhile, else at `look`.
        """
        mine = {"_id": seen.id, "tenantId": seen.tenant_id, "leaseToken": seen.lease_token}
        rests = {**fields, "leaseToken": None, "restsUntil": pause}
        for dirty, due in ((False, look), (True, pause)):
            update = {"$set": {**rests, "dueAt": due}}
            if await cls.change(db, {**mine, "dirty": dirty}, update, tx=tx) is not None:
                return True
        return False

    @classmethod
    async def hand_back(cls, db: Db, seen: Self, now: datetime) -> None:
        """Make it due again at once, if the lease is still ours."""
        mine = {"_id": seen.id, "tenantId": seen.tenant_id, "leaseToken": seen.lease_token}
        fields = {"leaseToken": None, "restsUntil": now, "dueAt": now, "dirty": True}
        await cls.change(db, mine, {"$set": fields})

    @classmethod
    async def note_post(cls, db: Db, seen: Self, message_id: str) -> bool:
        """Remember the message that was just posted; False when staff chose otherwise meanwhile."""
        mine = {"_id": seen.id, "tenantId": seen.tenant_id, "leaseToken": seen.lease_token}
        update = {"$set": {"messageId": message_id, "shown": None}, "$inc": {"posts": 1}}
        return await cls.change(db, mine, update) is not None

    @classmethod
    async def forget_message(cls, db: Db, seen: Self) -> None:
        """Forget the message that was taken away, unless staff chose otherwise meanwhile."""
        mine = {"_id": seen.id, "tenantId": seen.tenant_id, "leaseToken": seen.lease_token}
        await cls.change(db, mine, {"$set": {"messageId": None, "shown": None}})

    @classmethod
    async def drop_leftover(cls, db: Db, seen: Self, message_id: str) -> None:
        """Forget an older message that is gone."""
        where = {"_id": seen.id, "tenantId": seen.tenant_id}
        await cls.change(db, where, {"$pull": {"leftovers": {"messageId": message_id}}})

    @classmethod
    async def put(
        cls, db: Db, tenant_id: str, channel_id: str | None, locale: str | None, now: datetime, *, tx: Tx
    ) -> Self:
        """Choose another channel, or none; a message that stands elsewhere becomes a leftover."""
        old = await cls.of_tenant(db, tenant_id, tx=tx)
        if old is None:
            made = cls(tenant_id=tenant_id, channel_id=channel_id, locale=locale, due_at=now, rests_until=now)
            return await made.insert(db, tx=tx)
        fields: dict[str, Any] = {
            "locale": locale,
            "dirty": True,
            "dueAt": now,
            "restsUntil": now,
            "problem": None,
        }
        update: dict[str, Any] = {"$set": fields}
        if old.channel_id != channel_id:
            fields |= {"channelId": channel_id, "messageId": None, "shown": None, "leaseToken": None}
            if old.channel_id and old.message_id:
                left = Posted(channel_id=old.channel_id, message_id=old.message_id)
                update["$push"] = {"leftovers": left.model_dump_doc()}
        return await cls.change(db, {"_id": old.id, "tenantId": tenant_id}, update, tx=tx) or old
