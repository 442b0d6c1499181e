"""What stands in the way of the bot: roles that it cannot grant, channels in which it cannot write."""

from collections.abc import Iterable

import nextcord

from cogs._ui.desk import Visit
from cogs._ui.role_power import ruling, strong
from cogs._ui.words import Words
from models.errors import BadInput

# What a new channel may mend.
CHANNEL_TROUBLES = ("no_staff_channel", "channel_gone", "missing_permission")


def role_warnings(visit: Visit, role_ids: Iterable[str]) -> list[str]:
    """A sentence for each role that the bot could not grant, with what to do about it."""
    guild, w = visit.interaction.guild, visit.words
    if guild is None or guild.me is None:
        return []
    return [said for role_id in role_ids if (said := _role_warning(guild, role_id, w))]


def _role_warning(guild: nextcord.Guild, role_id: str, w: Words) -> str | None:
    role, shown = guild.get_role(int(role_id)), f"<@&{role_id}>"
    if role is None:
        return w("A role that this product grants was deleted. Please choose the roles again.")
    if role.is_default():
        return w("{role} is everybody's already, so it cannot be granted.", role=role.name)
    if role.managed:
        return w("{role} belongs to an integration: only that one may grant it.", role=shown)
    if not guild.me.guild_permissions.manage_roles:
        return w("I may not grant {role}. Please give my role the permission Manage Roles.", role=shown)
    if role >= guild.me.top_role:
        mine = f"<@&{guild.me.top_role.id}>"
        return w("I cannot grant {role}: please drag my role {mine} above it.", role=shown, mine=mine)
    return None


def known_roles(visit: Visit, role_ids: Iterable[str]) -> list[str]:
    """Those roles that the guild still has: Discord refuses a menu that names others."""
    guild = visit.interaction.guild
    return [role_id for role_id in role_ids if guild is not None and guild.get_role(int(role_id))]


def known_channel(visit: Visit, channel_id: str | None) -> list[str]:
    """The channel, if the guild still has it, as a menu wants it."""
    guild = visit.interaction.guild
    if guild is None or channel_id is None or guild.get_channel(int(channel_id)) is None:
        return []
    return [channel_id]


def channel_warning(visit: Visit, channel_id: str | None) -> str | None:
    """What keeps the bot from calling the staff in a channel, or None."""
    if warning := writing_warning(visit, channel_id):
        return warning
    guild, w = visit.interaction.guild, visit.words
    channel = guild.get_channel(int(channel_id)) if guild and channel_id else None
    if guild is None or channel is None:
        return None
    if channel.permissions_for(guild.default_role).view_channel:
        shown = f"<#{channel_id}>"
        return w("Everybody can read {channel}. Please choose one that only your staff see.", channel=shown)
    return None


def writing_warning(visit: Visit, channel_id: str | None) -> str | None:
    """What keeps the bot from writing in a channel, or None."""
    guild, w = visit.interaction.guild, visit.words
    if guild is None or guild.me is None or channel_id is None:
        return None
    channel, shown = guild.get_channel(int(channel_id)), f"<#{channel_id}>"
    if channel is None:
        return w("I cannot see {channel}. Please let me in, or choose another channel.", channel=shown)
    may = channel.permissions_for(guild.me)
    if not (may.view_channel and may.send_messages and may.embed_links):
        return w(
            "I cannot write in {channel}. Please give me View Channel, Send Messages and Embed Links there.",
            channel=shown,
        )
    return None


def is_id(text: str) -> bool:
    """Whether a menu's value can be an id of Discord's."""
    return text.isascii() and text.isdigit() and len(text) <= 20  # noqa: PLR2004 - 64 bits in decimal


def chosen_roles(visit: Visit, field: str, most: int) -> list[str]:
    """The roles picked in a menu; raises BadInput for too many, no ids, and @everyone, whom nobody holds."""
    chosen = list(dict.fromkeys(visit.values))
    if len(chosen) > most or visit.guild_id in chosen or not all(is_id(role_id) for role_id in chosen):
        raise BadInput(field, "not_allowed")
    return chosen


def check_grants(visit: Visit, role_ids: Iterable[str]) -> bool:
    """Whether it takes more than the key of products to sell these roles.

    Raises BadInput for one that could rule the server: whoever sells it could hand it to themselves. Where
    the server's roles are not seen, each of them could.
    """
    guild, wanted = visit.interaction.guild, set(role_ids)
    if wanted and (guild is None or wanted & ruling(guild.roles)):
        raise BadInput("granted_role_ids", "role_rules")
    return guild is not None and bool(wanted & strong(guild.roles))


def strong_roles(visit: Visit) -> set[str]:
    """The roles of the server that no file puts on sale; raises BadInput where they are not seen."""
    guild = visit.interaction.guild
    if guild is None:
        raise BadInput("granted_role_ids", "not_allowed")
    return strong(guild.roles)
