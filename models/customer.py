"""The person who buys, as this shop knows them."""

from enum import StrEnum
from typing import Any, Self

from models.address import Address, SavedAddress
from models.base import Db, Field, Part, TenantDocument, given, index, object_id, stored


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
    notes: str | None = None
    is_active: bool = True
    dm_opt_out: bool = Field(default=False, description="No direct messages at all")
    dm_preferences: NoticePreferences = Field(default_factory=NoticePreferences)
    email_preferences: NoticePreferences = Field(default_factory=NoticePreferences)
    locale: str | None = None

    def address(self, address_id: str) -> Address | None:
        """A saved address by its id."""
        return next((saved.address for saved in self.addresses if saved.id == address_id), None)

    @classmethod
    async def of_discord(cls, db: Db, tenant_id: str, discord_id: str) -> Self | None:
        """The tenant's record of this Discord user."""
        return await cls.find_one(db, {"tenantId": tenant_id, "discordId": discord_id})

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
    async def set_fields(cls, db: Db, customer: Self, fields: dict[str, Any]) -> Self | None:
        """Overwrite validated fields, given by their stored names; parts with dots."""
        return await cls.change(db, {"_id": customer.id, "tenantId": customer.tenant_id}, {"$set": fields})

    @classmethod
    async def refuse_email(cls, db: Db, customer: Self) -> Self | None:
        """Note that nobody is reached at the address seen; None when there is another one by now."""
        where = {"_id": customer.id, "tenantId": customer.tenant_id, "email": customer.email}
        return await cls.change(db, where, {"$set": {"emailRefused": True}})

    @classmethod
    async def add_address(cls, db: Db, customer: Self, saved: SavedAddress, *, limit: int) -> Self | None:
        """Append an address; None when the book already holds `limit` of them."""
        full = {f"addresses.{limit - 1}": {"$exists": False}}
        return await cls.change(
            db,
            {"_id": customer.id, "tenantId": customer.tenant_id, **full},
            {"$push": {"addresses": saved.model_dump_doc()}},
        )

    @classmethod
    async def drop_address(cls, db: Db, customer: Self, address_id: str) -> Self | None:
        """Remove an address; None when there is none with this id."""
        return await cls.change(
            db,
            {"_id": customer.id, "tenantId": customer.tenant_id, "addresses.id": address_id},
            {"$pull": {"addresses": {"id": address_id}}},
        )
