"""Looks at the roles that members really have, a few at a time, for the daily comparison."""

import nextcord

from cogs._effects.failing import failing
from cogs._effects.own_roles import own_roles
from models.outbox import OutboxEffect
from services import Services

_GUILD_GONE = frozenset({10004, 50001})
_MEMBER_GONE = frozenset({10007, 10013})


class RoleChecks:
    """Makes role.check happen; members are asked for one by one, because the bot remembers none."""

    def __init__(self, bot: nextcord.Client, services: Services) -> None:
        self._bot = bot
        self._services = services

    async def check(self, effect: OutboxEffect) -> str:
        """Compare one slice of the members; raises EffectFailed."""
        checks = self._services.role_checks
        found = await checks.slice(effect)
        if found is None:
            return "overtaken"
        if not found.members:
            return await checks.go_on(effect, found)
        with failing():
            shop = await self._services.shops.of_tenant(effect.tenant_id)
            try:
                own = await own_roles(self._bot, shop.guild_id)
            except nextcord.HTTPException as error:
                if error.code in _GUILD_GONE:
                    return "guild_gone"
                raise
            for member in found.members:
                held = await self._held(int(shop.guild_id), int(member.user_id))
                if held is not None:
                    await checks.mend(effect, member, held, own.grantable)
        return await checks.go_on(effect, found)

    async def _held(self, guild_id: int, user_id: int) -> frozenset[str] | None:
        """The roles that a member has; None for somebody who is not there."""
        try:
            member = await self._bot.http.get_member(guild_id, user_id)
        except nextcord.HTTPException as error:
            if error.code in _MEMBER_GONE:
                return None
            raise
        return frozenset(map(str, member["roles"]))
