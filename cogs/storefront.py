"""Shows the shop's permanent message where staff want it: posts, edits, moves and removes it."""

import hashlib
import json

import nextcord
from nextcord.ext import commands

from cogs._effects.failing import failing
from cogs._ui import send
from cogs._ui.card import Card
from cogs._ui.desk import Desk
from cogs._ui.guilds import Guilds
from cogs._ui.storefront_card import storefront_card
from cogs._ui.words import Words
from models.storefront import Storefront
from services import Services
from services.absences import AWAY
from services.storefront_worker import Outcome
from services.worker import EffectFailed

_NOTHING_LEFT = frozenset({"message_gone", "channel_gone", "missing_permission"})


class PermanentMessage(commands.Cog):
    """The storefront's way to Discord."""

    def __init__(self, bot: commands.Bot, services: Services, guilds: Guilds) -> None:
        self._bot = bot
        self._guilds = guilds
        self._services = services
        services.storefront_worker.register(self.show)

    def cog_unload(self) -> None:
        self._services.storefront_worker.unregister()

    async def show(self, front: Storefront) -> Outcome:
        """Bring a storefront's message in step with the shop; raises EffectFailed saying what is wrong."""
        with failing():
            if await self._services.absences.away(front.tenant_id):
                raise EffectFailed(AWAY)
            for old in front.leftovers:
                await self._delete(old.channel_id, old.message_id)
                await self._services.storefronts.cleared(front, old.message_id)
            if front.channel_id is None or not await self._services.storefronts.shows(front):
                await self._withdraw(front)
                return Outcome(None, looked=True)
            shop = await self._services.shops.of_tenant(front.tenant_id)
            _refuse_unwritable(self._bot.get_guild(int(shop.guild_id)), front.channel_id)
            page = await self._services.catalog.front_page(shop)
            words = Words.of(await self._guilds.locale(shop.guild_id) or front.locale)
            card = storefront_card(page, shop, words)
            card.accent = await self._services.themes.accent(shop.config)
            return await self._bring(front, front.channel_id, card)

    async def _withdraw(self, front: Storefront) -> None:
        if front.channel_id is not None and front.message_id is not None:
            await self._delete(front.channel_id, front.message_id)
            await self._services.storefronts.withdrawn(front)

    async def _bring(self, front: Storefront, channel_id: str, card: Card) -> Outcome:
        fingerprint = _fingerprint(card)
        if front.message_id is not None:
            if front.shown == fingerprint and not self._services.storefronts.unlooked(front):
                return Outcome(fingerprint, looked=False)
            try:
                whole = await send.edit(self._bot, channel_id, front.message_id, card)
            except send.Unreachable as error:
                if error.reason != "message_gone":
                    raise
            else:
                _refuse_torn(whole)
                return Outcome(fingerprint, looked=True)
        nonce = f"{front.key}:{front.posts}"
        message_id, whole = await send.post_whole(self._bot, channel_id, card, nonce=nonce)
        if not whole:
            await self._delete(channel_id, message_id)
        _refuse_torn(whole)
        if not await self._services.storefronts.posted(front, message_id):
            # Staff chose another place while it was on its way.
            await self._delete(channel_id, message_id)
        return Outcome(fingerprint, looked=True)

    async def _delete(self, channel_id: str, message_id: str) -> None:
        try:
            await send.delete(self._bot, channel_id, message_id)
        except send.Unreachable as error:
            if error.reason not in _NOTHING_LEFT:
                raise


def _refuse_unwritable(guild: nextcord.Guild | None, channel_id: str) -> None:
    """Not to ask for what Discord would refuse; a worker, which has no connection, finds out by asking."""
    channel = guild.get_channel(int(channel_id)) if guild else None
    if guild is None or guild.me is None or channel is None:
        return
    may = channel.permissions_for(guild.me)
    if not (may.view_channel and may.send_messages and may.embed_links):
        raise EffectFailed("missing_permission")


def _refuse_torn(whole: bool) -> None:
    if not whole:
        raise EffectFailed("missing_permission")


def _fingerprint(card: Card) -> str:
    written = json.dumps(card.payload(), sort_keys=True).encode()
    return hashlib.blake2s(written, digest_size=16).hexdigest()


def setup(bot: commands.Bot, services: Services, desk: Desk) -> None:
    """Add the cog."""
    bot.add_cog(PermanentMessage(bot, services, desk.guilds))
