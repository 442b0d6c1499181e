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

import cogs
from bot.discord_answers import Answers
from bot.gateway_pace import keep_pace
from cogs._charts import Charts, Press
from cogs._ui.desk import Desk
from cogs._ui.localise import localise
from models.platform_entitlement import EntitlementKind
from services import Services

log = logging.getLogger(__name__)


def make_bot(
    services: Services,
    *,
    reference: Callable[[], str],
    api_url: str,
    command_guild_ids: Sequence[int] = (),
    charts: Charts | None = None,
) -> commands.Bot:
    """A bot with all its cogs, ready to connect; a cog that fails to load raises.

    `reference` makes the ids that connect an apology with the log, `charts` draws, by a press of its own
    unless one is given. The API's address is nextcord's one
    class attribute, so all bots of a process talk to the same Discord.
    """
    Route.BASE = api_url
    bot = commands.Bot(
        intents=nextcord.Intents(guilds=True, members=True),
        member_cache_flags=nextcord.MemberCacheFlags.none(),
        chunk_guilds_at_startup=False,
        max_messages=None,
        allowed_mentions=nextcord.AllowedMentions.none(),
        help_command=None,
        default_guild_ids=list(command_guild_ids) or None,
    )
    Answers.listen(bot, services.reach)
    keep_pace(bot)
    bot.event(on_error)
    _hear_of_entitlements(bot)
    desk = Desk(bot, services, reference, charts or Charts(Press()))
    for name in extensions():
        bot.load_extension(name, extras={"services": services, "desk": desk})
    localise(bot.get_all_application_commands())
    # An interaction may come in before Discord has told the ids of our commands.
    bot.add_all_application_commands()
    return bot


async def on_error(event: str, *_: Any, **__: Any) -> None:
    """Log what a listener could not handle; nextcord would print it, past everything that keeps logs safe."""
    log.error("listener_failed", extra={"listener": event}, exc_info=sys.exc_info())


def _hear_of_entitlements(bot: commands.Bot) -> None:
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


async def connect(bot: commands.Bot) -> None:
    """Stay connected, once logged in, until the bot is closed.

    Word of who joins is a privilege that not every bot has; without it the bot goes on, and members who come
    back ask for their roles by a click.
    """
    try:
        await bot.connect()
    except nextcord.PrivilegedIntentsRequired:
        log.warning("members_intent_missing")
        bot._connection._intents.members = False  # noqa: SLF001 - nextcord offers no other way than a new bot
        await bot.connect()
