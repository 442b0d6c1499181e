"""Tells a shop's owner that the bot was removed from the server, is back, or waited in vain."""

from typing import Any

import nextcord

from cogs._effects.failing import failing
from cogs._ui import send
from cogs._ui.card import Card, plain
from cogs._ui.words import Words, later
from models.outbox import OutboxEffect
from services import Services
from services.effects import OwnerEvent
from services.shops import Shop

_NOBODY = frozenset({"dm_closed", "unknown_user"})
_SAID = {
    OwnerEvent.LEFT: (
        later("I am not in your server any more"),
        later(
            "I was removed from **{guild}**, so **{shop}** rests. Nothing is lost: invite me again until "
            "{until} and it goes on where it stopped. Or run `/admin setup` in another server and move it."
        ),
    ),
    OwnerEvent.BACK: (
        later("I am back in your server"),
        later(
            "**{shop}** goes on where it stopped: roles and messages that waited are on their way. "
            "`/admin doctor` says whether anything is missing."
        ),
    ),
    OwnerEvent.CLOSED: (
        later("Your shop is closed"),
        later(
            "I was not invited back, so **{shop}** is closed: open carts have ended. Its orders, customers "
            "and books are kept. It opens again when you invite me, or run `/admin setup` in another server."
        ),
    ),
}


class OwnerNotices:
    """Makes owner.notice happen; where a DM is closed, the shop's own address gets an e-mail instead."""

    def __init__(self, bot: nextcord.Client, services: Services) -> None:
        self._bot = bot
        self._services = services

    async def tell(self, effect: OutboxEffect) -> str:
        """Send one DM in the owner's language, as far as it is known."""
        with failing():
            if await self._services.absences.outdated(effect.tenant_id, effect.payload):
                return "outdated"
            shop = await self._services.shops.of_tenant(effect.tenant_id)
            owner = shop.tenant.owner_user_id
            known = await self._services.customers.known(shop, owner)
            locale = (known.locale if known else None) or effect.payload.get("locale")
            card = owner_card(effect.payload, shop, Words.of(locale))
            try:
                await send.dm(self._bot, owner, card, guild_id=shop.guild_id, nonce=effect.key)
            except send.Unreachable as error:
                if error.reason not in _NOBODY:
                    raise
                payload = {**effect.payload, "locale": locale}
                mailed = await self._services.mailing.owe_staff(shop, effect.dedupe_key, payload, None)
                return "mailed" if mailed else error.reason
        return "sent"


def owner_card(payload: dict[str, Any], shop: Shop, w: Words) -> Card:
    """What happened, and what the owner can do."""
    event = OwnerEvent(payload["event"])
    title, text = _SAID[event]
    guild = plain(payload.get("guild") or "") or w("your server")
    said = w(text, shop=plain(shop.name), guild=guild, until=f"<t:{payload.get('until', 0)}:D>")
    return Card(title=w(title), text=said, colour="good" if event is OwnerEvent.BACK else "warn")
