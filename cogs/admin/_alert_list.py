"""Alerts as staff browse them: what is new first, by kind and severity, each with the way to its matter."""

from typing import NamedTuple, Self

from cogs._effects import alerts as told
from cogs._ui.card import Button, Card, Option, Row, Select
from cogs._ui.target import Target
from cogs._ui.text import cut
from cogs._ui.words import Words, later
from cogs.admin._paging import pager
from models.alert import Alert, AlertFilter, AlertSeverity, AlertType
from services.alerts import PAGE_SIZE, AlertsPage

_LINE, _LABEL = 200, 100
TYPES = {
    AlertType.NEW_ORDER: later("Sales"),
    AlertType.LOW_INVENTORY: later("Low stock"),
    AlertType.PAYMENT_FAILED: later("Payments"),
    AlertType.FULFILLMENT_FAILED: later("Deliveries"),
    AlertType.REFUND: later("Refunds"),
    AlertType.COMMUNITY_FUND: later("Community fund"),
}
SEVERITIES = {
    AlertSeverity.INFO: later("Good to know"),
    AlertSeverity.WARN: later("Look at it soon"),
    AlertSeverity.ERROR: later("Look at it now"),
}
_MARKS = {AlertSeverity.INFO: "🔵", AlertSeverity.WARN: "🟡", AlertSeverity.ERROR: "🔴"}
_TYPES, _SEVERITIES = tuple(TYPES), tuple(SEVERITIES)


class Which(NamedTuple):
    """Of which alerts a list consists, as three digits of a custom_id."""

    type: int = 0
    severity: int = 0
    unread: int = 1

    @classmethod
    def read(cls, written: str) -> Self:
        """Out of a custom_id; what is unknown there filters nothing."""
        digits = [int(each) if each.isascii() and each.isdigit() else 0 for each in written[:3]]
        kind, severity, unread = [*digits, 0, 0, 0][:3]
        return cls(
            kind if kind <= len(_TYPES) else 0,
            severity if severity <= len(_SEVERITIES) else 0,
            1 if unread else 0,
        )

    def __str__(self) -> str:
        return f"{self.type}{self.severity}{self.unread}"

    @property
    def filter(self) -> AlertFilter:
        """The same for the services."""
        return AlertFilter(
            _TYPES[self.type - 1] if self.type else None,
            _SEVERITIES[self.severity - 1] if self.severity else None,
            bool(self.unread),
        )


def alert_list(page: AlertsPage, which: Which, w: Words) -> Card:
    """One page of alerts, with the way to each and to others."""
    numbered = list(enumerate(page.alerts, page.page * PAGE_SIZE + 1))
    rows: list[Row] = [
        _menu(w("About what"), "alerts:type", [w("Everything"), *map(w, TYPES.values())], which, which.type),
        _menu(
            w("How urgent"), "alerts:severity",
            [w("However urgent"), *map(w, SEVERITIES.values())], which, which.severity,
        ),
        _menu(w("Read or not"), "alerts:seen", [w("Read and unread"), w("Only unread")], which, which.unread),
    ]  # fmt: skip
    if numbered:
        shown = [Option(_label(at, alert, w), alert.key) for at, alert in numbered]
        rows.insert(0, Select(w("Open an alert"), Target("alerts:choose", page.page, str(which)), shown))
    turning = pager(w, "alerts:list", page.page, page.pages, str(which))
    every = Button(w("Mark all as read"), Target("alerts:all", str(which)), disabled=not page.unread)
    look = Button(w("Look again"), Target("alerts:list", page.page, str(which)))
    rows.append([*turning, every, look])
    total = w.count(page.total, "{n} alert", "{n} alerts")
    unread = w.count(page.unread, "{n} unread in all", "{n} unread in all")
    return Card(
        title=w("Alerts"),
        text="\n".join([f"{total} · {unread}", "", *(_line(at, each, w) for at, each in numbered)])
        if numbered
        else f"{total} · {unread}\n\n{w('There is none.')}",
        rows=rows,
    )


def alert_card(alert: Alert, page: int, which: Which, w: Words) -> Card:
    """One alert with what to do about it, and the way back."""
    card = told.card(alert, w)
    back = [Button(w("Back to the alerts"), Target("alerts:list", page, str(which)))]
    if not alert.is_read:
        back.insert(
            0, Button(w("Mark as read"), Target("alerts:read", alert.key, page, str(which)), "success")
        )
    card.title = f"{_MARKS[alert.severity]} {w(TYPES[alert.type])}"
    card.text = f"{card.text}\n\n{w.when(alert.created_at, 'f')} · {w(SEVERITIES[alert.severity])}"
    card.rows = [*card.rows, back]
    return card


def _line(at: int, alert: Alert, w: Words) -> str:
    said = " ".join((told.card(alert, w).text or "").split())
    new = "" if alert.is_read else "🆕 "
    return f"{at} · {_MARKS[alert.severity]} {new}{w.when(alert.created_at)} · {cut(said, _LINE)}"


def _label(at: int, alert: Alert, w: Words) -> str:
    return cut(f"{at} · {w(TYPES[alert.type])} · {w.date(alert.created_at)}", _LABEL)


def _menu(placeholder: str, action: str, labels: list[str], which: Which, now: int) -> Select:
    shown = [Option(label, str(at), default=at == now) for at, label in enumerate(labels)]
    return Select(placeholder, Target(action, str(which)), shown)
