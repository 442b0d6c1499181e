"""Whether every order's sums are those of its lines, to the cent."""

from collections.abc import AsyncIterator, Iterator

from models.order import Order
from services.books.contract import Check, Finding, wrong
from services.books.look import Look


class Totals(Check):
    """Lines less discounts, and tax, shipping and gift on top; odd cents are spread, never lost."""

    name = "totals"
    over = (Order,)
    finds = frozenset(
        {"subtotal_off", "discount_off", "tax_off", "total_off", "line_off", "refund_off", "number_twice"}
    )

    async def look(self, look: Look) -> AsyncIterator[Finding]:
        """Add up each order."""
        orders = look.records(Order)
        for order in orders:
            for finding in (*_sums(look, order), *_lines(look, order)):
                yield finding
        names = list(dict.fromkeys(order.order_number for order in orders))
        same: dict[str, set[str]] = {}
        for row in await look.fields(Order, "orderNumber", names):
            same.setdefault(row["orderNumber"], set()).add(str(row["_id"]))
        for order in orders:
            others = sorted(same.get(order.order_number, set()) - {order.key})
            if others:
                yield wrong(look, "number_twice", order, where={"order": order.key, "other": others[0]})


def _sums(look: Look, order: Order) -> Iterator[Finding]:
    subtotal = sum(item.line_cents for item in order.items)
    discount = sum(item.discount_cents for item in order.items)
    lines_tax, tax = sum(item.tax_cents for item in order.items), order.tax_amount_cents or 0
    total = (
        order.subtotal_cents
        - order.discount_amount_cents
        + order.shipping_cost_cents
        + tax
        + order.donation_cents
    )
    pairs = {
        "subtotal_off": (order.subtotal_cents, subtotal),
        "discount_off": (order.discount_amount_cents, discount),
        "tax_off": (tax, lines_tax + order.shipping_tax_cents),
        "total_off": (order.total_cents, total),
    }
    for code, (said, due) in pairs.items():
        if said != due:
            yield wrong(look, code, order, where={"order": order.key}, said=said, due=due)


def _lines(look: Look, order: Order) -> Iterator[Finding]:
    for item in order.items:
        where = {"order": order.key, "product": item.product_id}
        net, back = item.line_cents - item.discount_cents, item.refunded_cents or 0
        if item.discount_cents > item.line_cents:
            yield wrong(look, "line_off", order, where=where, said=item.discount_cents, due=item.line_cents)
        if not 0 <= back <= net or item.refunded_quantity > item.quantity:
            yield wrong(look, "refund_off", order, where=where, said=back, due=net)


CHECK = Totals()
