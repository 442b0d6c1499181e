"""The wizard's cards beyond the settings: making channels, the first product, and what is left to do."""

import re
from collections.abc import Sequence
from typing import Any

from cogs._ui.card import Button, Card, Field, Row, plain
from cogs._ui.form import Form, Input
from cogs._ui.target import Target
from cogs._ui.text import cut
from cogs._ui.words import Words
from cogs.admin._doctor_words import remedy, wrong
from cogs.admin._making import fitting
from cogs.admin._reach import known_channel
from cogs.admin._settings import STEPS, Look, ways
from models.base import visible
from models.errors import BadInput
from models.money import parse_amount
from services.doctor.contract import Finding, Severity

_LISTED = 6
_SKU = 40
_MOST_STOCK = 6
_LABEL = 60


def channel_ways(look: Look) -> Row | None:
    """Channels to take or make with one click, as far as none is chosen; None when there is nothing to do."""
    w, buttons = look.w, list[Button]()
    if not known_channel(look.visit, look.config.staff_channel_id):
        for channel in fitting(look.visit):
            name = w("Use #{channel}", channel=cut(channel.name, _LABEL))
            buttons.append(Button(name, Target("first:use", channel.id), "success"))
        buttons.append(Button(w("Make a staff channel"), Target("first:staff"), "success"))
    buttons.append(Button(w("Make a shop channel"), Target("first:shop")))
    return buttons


def product_card(look: Look, total: int) -> Card:
    """The step of the first product."""
    w = look.w
    text = w("Add one now; it is on sale at once. It is digital: nothing has to be sent by post.")
    if total:
        text = w.count(total, "There is {n} product already.", "There are {n} products already.")
    more = w("Pictures, roles, files and parcels come with `/admin product`.")
    add = Button(w("Add a product"), Target("first:product"), "secondary" if total else "success")
    return Card(title=w("First product"), text=f"{text}\n{more}", rows=[[add], ways("product", look)])


def product_form(currency: str, w: Words) -> Form:
    """Name, price and stock."""
    return Form(
        w("First product"),
        Target("first:product"),
        [
            Input("name", w("Name"), max_length=100),
            Input("price", w("Price in {currency}", currency=currency), max_length=20, placeholder="12.50"),
            Input(
                "stock",
                w("How many are there"),
                required=False,
                max_length=_MOST_STOCK,
                hint=w("Leave it empty if it never runs out."),
            ),
        ],
    )


def first_product(fields: dict[str, str], currency: str) -> tuple[dict[str, Any], int]:
    """What the form says, in the product's Python names, and the stock; raises BadInput."""
    name, stock = fields.get("name", ""), fields.get("stock", "")
    if stock and not (stock.isascii() and stock.isdigit() and len(stock) <= _MOST_STOCK):
        raise BadInput("quantity", "not_a_number")
    if not visible(name):
        raise BadInput("name", "required")
    facts = {
        "name": name,
        "sku": re.sub(r"[^A-Z0-9]+", "-", name.upper()).strip("-")[:_SKU] or "FIRST",
        "price_cents": parse_amount(fields.get("price", ""), currency, field="price"),
        "currency": currency,
        "is_digital": True,
        "inventory_tracked": bool(stock),
        "is_active": False,
    }
    return facts, int(stock or 0)


def summary(look: Look, products: int, findings: Sequence[Finding]) -> Card:
    """What is left to do, by the doctor, or that nothing is."""
    w, shop = look.w, look.shop
    left = [each for each in findings if each.severity is not Severity.HINT]
    lines = [f"• {wrong(each, w)}\n➜ {remedy(each, w)}" for each in left[:_LISTED]]
    if not products:
        nothing = w("There is nothing to buy yet: add your first product with `/admin product`.")
        lines.insert(0, f"• {nothing}")
    if len(left) > _LISTED:
        more = len(left) - _LISTED
        lines.append(w.count(more, "and {n} more with `/admin doctor`", "and {n} more with `/admin doctor`"))
    done = w("Everything is ready. Customers start with `/shop browse`.")
    return Card(
        title=w("{name} is set up", name=plain(shop.name)),
        text="\n".join(lines) or done,
        colour="warn" if lines else "good",
        fields=[
            Field(w("Next"), w("`/admin product` to fill the shelves, `/admin config` for the rest.")),
            Field(w("For customers"), w("`/shop browse` and `/help` show them everything.")),
        ],
        rows=[
            [
                Button(w("Start over"), Target("setup:step", STEPS[0])),
                Button(w("All products"), Target("product:list")),
                Button(w("All settings"), Target("config:open")),
                Button(w("Doctor"), Target("doctor:open")),
            ]
        ],
    )
