"""Tells whoever asked the doctor for indexes that they are made: on the card, else by DM or to the staff."""

import nextcord

from cogs._effects.failing import failing
from cogs._ui import send
from cogs._ui.card import Button, Card
from cogs._ui.target import Target
from cogs._ui.words import Words
from models.outbox import OutboxEffect
from services import Services
from services.doctor.index_work import Reply
from services.shops import Shop
from services.worker import EffectFailed


class IndexResults:
    """Makes the second half of indexes.make happen."""

    def __init__(self, bot: nextcord.Client, services: Services) -> None:
        self._bot = bot
        self._services = services

    async def tell(self, effect: OutboxEffect) -> str:
        """Show once how it ended."""
        with failing():
            shop = await self._services.shops.of_tenant(effect.tenant_id)
            reply = self._services.index_work.reply_to(effect)
            card = _card(Words.of(reply.locale), made=await self._services.index_work.all_made())
            card.accent = await self._services.themes.accent(shop.config, reply.asked_by)
            return await self._edited(reply, card) or await self._sent(reply, shop, card, effect.key)

    async def _edited(self, reply: Reply, card: Card) -> str | None:
        if reply.token is None:
            return None
        try:
            await send.edit_reply(self._bot, reply.application_id, reply.token, card)
        except send.Unreachable:
            return None
        return "edited"

    async def _sent(self, reply: Reply, shop: Shop, card: Card, nonce: str) -> str:
        try:
            await send.dm(self._bot, reply.asked_by, card, guild_id=shop.guild_id, nonce=nonce)
        except send.Unreachable:
            if shop.config.staff_channel_id is None:
                raise EffectFailed("no_staff_channel") from None
            await send.post(self._bot, shop.config.staff_channel_id, card, nonce=nonce)
        return "sent"


def _card(w: Words, *, made: bool) -> Card:
    rows = [[Button(w("Look again"), Target("doctor:open"))]]
    if made:
        text = w("Every index that the shop needs is there. Nobody has to wait any more.")
        return Card(title=w("The indexes are made"), text=text, colour="good", rows=[*rows])
    text = w(
        "Two records have what only one may have, so one index is still missing. "
        "Please ask whoever runs the bot to call `run.py check`, which names it."
    )
    return Card(title=w("Not every index could be made"), text=text, colour="bad", rows=[*rows])
