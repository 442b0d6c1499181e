"""Tells customers what became of their orders by DM, as far as they want to hear it."""

from dataclasses import replace

import nextcord

from cogs._effects.failing import failing
from cogs._effects.letters import SWITCHES
from cogs._effects.notices import OF_KEYS, Told, notice_card, outdated
from cogs._ui import send
from cogs._ui.guilds import Guilds
from cogs._ui.role_names import role_names_in_dm
from cogs._ui.words import Words
from models.customer import Customer
from models.outbox import OutboxEffect
from services import Services
from services.effects import Notice

# Nobody is there to be told; `/orders` shows it all the same.
_SILENT = frozenset({"dm_closed", "unknown_user"})


class CustomerNotices:
    """Makes customer.notice happen."""

    def __init__(self, bot: nextcord.Client, services: Services, guilds: Guilds) -> None:
        self._bot = bot
        self._services = services
        self._guilds = guilds

    async def tell(self, effect: OutboxEffect) -> str:
        """Send one DM in the customer's language; a closed one is no failure."""
        event = Notice(effect.payload["event"])
        with failing():
            shop = await self._services.shops.of_tenant(effect.tenant_id)
            view = await self._services.orders.staff_view(shop, effect.payload["orderId"])
            person = view.order.customer
            known = await self._services.customers.known(shop, person.discord_id)
            if known is not None and not _wants(known, event):
                return "not_wanted"
            if outdated(event, view, effect.payload):
                return "outdated"
            words = Words.of((known.locale if known else None) or person.locale)
            names = await role_names_in_dm(self._guilds, shop.guild_id)
            told = Told(shop, view, self._services.methods, names, payload=effect.payload)
            if event in OF_KEYS:
                told = replace(told, keys=await self._services.keys.held(shop.id, view.entitlements))
            card = notice_card(event, told, words)
            card.accent = await self._services.themes.accent(shop.config, person.discord_id)
            try:
                await send.dm(self._bot, person.discord_id, card, guild_id=shop.guild_id, nonce=effect.key)
            except send.Unreachable as error:
                if error.reason not in _SILENT:
                    raise
                return error.reason
        return "sent"


def _wants(customer: Customer, event: Notice) -> bool:
    return not customer.dm_opt_out and bool(getattr(customer.dm_preferences, SWITCHES[event]))
