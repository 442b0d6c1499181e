"""How roles are called: by their mention in the guild, by their name in a DM, where mentions show nothing."""

from collections.abc import Callable, Sequence

from cogs._ui.guilds import Guilds
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
    return await role_names_in_dm(visit.guilds, visit.guild_id) if visit.in_dm or new_dm else mentioned


async def role_names_in_dm(guilds: Guilds, guild_id: str) -> RoleName:
    """What to call a guild's roles in a DM; raises nextcord.HTTPException."""
    roles = (await guilds.seen(guild_id)).roles

    def name(role_id: str) -> str:
        return f"**{plain(roles[role_id])}**" if role_id in roles else mentioned(role_id)

    return name


def named(ids: Sequence[str], name: RoleName) -> str:
    """Several roles in one line; more than a few are hinted at."""
    return " · ".join([*(name(key) for key in ids[:_MOST]), *(["…"] if len(ids) > _MOST else [])])


def lasting(roles: str, days: int | None, w: Words) -> str:
    """Roles that are bought, with how long they are kept unless that is for ever."""
    return (
        roles if days is None else w.count(days, "{roles} for {n} day", "{roles} for {n} days", roles=roles)
    )
