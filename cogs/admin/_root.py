"""The /admin command: one parent, a section for every file, and a gate that each step has to pass."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import wraps
from typing import Any, ClassVar, NamedTuple

import nextcord
from nextcord import InteractionContextType, SlashApplicationCommand, SlashApplicationSubcommand
from nextcord.ext import commands

from cogs._charts import Charts
from cogs._ui.attendance import Step
from cogs._ui.desk import Desk, ShopCog, Visit
from cogs._ui.dispatch import Handler
from cogs._ui.visit import Kind
from models.errors import BadInput
from services import Services
from services.access import Permission


class Group(NamedTuple):
    """Sections that stand together: Discord takes 25 subcommands, and the shop has more."""

    name: str
    description: str


PEOPLE = Group("people", "Users, roles and accounts")


class Entry(NamedTuple):
    """How a section is called behind the slash, maybe in a group; it also needs a method `enter`."""

    name: str
    description: str
    group: Group | None = None

    @property
    def path(self) -> str:
        """What people type."""
        return " ".join(["/admin", *([self.group.name] if self.group else []), self.name])


class Gate(Desk):
    """The desk behind a gate: whoever lacks the key gets no further, whatever was clicked or typed."""

    def __init__(self, desk: Desk, needs: Permission) -> None:
        self._desk = desk
        self._needs = needs

    @property
    def charts(self) -> Charts:
        return self._desk.charts

    def knows(self, kind: Kind, action: str) -> bool:
        return self._desk.knows(kind, action)

    def open(self, kind: Kind, action: str, handler: Handler) -> None:
        self._desk.open(kind, action, self._gated(handler))

    def shut(self, kind: Kind, action: str) -> None:
        self._desk.shut(kind, action)

    async def attend(
        self,
        interaction: nextcord.Interaction[Any],
        kind: Kind,
        action: str,
        step: Step,
        guild_id: str | None = None,
    ) -> None:
        await self._desk.attend(interaction, kind, action, self._gated(step), guild_id)

    def _gated(self, handler: Handler) -> Handler:
        @wraps(handler)
        async def gated(visit: Visit, *args: str) -> None:
            await visit.require(self._needs)
            await handler(visit, *args)

        return gated


class Section(ShopCog):
    """One file's part of /admin: its commands, clicks and forms, none of which works without the key."""

    needs: ClassVar[Permission | None]
    entry: ClassVar[Entry | None] = None
    completes: ClassVar[Mapping[str, Callable[..., Awaitable[None]]]] = {}
    enter: Callable[..., Awaitable[None]]

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        # Customers have cogs for orders and the like, too, and nextcord wants every name once.
        cls.__cog_name__ = f"admin.{cls.__name__}"

    def __init__(self, bot: commands.Bot, services: Services, desk: Desk) -> None:
        super().__init__(bot, services, desk if self.needs is None else Gate(desk, self.needs))


class Admin(commands.Cog):
    """Holds the one command that all sections share."""

    def __init__(self, sections: Sequence[Section]) -> None:
        self._command = parent(sections)

    @property
    def application_commands(self) -> list[Any]:
        """What nextcord registers for this cog."""
        return [self._command]


def parent(sections: Sequence[Section]) -> SlashApplicationCommand:
    """The command /admin with a subcommand for each section that has an entry.

    It is made anew for each bot, so that two of them in one process never share a callback. Discord shows
    it to everybody: the shop's own roles decide who may use it.
    """
    made: SlashApplicationCommand = nextcord.slash_command(
        "admin", "Run the shop, for its staff", contexts=[InteractionContextType.guild]
    )(_nothing)
    for section in sections:
        if section.entry is not None:
            home = _group(made, section.entry.group) if section.entry.group else made
            home.children[section.entry.name] = _subcommand(home, section, section.entry)
    made.from_callback(_nothing)
    return made


def _group(parent: SlashApplicationCommand, group: Group) -> SlashApplicationSubcommand:
    if group.name not in parent.children:
        parent.children[group.name] = SlashApplicationSubcommand(
            group.name,
            group.description,
            cmd_type=nextcord.ApplicationCommandOptionType.sub_command_group,
            callback=_nothing,
            parent_cmd=parent,
        )
    return parent.children[group.name]


def _subcommand(
    parent: SlashApplicationCommand | SlashApplicationSubcommand, section: Section, entry: Entry
) -> SlashApplicationSubcommand:
    made = SlashApplicationSubcommand(
        entry.name,
        entry.description,
        cmd_type=nextcord.ApplicationCommandOptionType.sub_command,
        callback=type(section).enter,
        parent_cmd=parent,
        parent_cog=section,
    )
    for option, suggestions in section.completes.items():
        made.on_autocomplete(option)(suggestions)
    return made


async def _nothing(_: nextcord.Interaction[Any]) -> None:
    """Discord calls a subcommand, never the parent."""


def chosen(visit: Visit) -> str:
    """What was chosen in a menu that takes one; raises BadInput when nothing was."""
    if not visit.values:
        raise BadInput("choice", "required")
    return visit.values[0]
