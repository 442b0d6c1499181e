"""What staff fill in to make, change, limit and assign a discount."""

from datetime import timedelta

from cogs._ui.form import Form, Input
from cogs._ui.target import Target
from cogs._ui.words import Words
from models.discount import Discount, DiscountType
from services.discount_desk import DiscountView

_DAY = 10
_OPEN = "-"


def terms_form(discount: Discount | None, currency: str, w: Words) -> Form:
    """A discount's terms, filled with what is known."""
    to = Target("discount:edit", discount.key) if discount else Target("discount:new")
    return Form(
        w("Edit discount") if discount else w("New discount"),
        to,
        [
            Input(
                "off",
                w("Takes off: a share or an amount"),
                _off(discount, currency, w),
                max_length=20,
                placeholder=w("10% or 5.00"),
            ),
            Input(
                "code",
                w("Code (empty: it applies by itself)"),
                (discount.code or "") if discount else "",
                required=False,
                max_length=40,
                placeholder="SUMMER-10",
            ),
            Input(
                "label",
                w("Name that customers see"),
                (discount.label or "") if discount else "",
                required=False,
                max_length=80,
            ),
            Input(
                "usage_limit",
                w("How many uses in all (empty: no limit)"),
                str(discount.usage_limit or "") if discount else "",
                required=False,
                max_length=7,
            ),
            Input(
                "dates",
                w("First and last day (empty: always)"),
                _dates(discount),
                required=False,
                max_length=2 * _DAY + 5,
                placeholder="2026-12-01 2026-12-24",
                hint=w("One day alone is the last one; after a first day, - means no end. Days in UTC."),
            ),
        ],
        edits=discount is not None,
    )


def terms_of(fields: dict[str, str]) -> dict[str, str]:
    """What that form says, as the service reads it."""
    days = fields.get("dates", "").split()
    first, last = (days[0], " ".join(days[1:])) if len(days) > 1 else ("", " ".join(days))
    typed = {key: fields.get(key, "") for key in ("off", "code", "label", "usage_limit")}
    return {**typed, "starts_at": first, "ends_at": "" if last == _OPEN else last}


def _off(discount: Discount | None, currency: str, w: Words) -> str:
    if discount is None:
        return ""
    if discount.type is DiscountType.PERCENT:
        return f"{w.typed(f'{(discount.percent or 0):f}')}%"
    return w.typed_amount(discount.amount_cents or 0, currency)


def _dates(discount: Discount | None) -> str:
    if discount is None:
        return ""
    first = discount.starts_at.date().isoformat() if discount.starts_at else ""
    if discount.ends_at is None:
        return f"{first} {_OPEN}" if first else ""
    last = (discount.ends_at - timedelta(days=1)).date().isoformat()
    return f"{first} {last}".strip()


def products_form(view: DiscountView, w: Words) -> Form:
    """The products that it is for."""
    known = "\n".join(product.sku for product in view.products)
    skus = Input(
        "products",
        w("SKUs or names, one a line (empty: all)"),
        known,
        required=False,
        long=True,
        max_length=4000,
    )
    return Form(w("Products"), Target("discount:products", view.discount.key), [skus], edits=True)
