"""/admin order: find an order, read all about it, note something down, call it off."""

from typing import ClassVar

from nextcord import SlashOption

from cogs._ui.desk import Visit, click, command_answer, submit, suggest
from cogs.admin import _order_card as cards
from cogs.admin._paging import number, searchable
from cogs.admin._root import Entry, Section, chosen
from models.errors import NotFound
from services.access import Permission
from services.orders import OrderView


class Orders(Section):
    """The order book; reading it needs one key, changing an order another."""

    needs = Permission.ORDER_VIEW
    entry = Entry("order", "Find an order, see all about it, note or cancel")

    @command_answer
    async def enter(
        self,
        visit: Visit,
        find: str = SlashOption(description="Number, customer or state", required=False, default=""),
    ) -> None:
        if not find.strip():
            await self.page(visit)
            return
        try:
            view = await self.services.orders.staff_view(await visit.shop(), find.strip())
        except NotFound:
            await self.page(visit, "0", searchable("order:list", cards.looked_for(find, visit.words)))
        else:
            await visit.show(cards.order_card(view, visit.words))

    @suggest
    async def orders(self, visit: Visit, typed: str) -> None:
        wanted = cards.looked_for(typed or "", visit.words)
        found = await self.services.orders.suggest_any(await visit.shop(), wanted)
        await visit.choices([(cards.label(order, visit.words), key) for order, key in found])

    completes: ClassVar = {"find": orders}

    @click("order:list")
    async def page(self, visit: Visit, page: str = "0", query: str = "") -> None:
        found = await self.services.orders.find(await visit.shop(), query, number(page))
        await visit.show(cards.order_list(found, query, visit.words))

    @click("order:state")
    async def in_state(self, visit: Visit) -> None:
        await self.page(visit, "0", chosen(visit))

    @click("order:search")
    async def ask_words(self, visit: Visit, query: str = "") -> None:
        await visit.form(cards.search_form(query, visit.words))

    @submit("order:search")
    async def search(self, visit: Visit) -> None:
        wanted = cards.looked_for(visit.fields.get("query", ""), visit.words)
        await self.page(visit, "0", searchable("order:list", wanted))

    @click("order:open")
    async def opened(self, visit: Visit, order_id: str = "") -> None:
        view = await self._view(visit, order_id or chosen(visit))
        await visit.show(cards.order_card(view, visit.words))

    @click("order:note")
    async def ask_note(self, visit: Visit, order_id: str) -> None:
        await visit.require(Permission.ORDER_MANAGE)
        await visit.form(cards.note_form((await self._view(visit, order_id)).order, visit.words))

    @submit("order:note")
    async def note(self, visit: Visit, order_id: str) -> None:
        await visit.require(Permission.ORDER_MANAGE)
        shop, text = await visit.shop(), visit.fields.get("note", "")
        view = await self.services.orders.add_note(shop, visit.member, order_id, text)
        await visit.show(cards.order_card(view, visit.words))

    @click("order:cancel")
    async def ask_reason(self, visit: Visit, order_id: str) -> None:
        await visit.require(Permission.ORDER_MANAGE)
        await visit.form(cards.cancel_form((await self._view(visit, order_id)).order, visit.words))

    @submit("order:cancel")
    async def cancel(self, visit: Visit, order_id: str) -> None:
        await visit.require(Permission.ORDER_MANAGE)
        shop, reason = await visit.shop(), visit.fields.get("reason", "")
        view = await self.services.orders.staff_cancel(shop, visit.member, order_id, reason)
        await visit.show(cards.order_card(view, visit.words))
        await visit.say(visit.words("Cancelled. The goods are back on the shelf and the customer is told."))

    async def _view(self, visit: Visit, order_id: str) -> OrderView:
        return await self.services.orders.staff_view(await visit.shop(), order_id)
