"""The clicks of the ways to ship, a part of /admin config."""

from typing import Any

from cogs._ui.address import typed_address
from cogs._ui.desk import Visit, click, submit
from cogs.admin._root import Section, chosen
from cogs.admin._settings import Look, part_card
from cogs.admin._shipping import MAX_TYPES, sender_form, shipping_form, shipping_of
from models.errors import AlreadyExists, BadInput, NotFound
from models.tenant import ShippingType
from services.access import Permission
from services.customers import read_address


class Shipping(Section):
    """Adds, changes and removes ways to ship, and where parcels come from."""

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
    async def change(self, visit: Visit, code: str, seen: str = "") -> None:
        shop = await visit.shop()
        old = _known(shop.config.shipping_types, code)
        shipping_form(old, shop, visit.words).still(seen)
        new = shipping_of(visit.fields, shop, old.code)
        await self._keep(visit, [new if kind is old else kind for kind in shop.config.shipping_types])

    @click("shipping:remove")
    async def remove(self, visit: Visit) -> None:
        known = (await visit.shop()).config.shipping_types
        gone = _known(known, chosen(visit))
        await self._keep(visit, [kind for kind in known if kind is not gone])

    @click("shipping:sender")
    async def ask_sender(self, visit: Visit) -> None:
        await visit.form(sender_form(await visit.shop(), visit.words))

    @submit("shipping:sender")
    async def sender(self, visit: Visit, seen: str = "") -> None:
        sender_form(await visit.shop(), visit.words).still(seen)
        typed = typed_address(visit.fields, visit.words)
        await self._set(visit, ship_from=read_address(await visit.shop(), typed))

    @click("shipping:nobody")
    async def no_sender(self, visit: Visit) -> None:
        await self._set(visit, ship_from=None)

    async def _keep(self, visit: Visit, kinds: list[ShippingType]) -> None:
        await self._set(visit, shipping_types=kinds)

    async def _set(self, visit: Visit, **fields: Any) -> None:
        shop = await self.services.shops.configure(await visit.shop(), visit.member, **fields)
        card = part_card("shipping", await Look.at(visit, shop, "config"))
        if card is not None:
            await visit.show(card)


def _known(kinds: list[ShippingType], code: str) -> ShippingType:
    for kind in kinds:
        if kind.code == code:
            return kind
    raise NotFound("shipping_type")
