"""What a cog needs to be at the desk: the base class, and the marks that route clicks, forms and commands."""

import inspect
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from functools import partial, wraps
from typing import Any, ClassVar, Concatenate, cast

import nextcord
from nextcord.ext import commands

from cogs._ui.dispatch import Desk
from cogs._ui.visit import Kind, Visit
from cogs._ui.wire import data_of
from services import Services

__all__ = ["Desk", "ShopCog", "Visit", "click", "command_answer", "submit", "suggest"]

type _Method[**P] = Callable[P, Coroutine[Any, Any, None]]
_MARK = "__shop_routes__"


class ShopCog(commands.Cog):
    """The base of every cog: knows the services, and receives the clicks and forms it is marked for.

    What begins with a colon is within the area of the cog, which several of one kind have each their own.
    """

    area: ClassVar[str] = ""

    def __init__(self, bot: commands.Bot, services: Services, desk: Desk) -> None:
        self.bot = bot
        self.services = services
        self.desk = desk
        for kind, action, name in self._marked():
            desk.open(kind, action, getattr(self, name))

    def cog_unload(self) -> None:
        for kind, action, _ in self._marked():
            self.desk.shut(kind, action)

    def _marked(self) -> Iterator[tuple[Kind, str, str]]:
        for name, member in inspect.getmembers_static(type(self), inspect.isfunction):
            for kind, action in getattr(member, _MARK, ()):
                yield kind, f"{self.area}{action}" if action.startswith(":") else action, name


def click[F: Callable[..., Awaitable[None]]](action: str) -> Callable[[F], F]:
    """Mark a method `(visit, *args)` for the buttons and menus that lead to this action."""
    return partial(_mark, Kind.CLICK, action)


def submit[F: Callable[..., Awaitable[None]]](action: str) -> Callable[[F], F]:
    """Mark a method `(visit, *args)` for the forms that lead to this action."""
    return partial(_mark, Kind.FORM, action)


def _mark[F: Callable[..., Awaitable[None]]](kind: Kind, action: str, method: F) -> F:
    setattr(method, _MARK, (*getattr(method, _MARK, ()), (kind, action)))
    return method


def command_answer[C: ShopCog, **P](
    method: Callable[Concatenate[C, Visit, P], Awaitable[None]],
) -> _Method[Concatenate[C, nextcord.Interaction[Any], P]]:
    """Give a slash command's method `(visit, option, …)` a Visit, while nextcord sees its options."""
    return _attended(Kind.COMMAND, method)


def suggest[C: ShopCog, **P](
    method: Callable[Concatenate[C, Visit, P], Awaitable[None]],
) -> _Method[Concatenate[C, nextcord.Interaction[Any], P]]:
    """Give an autocomplete's method `(visit, text, …)` a Visit; it ends in `visit.choices`."""
    return _attended(Kind.SUGGEST, method)


def _attended[C: ShopCog, **P](
    kind: Kind, method: Callable[Concatenate[C, Visit, P], Awaitable[None]]
) -> _Method[Concatenate[C, nextcord.Interaction[Any], P]]:
    @wraps(method)
    async def attended(
        self: C, interaction: nextcord.Interaction[Any], *args: P.args, **kwargs: P.kwargs
    ) -> None:
        async def step(visit: Visit) -> None:
            await method(self, visit, *args, **kwargs)

        await self.desk.attend(interaction, kind, _name(interaction), step)

    # nextcord warns when the second parameter is annotated with anything but an Interaction.
    shape = inspect.signature(method)
    own, visit, *options = shape.parameters.values()
    seen = [own, visit.replace(annotation=nextcord.Interaction), *options]
    attended.__signature__ = shape.replace(parameters=seen)  # type: ignore[attr-defined]
    attended.__annotations__ = {**method.__annotations__, visit.name: nextcord.Interaction}
    return cast("_Method[Concatenate[C, nextcord.Interaction[Any], P]]", attended)


def _name(interaction: nextcord.Interaction[Any]) -> str:
    command = interaction.application_command
    return command.qualified_name if command else str(data_of(interaction).get("name"))
