"""/admin, what staff do: every file of this folder without a leading underscore adds its sections.

A section is a class derived from `Section`: it names the permission key it needs, and an `entry` when it is
a subcommand of its own. It is found by being there.
"""

import importlib
import pkgutil
from collections.abc import Iterator

from nextcord.ext import commands

from cogs._ui.desk import Desk
from cogs.admin._root import Admin, Section
from services import Services


def setup(bot: commands.Bot, services: Services, desk: Desk) -> None:
    """Bring every section to the desk, then register the one command."""
    sections = [kind(bot, services, desk) for kind in kinds()]
    for section in sections:
        bot.add_cog(section)
    bot.add_cog(Admin(sections))


def kinds() -> Iterator[type[Section]]:
    """Every section of this folder, by file."""
    for name in sorted(info.name for info in pkgutil.iter_modules(__path__) if not info.name.startswith("_")):
        module = importlib.import_module(f"{__name__}.{name}")
        for found in vars(module).values():
            own = isinstance(found, type) and found.__module__ == module.__name__
            if own and issubclass(found, Section):
                yield found
