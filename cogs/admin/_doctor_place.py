"""A server as its bot sees it, for the doctor."""

import nextcord

from cogs._ui.desk import Visit
from cogs._ui.role_power import rules
from services.doctor.place import Place, RoleState

WANTED = ("manage_roles", "view_channel", "send_messages", "embed_links", "attach_files")


def place_of(visit: Visit) -> Place:
    """Roles, channels and permissions as they are at this moment; asks Discord nothing."""
    guild = visit.interaction.guild
    if guild is None or guild.me is None:
        return Place(seen=False)
    mine = guild.me.guild_permissions
    return Place(
        lacks=_lacking(mine),
        roles={str(role.id): _state(role, guild) for role in guild.roles},
        channels={str(channel.id): _lacking(channel.permissions_for(guild.me)) for channel in guild.channels},
        open_channels=frozenset(
            str(channel.id)
            for channel in guild.channels
            if channel.permissions_for(guild.default_role).view_channel
        ),
    )


def _lacking(may: nextcord.Permissions) -> frozenset[str]:
    return frozenset(name for name in WANTED if not getattr(may, name))


def _state(role: nextcord.Role, guild: nextcord.Guild) -> RoleState:
    if role.is_default():
        return RoleState.EVERYBODY
    if role.managed:
        return RoleState.MANAGED
    if rules(role.permissions.value):
        return RoleState.RULING
    return RoleState.TOO_HIGH if role >= guild.me.top_role else RoleState.GRANTABLE
