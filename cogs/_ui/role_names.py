"""How roles are called: by their mention in the guild, by their name in a DM, where mentions show nothing."""

from collections.abc import Callable, Sequence

import nextcord

from cogs._ui.refusals import mentioned
from cogs._ui.text import plain
from cogs._ui.visit import Visit
from cogs._ui.words import Words
from models.tenant import ResponseMode

type RoleName = Callable[[str], str]

_MOST = 5


async def role_names(visit: Visit) -> RoleName:
    """What to call a role, by its id, where this visit's card will be read."""
    shop = await visit.shop()
    new_dm = visit.interaction.message is None and shop.config.response_mode is ResponseMode.DM
    return role_names_in_dm(visit.bot, visit.guild_id) if visit.in_dm or new_dm else mentioned


def role_names_in_dm(bot: nextcord.Client, guild_id: str) -> RoleName:
    """What to call a guild's roles in a DM."""
    guild = bot.get_guild(int(guild_id))

    def name(role_id: str) -> str:
        role = guild.get_role(int(role_id)) if guild and role_id.isdecimal() else None
        return f"**{plain(role.name)}**" if role else mentioned(role_id)

    return name


def role_ids_of(guild: nextcord.Guild | None) -> set[str]:
    """The roles that a server has."""
    return {str(role.id) for role in guild.roles} if guild else set()


def named(ids: Sequence[str], name: RoleName) -> str:
    """Several roles in one line; more than a few are hinted at."""
    return " · ".join([*(name(key) for key in ids[:_MOST]), *(["…"] if len(ids) > _MOST else [])])


def lasting(roles: str, days: int | None, w: Words) -> str:
    """Roles that are bought, with how long they are kept unless that is for ever."""
    return (
        roles if days is None else w.count(days, "{roles} for {n} day", "{roles} for {n} days", roles=roles)
    )
