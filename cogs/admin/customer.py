"""/admin customer: find somebody, read all about them, note something down, change how they are reached."""

from typing import ClassVar

from nextcord import SlashOption

from cogs._ui.desk import Visit, click, command_answer, submit
from cogs.admin import _customer_card as cards
from cogs.admin import _customer_forms as forms
from cogs.admin._paging import number, searchable
from cogs.admin._root import Entry, Section, chosen
from models.customer import Customer
from services.access import Permission

_CONTACT = ("email", "phone", "remark")


class Customers(Section):
    """The book of customers."""

    needs: ClassVar[Permission | None] = Permission.CUSTOMER_MANAGE
    entry = Entry("customer", "Find a customer, see all about them, note or change")

    @command_answer
    async def enter(
        self,
        visit: Visit,
        find: str = SlashOption(description="Name, e-mail or order number", required=False, default=""),
    ) -> None:
        await self._find(visit, find.strip())

    @click("customer:list")
    async def page(self, visit: Visit, page: str = "0", query: str = "") -> None:
        found = await self.services.customer_desk.find(await visit.shop(), query, number(page))
        await visit.show(cards.customer_list(found, query, visit.words))

    @click("customer:search")
    async def ask_words(self, visit: Visit, query: str = "") -> None:
        await visit.form(forms.search_form(query, visit.words))

    @submit("customer:search")
    async def search(self, visit: Visit) -> None:
        await self._find(visit, visit.fields.get("query", ""))

    async def _find(self, visit: Visit, typed: str) -> None:
        """The one that fits, or the list of those that do."""
        query = searchable("customer:list", typed)
        found = await self.services.customer_desk.find(await visit.shop(), query)
        if query and found.total == 1:
            await self._show(visit, found.customers[0].key)
        else:
            await visit.show(cards.customer_list(found, query, visit.words))

    @click("customer:member")
    async def of_member(self, visit: Visit) -> None:
        found = await self.services.customer_desk.of_discord(await visit.shop(), chosen(visit))
        await self._show(visit, found.key)

    @click("customer:order")
    async def of_order(self, visit: Visit, order_id: str) -> None:
        found = await self.services.customer_desk.of_order(await visit.shop(), order_id)
        await self._show(visit, found.key)

    @click("customer:open")
    async def opened(self, visit: Visit, customer_id: str = "") -> None:
        await self._show(visit, customer_id or chosen(visit))

    @click("customer:addresses")
    async def addresses(self, visit: Visit, customer_id: str) -> None:
        await visit.show(cards.addresses_card(await self._get(visit, customer_id), visit.words))

    @click("customer:orders")
    async def orders(self, visit: Visit, customer_id: str, page: str = "0") -> None:
        desk = self.services.customer_desk
        customer, found = await desk.orders(await visit.shop(), customer_id, number(page))
        await visit.show(cards.orders_card(customer, found, visit.words))

    @click("customer:notes")
    async def notes(self, visit: Visit, customer_id: str, page: str = "0") -> None:
        found = await self.services.customer_desk.notes(await visit.shop(), customer_id, number(page))
        await visit.show(cards.note_card(found, visit.words))

    @click("customer:note")
    async def ask_note(self, visit: Visit, customer_id: str) -> None:
        await visit.form(forms.note_form(await self._get(visit, customer_id), visit.words))

    @submit("customer:note")
    async def note(self, visit: Visit, customer_id: str) -> None:
        shop, text = await visit.shop(), visit.fields.get("note", "")
        await self.services.customer_desk.add_note(shop, visit.member, customer_id, text)
        await self._show(visit, customer_id)

    @click("customer:edit")
    async def ask_contact(self, visit: Visit, customer_id: str) -> None:
        await visit.form(forms.edit_form(await self._get(visit, customer_id), visit.words))

    @submit("customer:edit")
    async def edit(self, visit: Visit, customer_id: str, seen: str = "") -> None:
        customer = await self._get(visit, customer_id)
        forms.edit_form(customer, visit.words).still(seen)
        shop, typed = await visit.shop(), {key: visit.fields.get(key, "") for key in _CONTACT}
        await self.services.customer_desk.edit(shop, visit.member, customer_id, **typed, seen=customer)
        await self._show(visit, customer_id)

    @click("customer:on")
    async def on(self, visit: Visit, customer_id: str) -> None:
        await self._switch(visit, customer_id, active=True)

    @click("customer:off")
    async def off(self, visit: Visit, customer_id: str) -> None:
        await self._switch(visit, customer_id, active=False)

    async def _switch(self, visit: Visit, customer_id: str, *, active: bool) -> None:
        desk = self.services.customer_desk
        await desk.switch(await visit.shop(), visit.member, customer_id, active=active)
        await self._show(visit, customer_id)

    async def _get(self, visit: Visit, customer_id: str) -> Customer:
        return await self.services.customer_desk.get(await visit.shop(), customer_id)

    async def _show(self, visit: Visit, customer_id: str) -> None:
        shop = await visit.shop()
        view = await self.services.customer_desk.view(shop, customer_id)
        await visit.show(cards.customer_card(view, shop.currency, visit.words))
