"""One community's shop and how it is set up."""

from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from models.address import Address
from models.base import Db, Field, Part, TenantDocument, Tx, Utc, dated, index, stored
from models.discount import Percent
from models.money import MAX_CENTS
from models.payment_method import PaymentMethod

# What of a set-up belongs to the server, by stored names.
CHANNELS = ("defaultOrderChannelId", "announcementChannelId", "adminChannelId")
ROLES = ("adminRoleIds", "staffRoleIds")


class Tenant(TenantDocument):
    """A community's shop; the user ids are Discord's."""

    __whole__ = "says which shops there are"
    model_config = stored("tenants", index("tenantId", unique=True), index("ownerUserId", "tenantId"))

    tenant_id: str
    name: str = Field(min_length=1, max_length=100)
    owner_user_id: str
    admin_user_ids: list[str] = Field(default_factory=list)
    moving_until: Utc | None = Field(
        default=None, description="Until then its owner may take it to another server"
    )

    @classmethod
    async def after(cls, db: Db, tenant_id: str, limit: int) -> list[str]:
        """The next tenants in order of their ids."""
        found = cls.rows(db).find({"tenantId": {"$gt": tenant_id}}, {"tenantId": True, "_id": False})
        return [row["tenantId"] async for row in found.sort("tenantId", 1).limit(limit)]

    @classmethod
    async def of_owner(cls, db: Db, owner_user_id: str) -> list[Self]:
        """The shops of this person, the oldest first."""
        return await cls.find_all(db, {"ownerUserId": owner_user_id}, sort="tenantId")

    @classmethod
    async def let_move(cls, db: Db, seen: Self, until: datetime | None, *, tx: Tx) -> Self | None:
        """Let it be taken to another server until then, or not, if the owner is still who was seen."""
        where = {"tenantId": seen.tenant_id, "ownerUserId": seen.owner_user_id}
        return await cls.change(db, where, {"$set": {"movingUntil": until}}, tx=tx)

    @classmethod
    async def rename(cls, db: Db, tenant_id: str, name: str, *, tx: Tx | None = None) -> Self | None:
        """Give the shop another name."""
        return await cls.change(db, {"tenantId": tenant_id}, {"$set": {"name": name}}, tx=tx)

    @classmethod
    async def rule(
        cls, db: Db, seen: Self, owner_user_id: str, admin_user_ids: list[str], *, tx: Tx
    ) -> Self | None:
        """Say who owns and administers it, if the owner is still the one that was seen."""
        where = {"tenantId": seen.tenant_id, "ownerUserId": seen.owner_user_id}
        fields = {"ownerUserId": owner_user_id, "adminUserIds": admin_user_ids}
        return await cls.change(db, where, {"$set": fields}, tx=tx)


class ResponseMode(StrEnum):
    """Where a customer's replies appear."""

    EPHEMERAL = "EPHEMERAL"
    DM = "DM"


class ShippingType(Part):
    """A way to ship; cost in minor units."""

    code: str = Field(min_length=1, max_length=40)
    label: str = Field(min_length=1, max_length=80)
    cost_cents: int = Field(ge=0, le=MAX_CENTS)
    estimated_days: int | None = Field(default=None, ge=0, le=999)


class VisibilityDefault(StrEnum):
    """The tenant-wide default for showing stock counts."""

    PUBLIC = "public"
    PRIVATE = "private"


class TaxUnknownRule(StrEnum):
    """What happens to an order whose tax cannot be computed: it waits, or it is placed without tax."""

    STOP = "stop"
    ZERO = "zero"


class TaxOrigin(Part):
    """Where the shop sells from; `country` is an ISO 3166-1 alpha-2 code."""

    country: str = Field(min_length=2, max_length=2)
    postal_code: str = Field(default="", max_length=20)
    state: str = Field(default="", max_length=100)
    city: str = Field(default="", max_length=100)
    street: str = Field(default="", max_length=100)


class DigestRhythm(StrEnum):
    """How often staff are told how the shop is doing, without asking."""

    OFF = "off"
    DAILY = "daily"
    WEEKLY = "weekly"


