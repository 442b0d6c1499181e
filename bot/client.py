"""The bot as Discord sees it: little asked for, every cog loaded, commands known before the first click."""

import logging
import pkgutil
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import nextcord
from nextcord.ext import commands
from nextcord.http import Route
from redis.asyncio import Redis

import cogs
from bot.discord_answers import Answers
from bot.gateway_pace import keep_pace
from bot.sharded import ShardedBot
from bot.shards import Shards
from cogs._charts import Charts, Press
from cogs._ui.desk import Desk
from cogs._ui.localise import localise
from models.platform_entitlement import EntitlementKind
from services import Services

# Members are a privilege: granted to few bots by a switch, to many by Discord's review.
_HEARS_OF_MEMBERS = 1 << 14 | 1 << 15
_SHARDS_WANTED = frozenset({4010, 4011})

type Bot = commands.Bot | commands.AutoShardedBot

log = logging.getLogger(__name__)


def make_bot(
    services: Services,
    *,
    reference: Callable[[], str],
    api_url: str,
    command_guild_ids: Sequence[int] = (),
    charts: Charts | None = None,
    shards: Shards | None = None,
    redis: Redis | None = None,
    requests_per_second: int | None = None,
) -> Bot:
    """A bot with all its cogs, ready to connect; a cog that fails to load raises.

    `reference` makes the ids that connect an apology with the log, `charts` draws, by a press of its own
    unless one is given. The API's address is nextcord's one class attribute, so all bots of a process talk to
    the same Discord. With `shards` it holds these, in turn with others through `redis`; else it hears of all.
    """
    Route.BASE = api_url
    bot = _connecting(shards, redis, command_guild_ids)
    Answers.listen(bot, services.throttle)
    if requests_per_second is not None:
        bot.http._max_global_requests = requests_per_second  # noqa: SLF001 - nextcord offers no public way
    bot.event(on_error)
    _hear_of_entitlements(bot)
    desk = Desk(bot, services, reference, charts or Charts(Press()))
    for name in extensions():
        bot.load_extension(name, extras={"services": services, "desk": desk})
    localise(bot.get_all_application_commands())
    # An interaction may come in before Discord has told the ids of our commands.
    bot.add_all_application_commands()
    return bot


def _connecting(shards: Shards | None, redis: Redis | None, command_guild_ids: Sequence[int]) -> Bot:
    options: dict[str, Any] = {
        "intents": nextcord.Intents(guilds=True, members=True),
        "member_cache_flags": nextcord.MemberCacheFlags.none(),
        "chunk_guilds_at_startup": False,
        "max_messages": None,
        "allowed_mentions": nextcord.AllowedMentions.none(),
        "help_command": None,
        "default_guild_ids": list(command_guild_ids) or None,
    }
    if shards is None:
        bot = commands.Bot(**options)
        keep_pace(bot)
        return bot
    return ShardedBot(redis, shard_ids=shards.ids, shard_count=shards.total, **options)


async def on_error(event: str, *_: Any, **__: Any) -> None:
    """Log what a listener could not handle; nextcord would print it, past everything that keeps logs safe."""
    log.error("listener_failed", extra={"listener": event}, exc_info=sys.exc_info())


def _hear_of_entitlements(bot: Bot) -> None:
    """Let `on_raw_entitlement(kind, data)` be told: nextcord 3.2 drops these events, not knowing their names.

    An entry among its parsers costs other events nothing. What a parser raises would end the connection, so
    this one only dispatches.
    """
    for kind in EntitlementKind:
        parse = partial(bot.dispatch, "raw_entitlement", kind.value)
        bot._connection.parsers[f"ENTITLEMENT_{kind}"] = parse  # noqa: SLF001 - nextcord offers no public way


def extensions() -> Iterator[str]:
    """Every module and package of cogs that speaks for itself."""
    for module in pkgutil.iter_modules(cogs.__path__, f"{cogs.__name__}."):
        if not module.name.rpartition(".")[2].startswith("_"):
            yield module.name


async def connect(bot: Bot) -> None:
    """Stay connected, once logged in, until the bot is closed.

    Word of who joins is a privilege that not every bot has; without it the bot goes on, and members who come
    back ask for their roles by a click.
    """
    if isinstance(bot, commands.AutoShardedBot):
        # One shard's refusal would close all of them for good, so it is asked for beforehand.
        known = await bot.http.request(Route("GET", "/applications/@me"))
        if not known.get("flags", 0) & _HEARS_OF_MEMBERS:
            _without_members(bot)
    try:
        await bot.connect()
    except nextcord.PrivilegedIntentsRequired:
        _without_members(bot)
        await bot.connect()
    except nextcord.ConnectionClosed as closed:
        if closed.code in _SHARDS_WANTED:
            log.error("shards_wrong", extra={"code": closed.code, "remedy": "start with more --shards"})  # noqa: TRY400 - the task's end is logged with its traceback
        raise


def _without_members(bot: Bot) -> None:
    log.warning("members_intent_missing")
    bot._connection._intents.members = False  # noqa: SLF001 - nextcord offers no other way than a new bot
