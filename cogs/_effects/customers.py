"""Tells customers what became of their orders, by DM, as far as they want to hear it."""

import nextcord

from cogs._effects import notices
from cogs._effects.failing import failing
from cogs._ui import send
from cogs._ui.words import Words
from models.customer import Customer
from models.entitlement import EntitlementType
from models.outbox import OutboxEffect
from services import Services
from services.effects import Notice
from services.orders import OrderView

# A customer knows a switch for each stage of an order; what goes wrong at a stage belongs to its switch.
_SWITCHES = {
    Notice.ORDER_RECEIVED: "order_received",
    Notice.ORDER_CANCELLED: "order_received",
    Notice.PAYMENT_CONFIRMED: "payment_confirmed",
    Notice.PAYMENT_REJECTED: "payment_confirmed",
    Notice.ROLE_FAILED: "payment_confirmed",
}
# Nobody is there to be told; `/orders` shows it all the same.
_SILENT = frozenset({"dm_closed", "unknown_user"})


class CustomerNotices:
    """Makes customer.notice happen."""

    def __init__(self, bot: nextcord.Client, services: Services) -> None:
        self._bot = bot
        self._services = services

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
            words = Words.of((known.locale if known else None) or person.locale)
            told = notices.Told(shop, view, self._roles(shop.guild_id, view), words, effect.payload)
            try:
                await send.dm(
                    self._bot,
                    person.discord_id,
                    notices.card(event, told),
                    guild_id=shop.guild_id,
                    nonce=effect.key,
                )
            except send.Unreachable as error:
                if error.reason not in _SILENT:
                    raise
                return error.reason
        return "sent"

    def _roles(self, guild_id: str, view: OrderView) -> dict[str, str]:
        """The names of the order's roles by entitlement: in a DM a role's mention shows no name."""
        guild = self._bot.get_guild(int(guild_id))
        names = {}
        for owed in view.entitlements:
            if owed.type is EntitlementType.DISCORD_ROLE and owed.role_id:
                role = guild.get_role(int(owed.role_id)) if guild else None
                names[owed.key] = role.name if role else owed.role_id
        return names


def _wants(customer: Customer, event: Notice) -> bool:
    return not customer.dm_opt_out and bool(getattr(customer.dm_preferences, _SWITCHES[event]))
