"""What may be changed of a record in the panel: forms, switches and choices, out of its declaration."""

from cogs._ui.card import Button, Card, Option, Select
from cogs._ui.form import Form, Input
from cogs._ui.target import Target
from cogs._ui.words import Words
from cogs.admin._panel_fields import field
from cogs.admin._panel_list import Place
from cogs.admin._panel_names import FORMS, kind_name
from cogs.admin._panel_values import said, text
from services.panel.desk import Record, options
from services.panel.reading import is_long, is_needed, longest, shown


def changing(record: Record, place: Place, w: Words) -> list[Select]:
    """The menu of what this person may change; nothing for whoever may not."""
    if not record.may_edit:
        return []
    kind, row = record.kind, record.row
    found = [Option(w(FORMS[form.name]), f"f{at}") for at, form in enumerate(kind.forms)]
    for at, name in enumerate(kind.switches):
        label = w("Turn off: {field}", field=field(name, w)) if row.get(name) else None
        found.append(Option(label or w("Turn on: {field}", field=field(name, w)), f"s{at}"))
    for at, name in enumerate(kind.choices):
        found.append(Option(w("Choose: {field}", field=field(name, w)), f"c{at}"))
    where = Target("panel:change", kind.code, record.key, record.stamp, str(place))
    return [Select(w("Change something"), where, found)]


def record_form(record: Record, number: int, place: Place, currency: str, w: Words) -> Form:
    """A form of a record, filled with what it says now."""
    kind, form = record.kind, record.kind.forms[number]
    currency = str(record.row.get("currency") or currency)
    return Form(
        w(FORMS[form.name]),
        Target("panel:save", kind.code, record.key, record.stamp, number, str(place)),
        [_input(record, name, currency, w) for name in form.fields],
    )


def choice_card(record: Record, number: int, place: Place, w: Words) -> Card:
    """The values that a field may have."""
    kind, name = record.kind, record.kind.choices[number]
    now = record.row.get(name)
    value = said(name, now, "", w, kind=kind)
    where = Target("panel:pick", kind.code, record.key, record.stamp, number, str(place))
    found = [
        Option(text(name, each, "", w, kind=kind), str(each), default=each == now)
        for each in options(kind, name)[:25]
    ]
    back = Button(w("Back to the record"), Target("panel:see", kind.code, record.key, str(place)))
    return Card(
        title=f"{kind_name(kind, w)}: {field(name, w)}",
        text=w("It is {value} now. Choose what it should be.", value=f"**{value}**"),
        rows=[Select(field(name, w), where, found), [back]],
    )


def _input(record: Record, name: str, currency: str, w: Words) -> Input:
    model = record.kind.model
    hints = {"Cents": w("In {currency}, like 12.50", currency=currency)}
    if name == "allowedAmountsCents":
        hints["Cents"] = w("In {currency}, like 5.00; 10.00; 25.00", currency=currency)
    typed = shown(record.row.get(name), name, currency)
    return Input(
        name,
        field(name, w),
        w.typed(typed) if "Cents" in name else typed,
        required=is_needed(model, name),
        long=is_long(model, name),
        max_length=longest(model, name),
        hint=hints["Cents"] if name.endswith("Cents") else "",
    )
