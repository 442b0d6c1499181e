"""Hears in which servers the bot is, so that a shop rests while it is out of its own."""

import asyncio
import logging
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any

import nextcord
from nextcord.ext import commands

from cogs._ui.desk import Desk
from services import Services

_NOT_IN = frozenset({10004, 50001})
_AGAIN = timedelta(hours=1)

log = logging.getLogger(__name__)


class Presence(commands.Cog):
    """One look at a time, each at how things are by then: events may overtake one another, or be lost."""

    def __init__(
        self, bot: commands.Bot | commands.AutoShardedBot, services: Services, every: timedelta = _AGAIN
    ) -> None:
        self._bot = bot
        self._services = services
        self._every = every
        self._looking = asyncio.Lock()
        self._rounds: asyncio.Task[None] | None = None

    def cog_unload(self) -> None:
        if self._rounds is not None:
            self._rounds.cancel()

    @commands.Cog.listener()
    async def on_guild_remove(self, guild: nextcord.Guild) -> None:
        """The bot was removed; an outage is another event, which nobody listens to."""
        async with self._looking:
            if self._bot.get_guild(guild.id) is None:
                locale = str(guild.preferred_locale) if guild.preferred_locale else None
                await _noted(self._services.absences.left(str(guild.id), guild.name or "", locale), guild.id)

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
                await _noted(self._services.absences.back(str(guild.id)), guild.id)

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        """Make up for what happened while nobody listened, and again from time to time for what was lost."""
        if self._rounds is not None:
            self._rounds.cancel()
        self._rounds = asyncio.create_task(self._keep_looking(), name="presence")

    async def _keep_looking(self) -> None:
        while True:
            await _noted(self._look(), None)
            await asyncio.sleep(self._every.total_seconds())

    async def _look(self) -> bool:
        absences = self._services.absences
        async with self._looking:
            if not self._bot.is_ready():
                # What it knows of its servers is being told anew.
                return False
            present = [str(guild.id) for guild in self._bot.guilds]
            for guild_id in await absences.seen_again(present):
                await _noted(absences.back(guild_id), guild_id)
            for guild_id in await absences.unseen(present):
                if self._ours(int(guild_id)) and await _noted(self._out_of(guild_id), guild_id):
                    await _noted(absences.left(guild_id), guild_id)
        return True

    def _ours(self, guild_id: int) -> bool:
        """Whether this process would be told of the server; with shards each hears of its own."""
        held = getattr(self._bot, "shard_ids", None) or [self._bot.shard_id or 0]
        return (guild_id >> 22) % (self._bot.shard_count or 1) in held

    async def _out_of(self, guild_id: str) -> bool:
        """Whether Discord itself says so: a list that came incomplete must not close a shop."""
        try:
            await self._bot.http.get_guild(int(guild_id))
        except nextcord.HTTPException as error:
            return error.code in _NOT_IN
        return False


async def _noted(step: Coroutine[Any, Any, bool], guild_id: int | str | None) -> bool:
    """What a step says; one that fails keeps no other server's from its turn, and is made up for later."""
    try:
        return await step
    except Exception:
        # Whatever it was: other shops must not rest, or stay closed, because of it.
        log.exception("presence_unsure", extra={"guild": guild_id})
        return False


def setup(bot: commands.Bot, services: Services, desk: Desk) -> None:  # noqa: ARG001 - every cog gets both
    """Add the cog."""
    bot.add_cog(Presence(bot, services))
