"""One record in the panel: what it says, where it leads, what was done to it."""

from collections.abc import Iterator

from cogs._ui.card import Button, Card, Option, Picture, Row, Select, code, plain
from cogs._ui.target import Target
from cogs._ui.text import cut, width
from cogs._ui.words import Words
from cogs.admin._acts import act_file, act_line, act_name
from cogs.admin._changes import changes
from cogs.admin._panel_edit import changing
from cogs.admin._panel_fields import field
from cogs.admin._panel_list import Place
from cogs.admin._panel_names import WAYS, kind_name
from cogs.admin._panel_values import EMPTY, inner, said, text, value_of
from models import browsing
from models.audit import AuditLog
from services.panel import declared
from services.panel.contract import Way
from services.panel.desk import Past, Record
from services.panel.hiding import whole

_MOST, _TITLE = 3400, 80


def record_card(record: Record, place: Place, currency: str, w: Words) -> Card:
    """A record with every value that is set, and every way on."""
    rows: list[Row] = [
        _ways(record, w),
        *_leading(record, place, w),
        *changing(record, place, w),
        _buttons(record, place, w),
    ]
    return Card(
        title=_title(record, currency, w),
        text=_text(record, currency, w),
        rows=[row for row in rows if row],
        footer=f"{record.kind.name} {record.key}",
    )


def file_card(record: Record, place: Place, currency: str, w: Words) -> Card:
    """The same with all of it as a file; long values are cut only on the card."""
    card = record_card(record, place, currency, w)
    name = f"{record.kind.code}-{record.key}.json"
    card.pictures = [Picture(name, whole(record.row), shown=False)]
    return card


def past_card(past: Past, place: Place, w: Words) -> Card:
    """What staff did to a record, newest first."""
    record, rows = past.record, list[Row]()
    where = (record.kind.code, record.key)
    if past.acts:
        shown = [Option(f"{w.date(act.created_at)} · {act_name(act, w)}", act.key) for act in past.acts]
        rows.append(Select(w("Open an act"), Target("panel:act", *where, str(place)), shown))
    turning = []
    if past.pages > 1:
        turning = [
            Button(w("Newer"), _page(past, past.page - 1, place), disabled=past.page == 0),
            Button(w("Older"), _page(past, past.page + 1, place), disabled=past.page + 1 == past.pages),
        ]
    back = Button(w("Back to the record"), Target("panel:see", *where, str(place)))
    return Card(
        title=w("What was done to it"),
        text="\n".join(act_line(act, w) for act in past.acts) or w("Nothing so far."),
        rows=[*rows, [*turning, back]],
        footer=f"{record.kind.name} {record.key}",
    )


def act_card(act: AuditLog, record: Record, place: Place, currency: str, w: Words) -> Card:
    """One act with what it changed, and all of it as a file."""
    where = (record.kind.code, record.key)
    back = Button(w("Back to the history"), Target("panel:past", *where, 0, str(place)))
    return Card(
        title=act_name(act, w),
        text=f"{act_line(act, w)}\n\n{changes(act, currency, w)}",
        rows=[[back, Button(w("Back to the record"), Target("panel:see", *where, str(place)))]],
        pictures=[act_file(act)],
        footer=f"{record.kind.name} {record.key}",
    )


def _page(past: Past, page: int, place: Place) -> Target:
    return Target("panel:past", past.record.kind.code, past.record.key, max(page, 0), str(place))


def _title(record: Record, currency: str, w: Words) -> str:
    first = record.kind.columns[0]
    value = value_of(record.row, first)
    called = record.names.get((first, str(value)))
    name = called or text(first, value, record.row.get("currency") or currency, w, kind=record.kind)
    return f"{kind_name(record.kind, w)}: {plain(cut(name, _TITLE))}"


def _text(record: Record, currency: str, w: Words) -> str:
    lines: list[str] = []
    left_out = 0
    for line in _lines(record, currency, w):
        if sum(map(width, lines)) + width(line) > _MOST:
            left_out += 1
        else:
            lines.append(line)
    if left_out:
        lines.append(w.count(left_out, "{n} more is in the file.", "{n} more are in the file."))
    return "\n".join([*lines, *_hints(record, w)])


def _lines(record: Record, currency: str, w: Words) -> Iterator[str]:
    row, kind = record.row, record.kind
    for name in browsing.names_of(kind.model):
        value = row.get(name)
        if inner(name) or (value in EMPTY and name not in kind.editable):
            continue
        called = record.names.get((name, str(value)))
        shown = said(name, value, row.get("currency") or currency, w, kind=kind)
        if called is not None:
            shown = f"{plain(cut(called, _TITLE))} ({code(str(value))})"
        yield f"**{field(name, w)}**: {shown}"


def _hints(record: Record, w: Words) -> list[str]:
    kind = record.kind
    if record.row.get("tenantId") is None and "tenantId" in browsing.names_of(kind.model):
        return ["", w("This counts for every shop, so it is only shown here.")]
    if kind.changed_with is None:
        return ["", w("The shop writes this by itself: it is only shown here.")]
    if kind.editable:
        return ["", w("The rest is changed with {command}.", command=f"`{w.command(kind.changed_with)}`")]
    return ["", w("This is changed with {command}.", command=f"`{w.command(kind.changed_with)}`")]


def _ways(record: Record, w: Words) -> list[Button]:
    return [
        Button(w(WAYS[way.action]), to)
        for way in record.kind.ways
        if (to := _target(way, record)) is not None
    ]


def _target(way: Way, record: Record) -> Target | None:
    if not way.field:
        return Target(way.action)
    value = record.row.get(way.field)
    try:
        return None if value in EMPTY else Target(way.action, str(value))
    except ValueError:  # no id of ours is so long
        return None


def _leading(record: Record, place: Place, w: Words) -> list[Select]:
    kind, shown = record.kind, []
    for at, link in enumerate(kind.links):
        if link.to in record.may_open and record.row.get(link.field) not in EMPTY:
            label = f"{field(link.field, w)} → {kind_name(declared()[link.to], w)}"
            shown.append(Option(label, f"l{at}"))
    for at, related in enumerate(kind.related):
        if related.to in record.may_open:
            shown.append(Option(kind_name(declared()[related.to], w), f"r{at}"))
    where = Target("panel:go", kind.code, record.key, str(place))
    return [Select(w("Go to what belongs to it"), where, shown)] if shown else []


def _buttons(record: Record, place: Place, w: Words) -> list[Button]:
    where, at = (record.kind.code, record.key), str(place)
    return [
        Button(w("What was done to it"), Target("panel:past", *where, 0, at)),
        Button(w("All of it as a file"), Target("panel:file", *where, at)),
        Button(w("Look again"), Target("panel:see", *where, at)),
        Button(w("Back to the list"), Target("panel:list", where[0], place.page, place.filters)),
    ]
