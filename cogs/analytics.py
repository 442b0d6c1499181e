"""Tells staff how the shop is doing, as often as they chose; what they ask for is in /admin analytics."""

from nextcord.ext import commands

from cogs._effects.digests import Digests
from cogs._ui.desk import Desk
from services import Services
from services.effects import EffectKind


class AnalyticsDigest(commands.Cog):
    """Signs up for the digests that are owed."""

    def __init__(self, bot: commands.Bot, services: Services, desk: Desk) -> None:
        self._services = services
        digests = Digests(bot, services, desk.charts, desk.guilds)
        services.worker.register(EffectKind.STAFF_DIGEST, digests.tell)

    def cog_unload(self) -> None:
        self._services.worker.unregister(EffectKind.STAFF_DIGEST)


def setup(bot: commands.Bot, services: Services, desk: Desk) -> None:
    """Add the cog."""
    bot.add_cog(AnalyticsDigest(bot, services, desk))
