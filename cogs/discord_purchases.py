"""Listens for what people buy from Discord itself, and looks for what was bought meanwhile."""

import asyncio
import logging
from http import HTTPStatus
from typing import Any

import nextcord
from nextcord.ext import commands
from nextcord.http import Route

from cogs._ui import wire
from cogs._ui.desk import Desk
from models.errors import Declined, Unavailable
from services import Services
from services.discord_gateway import PAGE_SIZE

log = logging.getLogger(__name__)

_DISCORD = "discord"
# An application that sells nothing may be told so in this way.
_NO_LIST = frozenset({HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND})


class DiscordPurchases(commands.Cog):
    """The way of Discord's own entitlements into the shop."""

    def __init__(self, bot: commands.Bot, services: Services) -> None:
        self._bot = bot
        self._hearing = services.discord
        self._work: asyncio.Task[None] | None = None

    def cog_unload(self) -> None:
        if self._work is not None:
            self._work.cancel()

    @commands.Cog.listener()
    async def on_connect(self) -> None:
        """Ask for the list whenever a new session begins: it does not bring what happened before."""
        if self._work is None or self._work.done():
            self._work = asyncio.create_task(self._hearing.keep_up(self._page), name="discord purchases")
            self._work.add_done_callback(_log_death)
        else:
            self._hearing.ask()

    @commands.Cog.listener()
    async def on_raw_entitlement(self, kind: str, entitlement: Any) -> None:
        """Hand on what the gateway tells of an entitlement."""
        await self._hearing.hear(kind, entitlement)

    async def _page(self, before: str | None) -> list[Any]:
        # Deleted ones are left out unless asked for (docs: List Entitlements).
        params = {"limit": str(PAGE_SIZE), "exclude_deleted": "false"} | (
            {"before": before} if before else {}
        )
        route = Route(
            "GET", "/applications/{application_id}/entitlements", application_id=self._bot.application_id
        )
        try:
            found = await self._bot.http.request(route, params=params)
        except nextcord.HTTPException as error:
            refused = error.status in _NO_LIST
            raise (Declined if refused else Unavailable)(_DISCORD, str(error.code)) from error
        except wire.FAILED as error:
            raise Unavailable(_DISCORD) from error
        return found if isinstance(found, list) else []


def _log_death(work: asyncio.Task[None]) -> None:
    """Sales go on without the list, which the next session asks for again."""
    if not work.cancelled() and (error := work.exception()):
        log.error("discord_purchases_died", exc_info=error)


def setup(bot: commands.Bot, services: Services, desk: Desk) -> None:  # noqa: ARG001 - every cog gets both
    """Add the cog."""
    bot.add_cog(DiscordPurchases(bot, services))
