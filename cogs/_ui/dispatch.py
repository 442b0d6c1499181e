"""The one place where every interaction arrives and is routed to who handles it."""

import inspect
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, NamedTuple

import nextcord
from nextcord import InteractionType

from cogs._charts import Charts
from cogs._ui.attendance import Attendance, Step
from cogs._ui.fault import told
from cogs._ui.guilds import Guilds
from cogs._ui.second_try import SecondTries
from cogs._ui.target import parse
from cogs._ui.visit import Kind, Visit
from cogs._ui.wire import data_of
from cogs._ui.words import Words, languages
from services import Services
from services.erasure import ERASED

log = logging.getLogger(__name__)

type Handler = Callable[..., Awaitable[None]]

_KINDS = {InteractionType.component: Kind.CLICK, InteractionType.modal_submit: Kind.FORM}


class _Route(NamedTuple):
    handler: Handler
    fewest: int
    most: int


class Desk:
    """Receives the bot's interactions, finds who handles them, and owns the last word.

    `reference` makes the short id that a person can tell the staff and that stands in the log.
    """

    def __init__(
        self, bot: nextcord.Client, services: Services, reference: Callable[[], str], charts: Charts
    ) -> None:
        self._bot = bot
        self._charts = charts
        self._guilds = Guilds(bot, services.clock)
        self._services = services
        self._reference = reference
        self._attended = 0
        self._routes: dict[tuple[Kind, str], _Route] = {}
        for language in ("en", *languages()):
            Words.of(language)
        self._tries = SecondTries(services.clock)
        # Staff may have typed what they erase now: nobody's form is kept.
        services.wakeups.on_change(ERASED, self._tries.lose)
        self.open(Kind.CLICK, "form:again", Visit.form_again)
        bot.event(self.on_interaction)
        bot.event(self.on_application_command_error)

    @property
    def charts(self) -> Charts:
        """Draws every picture of this bot, one after the other."""
        return self._charts

    @property
    def guilds(self) -> Guilds:
        """Looks up servers that no interaction has told of."""
        return self._guilds

    def knows(self, kind: Kind, action: str) -> bool:
        """Whether somebody handles this action."""
        return (kind, action) in self._routes

    def open(self, kind: Kind, action: str, handler: Handler) -> None:
        """Route an action to its handler; raises ValueError when two want the same."""
        if (kind, action) in self._routes:
            raise ValueError(f"{action} has two handlers")
        self._routes[kind, action] = _route(handler)

    def shut(self, kind: Kind, action: str) -> None:
        """Stop routing an action, when its cog is unloaded."""
        self._routes.pop((kind, action), None)

    async def on_interaction(self, interaction: nextcord.Interaction[Any]) -> None:
        """Take an interaction of any kind from the gateway."""
        kind = _KINDS.get(interaction.type)
        if kind is None:
            await self._command(interaction)
            return
        parsed = parse(str(data_of(interaction).get("custom_id")))
        route = self._routes.get((kind, parsed.action))
        step: Step = _too_old
        if route and route.fewest <= len(parsed.args) <= route.most:
            step = partial(_call, route.handler, parsed.args)
        # What nobody handles may say anything, and what is logged should not.
        action = parsed.action if route else "unknown"
        await self.attend(interaction, kind, action, step, parsed.guild_id)

    async def on_application_command_error(self, _: nextcord.Interaction[Any], error: Exception) -> None:
        """Log what nextcord would print: a check that refused a command, or a command without a Visit."""
        log.error("command_failed", extra={"traceback": told(error)})

    async def attend(
        self,
        interaction: nextcord.Interaction[Any],
        kind: Kind,
        action: str,
        step: Step,
        guild_id: str | None = None,
    ) -> None:
        """Run one handler for one person, and answer whatever becomes of it."""
        routed = kind in (Kind.COMMAND, Kind.SUGGEST) and interaction.application_command is not None
        known = routed or self.knows(kind, action)
        interaction.attached["tries"] = self._tries
        self._attended += 1
        try:
            attendance = Attendance(interaction, kind, action, guild_id, known=known, attended=self._attended)
            await attendance.run(step, self._bot, self._services, self._guilds, self._reference)
        finally:
            self._attended -= 1

    async def _command(self, interaction: nextcord.Interaction[Any]) -> None:
        step: Step = _not_ready
        try:
            await self._bot.process_application_commands(interaction)
        except Exception as error:  # noqa: BLE001 - the last word: it is logged and answered below
            step = partial(_fail, error)
        if "answer" in interaction.attached or interaction.response.is_done():
            return
        suggests = interaction.type is InteractionType.application_command_autocomplete
        name = str(data_of(interaction).get("name"))
        await self.attend(interaction, Kind.SUGGEST if suggests else Kind.COMMAND, name, step)


def _route(handler: Handler) -> _Route:
    """A handler and how many arguments it takes beside the visit."""
    every = inspect.signature(handler).parameters.values()
    places = [each for each in every if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)][1:]
    fewest = sum(each.default is each.empty for each in places)
    any_number = any(each.kind is each.VAR_POSITIONAL for each in every)
    return _Route(handler, fewest, 100 if any_number else len(places))


async def _call(handler: Handler, args: tuple[str, ...], visit: Visit) -> None:
    await handler(visit, *args)


async def _too_old(visit: Visit) -> None:
    await visit.say(
        visit.words("This button is from an older version of the shop. Please open it again with a command.")
    )


async def _not_ready(visit: Visit) -> None:
    await visit.say(visit.words("This command is being updated. Please try again in a minute."))


async def _fail(error: Exception, _: Visit) -> None:
    raise error
