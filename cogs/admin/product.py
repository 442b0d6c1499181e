"""/admin product: find, make and change what is for sale."""

from typing import Any, ClassVar

import nextcord
from nextcord import SlashOption

from cogs._ui.desk import Visit, click, command_answer, submit, suggest
from cogs._ui.stamp import still
from cogs._ui.upload import content
from cogs.admin import _product_form as forms
from cogs.admin._goods_card import goods_card
from cogs.admin._paging import number, searchable
from cogs.admin._product_card import MAX_ROLES, product_card, product_list, sell_anyway_card
from cogs.admin._reach import check_grants, chosen_roles, role_warnings
from cogs.admin._root import Entry, Section, chosen
from models.errors import BadInput
from models.product import Product, QtyVisibility
from services.access import Permission
from services.goods import MAX_FILE_BYTES

_FILE = SlashOption(description="A file that its buyers get, up to 8 MiB", required=False, default=None)


class Products(Section):
    """The shelf behind the counter; every change shows the product anew."""

    needs = Permission.PRODUCT_MANAGE
    entry = Entry("product", "Add, find and change products")

    @command_answer
    async def enter(
        self,
        visit: Visit,
        name: str = SlashOption(description="Open this product", required=False, default=""),
        file: nextcord.Attachment | None = _FILE,
    ) -> None:
        if file is not None:
            await self._give_file(visit, name, file)
            return
        if name.strip():
            product = await self.services.catalog.resolve(await visit.shop(), name, staff=True)
            await self._show(visit, product.key)
        else:
            await self.page(visit)

    @suggest
    async def names(self, visit: Visit, typed: str) -> None:
        await visit.choices(await self.services.catalog.suggest(await visit.shop(), typed or "", staff=True))

    completes: ClassVar = {"name": names}

    @click("product:list")
    async def page(self, visit: Visit, page: str = "0", query: str = "") -> None:
        found = await self.services.catalog.staff_page(await visit.shop(), query, number(page))
        await visit.show(product_list(found, visit.words))

    @click("product:search")
    async def ask_words(self, visit: Visit, query: str = "") -> None:
        await visit.form(forms.search_form(query, visit.words))

    @submit("product:search")
    async def search(self, visit: Visit) -> None:
        await self.page(visit, "0", searchable("product:list", visit.fields.get("query", "")))

    @click("product:open")
    async def opened(self, visit: Visit, product_id: str = "") -> None:
        await self._show(visit, product_id or chosen(visit))

    @click("product:new")
    async def ask_new(self, visit: Visit) -> None:
        await visit.form(forms.new_form((await visit.shop()).currency, visit.words))

    @submit("product:new")
    async def create(self, visit: Visit) -> None:
        shop = await visit.shop()
        facts = forms.facts_of(visit.fields, shop.currency)
        # Nobody should find a product before its picture, stock and roles are there.
        made = await self.services.catalog.create(shop, visit.member, {**facts, "is_active": False})
        await self._show(visit, made.key)
        await visit.say(visit.words("Added. Set the rest here, then put it on sale."))

    @click("product:edit")
    async def ask_facts(self, visit: Visit, product_id: str) -> None:
        shop = await visit.shop()
        product = (await self.services.stock.of(shop, product_id)).product
        await visit.form(forms.edit_form(product, shop.currency, visit.words))

    @submit("product:edit")
    async def edit(self, visit: Visit, product_id: str, seen: str = "") -> None:
        shop = await visit.shop()
        product = (await self.services.stock.of(shop, product_id)).product
        forms.edit_form(product, shop.currency, visit.words).still(seen)
        await self._change(visit, product, forms.facts_of(visit.fields, shop.currency))

    @click("product:details")
    async def ask_details(self, visit: Visit, product_id: str) -> None:
        product = (await self.services.stock.of(await visit.shop(), product_id)).product
        await visit.form(forms.details_form(product, visit.words))

    @submit("product:details")
    async def details(self, visit: Visit, product_id: str, seen: str = "") -> None:
        product = (await self.services.stock.of(await visit.shop(), product_id)).product
        forms.details_form(product, visit.words).still(seen)
        await self._change(visit, product, forms.details_of(visit.fields))

    @click("product:sell")
    async def sell(self, visit: Visit, product_id: str) -> None:
        stock = await self.services.stock.of(await visit.shop(), product_id)
        warnings = role_warnings(visit, stock.product.granted_role_ids)
        if warnings:
            await visit.show(sell_anyway_card(stock.product, warnings, visit.words))
            return
        await self._set(visit, product_id, is_active=True)

    @click("product:sell-anyway")
    async def sell_anyway(self, visit: Visit, product_id: str) -> None:
        await self._set(visit, product_id, is_active=True)

    @click("product:hide")
    async def hide(self, visit: Visit, product_id: str) -> None:
        await self._set(visit, product_id, is_active=False)

    @click("product:digital")
    async def digital(self, visit: Visit, product_id: str) -> None:
        await self._set(visit, product_id, is_digital=True)

    @click("product:ships")
    async def ships(self, visit: Visit, product_id: str) -> None:
        await self._set(visit, product_id, is_digital=False)

    @click("product:count")
    async def count(self, visit: Visit, product_id: str) -> None:
        await self._set(visit, product_id, inventory_tracked=True)

    @click("product:uncount")
    async def uncount(self, visit: Visit, product_id: str) -> None:
        await self._set(visit, product_id, inventory_tracked=False)

    @click("product:visible")
    async def visible(self, visit: Visit, product_id: str) -> None:
        value = chosen(visit)
        if value not in set(QtyVisibility):
            raise BadInput("qty_visibility", "not_allowed")
        await self._set(visit, product_id, qty_visibility=QtyVisibility(value))

    @click("product:grants")
    async def grants(self, visit: Visit, product_id: str, seen: str = "") -> None:
        roles = chosen_roles(visit, "granted_role_ids", MAX_ROLES)
        shop = await visit.shop()
        product = (await self.services.stock.of(shop, product_id)).product
        still(seen, product.granted_role_ids)
        added = set(roles) - set(product.granted_role_ids)
        if added & shop.config.counter_role_ids:
            raise BadInput("granted_role_ids", "role_rules")
        if check_grants(visit, added):
            await visit.require(Permission.CONFIG_MANAGE)
        await self._change(visit, product, {"granted_role_ids": roles})

    @click("product:requires")
    async def requires(self, visit: Visit, product_id: str, seen: str = "") -> None:
        roles = chosen_roles(visit, "required_role_ids", MAX_ROLES)
        product = (await self.services.stock.of(await visit.shop(), product_id)).product
        still(seen, product.required_role_ids)
        await self._change(visit, product, {"required_role_ids": roles})

    async def _give_file(self, visit: Visit, name: str, file: nextcord.Attachment) -> None:
        shop = await visit.shop()
        if not name.strip():
            raise BadInput("name", "required")
        found = await self.services.catalog.resolve(shop, name, staff=True)
        data = await content(file, "delivery_file", MAX_FILE_BYTES)
        await self.services.goods.set_file(shop, visit.member, found.key, file.filename, data)
        await visit.show(goods_card(await self.services.key_pool.of(shop, found.key), visit.words))

    async def _change(self, visit: Visit, seen: Product, fields: dict[str, Any]) -> None:
        await self.services.catalog.edit(await visit.shop(), visit.member, seen.key, fields, seen=seen)
        await self._show(visit, seen.key)

    async def _set(self, visit: Visit, product_id: str, **fields: Any) -> None:
        await self.services.catalog.edit(await visit.shop(), visit.member, product_id, fields)
        await self._show(visit, product_id)

    async def _show(self, visit: Visit, product_id: str) -> None:
        stock = await self.services.stock.of(await visit.shop(), product_id)
        await visit.show(product_card(stock, visit))
