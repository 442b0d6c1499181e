"""The clicks of the ways to ship, a part of /admin config."""

from cogs._ui.desk import Visit, click, submit
from cogs.admin._root import Section, chosen
from cogs.admin._settings import Look, part_card
from cogs.admin._shipping import MAX_TYPES, shipping_form, shipping_of
from models.errors import AlreadyExists, BadInput, NotFound
from models.tenant import ShippingType
from services.access import Permission


class Shipping(Section):
    """Adds, changes and removes ways to ship."""

    needs = Permission.CONFIG_MANAGE

    @click("shipping:add")
    async def ask_new(self, visit: Visit) -> None:
        await visit.form(shipping_form(None, await visit.shop(), visit.words))

    @submit("shipping:add")
    async def add(self, visit: Visit) -> None:
        shop = await visit.shop()
        made, known = shipping_of(visit.fields, shop), shop.config.shipping_types
        if any(kind.code == made.code for kind in known):
            raise AlreadyExists("code")
        if len(known) >= MAX_TYPES:
            raise BadInput("shipping_types", "too_many", MAX_TYPES)
        await self._keep(visit, [*known, made])

    @click("shipping:change")
    async def ask_change(self, visit: Visit) -> None:
        shop = await visit.shop()
        kind = _known(shop.config.shipping_types, chosen(visit))
        await visit.form(shipping_form(kind, shop, visit.words))

    @submit("shipping:change")
    async def change(self, visit: Visit, code: str) -> None:
        shop = await visit.shop()
        old = _known(shop.config.shipping_types, code)
        new = shipping_of(visit.fields, shop, old.code)
        await self._keep(visit, [new if kind is old else kind for kind in shop.config.shipping_types])

    @click("shipping:remove")
    async def remove(self, visit: Visit) -> None:
        known = (await visit.shop()).config.shipping_types
        gone = _known(known, chosen(visit))
        await self._keep(visit, [kind for kind in known if kind is not gone])

    async def _keep(self, visit: Visit, kinds: list[ShippingType]) -> None:
        shop = await self.services.shops.configure(await visit.shop(), visit.member, shipping_types=kinds)
        card = part_card("shipping", await Look.at(visit, shop, "config"))
        if card is not None:
            await visit.show(card)


def _known(kinds: list[ShippingType], code: str) -> ShippingType:
    for kind in kinds:
        if kind.code == code:
            return kind
    raise NotFound("shipping_type")
