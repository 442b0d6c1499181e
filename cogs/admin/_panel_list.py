"""The panel's front page, and its lists: columns, pages, filters, a search."""

from collections.abc import Sequence
from typing import Any, NamedTuple, Self

from cogs._ui.card import Button, Card, Field, Option, Row, Select, plain
from cogs._ui.target import Target
from cogs._ui.text import cut
from cogs._ui.words import Words
from cogs.admin._paging import number
from cogs.admin._panel_fields import field
from cogs.admin._panel_names import SECTIONS, kind_name
from cogs.admin._panel_values import said, text, value_of
from models.browsing import Row as Stored
from services.panel.contract import Declared, PanelSection
from services.panel.desk import PAGE_SIZE, PanelPage, options

_LABEL, _CELL = 100, 60
_SIGNS = "0123456789abcdefghijklmnopqrstuvwxyz"


class Place(NamedTuple):
    """Where in a list somebody was: its page and a sign for each filter."""

    page: int = 0
    filters: str = "0"

    @classmethod
    def read(cls, written: str) -> Self:
        """Out of a custom_id; anything else is the beginning."""
        page, _, filters = written.partition("x")
        return cls(number(page), filters if filters.isascii() and filters.isalnum() else "0")

    def __str__(self) -> str:
        return f"{min(self.page, 999)}x{self.filters[:4]}"


def home(kinds: Sequence[Declared], w: Words) -> Card:
    """The four sections, with the records in each that this person may look at."""
    fields, rows = [], list[Row]()
    for section in PanelSection:
        named = [(each.code, kind_name(each, w)) for each in kinds if each.section is section]
        if named:
            fields.append(Field(w(SECTIONS[section]), ", ".join(label for _, label in named)))
            shown = [Option(label, code) for code, label in named]
            rows.append(Select(w(SECTIONS[section]), Target("panel:kind", section.value), shown))
    return Card(
        title=w("Everything the shop keeps"),
        text=w("Choose what to look at. What you may not see is left out."),
        fields=fields,
        rows=rows,
    )


def kept(code: str, query: str) -> str:
    """As much of a search as a button can carry; what is cut off only widens what is found."""
    short = " ".join(query.split())[:40]
    while short:
        try:
            Target("panel:filter", code, 9, "0000", short)
            Target("panel:list", code, 9999, "0000", short)
        except ValueError:
            short = short[:-1]
        else:
            break
    return short.strip()


def record_list(page: PanelPage, filters: str, query: str, currency: str, w: Words) -> Card:
    """One page of records, with the way to each, to others, and a search."""
    kind, place = page.kind, Place(page.page, filters)
    rows: list[Row] = [*_opening(page, place, currency, w)]
    rows += [_filter(kind, at, filters, query, w) for at in range(len(kind.filters))]
    turning = _turning(page, lambda at: Target("panel:list", kind.code, at, filters, query), w)
    search = [Button(w("Search"), Target("panel:find", kind.code, filters))] if kind.search else []
    rows.append([*turning, *search, Button(w("All of the panel"), Target("panel:home"))])
    return Card(title=kind_name(kind, w), text=_text(page, query, currency, w), rows=rows)


def related_list(page: PanelPage, parent: Declared, key: str, at: int, currency: str, w: Words) -> Card:
    """Records that belong to another one, with the way back to it."""
    turning = _turning(page, lambda to: Target("panel:of", parent.code, key, at, to), w)
    back = Button(w("Back to the record"), Target("panel:see", parent.code, key))
    return Card(
        title=f"{kind_name(parent, w)} → {kind_name(page.kind, w)}",
        text=_text(page, "", currency, w),
        rows=[*_opening(page, Place(), currency, w), [*turning, back]],
    )


def _text(page: PanelPage, query: str, currency: str, w: Words) -> str:
    kind = page.kind
    total = w.count(page.total, "{n} record", "{n} records")
    counted = w("More than {n} records: search or filter.", n=page.total) if page.cut else total
    looked = [w("Searched for: {query}", query=plain(query))] if query else []
    columns = " · ".join(field(name, w) for name in kind.columns)
    numbered = enumerate(page.rows, page.page * PAGE_SIZE + 1)
    lines = [f"{at} · {_line(page, row, currency, w)}" for at, row in numbered]
    return "\n".join([counted, *looked, "", f"*{columns}*", *(lines or [w("There is none.")])])


def _line(page: PanelPage, row: Stored, currency: str, w: Words) -> str:
    first, *rest = (_cell(page, row, name, currency, w) for name in page.kind.columns)
    return " · ".join([f"**{first}**", *rest])


def _cell(page: PanelPage, row: Stored, name: str, currency: str, w: Words) -> str:
    value = value_of(row, name)
    called = page.names.get((name, str(value)))
    shown = called if called is not None else value
    return " ".join(said(name, shown, row.get("currency") or currency, w, _CELL, kind=page.kind).split())


def _opening(page: PanelPage, place: Place, currency: str, w: Words) -> list[Select]:
    if not page.rows:
        return []
    numbered = enumerate(page.rows, page.page * PAGE_SIZE + 1)
    shown = [Option(_label(page, at, row, currency, w), str(row["_id"])) for at, row in numbered]
    return [Select(w("Open a record"), Target("panel:open", page.kind.code, str(place)), shown)]


def _label(page: PanelPage, at: int, row: Stored, currency: str, w: Words) -> str:
    cells = []
    for name in page.kind.columns[:3]:
        value = value_of(row, name)
        called: Any = page.names.get((name, str(value)), value)
        cells.append(cut(text(name, called, row.get("currency") or currency, w, kind=page.kind), _CELL))
    return cut(f"{at} · {' · '.join(cells)}", _LABEL)


def _filter(kind: Declared, at: int, filters: str, query: str, w: Words) -> Select:
    name, signs = kind.filters[at].field, filters.ljust(len(kind.filters), "0")
    shown = [Option(w("{field}: any", field=field(name, w)), "0", default=signs[at] == "0")]
    for place, value in enumerate(options(kind, name)[:24], 1):
        said_value = text(name, value, "USD", w, kind=kind)
        label = w("{field}: {value}", field=field(name, w), value=said_value)
        shown.append(Option(label, _SIGNS[place], default=signs[at] == _SIGNS[place]))
    return Select(field(name, w), Target("panel:filter", kind.code, at, filters, query), shown)


def _turning(page: PanelPage, to: Any, w: Words) -> list[Button]:
    if page.pages <= 1:
        return []
    before = to(page.page - 1) if page.page > 0 else None
    after = to(page.page + 1) if page.page + 1 < page.pages else None
    where = w("Page {page} of {pages}", page=page.page + 1, pages=page.pages)
    return [Button(w("Back"), before, emoji="◀️"), Button(where), Button(w("Next"), after, emoji="▶️")]
