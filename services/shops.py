"""Which shop a guild has, and how it is set up."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, Protocol

from bson import ObjectId
from pydantic import ValidationError
from pymongo.errors import DuplicateKeyError

from models.base import Db, Tx, transact, visible
from models.errors import AlreadyExists, BadInput, ChangedMeanwhile, NoShop
from models.member import Member
from models.money import currency_code
from models.product import Product
from models.storefront import Storefront
from models.tenant import BotConfig, DigestRhythm, Tenant
from services import time_zones
from services.audit import Audit
from services.clock import Clock
from services.digest_days import next_due
from services.memories import Memories
from services.remembered import Remembered

# Long enough to spare two reads on every click, short enough that another process's change is soon seen.
_REMEMBERED = timedelta(seconds=2)
_LINK = re.compile(r"https?://[^\s<>\"]{1,490}")
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,189}")


@dataclass(frozen=True)
class Shop:
    """A tenant and its set-up, read once for one interaction."""

    tenant: Tenant
    config: BotConfig

    @property
    def id(self) -> str:
        """The tenant's identifier, part of every query."""
        return self.tenant.tenant_id

    @property
    def name(self) -> str:
        """What the community calls its shop."""
        return self.tenant.name

    @property
    def currency(self) -> str:
        """The ISO 4217 code in which the shop sells."""
        return self.config.currency

    @property
    def guild_id(self) -> str:
        """The Discord guild that the shop lives in."""
        return self.config.guild_id


class Rights(Protocol):
    """Says who may change which setting (services/setting_rights.py)."""

    async def check(self, shop: Shop, actor: Member, changed: Mapping[str, Any], tx: Tx) -> None:
        """Return if the actor may set these, by stored names; raises OwnerOnly, BeyondOwnKeys, BadInput."""


