"""Taking a shop to another server: begun in the old one, ended in the new one, by its owner."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pymongo.errors import DuplicateKeyError

from models import moved
from models.absence import Absence
from models.base import Db, Tx
from models.errors import AlreadyExists, BadInput, ChangedMeanwhile, NotFound, OwnerOnly
from models.member import Member
from models.moved import LeftBehind
from models.outbox import OutboxEffect
from models.storefront import Storefront
from models.tenant import CHANNELS, ROLES, BotConfig, Tenant
from services.absences import TROUBLES
from services.audit import AboutMany, Audit
from services.clock import Clock
from services.outbox import Outbox
from services.shops import Shop, Shops

# How long the owner has for the way to the other server.
OFFER = timedelta(days=1)
_MENU = 25


@dataclass(frozen=True)
class Movable:
    """A shop that its owner may take along now; `absence` when the bot is out of its server."""

    shop: Shop
    absence: Absence | None


class Moving:
    """One transaction moves a shop whole; what belonged to the old server is cleared, the books stay."""

    def __init__(self, db: Db, clock: Clock, *, shops: Shops, audit: Audit, outbox: Outbox) -> None:
        self._db = db
        self._clock = clock
        self._shops = shops
        self._audit = audit
        self._outbox = outbox

    async def left_behind(self, shop: Shop) -> LeftBehind:
        """What a move would clear, and what could not be delivered after it."""
        return await moved.left_behind(self._db, shop.id)

    async def offer(self, shop: Shop, actor: Member, typed: str) -> Shop:
        """Let the owner take the shop to another server for a day.

        `typed` is what they wrote to confirm, the shop's name. Raises OwnerOnly and BadInput.
        """
        return await self._mark(shop, actor, typed, "move.offer")

    async def withdraw(self, shop: Shop, actor: Member) -> Shop:
        """Let the shop stay; raises OwnerOnly."""
        return await self._mark(shop, actor, None, "move.withdraw")

    async def _mark(self, shop: Shop, actor: Member, typed: str | None, act: str) -> Shop:
        until = None if typed is None else self._clock.now() + OFFER

        async def work(tx: Tx) -> Tenant:
            tenant = await Tenant.find_one(self._db, {"tenantId": shop.id}, tx=tx)
            if tenant is None or tenant.owner_user_id != actor.discord_id:
                raise OwnerOnly
            if typed is not None:
                _check(typed, tenant)
            changed = await Tenant.let_move(self._db, tenant, until, tx=tx)
            if changed is None:
                raise ChangedMeanwhile
            before, after = {"movingUntil": tenant.moving_until}, {"movingUntil": until}
            await self._audit.record(shop.id, actor, act, tenant, before=before, after=after, tx=tx)
            return changed

        changed = await self._outbox.commit(work)
        self._forget()
        return Shop(changed, shop.config)

    async def movable(self, owner: Member) -> list[Movable]:
        """The shops of this person that may move now: offered by them, or in a server without the bot.

        No more than a menu takes, those that they offered first.
        """
        mine = await Tenant.of_owner(self._db, owner.discord_id)
        away = await Absence.of_tenants(self._db, [each.tenant_id for each in mine])
        may = [each.tenant_id for each in mine if each.tenant_id in away or self._offered(each)]
        may.sort(key=lambda tenant_id: tenant_id in away)
        return [Movable(await self._shops.of_tenant(each), away.get(each)) for each in may[:_MENU]]

    async def one(self, owner: Member, tenant_id: str) -> Movable:
        """One of these; raises NotFound for any other, whoever's it is."""
        for each in await self.movable(owner):
            if each.shop.id == tenant_id:
                return each
        raise NotFound("moving_shop")

    async def move(self, owner: Member, tenant_id: str, guild_id: str, typed: str) -> Shop:
        """Take a shop to this server, whose claim the caller has checked; `typed` is the shop's name.

        Raises NotFound for a shop that is not theirs or does not move, AlreadyExists when the server has a
        shop, and BadInput.
        """

        async def work(tx: Tx) -> Shop:
            tenant = await Tenant.find_one(self._db, {"tenantId": tenant_id}, tx=tx)
            config = await BotConfig.find_one(self._db, {"tenantId": tenant_id}, tx=tx)
            absence = await Absence.of(self._db, tenant_id, tx=tx)
            mine = tenant is not None and tenant.owner_user_id == owner.discord_id
            if tenant is None or config is None or not mine or not (absence or self._offered(tenant)):
                raise NotFound("moving_shop")
            _check(typed, tenant)
            if config.guild_id == guild_id:
                raise AlreadyExists("guild")
            return await self._carry(owner, Shop(tenant, config), absence, guild_id, tx)

        try:
            shop = await self._outbox.commit(work)
        except DuplicateKeyError as error:
            raise AlreadyExists("guild") from error
        self._forget()
        return shop

    async def _carry(self, owner: Member, seen: Shop, absence: Absence | None, guild_id: str, tx: Tx) -> Shop:
        now = self._clock.now()
        config = await BotConfig.move(self._db, seen.config, guild_id, tx=tx)
        tenant = await Tenant.let_move(self._db, seen.tenant, None, tx=tx)
        if config is None or tenant is None:
            raise ChangedMeanwhile
        if absence is not None:
            await Absence.end(self._db, absence, tx=tx)
        cleared = await moved.clear(self._db, seen.id, tx=tx)
        if await Storefront.of_tenant(self._db, seen.id, tx=tx) is not None:
            await Storefront.put(self._db, seen.id, None, None, now, tx=tx)
        for reason in TROUBLES:
            await OutboxEffect.hasten(self._db, seen.id, reason, now, tx=tx)
        after = {**_places(config), **cleared.counts._asdict()}
        await self._audit.record(
            seen.id, owner, "shop.move", config, before=_places(seen.config), after=after, tx=tx
        )
        for kind, act, changes in (
            ("Product", "product.move", cleared.products),
            ("Discount", "discount.move", cleared.discounts),
        ):
            if changes:
                many = AboutMany(kind, changes, by="move")
                await self._audit.record_many(seen.id, owner, act, config, many, tx=tx)
        return Shop(tenant, config)

    def _offered(self, tenant: Tenant) -> bool:
        return tenant.moving_until is not None and tenant.moving_until > self._clock.now()

    def _forget(self) -> None:
        self._shops.forget()


def _check(typed: str, tenant: Tenant) -> None:
    if " ".join(typed.split()).casefold() != " ".join(tenant.name.split()).casefold():
        raise BadInput("shop_name", "not_confirmed")


def _places(config: BotConfig) -> dict[str, Any]:
    told = config.model_dump_doc()
    return {name: told[name] for name in ("guildId", *CHANNELS, *ROLES)}
