"""/admin alerts: what staff should look at, and putting aside what somebody has seen."""

from cogs._ui.desk import Visit, click, command_answer
from cogs.admin._alert_list import Which, alert_card, alert_list
from cogs.admin._paging import number
from cogs.admin._root import Entry, Section, chosen
from services.access import Permission

_NEW = str(Which())


class AlertsDesk(Section):
    """What one of the staff has read counts as read for all of them."""

    needs = Permission.ALERT_VIEW
    entry = Entry("alerts", "What needs a look: sales, low stock, payments, deliveries")

    @command_answer
    async def enter(self, visit: Visit) -> None:
        await self.some(visit)

    @click("alerts:list")
    async def some(self, visit: Visit, page: str = "0", which: str = _NEW) -> None:
        wanted = Which.read(which)
        found = await self.services.alerts.page(await visit.shop(), wanted.filter, number(page))
        await visit.show(alert_list(found, wanted, visit.words))

    @click("alerts:type")
    async def of_type(self, visit: Visit, which: str) -> None:
        await self.some(visit, "0", str(Which.read(which)._replace(type=number(chosen(visit)))))

    @click("alerts:severity")
    async def of_severity(self, visit: Visit, which: str) -> None:
        await self.some(visit, "0", str(Which.read(which)._replace(severity=number(chosen(visit)))))

    @click("alerts:seen")
    async def seen(self, visit: Visit, which: str) -> None:
        await self.some(visit, "0", str(Which.read(which)._replace(unread=number(chosen(visit)))))

    @click("alerts:choose")
    async def choose(self, visit: Visit, page: str, which: str) -> None:
        await self.opened(visit, chosen(visit), page, which)

    @click("alerts:open")
    async def opened(self, visit: Visit, alert_id: str, page: str = "0", which: str = _NEW) -> None:
        alert = await self.services.alerts.one(await visit.shop(), alert_id)
        await visit.show(alert_card(alert, number(page), Which.read(which), visit.words))

    @click("alerts:read")
    async def read(self, visit: Visit, alert_id: str, page: str = "0", which: str = _NEW) -> None:
        await self.services.alerts.read(await visit.shop(), visit.member, alert_id)
        await self.some(visit, page, which)

    @click("alerts:all")
    async def read_all(self, visit: Visit, which: str) -> None:
        w, wanted = visit.words, Which.read(which)
        read = await self.services.alerts.read_all(await visit.shop(), visit.member, wanted.filter)
        await self.some(visit, "0", which)
        await visit.say(w.count(read, "{n} alert is read now.", "{n} alerts are read now."))
