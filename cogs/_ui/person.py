"""Who acts: the member as plain values, from what Discord says with this very click."""

from typing import Any

import nextcord
from nextcord.http import Route

from cogs._ui.refusals import GuildLeft, GuildNeeded
from cogs._ui.wire import data_of
from models.member import Member

_GONE = frozenset({10007, 10004, 10013, 50001})


async def member_of(
    interaction: nextcord.Interaction[Any], bot: nextcord.Client, guild_id: str | None
) -> Member:
    """The acting member with today's roles; `guild_id` names the guild of a DM's card.

    Raises GuildNeeded without any guild, and GuildLeft when the person is no member of it.
    """
    if isinstance(interaction.user, nextcord.Member):
        return _from_click(interaction, interaction.user)
    if guild_id is None or interaction.user is None:
        raise GuildNeeded
    return await fetched_member(bot, guild_id, str(interaction.user.id), interaction.locale)


def _from_click(interaction: nextcord.Interaction[Any], user: nextcord.Member) -> Member:
    guild = interaction.guild
    return Member(
        discord_id=str(user.id),
        username=user.name,
        display_name=user.display_name,
        # Member.roles leaves out what the cache has not seen; the ids are what Discord sent.
        role_ids=frozenset(map(str, user._roles)),  # noqa: SLF001
        locale=interaction.locale,
        owns_guild=guild is not None and guild.owner_id == user.id,
    )


def picked_members(interaction: nextcord.Interaction[Any]) -> list[Member]:
    """The people picked in Discord's menu of people; bots and those who are not in the guild are left out."""
    data = data_of(interaction)
    resolved = data.get("resolved") or {}
    users, members = resolved.get("users") or {}, resolved.get("members") or {}
    found = []
    for key in dict.fromkeys(data.get("values") or ()):
        user, member = users.get(key), members.get(key)
        if user is None or member is None or user.get("bot"):
            continue
        name = member.get("nick") or user.get("global_name") or user["username"]
        roles = frozenset(member.get("roles") or ())
        found.append(
            Member(
                discord_id=key,
                username=user["username"],
                display_name=name,
                role_ids=roles,
                owns_guild=interaction.guild is not None and str(interaction.guild.owner_id) == key,
            )
        )
    return found


async def fetched_member(
    bot: nextcord.Client, guild_id: str, user_id: str, locale: str | None = None
) -> Member:
    """A member of the guild as Discord knows them now; raises GuildLeft when they are none."""
    try:
        found: dict[str, Any] = await bot.http.get_member(int(guild_id), int(user_id))  # type: ignore[assignment]
        owner_id = await _owner(bot, guild_id)
    except nextcord.HTTPException as error:
        if error.code in _GONE:
            raise GuildLeft from error
        raise
    user = found["user"]
    return Member(
        discord_id=user_id,
        username=user["username"],
        display_name=found.get("nick") or user.get("global_name") or user["username"],
        role_ids=frozenset(found["roles"]),
        locale=locale,
        owns_guild=owner_id == user_id,
    )


async def _owner(bot: nextcord.Client, guild_id: str) -> str:
    guild = bot.get_guild(int(guild_id))
    if guild is not None:
        return str(guild.owner_id)
    found: dict[str, Any] = await bot.http.request(Route("GET", "/guilds/{guild_id}", guild_id=guild_id))
    return str(found["owner_id"])
