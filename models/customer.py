"""The person who buys, as this shop knows them."""

import re
from enum import StrEnum
from typing import Any, Self

from models.address import Address, SavedAddress
from models.base import (
    Db,
    Field,
    Part,
    TenantDocument,
    Tx,
    Utc,
    Where,
    given,
    index,
    object_id,
    searchable,
    stored,
)


class CustomerSource(StrEnum):
    """Where the record came from."""

    DISCORD = "DISCORD"
    EMAIL = "EMAIL"
    MANUAL = "MANUAL"


class NoticePreferences(Part):
    """Which events a customer wants to hear of on one channel."""

    order_received: bool = True
    payment_confirmed: bool = True
    order_shipped: bool = True
    refunds: bool = True


class Customer(TenantDocument):
    """A buyer in one tenant, found by Discord id."""

    model_config = stored(
        "customers",
        index("tenantId", "discordId", unique=True),
        index("tenantId", "email", only=given("email")),
        index("tenantId", "discordUsername"),
        index("tenantId", "discordDisplayName"),
        index("tenantId", "-createdAt"),
        index("tenantId", "mergedInto", only=given("mergedInto")),
    )

    tenant_id: str
    user_id: str | None = Field(default=None, description="The platform's User, if linked")
    discord_id: str
    discord_username: str
    discord_display_name: str
    source: CustomerSource = CustomerSource.DISCORD
    email: str | None = Field(default=None, max_length=254)
    email_refused: bool = Field(default=False, description="Nobody could be reached at that address")
    phone: str | None = Field(default=None, max_length=40)
    addresses: list[SavedAddress] = Field(default_factory=list)
    default_address_id: str | None = None
    notes: str | None = Field(default=None, description="What staff should know of them, in a few words")
    is_active: bool = Field(default=True, description="Whether they may place orders")
    dm_opt_out: bool = Field(default=False, description="No direct messages at all")
    dm_preferences: NoticePreferences = Field(default_factory=NoticePreferences)
    email_preferences: NoticePreferences = Field(default_factory=NoticePreferences)
    locale: str | None = None
    merged_into: str | None = Field(
        default=None, description="The customer that is kept of this person; this one only points there"
    )
    merged_at: Utc | None = None
    erased_at: Utc | None = Field(default=None, description="When the person was erased; the books stay")

    def address(self, address_id: str) -> Address | None:
        """A saved address by its id."""
        return next((saved.address for saved in self.addresses if saved.id == address_id), None)

    @classmethod
    async def of_discord(cls, db: Db, tenant_id: str, discord_id: str) -> Self | None:
        """The tenant's record of this Discord user."""
        return await cls.find_one(db, {"tenantId": tenant_id, "discordId": discord_id})

    async def kept(self, db: Db) -> "Customer":
        """The record that is kept of this person: this one, or the one it was merged into."""
        if self.merged_into is None:
            return self
        return await Customer.get(db, self.tenant_id, self.merged_into) or self

    @classmethod
    async def of_person(cls, db: Db, tenant_id: str, discord_id: str) -> "Customer | None":
        """The record that is kept of this Discord user."""
        found = await cls.of_discord(db, tenant_id, discord_id)
        return None if found is None else await found.kept(db)

    @classmethod
    async def accounts_of(cls, db: Db, tenant_id: str, key: str, *, tx: Tx | None = None) -> list[Self]:
        """The records that were merged into this customer: their other Discord accounts."""
        return await cls.find_all(db, {"tenantId": tenant_id, "mergedInto": key}, tx=tx)

    @classmethod
    def everybody(cls, tenant_id: str) -> Where:
        """The filter for all customers of a shop."""
        return {"tenantId": tenant_id, "mergedInto": None}

    @classmethod
    async def search(cls, db: Db, tenant_id: str, query: str, *, limit: int) -> list[Self]:
        """Whom staff mean by a Discord id, or part of a name or e-mail address; also those merged away.

        At most `limit` by each, in no order.
        """
        text = searchable(query).strip()[:100]
        known = await cls.of_discord(db, tenant_id, text)
        found = {known.id: known} if known is not None else {}
        part = {"$regex": re.escape(text), "$options": "i", "$gt": ""}
        for name in ("discordUsername", "discordDisplayName", "email"):
            # Told which index: to the planner, any that begins with the tenant is as good.
            rows = cls.rows(db).find({"tenantId": tenant_id, name: part}).hint([("tenantId", 1), (name, 1)])
            async for row in rows.limit(limit):
                found[row["_id"]] = cls.model_validate_doc(row)
        return list(found.values())

    @classmethod
    async def how_many(cls, db: Db, where: Where) -> int:
        """The number of customers that a filter of this class fits."""
        return int(await cls.rows(db).count_documents(where))

    @classmethod
    async def hold(cls, db: Db, tenant_id: str, key: str, *, tx: Tx, ordering: bool = False) -> Self | None:
        """Keep it from being merged away or erased while this transaction writes something that names it.

        None when it was, or with `ordering` when it may place no orders.
        """
        kept = {"mergedInto": None, "erasedAt": None}
        where: dict[str, Any] = {"_id": object_id(key), "tenantId": tenant_id, **kept}
        return await cls.change(db, {**where, "isActive": True} if ordering else where, {}, tx=tx)

    @classmethod
    async def of_keys(cls, db: Db, tenant_id: str, keys: list[str]) -> dict[str, Self]:
        """The tenant's customers with these ids, by id."""
        ids = [found for key in keys if (found := object_id(key))]
        return {
            each.key: each for each in await cls.find_all(db, {"_id": {"$in": ids}, "tenantId": tenant_id})
        }

    @classmethod
    async def seen(cls, db: Db, fresh: Self) -> Self:
        """The stored record of this person with today's names and locale; made when it is the first visit."""
        doc = fresh.model_dump_doc()
        now = {key: doc.pop(key) for key in ("discordUsername", "discordDisplayName")}
        if fresh.locale is not None:
            now["locale"] = doc.pop("locale")
        doc.pop("updatedAt")
        found = await cls.change(
            db,
            {"tenantId": fresh.tenant_id, "discordId": fresh.discord_id},
            {"$set": now, "$setOnInsert": doc},
            upsert=True,
        )
        return found or fresh

    @classmethod
    async def set_fields(
        cls, db: Db, customer: Self, fields: dict[str, Any], *, tx: Tx | None = None
    ) -> Self | None:
        """Overwrite validated fields, by stored names, parts with dots; None when merged away or erased."""
        return await cls.change(db, customer.own(), {"$set": fields}, tx=tx)

    @classmethod
    async def refuse_email(cls, db: Db, customer: Self) -> Self | None:
        """Note that nobody is reached at the address seen; None when there is another one by now."""
        where = {"_id": customer.id, "tenantId": customer.tenant_id, "email": customer.email}
        return await cls.change(db, where, {"$set": {"emailRefused": True}})

    @classmethod
    async def add_address(cls, db: Db, customer: Self, saved: SavedAddress, *, limit: int) -> Self | None:
        """Append an address; None when the book already holds `limit` of them, or it was merged away."""
        full = {f"addresses.{limit - 1}": {"$exists": False}}
        added = {"$push": {"addresses": saved.model_dump_doc()}}
        return await cls.change(db, {**customer.own(), **full}, added)

    @classmethod
    async def drop_address(cls, db: Db, customer: Self, address_id: str) -> Self | None:
        """Remove an address; None when there is none with this id."""
        return await cls.change(
            db,
            {**customer.own(), "addresses.id": address_id},
            {"$pull": {"addresses": {"id": address_id}}},
        )

    def own(self) -> dict[str, Any]:
        """Fits this record as long as it is the one that is kept, of somebody who was not erased."""
        return {"_id": self.id, "tenantId": self.tenant_id, "mergedInto": None, "erasedAt": None}
