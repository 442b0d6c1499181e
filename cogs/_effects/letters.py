"""Owes the e-mails that go with notices and alerts, before Discord is asked for anything: it may be away."""

from cogs._effects.failing import failing
from cogs._ui import wire
from cogs._ui.guilds import Guilds
from models.alert import Alert, AlertSeverity
from models.outbox import OutboxEffect
from services import Services
from services.absences import AWAY
from services.discord_throttle import RESTS
from services.effects import Notice
from services.shops import Shop

# A customer knows a switch for each stage of an order; what goes wrong at a stage belongs to its switch.
SWITCHES = {
    Notice.ORDER_RECEIVED: "order_received",
    Notice.ORDER_CANCELLED: "order_received",
    Notice.PAYMENT_CONFIRMED: "payment_confirmed",
    Notice.PAYMENT_REJECTED: "payment_confirmed",
    Notice.PAYMENT_UNDERPAID: "payment_confirmed",
    Notice.PAYMENT_FAILED: "payment_confirmed",
    Notice.ROLE_FAILED: "payment_confirmed",
    Notice.ROLE_ENDING: "payment_confirmed",
    Notice.ROLE_ENDED: "payment_confirmed",
    Notice.REFUNDED: "refunds",
    Notice.ORDER_SHIPPED: "order_shipped",
    Notice.HOLD_ENDING: "payment_confirmed",
    Notice.KEY_DELIVERED: "payment_confirmed",
    Notice.KEY_REPLACED: "payment_confirmed",
}
# Whoever waits for one of these had its e-mail at the first look.
_LOOKED = frozenset({AWAY, RESTS})


class Letters:
    """Each way has its own effect: no closed DM and no Discord that is away keeps an e-mail back."""

    def __init__(self, services: Services, guilds: Guilds) -> None:
        self._services = services
        self._guilds = guilds

    async def about_notice(self, effect: OutboxEffect) -> None:
        """Owe a customer's e-mail, and the staff's where a payment was turned down."""
        if not self._looks(effect):
            return
        event = Notice(effect.payload["event"])
        with failing():
            shop = await self._services.shops.of_tenant(effect.tenant_id)
            view = await self._services.orders.staff_view(shop, effect.payload["orderId"])
            known = await self._services.customers.known(shop, view.order.customer.discord_id)
            await self._services.mailing.owe(shop, known, effect, SWITCHES[event])
            if event is Notice.PAYMENT_REJECTED:
                about = {key: effect.payload.get(key) for key in ("orderId", "reason")}
                await self._owe_staff(shop, effect.dedupe_key, about, effect)

    async def about_alert(self, effect: OutboxEffect) -> None:
        """Owe the staff's e-mail about what is wrong."""
        alert = await self._services.alerts.of(effect.tenant_id, effect.payload["alertId"])
        if alert is None or not _alarming(alert) or not self._looks(effect):
            return
        with failing():
            shop = await self._services.shops.of_tenant(effect.tenant_id)
            await self._owe_staff(shop, alert.key, {"alertId": alert.key}, effect)

    async def _owe_staff(
        self, shop: Shop, about: str, payload: dict[str, str | None], effect: OutboxEffect
    ) -> None:
        told = payload | {"locale": await self._locale(shop)}
        await self._services.mailing.owe_staff(shop, about, told, effect.order_id)

    async def _locale(self, shop: Shop) -> str | None:
        """The server's language, as far as it is known without a Discord that is away."""
        if self._services.throttle.away:
            return self._guilds.heard(shop.guild_id)
        try:
            return await self._guilds.locale(shop.guild_id)
        except (*wire.FAILED, TimeoutError):
            return self._guilds.heard(shop.guild_id)

    def _looks(self, effect: OutboxEffect) -> bool:
        return effect.last_error not in _LOOKED and self._services.mailing.owes_still(effect)


def _alarming(alert: Alert) -> bool:
    # That an e-mail could not be sent is nothing to send an e-mail about.
    return alert.severity is AlertSeverity.ERROR and not str(alert.params.get("kind")).startswith("mail.")
