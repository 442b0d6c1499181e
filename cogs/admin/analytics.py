"""/admin analytics: how the shop is doing, in figures and a picture."""

import logging

from nextcord import SlashOption

from cogs._charts import NoPicture
from cogs._ui.desk import Visit, click, command_answer, submit
from cogs._ui.figures import PRESETS, picture, shade
from cogs._ui.visit import Kind
from cogs.admin._analytics_card import Frame, View, days_form, file_card, report_card
from cogs.admin._root import Entry, Section, chosen
from models.errors import BadInput
from services.access import Permission
from services.pace import Cost
from services.reports import known_reports
from services.reports.contract import ReportType
from services.reports.desk import Shown
from services.reports.files import csv_of
from services.reports.period import Preset

log = logging.getLogger(__name__)

_REPORT = SlashOption(
    description="Which report",
    required=False,
    default=ReportType.REVENUE_OVERVIEW.value,
    choices={report.title: kind.value for kind, report in known_reports().items()},
)
_PERIOD = SlashOption(
    description="Which days",
    required=False,
    default=Preset.LAST_30_DAYS.value,
    choices={text: preset.value for preset, text in PRESETS.items()},
)


class Analytics(Section):
    """What is looked at is carried by the card's own buttons."""

    needs = Permission.ANALYTICS_VIEW
    entry = Entry("analytics", "How the shop is doing: figures, chart, CSV")

    @command_answer
    async def enter(self, visit: Visit, report: str = _REPORT, period: str = _PERIOD) -> None:
        await self._show(visit, View.read(report, period, ""))

    @click("report:show")
    async def again(self, visit: Visit, kind: str, period: str, currency: str, compare: str) -> None:
        await self._show(visit, View.read(kind, period, currency, compare))

    @click("report:kind")
    async def other_kind(self, visit: Visit, kind: str, period: str, currency: str, compare: str) -> None:
        view = View.read(kind, period, currency, compare)
        await self._show(visit, View.read(chosen(visit), view.period, currency, compare))

    @click("report:days")
    async def other_days(self, visit: Visit, kind: str, period: str, currency: str, compare: str) -> None:
        view = View.read(kind, period, currency, compare)
        await self._show(visit, View.read(view.kind, chosen(visit), currency, compare))

    @click("report:money")
    async def other_money(self, visit: Visit, kind: str, period: str, currency: str, compare: str) -> None:
        view = View.read(kind, period, currency, compare)
        await self._show(visit, view._replace(currency=chosen(visit)))

    @click("report:typed")
    async def ask_days(self, visit: Visit, kind: str, period: str, currency: str, compare: str) -> None:
        view = View.read(kind, period, currency, compare)
        days = self.services.reports.coded(await visit.shop(), view.period)
        await visit.form(days_form(days, view, visit.words))

    @submit("report:typed")
    async def typed(self, visit: Visit, kind: str, period: str, currency: str, compare: str) -> None:
        view = View.read(kind, period, currency, compare)
        first, last = visit.fields.get("first", ""), visit.fields.get("last", "")
        days = self.services.reports.between(await visit.shop(), first, last)
        await self._show(visit, view._replace(period=days.code))

    @click("report:file")
    async def file(self, visit: Visit, kind: str, period: str, currency: str, compare: str) -> None:
        shown, _, _ = await self._computed(visit, View.read(kind, period, currency, compare))
        data = csv_of(shown, personal=await self._names(visit), say=visit.words)
        await visit.add(file_card(shown, data, visit.words))

    async def _computed(self, visit: Visit, view: View) -> tuple[Shown, View, list[str]]:
        shop, reports = await visit.shop(), self.services.reports
        currencies = await reports.currencies(shop)
        view = view._replace(currency=view.currency or shop.currency)
        if view.currency not in currencies:
            raise BadInput("currency", "not_allowed")
        days = reports.coded(shop, view.period)
        await visit.spend(Cost.REPORT)
        return await reports.report(shop, view.kind, days, view.currency), view, currencies

    async def _names(self, visit: Visit) -> bool:
        held = await self.services.access.permissions_of(await visit.shop(), visit.member)
        return Permission.CUSTOMER_MANAGE in held

    async def _show(self, visit: Visit, view: View) -> None:
        shop = await visit.shop()
        shown, view, currencies = await self._computed(visit, view)
        accent = await self.services.themes.accent(shop.config, visit.member.discord_id)
        frame = Frame(
            currencies,
            names=await self._names(visit),
            shares=self.desk.knows(Kind.CLICK, "share:open"),
            image=await self._drawn(visit, shown, view, accent),
            accent=accent,
        )
        await visit.show(report_card(shown, view, frame, visit.words))

    async def _drawn(self, visit: Visit, shown: Shown, view: View, accent: int | None) -> bytes | None:
        chart = picture(shown.chart, visit.words, compare=view.compare)
        title = visit.words(shown.report.title)
        try:
            return await self.desk.charts.png(chart, visit.words, shown.currency, title, shade(accent))
        except NoPicture:
            log.warning("report_not_drawn", extra={"report": shown.report.type})
            return None
