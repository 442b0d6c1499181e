"""The clicks of tax, a part of /admin config."""

from typing import Any

from cogs._ui.desk import Visit, click, submit
from cogs.admin import _tax
from cogs.admin._root import Section, chosen
from cogs.admin._settings import Look, part_card
from models.errors import BadInput
from models.flag import Flag
from models.tenant import TaxUnknownRule
from services.access import Permission
from services.partner import PartnerKind
from services.shops import Shop
from services.tax.flat import read_rate


class Tax(Section):
    """Chooses who works out the tax, and how."""

    needs = Permission.CONFIG_MANAGE

    @click("tax:mode")
    async def mode(self, visit: Visit) -> None:
        value, shop = chosen(visit), await visit.shop()
        if value == _tax.FLAT:
            await visit.form(_tax.rate_form(shop.config, visit.words))
        elif value == _tax.NONE:
            await self._keep(visit, await self._without_partner(visit, shop), tax_percent=None)
        else:
            await self._use(visit, shop, value)

    @click("tax:rate")
    async def ask_rate(self, visit: Visit) -> None:
        await visit.form(_tax.rate_form((await visit.shop()).config, visit.words))

    @submit("tax:rate")
    async def rate(self, visit: Visit, seen: str = "") -> None:
        _tax.rate_form((await visit.shop()).config, visit.words).still(seen)
        percent = read_rate(visit.fields.get("tax_percent", ""))
        shop = await self._without_partner(visit, await visit.shop())
        await self._keep(visit, shop, tax_percent=percent)

    @click("tax:shipping")
    async def shipping(self, visit: Visit) -> None:
        if chosen(visit) not in {"yes", "no"}:
            raise BadInput("choice", "not_allowed")
        await self._keep(visit, await visit.shop(), tax_on_shipping=chosen(visit) == "yes")

    @click("tax:unknown")
    async def unknown(self, visit: Visit) -> None:
        if chosen(visit) not in set(TaxUnknownRule):
            raise BadInput("choice", "not_allowed")
        await self._keep(visit, await visit.shop(), tax_when_unknown=chosen(visit))

    @click("tax:origin")
    async def ask_origin(self, visit: Visit) -> None:
        await visit.form(_tax.origin_form((await visit.shop()).config, visit.words))

    @submit("tax:origin")
    async def origin(self, visit: Visit, seen: str = "") -> None:
        _tax.origin_form((await visit.shop()).config, visit.words).still(seen)
        typed = _tax.origin_of(visit.fields, visit.words)
        await self._keep(visit, await visit.shop(), tax_origin=typed)

    async def _use(self, visit: Visit, shop: Shop, name: str) -> None:
        await self.services.flags.require(shop.id, Flag.TAX_PARTNER)
        await visit.require(Permission.PROVIDER_MANAGE)
        if not _tax.usable(name, await self.services.providers.views(shop)):
            raise BadInput("choice", "not_allowed")
        await self._show(visit, await self.services.providers.offer(shop, visit.member, name, offered=True))

    async def _without_partner(self, visit: Visit, shop: Shop) -> Shop:
        name = shop.config.partners.get(PartnerKind.TAX)
        # One that is switched off is no rival, and is back with the switch.
        if name is None or not await self.services.flags.on(shop.id, Flag.TAX_PARTNER):
            return shop
        await visit.require(Permission.PROVIDER_MANAGE)
        return await self.services.providers.offer(shop, visit.member, name, offered=False)

    async def _keep(self, visit: Visit, shop: Shop, **fields: Any) -> None:
        await self._show(visit, await self.services.shops.configure(shop, visit.member, **fields))

    async def _show(self, visit: Visit, shop: Shop) -> None:
        card = part_card("tax", await Look.at(visit, shop, "config"))
        if card is not None:
            await visit.show(card)
