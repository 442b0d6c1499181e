"""Which roles of a server are power in it: the shop hands those out to nobody (docs/adr/0041)."""

from collections.abc import Iterable

import nextcord

# With one of these one rules the server, or takes the means to.
RULING = nextcord.Permissions(
    administrator=True,
    ban_members=True,
    kick_members=True,
    manage_channels=True,
    manage_guild=True,
    manage_roles=True,
    manage_webhooks=True,
    moderate_members=True,
).value
# What a community may well sell, but not everybody who fills its shelves.
_STRONG = nextcord.Permissions(manage_messages=True, mention_everyone=True).value


def rules(permissions: int) -> bool:
    """Whether a role with these permissions could rule the server."""
    return bool(RULING & permissions)


def ruling(roles: Iterable[nextcord.Role]) -> set[str]:
    """Those of the roles that could rule the server, apart from integrations' own, which nobody can grant."""
    return _with(RULING, roles)


def strong(roles: Iterable[nextcord.Role]) -> set[str]:
    """The same, and those that could disturb everybody in it."""
    return _with(RULING | _STRONG, roles)


def _with(permissions: int, roles: Iterable[nextcord.Role]) -> set[str]:
    return {str(role.id) for role in roles if permissions & role.permissions.value and not role.managed}
