"""A bot that holds some of Discord's shards, while other processes hold the rest."""

import asyncio
import logging
from collections import defaultdict
from typing import Any

from nextcord.ext import commands
from nextcord.http import Route
from redis.asyncio import Redis
from redis.exceptions import RedisError

from bot.gateway_pace import Gaps

# How long Discord wants between two session starts of one bucket, and a little for the way there.
_APART_MS = 5_200
_AGAIN = 0.25
_PATIENCE = 2.0
_FEW_LEFT = 50
# A session that is refused again and again is asked for ever more slowly; nextcord gives up after a minute.
_FIRST, _LONGEST = 5.0, 40.0

log = logging.getLogger(__name__)


class ShardedBot(commands.AutoShardedBot):
    """Starts its sessions in turn with every other process, and keeps in step when a session begins anew."""

    def __init__(self, redis: Redis | None, **options: Any) -> None:
        super().__init__(**options)
        self._redis = redis
        self._buckets: int | None = None
        self._gaps: defaultdict[int | None, Gaps] = defaultdict(lambda: Gaps(_FIRST, _LONGEST))
        self._told_commands = False
        parsers = self._connection.parsers
        parsers["READY"] = self._ready_again(parsers["READY"])

    def _ready_again(self, parse: Any) -> Any:
        """Forget first those servers of a shard that its new session does not name: it was removed there."""

        def ready(data: dict[str, Any]) -> None:
            named, shard = {int(guild["id"]) for guild in data["guilds"]}, data["__shard_id__"]
            for guild in [one for one in self.guilds if one.shard_id == shard and one.id not in named]:
                self._connection._remove_guild(guild)  # noqa: SLF001 - a bot without shards forgets them all
            parse(data)

        return ready

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Wait for this shard's turn: Discord counts the session starts of all processes together."""
        await self._gaps[shard_id].turn()
        if self._buckets is None:
            self._buckets = await self._concurrency()
        key = f"shop:identify:{self.user.id if self.user else 0}:{(shard_id or 0) % self._buckets}"
        if self._redis is None or not await self._turn(self._redis, key):
            await super().before_identify_hook(shard_id, initial=initial)

    @staticmethod
    async def _turn(redis: Redis, key: str) -> bool:
        """Wait for the turn of this key; False when Redis is away."""
        try:
            while not await asyncio.wait_for(redis.set(key, 1, nx=True, px=_APART_MS), _PATIENCE):  # noqa: ASYNC110 - no event tells
                await asyncio.sleep(_AGAIN)
        except (RedisError, OSError):
            log.warning("session_starts_uncounted")
            return False
        return True

    async def _concurrency(self) -> int:
        """How many session starts Discord takes at a time."""
        limit = (await self.http.request(Route("GET", "/gateway/bot")))["session_start_limit"]
        if limit["remaining"] < _FEW_LEFT:
            log.warning("session_starts_few", extra={"left": limit["remaining"]})
        return max(1, int(limit["max_concurrency"]))

    async def on_connect(self) -> None:
        """Tell Discord of the commands, once: whoever holds the first shard speaks for all."""
        if self._told_commands or 0 not in (self.shard_ids or ()):
            return
        self._told_commands = True
        await super().on_connect()
