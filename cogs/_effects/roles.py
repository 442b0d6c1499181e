"""Grants the roles that were bought and takes them back, or says what keeps Discord from letting us."""

import nextcord

from cogs._effects.failing import failing
from cogs._effects.own_roles import own_roles
from cogs._ui.guilds import Guilds
from cogs._ui.role_power import rules
from cogs._ui.words import Words
from models.entitlement import Entitlement
from models.outbox import OutboxEffect
from services import Services
from services.shops import Shop
from services.worker import EffectFailed

_REASONS = {
    10004: "guild_gone",
    50001: "guild_gone",
    10007: "member_left",
    10013: "member_left",
    10011: "role_gone",
    50028: "role_gone",  # @everyone and the roles of other bots, which nobody can grant
}
_MISSING_PERMISSIONS = 50013


# Whoever is not there, or holds a role that is not there, has nothing that could be taken away.
_GONE_ANYWAY = frozenset({"member_left", "role_gone"})


class RoleGrants:
    """Makes role.grant and role.revoke happen; Discord minds neither twice, so again is safe.

    Both do the same: they make the role what the member's purchases say and look again afterwards, because a
    purchase may have come or gone while Discord was being asked. The last one to ask is right.
    """

    def __init__(self, bot: nextcord.Client, services: Services, guilds: Guilds) -> None:
        self._bot = bot
        self._services = services
        self._guilds = guilds

    async def grant(self, effect: OutboxEffect) -> str:
        """Give the member the role that the entitlement names; raises EffectFailed with what is missing."""
        entitlement = await self._services.delivery.owed(effect.tenant_id, effect.payload["entitlementId"])
        if entitlement is None:
            # It may have been taken back while a process that died was giving it.
            return await self.revoke(effect)
        given, hindrance = await self._settle(entitlement)
        if hindrance is not None:
            await self._services.delivery.failed(entitlement, hindrance)
            raise EffectFailed(hindrance)
        if not given:
            return "revoked"
        await self._services.delivery.granted(entitlement)
        return "granted"

    async def revoke(self, effect: OutboxEffect) -> str:
        """Take a revoked role away, unless another purchase grants it; raises EffectFailed."""
        entitlement = await self._services.revocation.owed(effect.tenant_id, effect.payload["entitlementId"])
        if entitlement is None:
            return "not_owed"
        kept, hindrance = await self._settle(entitlement)
        if hindrance is not None and not kept and hindrance not in _GONE_ANYWAY:
            await self._services.revocation.failed(entitlement, hindrance)
            raise EffectFailed(hindrance)
        if kept:
            return "kept"
        if hindrance != "member_left":
            # Some bots give members who come back all the roles they had: the daily pass takes it then.
            await self._services.revocation.removed(entitlement)
        return hindrance or "removed"

    async def _settle(self, entitlement: Entitlement) -> tuple[bool, str | None]:
        """Whether the member should have the role now, and what kept Discord from making it so."""
        with failing():
            shop = await self._services.shops.of_tenant(entitlement.tenant_id)
            while True:
                wanted = await self._services.revocation.wanted(entitlement)
                hindrance = await self._hindrance(shop, entitlement, give=wanted)
                if hindrance is not None or await self._services.revocation.wanted(entitlement) is wanted:
                    return wanted, hindrance

    async def _hindrance(self, shop: Shop, entitlement: Entitlement, *, give: bool) -> str | None:
        user_id, role_id, guild_id = entitlement.user_id, entitlement.role_id or "0", shop.guild_id
        w = Words.of(await self._guilds.locale(guild_id))
        try:
            if give and (role_id in shop.config.counter_role_ids or await self._rules(guild_id, role_id)):
                return "role_guarded"
            if give:
                await self._bot.http.add_role(guild_id, user_id, role_id, reason=w("Bought in the shop"))
            else:
                await self._bot.http.remove_role(
                    guild_id, user_id, role_id, reason=w("Taken back by the shop")
                )
        except nextcord.HTTPException as error:
            if error.code == _MISSING_PERMISSIONS:
                return await self._lacking(guild_id)
            if error.code not in _REASONS:
                raise
            return _REASONS[error.code]
        return None

    async def _rules(self, guild_id: str, role_id: str) -> bool:
        """Whether it could rule the server, which no purchase gives, whoever sold it (docs/adr/0041)."""
        return rules((await self._guilds.seen(guild_id)).permissions.get(role_id, 0))

    async def _lacking(self, guild_id: str) -> str:
        """Discord has one code for both: with the permission there, it is the order of the roles."""
        own = await own_roles(self._bot, guild_id)
        return "role_too_high" if own.may_manage else "missing_permission"
