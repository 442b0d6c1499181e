"""/admin discount: make discounts, switch them on and off, hand them out and see who used them."""

from cogs._ui.desk import Visit, click, command_answer, submit
from cogs._ui.person import picked_members
from cogs._ui.stamp import still
from cogs.admin import _discount_forms as forms
from cogs.admin._discount_card import (
    FOR_EVER,
    MAX_PICKED,
    MAX_ROLES,
    TIMES,
    assign_card,
    discount_card,
    discount_list,
)
from cogs.admin._paging import number
from cogs.admin._reach import chosen_roles
from cogs.admin._root import Entry, Section, chosen
from models.errors import BadInput
from models.flag import Flag
from services.access import Permission
from services.discount_desk import DiscountView


class DiscountsDesk(Section):
    """Every change shows the discount anew; what customers have seen does not change any more."""

    needs = Permission.DISCOUNT_MANAGE
    entry = Entry("discount", "Make discounts, hand them out, see their uses")

    @command_answer
    async def enter(self, visit: Visit) -> None:
        await self.page(visit)

    @click("discount:list")
    async def page(self, visit: Visit, page: str = "0") -> None:
        shop = await visit.shop()
        found = await self.services.discounts.page(shop, number(page))
        automatic = await self.services.flags.on(shop.id, Flag.AUTOMATIC_DISCOUNTS)
        await visit.show(discount_list(found, shop.currency, visit.words, automatic=automatic))

    @click("discount:open")
    async def opened(self, visit: Visit, discount_id: str = "") -> None:
        key = discount_id or chosen(visit)
        await self._show(visit, await self.services.discounts.view(await visit.shop(), key))

    @click("discount:new")
    async def ask_new(self, visit: Visit) -> None:
        await visit.form(forms.terms_form(None, (await visit.shop()).currency, visit.words))

    @submit("discount:new")
    async def create(self, visit: Visit) -> None:
        typed = forms.terms_of(visit.fields)
        made = await self.services.discounts.create(await visit.shop(), visit.member, typed)
        await self._show(visit, made)

    @click("discount:edit")
    async def ask_terms(self, visit: Visit, discount_id: str) -> None:
        shop = await visit.shop()
        view = await self.services.discounts.view(shop, discount_id)
        await visit.form(forms.terms_form(view.discount, shop.currency, visit.words))

    @submit("discount:edit")
    async def edit(self, visit: Visit, discount_id: str, seen: str = "") -> None:
        shop, typed, desk = await visit.shop(), forms.terms_of(visit.fields), self.services.discounts
        discount = (await desk.view(shop, discount_id)).discount
        forms.terms_form(discount, shop.currency, visit.words).still(seen)
        await self._show(visit, await desk.edit(shop, visit.member, discount_id, typed, seen=discount))

    @click("discount:products")
    async def ask_products(self, visit: Visit, discount_id: str) -> None:
        view = await self.services.discounts.view(await visit.shop(), discount_id)
        await visit.form(forms.products_form(view, visit.words))

    @submit("discount:products")
    async def choose_products(self, visit: Visit, discount_id: str, seen: str = "") -> None:
        shop, typed = await visit.shop(), visit.fields.get("products", "")
        desk = self.services.discounts
        view = await desk.view(shop, discount_id)
        forms.products_form(view, visit.words).still(seen)
        made = await desk.choose_products(shop, visit.member, discount_id, typed, seen=view.discount)
        await self._show(visit, made)

    @click("discount:roles")
    async def choose_roles(self, visit: Visit, discount_id: str, seen: str = "") -> None:
        roles, desk, shop = (
            chosen_roles(visit, "roles", MAX_ROLES),
            self.services.discounts,
            await visit.shop(),
        )
        was = (await desk.view(shop, discount_id)).discount
        still(seen, was.role_ids)
        await self._show(visit, await desk.choose_roles(shop, visit.member, discount_id, roles, seen=was))

    @click("discount:all")
    async def for_all(self, visit: Visit, discount_id: str) -> None:
        await self._audience(visit, discount_id, assigned_only=False)

    @click("discount:some")
    async def for_some(self, visit: Visit, discount_id: str) -> None:
        await self._audience(visit, discount_id, assigned_only=True)

    @click("discount:on")
    async def on(self, visit: Visit, discount_id: str) -> None:
        await self._switch(visit, discount_id, active=True)

    @click("discount:off")
    async def off(self, visit: Visit, discount_id: str) -> None:
        await self._switch(visit, discount_id, active=False)

    @click("discount:often")
    async def ask_whom(self, visit: Visit, discount_id: str) -> None:
        shop, number = await visit.shop(), chosen(visit)
        if number not in TIMES:
            raise BadInput("choice", "not_allowed")
        view = await self.services.discounts.view(shop, discount_id)
        await visit.show(assign_card(view, number, shop.currency, visit.words))

    @click("discount:who")
    async def assign(self, visit: Visit, discount_id: str, number: str) -> None:
        members, desk = picked_members(visit.interaction), self.services.discounts
        if not 1 <= len(members) <= MAX_PICKED or number not in TIMES:
            raise BadInput("customers", "not_allowed")
        uses = "" if number == FOR_EVER else number
        await self._show(
            visit, await desk.assign(await visit.shop(), visit.member, discount_id, members, uses)
        )

    @click("discount:revoke")
    async def revoke(self, visit: Visit) -> None:
        desk, key = self.services.discounts, chosen(visit)
        await self._show(visit, await desk.revoke(await visit.shop(), visit.member, key))

    async def _audience(self, visit: Visit, discount_id: str, *, assigned_only: bool) -> None:
        shop, desk = await visit.shop(), self.services.discounts
        await self._show(
            visit, await desk.choose_audience(shop, visit.member, discount_id, assigned_only=assigned_only)
        )

    async def _switch(self, visit: Visit, discount_id: str, *, active: bool) -> None:
        shop, desk = await visit.shop(), self.services.discounts
        await self._show(visit, await desk.switch(shop, visit.member, discount_id, active=active))

    async def _show(self, visit: Visit, view: DiscountView) -> None:
        await visit.show(discount_card(view, (await visit.shop()).currency, visit))
