"""That the bot was removed from a shop's server, and until when its owner has time (docs/adr/0031)."""

from collections.abc import Collection
from datetime import datetime
from typing import Self

from models.base import Db, Field, TenantDocument, Tx, Utc, index, stored
from models.tenant import BotConfig

_AT_ONCE = 50


class Absence(TenantDocument):
    """One per shop, for as long as the bot is out of its server; a mere outage of Discord's is none."""

    __whole__ = "a guild is left once, whoever its shop is"
    model_config = stored(
        "absences", index("tenantId", unique=True), index("guildId", unique=True), index("dueAt")
    )

    tenant_id: str
    guild_id: str
    guild_name: str = Field(default="", description="As it was called when the bot was removed")
    locale: str | None = Field(default=None, description="The guild's language then")
    left_at: Utc
    due_at: Utc | None = Field(
        default=None, description="When the time for coming back ends; none once it did"
    )
    closed_at: Utc | None = Field(default=None, description="When that time was over")

    @classmethod
    async def of(cls, db: Db, tenant_id: str, *, tx: Tx | None = None) -> Self | None:
        """Since when the bot is out of this shop's server; None while it is in."""
        return await cls.find_one(db, {"tenantId": tenant_id}, tx=tx)

    @classmethod
    async def of_tenants(cls, db: Db, tenant_ids: list[str]) -> dict[str, Self]:
        """The same of several shops, by tenant."""
        found = await cls.find_all(db, {"tenantId": {"$in": tenant_ids}})
        return {each.tenant_id: each for each in found}

    @classmethod
    async def of_guild(cls, db: Db, guild_id: str, *, tx: Tx | None = None) -> Self | None:
        """The same by the server."""
        return await cls.find_one(db, {"guildId": guild_id}, tx=tx)

    @classmethod
    async def due(cls, db: Db, now: datetime) -> list[Self]:
        """Those, of every tenant, whose time is over, the longest first."""
        return await cls.find_all(db, {"dueAt": {"$lte": now}}, sort="dueAt", limit=_AT_ONCE)

    @classmethod
    async def close(cls, db: Db, seen: Self, now: datetime, *, tx: Tx) -> Self | None:
        """Note that the time is over; None when the bot came back or somebody else was faster."""
        where = {"_id": seen.id, "tenantId": seen.tenant_id, "closedAt": None}
        return await cls.change(db, where, {"$set": {"closedAt": now, "dueAt": None}}, tx=tx)

    @classmethod
    async def end(cls, db: Db, seen: Self, *, tx: Tx) -> bool:
        """Forget it, because the shop has a server with the bot in it; False when that was done before."""
        where = {"_id": seen.id, "tenantId": seen.tenant_id}
        return (await cls.rows(db).delete_one(where, session=tx)).deleted_count == 1


async def unseen(db: Db, present: Collection[str]) -> list[str]:
    """The servers of shops that are neither among these nor known to be left."""
    left = set(await Absence.rows(db).distinct("guildId"))
    return [guild for guild in await BotConfig.rows(db).distinct("guildId") if guild not in {*present, *left}]


async def seen_again(db: Db, present: Collection[str]) -> list[str]:
    """The servers that were left and are among these."""
    return [guild for guild in await Absence.rows(db).distinct("guildId") if guild in set(present)]
