"""Erasing a person's data; reached from a customer's card and from the alert of somebody who asked for it."""

from cogs._ui.desk import Visit, click, submit
from cogs.admin import _erase_card as cards
from cogs.admin._root import Section
from models.errors import Refused
from services.access import Permission


class Erasing(Section):
    """Looked at with one click, done with a form."""

    needs = Permission.CUSTOMER_ERASE

    @click("erase:ask")
    async def ask(self, visit: Visit, customer_id: str) -> None:
        view = await self.services.erasure.view(await visit.shop(), customer_id)
        if view.customer.erased_at is not None:
            raise Refused("customer", "erased")
        await visit.show(cards.erase_card(view, visit.words))

    @click("erase:form")
    async def ask_whom(self, visit: Visit, customer_id: str) -> None:
        view = await self.services.erasure.view(await visit.shop(), customer_id)
        if view.customer.erased_at is not None:
            raise Refused("customer", "erased")
        await visit.form(cards.erase_form(view.customer, visit.words))

    @submit("erase:form")
    async def erase(self, visit: Visit, customer_id: str) -> None:
        shop, typed = await visit.shop(), visit.fields.get("typed", "")
        await self.services.erasure.erase(shop, visit.member, customer_id, typed)
        await visit.show(cards.erased_card(visit.words))
