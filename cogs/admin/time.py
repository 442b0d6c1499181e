"""The clicks of the time zone, a part of /admin config."""

from cogs._ui.desk import Visit, click, submit
from cogs.admin._root import Section, chosen
from cogs.admin._settings import Look, part_card
from cogs.admin._time import time_form
from services import time_zones
from services.access import Permission


class Time(Section):
    """Chooses by which clock reports count."""

    needs = Permission.CONFIG_MANAGE

    @click("time:zone")
    async def zone(self, visit: Visit) -> None:
        await self._set(visit, chosen(visit))

    @click("time:other")
    async def ask_other(self, visit: Visit) -> None:
        await visit.form(time_form(await visit.shop(), visit.words))

    @submit("time:other")
    async def other(self, visit: Visit, seen: str = "") -> None:
        time_form(await visit.shop(), visit.words).still(seen)
        await self._set(visit, visit.fields.get("time_zone", ""))

    async def _set(self, visit: Visit, text: str) -> None:
        name = time_zones.find(text)
        shop = await self.services.shops.configure(await visit.shop(), visit.member, time_zone=name)
        card = part_card("time", await Look.at(visit, shop, "config"))
        if card is not None:
            await visit.show(card)
