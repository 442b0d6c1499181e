"""Channels that the bot makes for a shop: for the staff alone, and for everybody to read."""

import re

import nextcord

from cogs._ui.desk import Visit
from cogs._ui.words import Words
from models.errors import MayNotMake
from services.shops import Shop

# What a channel for the staff may be called, in the languages of the shops.
_FITTING = re.compile(r"staff|team|mods?\b|moderat|admin|till|kasse|crew|equipo")
_MOST = 3
_WRITE = nextcord.PermissionOverwrite(view_channel=True, send_messages=True, read_message_history=True)
_OURS = nextcord.PermissionOverwrite(
    view_channel=True, send_messages=True, embed_links=True, attach_files=True, read_message_history=True
)
_SHUT = nextcord.PermissionOverwrite(view_channel=False)
_READ = nextcord.PermissionOverwrite(view_channel=True, send_messages=False)

type Overwrites = dict[nextcord.Role | nextcord.Member, nextcord.PermissionOverwrite]


def fitting(visit: Visit) -> list[nextcord.TextChannel]:
    """Channels that are there already, named as if for the staff, hidden from others and open to the bot."""
    guild = visit.interaction.guild
    if guild is None or guild.me is None:
        return []
    return [each for each in guild.text_channels if _fits(each, guild)][:_MOST]


def _fits(channel: nextcord.TextChannel, guild: nextcord.Guild) -> bool:
    may, everybody = channel.permissions_for(guild.me), channel.permissions_for(guild.default_role)
    writes = may.view_channel and may.send_messages and may.embed_links
    return bool(_FITTING.search(channel.name)) and writes and not everybody.view_channel


async def make_staff_channel(visit: Visit, shop: Shop, w: Words) -> str:
    """A channel that only the shop's roles and the bot see; raises MayNotMake."""
    guild = _guild(visit)
    seeing: Overwrites = {guild.default_role: _SHUT, guild.me: _OURS}
    for role_id in (*shop.config.admin_role_ids, *shop.config.staff_role_ids):
        if role := guild.get_role(int(role_id)):
            seeing[role] = _WRITE
    topic = w("Here the shop calls its staff: payments to check, and alerts.")
    return await _make(guild, w("shop-staff"), topic, seeing, hidden=True)


async def make_shop_channel(visit: Visit, w: Words) -> str:
    """A channel that everybody reads and only the bot writes in; raises MayNotMake."""
    guild = _guild(visit)
    seeing: Overwrites = {guild.default_role: _READ, guild.me: _OURS}
    return await _make(guild, w("shop"), w("What the shop sells, always up to date."), seeing)


def _guild(visit: Visit) -> nextcord.Guild:
    guild = visit.interaction.guild
    if guild is None or guild.me is None or not guild.me.guild_permissions.manage_channels:
        raise MayNotMake
    return guild


async def _make(
    guild: nextcord.Guild, name: str, topic: str, seeing: Overwrites, *, hidden: bool = False
) -> str:
    # Nobody can hand out in a channel what they do not hold in the server.
    held = guild.me.guild_permissions
    allowed = {who: _held(may, held) for who, may in seeing.items()}
    # A process that died may have made it before anybody wrote down which one it is.
    for each in await guild.fetch_channels():
        if isinstance(each, nextcord.TextChannel) and (each.name, each.topic) == (name, topic):
            seen = each.permissions_for(guild.default_role).view_channel
            if not hidden or (not seen and await _shared_with(each, allowed)):
                return str(each.id)
    try:
        made = await guild.create_text_channel(name, topic=topic, overwrites=allowed, reason=topic)
    except nextcord.Forbidden as error:
        raise MayNotMake from error
    return str(made.id)


async def _shared_with(channel: nextcord.TextChannel, allowed: Overwrites) -> bool:
    """Let those see a channel who should, and nobody else; False where the bot may not change that."""
    if channel.overwrites == allowed:
        return True
    try:
        await channel.edit(overwrites=dict(allowed.items()))
    except nextcord.Forbidden:
        return False
    return True


def _held(may: nextcord.PermissionOverwrite, held: nextcord.Permissions) -> nextcord.PermissionOverwrite:
    kept = {name: value for name, value in may if value is not None and getattr(held, name)}
    return nextcord.PermissionOverwrite(**kept)
