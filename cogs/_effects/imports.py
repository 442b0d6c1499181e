"""Tells how an import ended to whoever brought it in, when they could not see it for themselves."""

import nextcord

from cogs._effects.failing import failing
from cogs._ui import send
from cogs._ui.import_card import done_card
from cogs._ui.words import Words
from models.outbox import OutboxEffect
from services import Services
from services.worker import EffectFailed


class ImportResults:
    """Makes import.result happen: by DM, else in the staff's channel."""

    def __init__(self, bot: nextcord.Client, services: Services) -> None:
        self._bot = bot
        self._services = services

    async def tell(self, effect: OutboxEffect) -> str:
        """Tell once; nothing when it was seen."""
        with failing():
            shop = await self._services.shops.of_tenant(effect.tenant_id)
            record = await self._services.imports.get(shop, effect.payload["importId"])
            if record.told:
                return "seen"
            known = await self._services.customers.known(shop, record.actor_id)
            card = done_card(record, Words.of(known.locale if known else None))
            try:
                await send.dm(self._bot, record.actor_id, card, guild_id=shop.guild_id, nonce=effect.key)
            except send.Unreachable:
                channel = shop.config.staff_channel_id
                if channel is None:
                    raise EffectFailed("no_staff_channel") from None
                await send.post(self._bot, channel, card, nonce=effect.key)
            await self._services.imports.told(record)
        return "sent"
