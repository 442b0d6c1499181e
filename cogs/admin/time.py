"""The clicks of time zone and digest, a part of /admin config."""

from cogs._ui.desk import Visit, click, submit
from cogs.admin._root import Section, chosen
from cogs.admin._settings import Look, part_card
from cogs.admin._time import time_form
from models.errors import BadInput
from models.tenant import DigestRhythm
from services import time_zones
from services.access import Permission


class Time(Section):
    """Chooses by which clock reports count, and how often one is told."""

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

    @click("time:digest")
    async def digest(self, visit: Visit) -> None:
        if chosen(visit) not in set(DigestRhythm):
            raise BadInput("choice", "not_allowed")
        await self._configure(visit, digest_rhythm=DigestRhythm(chosen(visit)))

    async def _set(self, visit: Visit, text: str) -> None:
        await self._configure(visit, time_zone=time_zones.find(text))

    async def _configure(self, visit: Visit, **fields: str) -> None:
        shop = await self.services.shops.configure(await visit.shop(), visit.member, **fields)
        card = part_card("time", await Look.at(visit, shop, "config"))
        if card is not None:
            await visit.show(card)
