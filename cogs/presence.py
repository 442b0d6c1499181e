"""Hears in which servers the bot is, so that a shop rests while it is out of its own."""

import asyncio

import nextcord
from nextcord.ext import commands

from cogs._ui.desk import Desk
from services import Services

_NOT_IN = frozenset({10004, 50001})


class Presence(commands.Cog):
    """One look at a time, each at how things are by then: events may overtake one another."""

    def __init__(self, bot: commands.Bot, services: Services) -> None:
        self._bot = bot
        self._services = services
        self._looking = asyncio.Lock()

    @commands.Cog.listener()
    async def on_guild_remove(self, guild: nextcord.Guild) -> None:
        """The bot was removed; an outage is another event, which nobody listens to."""
        async with self._looking:
            if self._bot.get_guild(guild.id) is None:
                locale = str(guild.preferred_locale) if guild.preferred_locale else None
                await self._services.absences.left(str(guild.id), guild.name or "", locale)

    @commands.Cog.listener()
    async def on_guild_join(self, guild: nextcord.Guild) -> None:
        """The bot was invited, perhaps again."""
        await self._came(guild)

    @commands.Cog.listener()
    async def on_guild_available(self, guild: nextcord.Guild) -> None:
        """The bot is in a server whose outage is over, or which it found at its start."""
        await self._came(guild)

    async def _came(self, guild: nextcord.Guild) -> None:
        async with self._looking:
            if self._bot.get_guild(guild.id) is not None:
                await self._services.absences.back(str(guild.id))

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        """Make up for what happened while nobody listened."""
        async with self._looking:
            present = [str(guild.id) for guild in self._bot.guilds]
            for guild_id in await self._services.absences.seen_again(present):
                await self._services.absences.back(guild_id)
            for guild_id in await self._services.absences.unseen(present):
                if self._ours(int(guild_id)) and await self._out_of(guild_id):
                    await self._services.absences.left(guild_id)

    def _ours(self, guild_id: int) -> bool:
        """Whether this connection would be told of the server; with shards each hears of its own."""
        shards = self._bot.shard_count or 1
        return (guild_id >> 22) % shards == (self._bot.shard_id or 0)

    async def _out_of(self, guild_id: str) -> bool:
        """Whether Discord itself says so: a list that came incomplete must not close a shop."""
        try:
            await self._bot.http.get_guild(int(guild_id))
        except nextcord.HTTPException as error:
            return error.code in _NOT_IN
        return False


def setup(bot: commands.Bot, services: Services, desk: Desk) -> None:  # noqa: ARG001 - every cog gets both
    """Add the cog."""
    bot.add_cog(Presence(bot, services))
