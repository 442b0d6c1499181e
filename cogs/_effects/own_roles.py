"""What the bot itself may do with a guild's roles, asked of Discord: its own memory holds no members."""

from typing import NamedTuple

import nextcord


class OwnRoles(NamedTuple):
    """Whether the bot may manage roles at all, and which of them stand below its own."""

    may_manage: bool
    below: frozenset[str]

    @property
    def grantable(self) -> frozenset[str]:
        """The roles that it can give and take."""
        return self.below if self.may_manage else frozenset()


async def own_roles(bot: nextcord.Client, guild_id: str) -> OwnRoles:
    """Ask; raises nextcord.HTTPException."""
    user = bot.user
    me = await bot.http.get_member(int(guild_id), user.id if user else 0)
    roles = await bot.http.get_roles(int(guild_id))
    mine = [role for role in roles if role["id"] in {*me["roles"], guild_id}]
    held = 0
    for role in mine:
        held |= int(role["permissions"])
    may = nextcord.Permissions(held)
    top = max((role["position"] for role in mine), default=0)
    below = {str(role["id"]) for role in roles if role["position"] < top and not role["managed"]}
    return OwnRoles(may.manage_roles or may.administrator, frozenset(below - {guild_id}))