class Shops:
    """Finds, claims and configures shops."""

    def __init__(self, db: Db, clock: Clock, audit: Audit, *, rights: Rights, memories: Memories) -> None:
        self._db = db
        self._clock = clock
        self._audit = audit
        self._rights = rights
        self._remembered: Remembered[str, Shop] = memories.make("shops", _REMEMBERED)

    def forget(self) -> None:
        """Read every shop anew, after one was changed."""
        self._remembered.forget()

    async def of_guild(self, guild_id: str) -> Shop:
        """The shop that claimed this guild; raises NoShop."""
        return await self._remembered.get(guild_id, partial(self._read_guild, guild_id))

    async def _read_guild(self, guild_id: str) -> Shop:
        return await self._read(await BotConfig.of_guild(self._db, guild_id))

    async def of_tenant(self, tenant_id: str) -> Shop:
        """The shop of this tenant; raises NoShop."""
        return await self._read(await BotConfig.of_tenant(self._db, tenant_id))

    async def sole(self) -> Shop:
        """The only shop of this installation; raises NoShop when there are several, or none."""
        return await self._read(await BotConfig.sole(self._db))

    async def _read(self, config: BotConfig | None) -> Shop:
        if config is None:
            raise NoShop
        tenant = await Tenant.find_one(self._db, {"tenantId": config.tenant_id})
        if tenant is None:
            raise NoShop
        return Shop(tenant, config)

    async def claim(self, guild_id: str, name: str, owner: Member) -> Shop:
        """Open a shop for a guild; raises BadInput for the name and AlreadyExists when the guild has one."""
        tenant_id = str(ObjectId())
        try:
            tenant = Tenant(tenant_id=tenant_id, name=name.strip(), owner_user_id=owner.discord_id)
        except ValidationError as error:
            raise BadInput("name", "length", 100) from error
        config = BotConfig(tenant_id=tenant_id, guild_id=guild_id)

        async def work(tx: Tx) -> None:
            await config.insert(self._db, tx=tx)
            await tenant.insert(self._db, tx=tx)
            await self._audit.record(
                tenant_id,
                owner,
                "shop.claim",
                tenant,
                after={"name": tenant.name, "guildId": guild_id},
                tx=tx,
            )

        try:
            await transact(self._db, work)
        except DuplicateKeyError as error:
            raise AlreadyExists("guild") from error
        self._remembered.forget()
        return Shop(tenant, config)

    async def configure(self, shop: Shop, actor: Member, **fields: Any) -> Shop:
        """Change settings, given by their Python names, and the shop's `name`: all of it or nothing.

        Raises BadInput naming the first that is wrong, ChangedMeanwhile when somebody else was faster, and
        OwnerOnly or BeyondOwnKeys for settings that are power which the actor does not have.
        """
        name = str(fields.pop("name", shop.name))
        named = shop.name if name == shop.name else _named(name)
        if "currency" in fields:
            fields["currency"] = await self._currency(shop, str(fields["currency"]))
        changed = _validated(shop.config, fields)
        before = {key: shop.config.model_dump_doc()[key] for key in changed}
        timed = self._digest(shop.config, fields)

        async def work(tx: Tx) -> Shop:
            new = {key: value for key, value in changed.items() if value != before[key]}
            await self._rights.check(shop, actor, new, tx)
            config = await BotConfig.edit(self._db, shop.config, changed | timed, tx=tx)
            if config is None:
                raise ChangedMeanwhile
            if changed:
                await self._audit.record(
                    shop.id, actor, "config.edit", shop.config, before=before, after=changed, tx=tx
                )
            await Storefront.mark(self._db, shop.id, self._clock.now(), tx=tx)
            renamed = named != shop.name
            return Shop(await self._rename(shop, actor, named, tx) if renamed else shop.tenant, config)

        self._remembered.forget()
        now = await transact(self._db, work)
        self._remembered.forget()
        return now

    def _digest(self, config: BotConfig, fields: dict[str, Any]) -> dict[str, Any]:
        """When staff are told next, where that changes: another clock strikes eight at another time."""
        if not {"digest_rhythm", "time_zone"} & set(fields):
            return {}
        rhythm = DigestRhythm(fields.get("digest_rhythm", config.digest_rhythm))
        return {"digestDueAt": next_due(rhythm, fields.get("time_zone", config.time_zone), self._clock.now())}

    async def _currency(self, shop: Shop, text: str) -> str:
        code = currency_code(text)
        if code != shop.currency and await Product.how_many(self._db, shop.id, "", also_inactive=True):
            # Prices are numbers without a rate: they would silently mean something else.
            raise BadInput("currency", "in_use", shop.currency)
        return code

    async def _rename(self, shop: Shop, actor: Member, name: str, tx: Tx) -> Tenant:
        before, after = {"name": shop.name}, {"name": name}
        named = shop.tenant
        await self._audit.record(shop.id, actor, "shop.rename", named, before=before, after=after, tx=tx)
        tenant = await Tenant.rename(self._db, shop.id, name, tx=tx)
        if tenant is None:
            raise NoShop
        return tenant


def _named(name: str) -> str:
    if not visible(name):
        raise BadInput("name", "required")
    if len(name.strip()) > 100:  # noqa: PLR2004 - the bound of Tenant.name
        raise BadInput("name", "length", 100)
    return name.strip()


def _validated(config: BotConfig, fields: dict[str, Any]) -> dict[str, Any]:
    image, email = fields.get("default_product_image_url"), fields.get("admin_notify_email")
    if image and not _LINK.fullmatch(image):
        raise BadInput("default_product_image_url", "not_a_link")
    if email and not _EMAIL.fullmatch(email):
        raise BadInput("admin_notify_email", "not_an_email")
    if "time_zone" in fields and fields["time_zone"] not in time_zones.names():
        raise BadInput("time_zone", "zone_unknown")
    try:
        edited = BotConfig.model_validate({**config.model_dump(), **fields})
    except ValidationError as error:
        name = str(error.errors()[0]["loc"][0])
        raise BadInput(name, "not_allowed") from error
    return edited.model_dump_doc(include=set(fields))
