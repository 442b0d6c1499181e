"""What a server is called and speaks: from the connection that hears of it, else asked of Discord."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

import nextcord
from nextcord.http import Route

from services.clock import Clock
from services.remembered import Remembered

# A worker has no connection, and a DM comes in on the first shard whatever server it is about.
_REMEMBERED = timedelta(minutes=1)
_NOT_IN = frozenset({10004, 50001})


@dataclass(frozen=True)
class GuildSeen:
    """A server's language, and names and permissions of its roles by their ids.

    There is nothing where the bot is not in it.
    """

    locale: str | None = None
    roles: Mapping[str, str] = field(default_factory=dict)
    permissions: Mapping[str, int] = field(default_factory=dict)


class Guilds:
    """Looks servers up for whoever speaks of them without having been told by an interaction."""

    def __init__(self, bot: nextcord.Client, clock: Clock) -> None:
        self._bot = bot
        self._asked: Remembered[str, GuildSeen] = Remembered(clock, _REMEMBERED)

    async def seen(self, guild_id: str) -> GuildSeen:
        """The server as it is, or was a minute ago; raises nextcord.HTTPException."""
        guild = self._there(guild_id)
        if guild is None:
            return await self._asked.get(guild_id, partial(self._ask, guild_id))
        return GuildSeen(
            str(guild.preferred_locale) if guild.preferred_locale else None,
            {str(role.id): role.name for role in guild.roles},
            {str(role.id): role.permissions.value for role in guild.roles},
        )

    async def locale(self, guild_id: str) -> str | None:
        """The server's language; raises nextcord.HTTPException."""
        return (await self.seen(guild_id)).locale

    def heard(self, guild_id: str) -> str | None:
        """The server's language as far as it is known without asking."""
        guild = self._there(guild_id)
        return str(guild.preferred_locale) if guild is not None and guild.preferred_locale else None

    def _there(self, guild_id: str) -> nextcord.Guild | None:
        guild = self._bot.get_guild(int(guild_id))
        return None if guild is None or guild.unavailable else guild

    async def _ask(self, guild_id: str) -> GuildSeen:
        try:
            found: dict[str, Any] = await self._bot.http.request(
                Route("GET", "/guilds/{guild_id}", guild_id=guild_id)
            )
        except nextcord.HTTPException as error:
            if error.code not in _NOT_IN:
                raise
            return GuildSeen()
        return GuildSeen(
            found.get("preferred_locale"),
            {str(role["id"]): str(role["name"]) for role in found["roles"]},
            {str(role["id"]): int(role["permissions"]) for role in found["roles"]},
        )