class BotConfig(TenantDocument):
    """How a tenant's shop behaves in its one guild; ids are Discord's."""

    __whole__ = "a guild has one shop, and is looked up by itself"
    model_config = stored(
        "botconfigs",
        index("guildId", unique=True),
        index("tenantId", unique=True),
        index("digestDueAt", only=dated("digestDueAt")),
    )

    tenant_id: str
    guild_id: str
    default_order_channel_id: str | None = None
    announcement_channel_id: str | None = Field(
        default=None, description="For staff notices; comes before adminChannelId"
    )
    admin_role_ids: list[str] = Field(default_factory=list)
    staff_role_ids: list[str] = Field(default_factory=list)
    response_mode: ResponseMode = ResponseMode.EPHEMERAL
    low_inventory_threshold: int = Field(default=5, ge=0, le=1_000_000)
    enabled_payment_methods: list[PaymentMethod] = Field(default_factory=list)
    partners: dict[str, str] = Field(
        default_factory=dict, description="Who does the shop's mail, tax and shipping: names by kind"
    )
    payment_instructions: str = ""
    payment_instructions_by_method: dict[str, Any] = Field(default_factory=dict)
    registered_discord_user_ids: list[str] = Field(default_factory=list)
    default_qty_visibility: VisibilityDefault = VisibilityDefault.PUBLIC
    default_product_image_url: str | None = None
    shipping_types: list[ShippingType] = Field(default_factory=list)
    ship_from: Address | None = Field(default=None, description="Where parcels with bought labels come from")
    admin_channel_id: str | None = Field(
        default=None, description="For staff notices when there is no announcementChannelId"
    )
    admin_notify_email: str | None = Field(default=None, description="For staff notices by e-mail")
    currency: str = Field(default="USD", min_length=3, max_length=3)
    time_zone: str = Field(
        default="UTC", max_length=64, description="IANA name; by its clock reports count days and hours"
    )
    digest_rhythm: DigestRhythm = Field(
        default=DigestRhythm.OFF, description="How often the staff channel is told how the shop is doing"
    )
    digest_due_at: Utc | None = Field(
        default=None, description="When it is told next; worked out from digestRhythm and timeZone"
    )
    tax_percent: Percent = Field(
        default=None, description="Added to every order unless a tax partner is in use; None adds nothing"
    )
    tax_on_shipping: bool = Field(default=False, description="Whether that percentage is of shipping, too")
    tax_when_unknown: TaxUnknownRule = TaxUnknownRule.STOP
    theme_id: str | None = Field(default=None, description="How its pages and cards look; None: as they come")
    tax_origin: TaxOrigin | None = Field(default=None, description="Where the shop sells from, for its tax")

    @property
    def staff_channel_id(self) -> str | None:
        """Where staff notices go: the announcement channel, else the admin channel."""
        return self.announcement_channel_id or self.admin_channel_id

    @property
    def counter_role_ids(self) -> frozenset[str]:
        """The Discord roles that open /admin."""
        return frozenset((*self.admin_role_ids, *self.staff_role_ids))

    @classmethod
    async def of_guild(cls, db: Db, guild_id: str) -> Self | None:
        """The set-up of the shop that claimed this guild."""
        return await cls.find_one(db, {"guildId": guild_id})

    @classmethod
    async def of_tenant(cls, db: Db, tenant_id: str) -> Self | None:
        """The set-up of this tenant's shop."""
        return await cls.find_one(db, {"tenantId": tenant_id})

    @classmethod
    async def sole(cls, db: Db) -> Self | None:
        """The set-up of the only shop there is; None when there are several, or none."""
        found = await cls.find_all(db, {}, limit=2)
        return found[0] if len(found) == 1 else None

    @classmethod
    async def with_due_digest(cls, db: Db, now: datetime, most: int) -> list[str]:
        """The tenants whose staff are due to be told how the shop is doing, those waiting longest first."""
        where = {"digestDueAt": {**dated("digestDueAt")["digestDueAt"], "$lte": now}}
        found = cls.rows(db).find(where, {"tenantId": 1}).sort("digestDueAt").limit(most)
        return [row["tenantId"] async for row in found]

    @classmethod
    async def plan_digest(cls, db: Db, seen: Self, due_at: datetime | None, *, tx: Tx) -> bool:
        """Say when staff are told next, if nobody was faster.

        It is no change of the set-up: whoever edits that meanwhile is not disturbed.
        """
        where = {"tenantId": seen.tenant_id, "digestDueAt": seen.digest_due_at}
        done = await cls.rows(db).update_one(where, {"$set": {"digestDueAt": due_at}}, session=tx)
        return done.matched_count == 1

    @classmethod
    async def undress(cls, db: Db, tenant_id: str, theme_id: str, *, tx: Tx | None = None) -> None:
        """Let the shop look as it comes if it wears this theme."""
        where = {"tenantId": tenant_id, "themeId": theme_id}
        await cls.change(db, where, {"$set": {"themeId": None}}, tx=tx)

    @classmethod
    async def edit(cls, db: Db, seen: Self, fields: dict[str, Any], *, tx: Tx | None = None) -> Self | None:
        """Overwrite validated fields, by stored names, if nobody changed the set-up since it was read."""
        where = {"tenantId": seen.tenant_id, "updatedAt": seen.updated_at}
        return await cls.change(db, where, {"$set": fields}, tx=tx)

    @classmethod
    async def touch(cls, db: Db, tenant_id: str, guild_id: str, *, tx: Tx) -> Self | None:
        """The set-up of a shop that is in this server; of this and a move at the same moment one waits.

        It changes the record: what writes nothing would not collide.
        """
        return await cls.change(db, {"tenantId": tenant_id, "guildId": guild_id}, {}, tx=tx)

    @classmethod
    async def move(cls, db: Db, seen: Self, guild_id: str, *, tx: Tx) -> Self | None:
        """Take it to another server without channels and roles, if it is still where it was seen.

        Raises DuplicateKeyError when that server has a shop.
        """
        where = {"tenantId": seen.tenant_id, "guildId": seen.guild_id}
        fields: dict[str, Any] = {"guildId": guild_id, **dict.fromkeys(CHANNELS)}
        fields |= {name: [] for name in ROLES}
        return await cls.change(db, where, {"$set": fields}, tx=tx)
