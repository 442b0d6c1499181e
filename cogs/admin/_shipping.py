"""Ways to ship as staff see and enter them."""

import re
from dataclasses import replace

from cogs._ui.address import address_form, address_text
from cogs._ui.card import Button, Field, Option, Row, Select, plain
from cogs._ui.form import Form, Input
from cogs._ui.target import Target
from cogs._ui.words import Words
from models.errors import BadInput
from models.money import parse_amount
from models.tenant import ShippingType
from services.shops import Shop

MAX_TYPES = 25
_LABEL, _MAX_DAYS = 80, 365
_CODE = re.compile(r"[a-z0-9_-]{1,20}")


def shipping_text(shop: Shop, w: Words) -> str:
    """Every way to ship, a line each."""
    if not shop.config.shipping_types:
        return w("None yet. Without one, nothing that has to be sent can be bought.")
    return "\n".join(_line(kind, shop.currency, w) for kind in shop.config.shipping_types)


def _line(kind: ShippingType, currency: str, w: Words) -> str:
    cost = w.money(kind.cost_cents, currency) if kind.cost_cents else w("free")
    days = kind.estimated_days
    takes = "" if days is None else " · " + w.count(days, "about {n} day", "about {n} days")
    return f"**{plain(kind.label)}** · {cost}{takes}"


def sender_field(shop: Shop, w: Words) -> Field:
    """Where parcels with labels come from."""
    sender = shop.config.ship_from
    none = w("None yet. Labels that you buy with `/admin ship` need it.")
    return Field(w("Sender's address"), address_text(sender, w) if sender else none)


def sender_form(shop: Shop, w: Words) -> Form:
    """Where parcels with labels come from."""
    to = Target("shipping:sender")
    form = address_form(to, w, title=w("Sender's address"), known=shop.config.ship_from)
    return replace(form, edits=True)


def shipping_rows(shop: Shop, w: Words) -> list[Row]:
    """The ways to add, change and remove one, and to say where parcels come from."""
    kinds = shop.config.shipping_types[:MAX_TYPES]
    rows: list[Row] = []
    if kinds:
        options = [Option(kind.label, kind.code, description=kind.code) for kind in kinds]
        rows.append(Select(w("Change a way to ship"), Target("shipping:change"), options))
        rows.append(Select(w("Remove a way to ship"), Target("shipping:remove"), options))
    acts = [
        Button(w("Add a way to ship"), Target("shipping:add"), "primary"),
        Button(w("Sender's address"), Target("shipping:sender")),
    ]
    if shop.config.ship_from is not None:
        acts.append(Button(w("Remove the sender's address"), Target("shipping:nobody"), "danger"))
    return [*rows, acts]


def shipping_form(kind: ShippingType | None, shop: Shop, w: Words) -> Form:
    """The facts of a way to ship; the code cannot be changed, because open checkouts name it."""
    cost = w.typed_amount(kind.cost_cents, shop.currency) if kind else ""
    days = "" if kind is None or kind.estimated_days is None else str(kind.estimated_days)
    code = Input("code", w("Short code, never shown"), max_length=20, placeholder="post")
    inputs = [
        *([] if kind else [code]),
        Input(
            "label", w("Name"), kind.label if kind else "", max_length=_LABEL, placeholder=w("Letter post")
        ),
        Input(
            "cost",
            w("Cost in {currency}", currency=shop.currency),
            cost,
            max_length=20,
            placeholder=w.typed("4.50"),
        ),
        Input("days", w("Days until it arrives, about"), days, required=False, max_length=3),
    ]
    title = w("Change a way to ship") if kind else w("Add a way to ship")
    to = Target("shipping:change", kind.code) if kind else Target("shipping:add")
    return Form(title, to, inputs, edits=kind is not None)


def shipping_of(fields: dict[str, str], shop: Shop, code: str | None = None) -> ShippingType:
    """What that form says; raises BadInput."""
    code = code or fields.get("code", "").lower()
    if not _CODE.fullmatch(code):
        raise BadInput("code", "example", "post")
    label = fields.get("label", "")
    if not 1 <= len(label) <= _LABEL:
        raise BadInput("name", "length", _LABEL)
    return ShippingType(
        code=code,
        label=label,
        cost_cents=parse_amount(fields.get("cost", ""), shop.currency, field="cost_cents"),
        estimated_days=_days(fields.get("days", "")),
    )


def _days(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit()) or int(text) > _MAX_DAYS:
        raise BadInput("days", "range", _MAX_DAYS)
    return int(text)
