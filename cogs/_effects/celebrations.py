"""Tells the community that somebody gave to its fund, in the shop's own words."""

import nextcord

from cogs._effects.failing import failing
from cogs._ui import send
from cogs._ui.card import Card
from cogs._ui.fund_card import celebration
from cogs._ui.guilds import Guilds
from cogs._ui.words import Words
from models.outbox import OutboxEffect
from services import Services
from services.worker import EffectFailed

_CLOSED = frozenset({"channel_gone", "missing_permission"})


class Celebrations:
    """Makes the fund.celebrate effects happen, in the language of the guild."""

    def __init__(self, bot: nextcord.Client, services: Services, guilds: Guilds) -> None:
        self._bot = bot
        self._services = services
        self._guilds = guilds

    async def celebrate(self, effect: OutboxEffect) -> str:
        """Post it once, where a channel is chosen and the gift has not gone back meanwhile."""
        with failing():
            shop = await self._services.shops.of_tenant(effect.tenant_id)
            rules = await self._services.fund.rules(shop)
            order = await self._services.fund.celebrated(shop, effect.payload["orderId"])
            if order is None:
                return "went_back"
            if rules.celebration_channel_id is None:
                return "no_channel"
            words = Words.of(await self._guilds.locale(shop.guild_id))
            amount = words.money(order.donation_cents, order.currency)
            donor = None if order.donation_anonymous else order.customer.discord_display_name
            card = Card(note=celebration(rules, donor, amount, words))
            try:
                await send.post(self._bot, rules.celebration_channel_id, card, nonce=effect.key)
            except send.Unreachable as error:
                if error.reason in _CLOSED:
                    raise EffectFailed("fund_channel") from error
                raise
        return "posted"
