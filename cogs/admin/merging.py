"""Two records of one person behind the counter: chosen, compared, asked about twice, then merged."""

from cogs._ui.desk import Visit, click, submit
from cogs.admin import _customer_forms as forms
from cogs.admin import _merge_card as cards
from cogs.admin._customer_card import customer_card
from cogs.admin._paging import searchable
from cogs.admin._root import Section, chosen
from models.customer import Customer
from services.access import Permission


class Merging(Section):
    """Reached from a customer's card."""

    needs = Permission.CUSTOMER_MANAGE

    @click("customer:other")
    async def ask_other(self, visit: Visit, customer_id: str) -> None:
        await visit.show(cards.other_card(await self._get(visit, customer_id), None, visit.words))

    @click("customer:seek")
    async def ask_words(self, visit: Visit, customer_id: str) -> None:
        await visit.form(forms.other_form(await self._get(visit, customer_id), visit.words))

    @submit("customer:other")
    async def seek(self, visit: Visit, customer_id: str) -> None:
        customer = await self._get(visit, customer_id)
        query = searchable("customer:list", visit.fields.get("query", ""))
        found = await self.services.customer_desk.find(await visit.shop(), query)
        await visit.show(cards.other_card(customer, found, visit.words))

    @click("customer:pick")
    async def picked(self, visit: Visit, customer_id: str) -> None:
        other = await self.services.customer_desk.of_discord(await visit.shop(), chosen(visit))
        await self.review(visit, customer_id, other.key)

    @click("customer:chosen")
    async def of_menu(self, visit: Visit, customer_id: str) -> None:
        await self.review(visit, customer_id, chosen(visit))

    @click("customer:review")
    async def review(self, visit: Visit, kept_id: str, gone_id: str) -> None:
        shop, desk = await visit.shop(), self.services.customer_desk
        kept, gone = await self.services.merging.check(shop, kept_id, gone_id)
        views = [await desk.view(shop, each.key) for each in (kept, gone)]
        await visit.show(cards.review_card(views[0], views[1], visit.words))

    @click("customer:ask")
    async def ask_again(self, visit: Visit, kept_id: str, gone_id: str) -> None:
        kept, gone = await self.services.merging.check(await visit.shop(), kept_id, gone_id)
        await visit.show(cards.sure_card(kept, gone, visit.words))

    @click("customer:merge")
    async def merge(self, visit: Visit, kept_id: str, gone_id: str) -> None:
        shop = await visit.shop()
        kept = await self.services.merging.merge(shop, visit.member, kept_id, gone_id)
        view = await self.services.customer_desk.view(shop, kept.key)
        await visit.show(customer_card(view, shop.currency, visit.words))
        await visit.say(visit.words("They are one customer now."))

    async def _get(self, visit: Visit, customer_id: str) -> Customer:
        return await self.services.customer_desk.get(await visit.shop(), customer_id)
