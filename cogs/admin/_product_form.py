"""The forms that make and change a product, and reading what was typed into them."""

from typing import Any

from cogs._ui.form import Form, Input
from cogs._ui.target import Target
from cogs._ui.words import Words
from models.errors import BadInput
from models.money import parse_amount
from models.product import MAX_DAYS, Product

_NAME, _SKU, _TEXT, _LINK = 100, 40, 2000, 500


def new_form(currency: str, w: Words) -> Form:
    """A product's first facts; everything else is set on its card."""
    return Form(w("New product"), Target("product:new"), _facts(None, currency, w))


def edit_form(product: Product, currency: str, w: Words) -> Form:
    """The same facts, filled with what is known; the price is entered in the shop's currency of today."""
    return Form(
        w("Edit product"), Target("product:edit", product.key), _facts(product, currency, w), edits=True
    )


def _facts(product: Product | None, currency: str, w: Words) -> list[Input]:
    price = w.typed_amount(product.price_cents, currency) if product else ""
    cost = (
        "" if product is None or product.cost_cents is None else w.typed_amount(product.cost_cents, currency)
    )
    text = (product.description or "") if product else ""
    return [
        Input("name", w("Name"), product.name if product else "", max_length=_NAME),
        Input(
            "price",
            w("Price in {currency}", currency=currency),
            price,
            max_length=20,
            placeholder=w.typed("12.50"),
        ),
        Input("sku", w("SKU (your own short code)"), product.sku if product else "", max_length=_SKU),
        Input("description", w("Description"), text, required=False, long=True, max_length=_TEXT),
        Input("cost", w("What it costs you (staff only)"), cost, required=False, max_length=20),
    ]


def facts_of(fields: dict[str, str], currency: str) -> dict[str, Any]:
    """What those forms say, in the product's Python names; raises BadInput for price and cost."""
    cost = fields.get("cost", "")
    return {
        "name": fields.get("name", ""),
        "sku": fields.get("sku", ""),
        "description": fields.get("description") or None,
        "price_cents": parse_amount(fields.get("price", ""), currency, field="price"),
        "cost_cents": parse_amount(cost, currency, field="cost_cents") if cost else None,
        "currency": currency,
    }


def details_form(product: Product, w: Words) -> Form:
    """Picture, what a buyer of a digital product is sent, and how long a role is kept."""
    return Form(
        w("Picture and delivery"),
        Target("product:details", product.key),
        [
            Input(
                "image_url",
                w("Web address of a picture"),
                product.image_url or "",
                required=False,
                max_length=_LINK,
                placeholder="https://",
            ),
            Input(
                "delivery_text",
                w("Text that the buyer gets once it is paid"),
                product.delivery_text or "",
                required=False,
                long=True,
                max_length=_TEXT,
            ),
            Input(
                "role_days",
                w("Days the roles are kept (empty: for ever)"),
                "" if product.role_days is None else str(product.role_days),
                required=False,
                max_length=4,
                placeholder="30",
            ),
        ],
        edits=True,
    )


def _days(text: str) -> int | None:
    if not text.strip():
        return None
    days = int(text) if text.strip().isdecimal() else 0
    if not 1 <= days <= MAX_DAYS:
        raise BadInput("role_days", "range", MAX_DAYS)
    return days


def details_of(fields: dict[str, str]) -> dict[str, Any]:
    """What that form says, in the product's Python names; raises BadInput for the days."""
    return {
        "image_url": fields.get("image_url") or None,
        "delivery_text": fields.get("delivery_text") or None,
        "role_days": _days(fields.get("role_days", "")),
    }


def search_form(query: str, w: Words) -> Form:
    """Words to look for among the products."""
    words = Input("query", w("Words in the name"), query, required=False, max_length=50)
    return Form(w("Search products"), Target("product:search"), [words])
