"""Grants the roles that were bought, or says what keeps Discord from letting us."""

import nextcord

from cogs._effects.failing import failing
from models.entitlement import Entitlement
from models.outbox import OutboxEffect
from services import Services
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


class RoleGrants:
    """Makes role.grant happen; Discord takes a role that is there already for granted, so again is safe."""

    def __init__(self, bot: nextcord.Client, services: Services) -> None:
        self._bot = bot
        self._services = services

    async def grant(self, effect: OutboxEffect) -> str:
        """Give the member the role that the entitlement names; raises EffectFailed with what is missing."""
        entitlement = await self._services.delivery.owed(effect.tenant_id, effect.payload["entitlementId"])
        if entitlement is None:
            return "not_owed"
        with failing():
            shop = await self._services.shops.of_tenant(effect.tenant_id)
            hindrance = await self._hindrance(shop.guild_id, entitlement)
        if hindrance is not None:
            await self._services.delivery.failed(entitlement, hindrance)
            raise EffectFailed(hindrance)
        await self._services.delivery.granted(entitlement)
        return "granted"

    async def _hindrance(self, guild_id: str, entitlement: Entitlement) -> str | None:
        try:
            await self._bot.http.add_role(
                guild_id, entitlement.user_id, entitlement.role_id or "0", reason="Bought in the shop"
            )
        except nextcord.HTTPException as error:
            if error.code == _MISSING_PERMISSIONS:
                return await self._lacking(guild_id)
            if error.code not in _REASONS:
                raise
            return _REASONS[error.code]
        return None

    async def _lacking(self, guild_id: str) -> str:
        """Discord has one code for both: with the permission there, it is the order of the roles."""
        user = self._bot.user
        me = await self._bot.http.get_member(int(guild_id), user.id if user else 0)
        mine = {*me["roles"], guild_id}
        held = 0
        for role in await self._bot.http.get_roles(int(guild_id)):
            if role["id"] in mine:
                held |= int(role["permissions"])
        may = nextcord.Permissions(held)
        return "role_too_high" if may.manage_roles or may.administrator else "missing_permission"
