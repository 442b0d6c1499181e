"""Tells staff, without their asking, how the shop is doing: two lines, a picture, and the way to more."""

import logging

import nextcord

from cogs._charts import Charts, NoPicture
from cogs._effects.failing import failing
from cogs._ui import send
from cogs._ui.card import Button, Card, Picture
from cogs._ui.figures import change, days, labels, picture, shade
from cogs._ui.guilds import Guilds
from cogs._ui.target import Target
from cogs._ui.words import Words
from models.outbox import OutboxEffect
from models.tenant import DigestRhythm
from services import Services
from services.reports.contract import Figure, ReportType
from services.reports.desk import Shown
from services.reports.period import DAY, Period
from services.shops import Shop

# One day makes no line: the picture of a daily digest shows the month that led to it.
_DAYS_DRAWN = 30

log = logging.getLogger(__name__)


class Digests:
    """Makes the staff.digest effects happen, in the language of the guild."""

    def __init__(self, bot: nextcord.Client, services: Services, charts: Charts, guilds: Guilds) -> None:
        self._bot = bot
        self._services = services
        self._charts = charts
        self._guilds = guilds

    async def tell(self, effect: OutboxEffect) -> str:
        """Post it once: the effect's id is the message's nonce."""
        with failing():
            shop = await self._services.shops.of_tenant(effect.tenant_id)
            channel = shop.config.staff_channel_id
            if channel is None:
                return "no_channel"
            if shop.config.digest_rhythm is DigestRhythm.OFF:
                return "switched_off"
            words = Words.of(await self._guilds.locale(shop.guild_id))
            card = await self._card(shop, effect, words)
            await send.post(self._bot, channel, card, nonce=effect.key)
        return "posted"

    async def _card(self, shop: Shop, effect: OutboxEffect, w: Words) -> Card:
        weekly = effect.payload["rhythm"] == DigestRhythm.WEEKLY
        period = self._services.reports.coded(shop, effect.payload["period"])
        shown = await self._report(shop, period)
        drawn = shown
        if not weekly:
            longer = Period(period.last - (_DAYS_DRAWN - 1) * DAY, period.last, period.zone)
            drawn = await self._report(shop, longer)
        accent = await self._services.themes.accent(shop.config)
        image = await self._image(drawn, w, accent)
        to = Target("report:show", ReportType.REVENUE_OVERVIEW, period.code, shown.currency, 1)
        return Card(
            title=(w("Last week: {days}") if weekly else w("Yesterday: {days}")).format(days=days(period, w)),
            text=_lines(shown, w),
            rows=[[Button(w("Look closer"), to)]],
            pictures=[Picture("digest.png", image)] if image else [],
            accent=accent,
        )

    async def _report(self, shop: Shop, period: Period) -> Shown:
        return await self._services.reports.report(shop, ReportType.REVENUE_OVERVIEW, period)

    async def _image(self, shown: Shown, w: Words, accent: int | None) -> bytes | None:
        chart = picture(shown.chart, w)
        if not any(any(each.values) for each in chart.series):
            return None
        try:
            return await self._charts.png(chart, w, shown.currency, days(shown.period, w), shade(accent))
        except NoPicture:
            log.warning("digest_not_drawn")
            return None


def _lines(shown: Shown, w: Words) -> str:
    revenue, orders, average = shown.figures
    if not orders.value:
        before = labels(w, shown.currency).exact(revenue.before, revenue.unit)
        said = w("Nothing was sold.")
        return (
            f"{said} {w('In the period before it was {amount}.', amount=before)}" if revenue.before else said
        )
    return f"{_line(revenue, shown, w)}\n{_line(orders, shown, w)}, {_line(average, shown, w)}"


def _line(figure: Figure, shown: Shown, w: Words) -> str:
    write = labels(w, shown.currency)
    moved = change(figure, write)
    said = f"{w(figure.label)}: **{write.exact(figure.value, figure.unit)}**"
    return f"{said} ({moved})" if moved else said
