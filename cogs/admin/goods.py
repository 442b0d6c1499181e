"""What the buyer of a product gets: text and link by form, the file taken away, keys switched on and off."""

from cogs._ui.desk import Visit, click, submit
from cogs.admin._goods_card import edit_form, goods_card
from cogs.admin._root import Section
from services.access import Permission


class Goods(Section):
    """Reached from a product's card; files come by `/admin product`, keys by `/admin stock`."""

    needs = Permission.PRODUCT_MANAGE

    @click("goods:open")
    async def opened(self, visit: Visit, product_id: str) -> None:
        await self._show(visit, product_id)

    @click("goods:edit")
    async def ask(self, visit: Visit, product_id: str) -> None:
        pool = await self.services.key_pool.of(await visit.shop(), product_id)
        await visit.form(edit_form(pool.product, visit.words))

    @submit("goods:edit")
    async def edit(self, visit: Visit, product_id: str, seen: str = "") -> None:
        product = (await self.services.key_pool.of(await visit.shop(), product_id)).product
        edit_form(product, visit.words).still(seen)
        given = {
            "delivery_text": visit.fields.get("text") or None,
            "delivery_link": visit.fields.get("link") or None,
        }
        shop = await visit.shop()
        await self.services.catalog.edit(shop, visit.member, product_id, given, seen=product)
        await self._show(visit, product_id)

    @click("goods:drop")
    async def drop(self, visit: Visit, product_id: str) -> None:
        await self.services.goods.drop_file(await visit.shop(), visit.member, product_id)
        await self._show(visit, product_id)

    @click("goods:on")
    async def on(self, visit: Visit, product_id: str) -> None:
        await self._switch(visit, product_id, on=True)

    @click("goods:off")
    async def off(self, visit: Visit, product_id: str) -> None:
        await self._switch(visit, product_id, on=False)

    async def _switch(self, visit: Visit, product_id: str, *, on: bool) -> None:
        # What a product sells is then counted by its keys, so its stock is touched as well.
        await visit.require(Permission.STOCK_MANAGE)
        await self.services.key_pool.switch(await visit.shop(), visit.member, product_id, on=on)
        await self._show(visit, product_id)

    async def _show(self, visit: Visit, product_id: str) -> None:
        pool = await self.services.key_pool.of(await visit.shop(), product_id)
        await visit.show(goods_card(pool, visit.words))
