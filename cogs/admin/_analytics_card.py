"""A report as a card: three figures, a picture, the first rows, and every way to look at it otherwise."""

from collections.abc import Sequence
from typing import NamedTuple, Self

from cogs._ui.card import Button, Card, Field, Option, Picture, Row, Select
from cogs._ui.figures import PRESETS, change, days, first_rows, labels
from cogs._ui.form import Form, Input
from cogs._ui.target import Target
from cogs._ui.words import Words, later
from models.errors import BadInput
from services.reports import known_reports, report_of
from services.reports.contract import ReportType, Table
from services.reports.desk import Shown
from services.reports.files import visible
from services.reports.period import Period, Preset

_CODE = 40
_DAY = 10
_NOT_DRAWN = later("I could not draw the picture this time; the numbers are right. Refresh to try again.")
# What a report does not say of these days.
_BESIDE = {
    ReportType.INVENTORY_HEALTH: later(
        "Stock is what is there now, whatever the days; they only decide what counts as sold."
    ),
}


class View(NamedTuple):
    """What is looked at, as it stands in a custom_id; `period` is a preset or the days themselves."""

    kind: ReportType = ReportType.REVENUE_OVERVIEW
    period: str = Preset.LAST_30_DAYS
    currency: str = ""
    compare: bool = True

    @classmethod
    def read(cls, kind: str, period: str, currency: str, compare: str = "1") -> Self:
        """Read back; raises NotFound for a report that is none, and BadInput for days that are none."""
        if len(period) > _CODE:
            raise BadInput("period", "not_a_date")
        return cls(report_of(kind).type, period, currency, compare != "0")

    def to(self, action: str) -> Target:
        """The way to this view by an action."""
        return Target(f"report:{action}", self.kind, self.period, self.currency, int(self.compare))


class Frame(NamedTuple):
    """What else the card needs to know: currencies, what may be seen and done, the picture if any."""

    currencies: Sequence[str]
    names: bool
    shares: bool
    image: bytes | None
    accent: int | None = None


def report_card(shown: Shown, view: View, frame: Frame, w: Words) -> Card:
    """The report as it was computed."""
    write = labels(w, shown.currency)
    fields = [
        Field(
            w(each.label),
            f"**{write.exact(each.value, each.unit)}**\n{change(each, write)}".strip(),
            inline=True,
        )
        for each in shown.figures
    ]
    rows = first_rows(seen(shown, w, names=frame.names), write)
    if rows:
        fields.append(Field(w("Table"), rows))
    return Card(
        title=w(shown.report.title),
        text=_head(shown, frame, w),
        fields=fields,
        rows=_rows(shown, view, frame, w),
        pictures=[Picture("report.png", frame.image)] if frame.image else [],
        accent=frame.accent,
    )


def seen(shown: Shown, w: Words, *, names: bool) -> Table:
    """The table as this person may see it."""
    return visible(shown, personal=names, say=w).table


def _head(shown: Shown, frame: Frame, w: Words) -> str:
    report, period = shown.report, shown.period
    clock = {"zone": period.zone.replace("_", " "), "time": w.when(shown.at, "t")}
    said = [
        w(report.about),
        f"**{days(period, w)}**" + (f" \N{MIDDLE DOT} {shown.currency}" if report.of_money else ""),
    ]
    if any(each.before is not None for each in shown.figures):
        before = days(period.before, w)
        said.append(w("Compared with {days}. By the clock of {zone}, as of {time}.", days=before, **clock))
    else:
        said.append(w("By the clock of {zone}, as of {time}.", **clock))
    if report.type in _BESIDE:
        said.append(w(_BESIDE[report.type]))
    if frame.image is None:
        said.append(w(_NOT_DRAWN))
    return "\n".join(said)


def _rows(shown: Shown, view: View, frame: Frame, w: Words) -> list[Row]:
    kinds = [Option(w(each.title), kind, default=kind is view.kind) for kind, each in known_reports().items()]
    rows: list[Row] = [
        Select(w("Which report"), view.to("kind"), kinds),
        Select(w("Which days"), view.to("days"), _periods(shown, view, w)),
    ]
    if shown.report.of_money and len(frame.currencies) > 1:
        money = [Option(code, code, default=code == shown.currency) for code in frame.currencies[:25]]
        rows.append(Select(w("Which currency"), view.to("money"), money))
    return [*rows, _buttons(shown, view, frame, w)]


def _periods(shown: Shown, view: View, w: Words) -> list[Option]:
    options = [Option(w(text), preset, default=preset == view.period) for preset, text in PRESETS.items()]
    if view.period not in PRESETS:
        options.insert(0, Option(days(shown.period, w), shown.period.code, default=True))
    return options


def _buttons(shown: Shown, view: View, frame: Frame, w: Words) -> list[Button]:
    other = view._replace(compare=not view.compare)
    buttons = [Button(w("Other days"), view.to("typed"))]
    if any(each.ghost for each in shown.chart.series):
        label = w("Hide the period before") if view.compare else w("Compare")
        buttons.append(Button(label, other.to("show")))
    buttons.append(Button(w("CSV file"), view.to("file")))
    if frame.shares:
        to = Target("share:open", view.kind, view.period, view.currency)
        buttons.append(Button(w("Share by link"), to))
    return [*buttons, Button(w("Refresh"), view.to("show"))]


def days_form(period: Period, view: View, w: Words) -> Form:
    """From one day to another, typed."""
    inputs = [
        Input("first", w("First day"), str(period.first), max_length=_DAY, placeholder="2026-03-01"),
        Input("last", w("Last day"), str(period.last), max_length=_DAY, placeholder="2026-03-31"),
    ]
    return Form(w("Other days"), view.to("typed"), inputs)


def file_card(shown: Shown, data: bytes, w: Words) -> Card:
    """The table as a file."""
    name = f"{shown.report.type.lower()}_{shown.period.code}.csv"
    count = w.count(len(shown.table.rows), "{n} row", "{n} rows")
    return Card(
        title=w(shown.report.title),
        text=f"{days(shown.period, w)} \N{MIDDLE DOT} {count}",
        colour="good",
        pictures=[Picture(name, data, shown=False)],
    )
