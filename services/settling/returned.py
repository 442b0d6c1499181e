"""What of an order's price went back for its lines, and what for tax, shipping and gift: pure arithmetic.

Refunds say what they are for, or are by amount; of those lines with their tax come first, shipping and gift
last, as everywhere (docs/adr/0015, 0023). Reports take this off the revenue (docs/adr/0029).
"""

from typing import Any

from models.money import spread
from models.order import Order, OrderItem
from models.payment import Payment, RefundState


def returned(order: Order, payment: Payment, back: int, *, whole: bool) -> dict[str, Any]:
    """The order's fields, by stored names, once `back` of its price went back, or with `whole` all of it."""
    if whole:
        cents = [_net(item) for item in order.items]
        pieces = [item.quantity for item in order.items]
    else:
        cents, pieces = _named(order, payment)
        cents = _by_amount(order, payment, back, cents)
    fields: dict[str, Any] = {"refundedGoodsCents": sum(cents)}
    for at, (each, many) in enumerate(zip(cents, pieces, strict=True)):
        fields |= {f"items.{at}.refundedCents": each, f"items.{at}.refundedQuantity": many}
    return fields


def _net(item: OrderItem) -> int:
    return item.line_cents - item.discount_cents


def _named(order: Order, payment: Payment) -> tuple[list[int], list[int]]:
    """(cents without tax, pieces) of each line that refunds are expressly for."""
    made = [line for each in payment.refunds if each.state is RefundState.DONE for line in each.lines]
    cents, pieces = [], []
    for item in order.items:
        mine = [line for line in made if line.product_id == item.product_id]
        cents.append(min(_net(item), sum(line.cents - line.tax_cents for line in mine)))
        pieces.append(min(item.quantity, sum(line.quantity for line in mine)))
    return cents, pieces


def _by_amount(order: Order, payment: Payment, back: int, cents: list[int]) -> list[int]:
    """The same with what went back for nothing in particular, in proportion to what is left of the lines."""
    made = [each for each in payment.refunds if each.state is RefundState.DONE]
    named = sum(each.shipping_cents + each.gift_cents + sum(n.cents for n in each.lines) for each in made)
    taxed = {item.product_id: item.tax_cents for item in order.items}
    for line in (line for each in made for line in each.lines):
        taxed[line.product_id] = taxed.get(line.product_id, 0) - line.tax_cents
    net = [_net(item) - known for item, known in zip(order.items, cents, strict=True)]
    tax = [max(0, taxed[item.product_id]) for item in order.items]
    left = [each + levy for each, levy in zip(net, tax, strict=True)]
    parts = spread(min(max(0, back - named), sum(left)), left)
    without_tax = [
        each * part // (each + levy) if each + levy else 0
        for each, levy, part in zip(net, tax, parts, strict=True)
    ]
    return [known + more for known, more in zip(cents, without_tax, strict=True)]
