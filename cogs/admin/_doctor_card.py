"""The doctor's findings as staff see them, the worst first, and what can be mended by a click."""

from collections.abc import Sequence
from typing import Literal

from cogs._ui.card import Button, Card, Field, Option, Row, Select
from cogs._ui.target import Target
from cogs._ui.words import Words, later
from cogs.admin._doctor_words import remedy, wrong
from cogs.admin._paging import pager
from services.doctor.contract import Finding, Mend, Severity
from services.paging import bounded

PAGE_SIZE = 8
_MENDS = 10
_MARKS = {Severity.WRONG: "🔴", Severity.WARNING: "🟠", Severity.HINT: "🔵"}
_COLOURS: dict[Severity, Literal["bad", "warn", "plain"]] = {
    Severity.WRONG: "bad",
    Severity.WARNING: "warn",
    Severity.HINT: "plain",
}
_DOES = {
    Mend.INDEXES: later("Make the missing indexes"),
    Mend.CHANNELS: later("Forget a channel that was deleted"),
    Mend.EFFECTS: later("Try again what was given up"),
    Mend.STOREFRONT: later("Post the storefront again"),
}


def key_of(finding: Finding) -> str:
    """What a menu calls the mending of a finding."""
    return f"{finding.mend}:{finding.about}"


def mendable(findings: Sequence[Finding]) -> list[Finding]:
    """Those that can be mended by a click, each mend once."""
    return list({key_of(each): each for each in findings if each.mend is not None}.values())[:_MENDS]


def report(findings: Sequence[Finding], page: int, w: Words) -> Card:
    """One page of what was found."""
    page, pages = bounded(page, len(findings), PAGE_SIZE)
    shown = findings[page * PAGE_SIZE : (page + 1) * PAGE_SIZE]
    ways = [Button(w("Look again"), Target("doctor:open"))]
    if mendable(findings):
        ways.insert(0, Button(w("Mend"), Target("doctor:ask"), "primary"))
    rows: list[Row] = [row for row in ([*pager(w, "doctor:open", page, pages)], ways) if row]
    worst = min((each.severity for each in findings), default=None)
    return Card(
        title=w.count(len(findings), "{n} finding", "{n} findings")
        if findings
        else w("Your shop is in good health"),
        text=None
        if findings
        else w("Permissions, channels, roles, payments, work and machine: all is well."),
        fields=[Field(f"{_MARKS[each.severity]} {_topic(each, w)}", _lines(each, w)) for each in shown],
        colour="good" if worst is None else _COLOURS[worst],
        rows=rows,
        footer=w("🔴 does not work · 🟠 may soon not work · 🔵 could be better") if findings else None,
    )


def _topic(finding: Finding, w: Words) -> str:
    return {
        Severity.WRONG: w("Please mend this"),
        Severity.WARNING: w("Please look at this"),
        Severity.HINT: w("Good to know"),
    }[finding.severity]


def _lines(finding: Finding, w: Words) -> str:
    return f"{wrong(finding, w)}\n➜ {remedy(finding, w)}"


def plan(findings: Sequence[Finding], w: Words) -> Card:
    """What would be mended; nothing is, before it was chosen."""
    found = mendable(findings)
    options = [Option(_does(each, w), key_of(each), description=_plain(wrong(each, w))) for each in found]
    rows: list[Row] = [[Button(w("Back"), Target("doctor:open"))]]
    if found:
        menu = Select(w("Choose what I shall mend"), Target("doctor:mend"), options, 1, len(options))
        rows.insert(0, menu)
    nothing = w("There is nothing that I could mend.")
    lines = [f"• **{_does(each, w)}**: {wrong(each, w)}" for each in found]
    return Card(title=w("Mend"), text="\n".join(lines) or nothing, rows=rows)


def making_indexes(w: Words) -> Card:
    """They are on their way, however long that takes."""
    text = w(
        "I am making the missing indexes. With many records that takes minutes; your shop goes on selling, "
        "and I tell you here when it is done."
    )
    return Card(title=w("One moment"), text=text, rows=[[Button(w("Look again"), Target("doctor:open"))]])


def _does(finding: Finding, w: Words) -> str:
    return w(_DOES[finding.mend]) if finding.mend else ""


def _plain(text: str) -> str:
    return text.replace("*", "").replace("`", "")
