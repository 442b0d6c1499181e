"""/admin customer: find somebody, read all about them, note something down, change how they are reached."""

from typing import ClassVar

from nextcord import SlashOption

from cogs._ui.card import Card
from cogs._ui.desk import Visit, click, command_answer, submit
from cogs._ui.form import Form
from cogs._ui.words import Words
from cogs.admin import _customer_card as cards
from cogs.admin import _customer_forms as forms
from cogs.admin._finding import Finding
from cogs.admin._paging import number
from cogs.admin._root import Entry, Section, chosen
from models.customer import Customer
from services.access import Permission
from services.paging import PeoplePage
from services.shops import Shop

_CONTACT = ("email", "phone", "remark")


class Customers(Finding[Customer], Section):
    """The book of customers."""

    area = "customer"
    needs: ClassVar[Permission | None] = Permission.CUSTOMER_MANAGE
    entry = Entry("customer", "Find a customer, see all about them, note or change")

    @command_answer
    async def enter(
        self,
        visit: Visit,
        find: str = SlashOption(description="Name, e-mail or order number", required=False, default=""),
    ) -> None:
        await self.find(visit, find.strip())

    async def found(self, shop: Shop, query: str, page: int = 0) -> PeoplePage[Customer]:
        return await self.services.customer_desk.find(shop, query, page)

    def listed(self, page: PeoplePage[Customer], query: str, w: Words) -> Card:
        return cards.customer_list(page, query, w)

    def asked(self, query: str, w: Words) -> Form:
        return forms.search_form(query, w)

    @click("customer:member")
    async def of_member(self, visit: Visit) -> None:
        found = await self.services.customer_desk.of_discord(await visit.shop(), chosen(visit))
        await self.show(visit, found.key)

    @click("customer:order")
    async def of_order(self, visit: Visit, order_id: str) -> None:
        found = await self.services.customer_desk.of_order(await visit.shop(), order_id)
        await self.show(visit, found.key)

    @click("customer:open")
    async def opened(self, visit: Visit, customer_id: str = "") -> None:
        await self.show(visit, customer_id or chosen(visit))

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
        await self.show(visit, customer_id)

    @click("customer:edit")
    async def ask_contact(self, visit: Visit, customer_id: str) -> None:
        await visit.form(forms.edit_form(await self._get(visit, customer_id), visit.words))

    @submit("customer:edit")
    async def edit(self, visit: Visit, customer_id: str, seen: str = "") -> None:
        customer = await self._get(visit, customer_id)
        forms.edit_form(customer, visit.words).still(seen)
        shop, typed = await visit.shop(), {key: visit.fields.get(key, "") for key in _CONTACT}
        await self.services.customer_desk.edit(shop, visit.member, customer_id, **typed, seen=customer)
        await self.show(visit, customer_id)

    @click("customer:on")
    async def on(self, visit: Visit, customer_id: str) -> None:
        await self._switch(visit, customer_id, active=True)

    @click("customer:off")
    async def off(self, visit: Visit, customer_id: str) -> None:
        await self._switch(visit, customer_id, active=False)

    async def _switch(self, visit: Visit, customer_id: str, *, active: bool) -> None:
        desk = self.services.customer_desk
        await desk.switch(await visit.shop(), visit.member, customer_id, active=active)
        await self.show(visit, customer_id)

    async def _get(self, visit: Visit, customer_id: str) -> Customer:
        return await self.services.customer_desk.get(await visit.shop(), customer_id)

    async def show(self, visit: Visit, key: str) -> None:
        shop = await visit.shop()
        view = await self.services.customer_desk.view(shop, key)
        await visit.show(cards.customer_card(view, shop.currency, visit.words))
