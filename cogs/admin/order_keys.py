"""The keys of an order, reached from its card: which it got, and replacing one that does not work."""

from cogs._ui.desk import Visit, click, submit
from cogs.admin._order_keys_card import keys_card, reason_form
from cogs.admin._paging import number
from cogs.admin._root import Section, chosen
from services.access import Permission


class OrderKeys(Section):
    """Staff see numbers and dates; only the customer sees the keys."""

    needs = Permission.ORDER_VIEW

    @click("keys:order")
    async def opened(self, visit: Visit, page: str, order_id: str) -> None:
        await self._show(visit, order_id, number(page))

    @click("keys:bad")
    async def ask_reason(self, visit: Visit, order_id: str) -> None:  # noqa: ARG002 - the menu belongs to an order
        await visit.require(Permission.ORDER_MANAGE)
        await visit.form(reason_form(chosen(visit), visit.words))

    @submit("keys:replace")
    async def replace(self, visit: Visit, key_id: str) -> None:
        await visit.require(Permission.ORDER_MANAGE)
        shop, reason = await visit.shop(), visit.fields.get("reason", "")
        order_id = await self.services.keys.replace(shop, visit.member, key_id, reason)
        await self._show(visit, order_id)
        await visit.say(visit.words("Replaced. The customer is told and finds the new key in their order."))

    async def _show(self, visit: Visit, order_id: str, page: int = 0) -> None:
        view = await self.services.orders.staff_view(await visit.shop(), order_id)
        keys = await self.services.keys.numbered(view.order.tenant_id, view.entitlements)
        await visit.show(keys_card(view, keys, page, visit.words))
