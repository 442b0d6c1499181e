"""Sharing a report by link, as staff see it: what goes out, what came of it, and an end to it."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Self

from cogs._ui.card import Button, Card, Field, Option, Row, Select
from cogs._ui.days import days_in_words
from cogs._ui.form import Form, Input
from cogs._ui.target import Target
from cogs._ui.text import mention
from cogs._ui.words import Words
from cogs.admin._paging import number, pager
from models.share_link import ShareLink
from services.reports import report_of
from services.reports.contract import ReportType
from services.reports.period import Period
from services.shares import DAYS, MOST_DAYS, PAGE_SIZE, SharesPage, Wish

_CHOICES = (1, DAYS, 30, MOST_DAYS)
NAMED = "n"


@dataclass(frozen=True)
class Plan:
    """What a link is to be like; the last two stand in the buttons as 30 or 30n."""

    kind: ReportType
    period: Period
    currency: str
    days: int = DAYS
    named: bool = False

    @classmethod
    def read(cls, kind: str, period: Period, currency: str, chosen: str) -> Self:
        """Out of a custom_id; raises NotFound for what is no report."""
        named = chosen.endswith(NAMED)
        return cls(report_of(kind).type, period, currency, number(chosen.removesuffix(NAMED)), named)

    @property
    def wish(self) -> Wish:
        """The same for the services."""
        return Wish(self.kind, self.period, self.currency, self.days, self.named)

    def to(self, action: str) -> Target:
        """A button that carries it."""
        chosen = f"{self.days}{NAMED if self.named else ''}"
        return Target(action, self.kind, self.period.code, self.currency, chosen)


def plan_card(plan: Plan, w: Words, *, may_name: bool) -> Card:
    """What will be shared, and the choices before that."""
    report = report_of(plan.kind)
    fields = [
        Field(w("Days"), days_in_words(plan.period, w), inline=True),
        Field(w("The link lasts"), _lasts(plan.days, w), inline=True),
    ]
    if report.of_money:
        fields.insert(1, Field(w("Currency"), plan.currency, inline=True))
    if report.personal:
        fields.append(Field(w("Customers"), _called(named=plan.named, w=w)))
    rows: list[Row] = [Select(w("How long the link lasts"), plan.to("share:days"), _durations(plan, w))]
    if may_name:
        rows.append(Select(w("What customers are called"), plan.to("share:name"), _names(plan, w)))
    rows.append(
        [
            Button(w("Make the link"), plan.to("share:make"), "success"),
            Button(w("Other number of days"), plan.to("share:form")),
            Button(w("Links so far"), Target("share:list")),
        ]
    )
    return Card(
        title=w("Share: {report}", report=w(report.title)),
        text=w(
            "Whoever has the link sees this report in a browser, without Discord. The days stay these; the "
            "numbers are those of the moment it is opened."
        ),
        fields=fields,
        rows=rows,
    )


def days_form(plan: Plan, w: Words) -> Form:
    """Any number of days."""
    days = Input("days", w("Days, 1 to {limit}", limit=MOST_DAYS), str(plan.days), max_length=2)
    return Form(w("How long the link lasts"), plan.to("share:form"), [days])


def link_card(link: ShareLink, url: str | None, now: datetime, w: Words) -> Card:
    """One link with its address, while it shows anything, and what came of it."""
    report = report_of(link.report_type)
    fields = [
        Field(w("Days"), days_in_words(_period(link), w), inline=True),
        Field(w("Made by"), f"{mention(link.actor_id)}, {w.when(link.created_at)}", inline=True),
        Field(w("Opened"), _opened(link, w), inline=True),
    ]
    if report.of_money:
        fields.insert(1, Field(w("Currency"), link.currency, inline=True))
    if report.personal:
        fields.append(Field(w("Customers"), _called(named=link.with_names, w=w)))
    buttons = [Button(w("Links so far"), Target("share:list"))]
    if url is not None:
        fields.append(Field(w("Link"), url))
        buttons.insert(0, Button(w("Revoke"), Target("share:end", link.key), "danger"))
        if len(url) <= 512:  # noqa: PLR2004 - what Discord takes on a button
            buttons.insert(0, Button(w("Open"), url=url))
    return Card(
        title=w("Shared: {report}", report=w(report.title)),
        text=_stands(link, now, w),
        fields=fields,
        rows=[buttons],
        colour="good" if link.open_at(now) else "plain",
    )


def links_card(found: SharesPage, now: datetime, w: Words) -> Card:
    """One page of links, with the way to each."""
    numbered = list(enumerate(found.links, found.page * PAGE_SIZE + 1))
    rows: list[Row] = []
    if numbered:
        options = [Option(f"{at} · {_title(each, w)}", each.key) for at, each in numbered]
        rows.append(Select(w("Open a link"), Target("share:pick"), options))
    look = Button(w("Look again"), Target("share:list", found.page))
    rows.append([*pager(w, "share:list", found.page, found.pages), look])
    text = w("All links of the shop, newest first.") if found.every else w("The links that you made.")
    if not numbered:
        text = w("No report has been shared yet. Open one with `/admin analytics` and choose Share.")
    lines = [_line(at, each, now, w) for at, each in numbered]
    return Card(title=w("Shared reports"), text="\n".join([text, "", *lines]), rows=rows)


def _line(at: int, link: ShareLink, now: datetime, w: Words) -> str:
    named = f" · {w('with names')}" if link.with_names else ""
    first = f"**{at} · {_title(link, w)}** · {mention(link.actor_id)}{named}"
    return f"{first}\n{_stands(link, now, w)} {_opened(link, w)}"


def _title(link: ShareLink, w: Words) -> str:
    return f"{w(report_of(link.report_type).title)}, {days_in_words(_period(link), w)}"


def _stands(link: ShareLink, now: datetime, w: Words) -> str:
    if link.revoked_at is not None:
        return w("⚫ Revoked {when}.", when=w.when(link.revoked_at))
    if not link.open_at(now):
        return w("⚫ Ended {when}.", when=w.when(link.expires_at))
    return w("🟢 Open until {when}.", when=w.when(link.expires_at, "f"))


def _opened(link: ShareLink, w: Words) -> str:
    if link.last_opened_at is None:
        return w("Not opened yet.")
    last = w.when(link.last_opened_at)
    return w.count(link.opened_count, "Opened {n} time, {last}.", "Opened {n} times, last {last}.", last=last)


def _period(link: ShareLink) -> Period:
    return Period(date.fromisoformat(link.first_day), date.fromisoformat(link.last_day))


def _lasts(days: int, w: Words) -> str:
    return w.count(days, "{n} day", "{n} days")


def _called(*, named: bool, w: Words) -> str:
    return w("By their names") if named else w("Customer 1, Customer 2, and so on")


def _durations(plan: Plan, w: Words) -> list[Option]:
    chosen = sorted({*_CHOICES, plan.days})
    return [Option(_lasts(days, w), str(days), default=days == plan.days) for days in chosen]


def _names(plan: Plan, w: Words) -> list[Option]:
    return [
        Option(_called(named=False, w=w), "k", default=not plan.named),
        Option(_called(named=True, w=w), NAMED, default=plan.named),
    ]
