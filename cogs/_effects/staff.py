"""Calls the staff: claims to decide, what became of them, and what else they should look at."""

from typing import NamedTuple

import nextcord

from cogs._effects import alerts
from cogs._effects.failing import failing
from cogs._ui import send
from cogs._ui.card import Card
from cogs._ui.claim_card import claim_card
from cogs._ui.guilds import Guilds
from cogs._ui.words import Words
from models.alert import AlertType
from models.outbox import OutboxEffect
from models.payment import Payment, PaymentStatus
from models.tenant import BotConfig
from services import Services
from services.absences import AWAY
from services.shops import Shop
from services.worker import EffectFailed, EffectWaits


class _Desk(NamedTuple):
    shop: Shop
    words: Words


class StaffCalls:
    """Makes the staff.* effects happen, in the language of the guild."""

    def __init__(self, bot: nextcord.Client, services: Services, guilds: Guilds) -> None:
        self._bot = bot
        self._services = services
        self._guilds = guilds

    async def claim(self, effect: OutboxEffect) -> str:
        """Post the card of a claim that still waits, once: the effect's id is the message's nonce."""
        with failing():
            desk = await self._desk(effect)
            claims = effect.payload["claims"]
            view = await self._services.claims.view(desk.shop, effect.payload["paymentId"])
            if not _waits(view.payment, claims):
                return "decided_before"
            channel = _channel(desk.shop.config.staff_channel_id)
            card = await self._dressed(desk, claim_card(view, desk.words, claims=claims))
            message = await send.post(self._bot, channel, card, nonce=effect.key)
            await self._services.claims.remember_card(view.payment, channel, message)
            now = await self._services.claims.view(desk.shop, view.payment.key)
            if not _waits(now.payment, claims):
                # Decided while the card was on its way, when nobody knew yet where it would stand.
                card = await self._dressed(desk, claim_card(now, desk.words, claims=claims))
                await send.edit(self._bot, channel, message, card)
        return "posted"

    async def decided(self, effect: OutboxEffect) -> str:
        """Show on the card what became of the claim."""
        with failing():
            desk = await self._desk(effect)
            view = await self._services.claims.view(desk.shop, effect.payload["paymentId"])
            channel, message = view.payment.card_channel_id, view.payment.card_message_id
            if channel is None or message is None:
                return "no_card"
            try:
                card = await self._dressed(desk, claim_card(view, desk.words))
                await send.edit(self._bot, channel, message, card)
            except send.Unreachable as error:
                if error.reason not in {"message_gone", "channel_gone"}:
                    raise
                return error.reason
        return "edited"

    async def alert(self, effect: OutboxEffect) -> str:
        """Post one line about something staff should look at, with the way there."""
        alert = await self._services.alerts.of(effect.tenant_id, effect.payload["alertId"])
        if alert is None:
            return "no_alert"
        with failing():
            desk = await self._desk(effect)
            if await self._services.absences.away(effect.tenant_id):
                raise EffectWaits(AWAY)
            channel = _channel(_alert_channel(desk.shop.config, alert.type))
            card = await self._dressed(desk, alerts.card(alert, desk.words))
            await send.post(self._bot, channel, card, nonce=effect.key)
        return "posted"

    async def _dressed(self, desk: _Desk, card: Card) -> Card:
        card.accent = await self._services.themes.accent(desk.shop.config)
        return card

    async def _desk(self, effect: OutboxEffect) -> _Desk:
        shop = await self._services.shops.of_tenant(effect.tenant_id)
        return _Desk(shop, Words.of(await self._guilds.locale(shop.guild_id)))


def _waits(payment: Payment, claims: int) -> bool:
    return payment.status is PaymentStatus.AWAITING_ADMIN_APPROVAL and payment.claims == claims


def _channel(channel_id: str | None) -> str:
    if channel_id is None:
        raise EffectFailed("no_staff_channel")
    return channel_id


def _alert_channel(config: BotConfig, kind: AlertType) -> str | None:
    if kind is AlertType.NEW_ORDER and config.default_order_channel_id:
        return config.default_order_channel_id
    return config.staff_channel_id
