"""Reports for people outside Discord: links to them are made, looked after and revoked."""

from dataclasses import replace

from cogs._ui.desk import Visit, click, submit
from cogs.admin import _sharing_card as cards
from cogs.admin._paging import number
from cogs.admin._root import Section, chosen
from models.errors import BadInput
from models.share_link import ShareLink
from services.access import Permission
from services.pace import Cost
from services.reports.period import period_of
from services.shares import DAYS, MOST_DAYS


class Sharing(Section):
    """Reached from a report's card; the days are fixed here, so that the link shows what its maker saw."""

    needs = Permission.ANALYTICS_SHARE

    @click("share:open")
    async def opened(self, visit: Visit, kind: str, code: str, currency: str) -> None:
        await self._plan(visit, await self._read(visit, kind, code, currency, str(DAYS)))

    @click("share:days")
    async def days(self, visit: Visit, kind: str, code: str, currency: str, seen: str) -> None:
        plan = await self._read(visit, kind, code, currency, seen)
        await self._plan(visit, replace(plan, days=_days(chosen(visit))))

    @click("share:name")
    async def name(self, visit: Visit, kind: str, code: str, currency: str, seen: str) -> None:
        plan = await self._read(visit, kind, code, currency, seen)
        await self._plan(visit, replace(plan, named=chosen(visit) == cards.NAMED))

    @click("share:form")
    async def ask(self, visit: Visit, kind: str, code: str, currency: str, seen: str) -> None:
        await visit.form(cards.days_form(await self._read(visit, kind, code, currency, seen), visit.words))

    @submit("share:form")
    async def answer(self, visit: Visit, kind: str, code: str, currency: str, seen: str) -> None:
        plan = await self._read(visit, kind, code, currency, seen)
        await self._plan(visit, replace(plan, days=_days(visit.fields.get("days", ""))))

    @click("share:make")
    async def make(self, visit: Visit, kind: str, code: str, currency: str, seen: str) -> None:
        plan = await self._read(visit, kind, code, currency, seen)
        await visit.spend(Cost.SHARE)
        link = await self.services.shares.make(await visit.shop(), visit.member, plan.wish)
        await self._show(visit, link)

    @click("share:list")
    async def links(self, visit: Visit, page: str = "0") -> None:
        found = await self.services.shares.page(await visit.shop(), visit.member, number(page))
        await visit.show(cards.links_card(found, self.services.clock.now(), visit.words))

    @click("share:pick")
    async def pick(self, visit: Visit) -> None:
        await self.one(visit, chosen(visit))

    @click("share:link")
    async def one(self, visit: Visit, link_id: str) -> None:
        await self._show(visit, await self.services.shares.one(await visit.shop(), visit.member, link_id))

    @click("share:end")
    async def end(self, visit: Visit, link_id: str) -> None:
        await self._show(visit, await self.services.shares.revoke(await visit.shop(), visit.member, link_id))

    async def _read(self, visit: Visit, kind: str, code: str, currency: str, seen: str) -> cards.Plan:
        shop = await visit.shop()
        period = period_of(code, shop.config.time_zone, self.services.clock.now())
        return cards.Plan.read(kind, period, currency, seen)

    async def _plan(self, visit: Visit, plan: cards.Plan) -> None:
        shares, shop = self.services.shares, await visit.shop()
        await shares.check(shop, plan.wish)
        may_name = await shares.may_name(shop, visit.member, plan.kind)
        shown = plan if may_name else replace(plan, named=False)
        await visit.show(cards.plan_card(shown, visit.words, may_name=may_name))

    async def _show(self, visit: Visit, link: ShareLink) -> None:
        url = self.services.shares.url(link)
        await visit.show(cards.link_card(link, url, self.services.clock.now(), visit.words))


def _days(text: str) -> int:
    """A number of days as it was chosen or typed; raises BadInput."""
    if not number(text):
        raise BadInput("days", "share_days", MOST_DAYS)
    return number(text)
