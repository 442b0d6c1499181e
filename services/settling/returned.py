"""What of an order's price went back for its lines, and what for tax, shipping and gift: pure arithmetic.

Refunds say what they are for, or are by amount; of those lines with their tax come first, shipping and gift
last, as everywhere (docs/adr/0015, 0023). Reports take this off the revenue (docs/adr/0029).
"""

from typing import Any

from models.money import spread
from models.order import Order, OrderItem
from models.payment import Payment, RefundLine, RefundState


def returned(order: Order, payment: Payment, back: int, *, whole: bool) -> dict[str, Any]:
    """The order's fields, by stored names, once `back` of its price went back, or with `whole` all of it."""
    if whole:
        cents = [_net(item) for item in order.items]
        pieces = [item.quantity for item in order.items]
    else:
        lines, others = _made(payment, back)
        cents, pieces = _named(order, lines)
        cents = _by_amount(order, lines, back - others, cents)
    fields: dict[str, Any] = {"refundedGoodsCents": sum(cents)}
    for at, (each, many) in enumerate(zip(cents, pieces, strict=True)):
        fields |= {f"items.{at}.refundedCents": each, f"items.{at}.refundedQuantity": many}
    return fields


def _net(item: OrderItem) -> int:
    return item.line_cents - item.discount_cents


def _made(payment: Payment, back: int) -> tuple[list[RefundLine], int]:
    """(lines, shipping and gift) that refunds are expressly for, cut where less than their worth went back.

    Of a refund in shares the first one stands for the goods, whatever became of the others.
    """
    made = [each for each in payment.refunds if each.state is RefundState.DONE]
    lines = [line for each in made for line in each.lines]
    others = sum(each.shipping_cents + each.gift_cents for each in made)
    worth = [*(line.cents for line in lines), others]
    if sum(worth) <= back:
        return lines, others
    *parts, others = spread(max(0, back), worth)
    return [_cut(line, cents) for line, cents in zip(lines, parts, strict=True)], others


def _cut(line: RefundLine, cents: int) -> RefundLine:
    if not line.cents:
        return line
    tax, pieces = line.tax_cents * cents // line.cents, line.quantity * cents // line.cents
    return line.model_copy(update={"cents": cents, "tax_cents": tax, "quantity": pieces})


def _named(order: Order, lines: list[RefundLine]) -> tuple[list[int], list[int]]:
    """(cents without tax, pieces) of each line that refunds are expressly for."""
    cents, pieces = [], []
    for item in order.items:
        mine = [line for line in lines if line.product_id == item.product_id]
        cents.append(min(_net(item), sum(line.cents - line.tax_cents for line in mine)))
        pieces.append(min(item.quantity, sum(line.quantity for line in mine)))
    return cents, pieces


def _by_amount(order: Order, lines: list[RefundLine], back: int, cents: list[int]) -> list[int]:
    """The same with what went back for nothing in particular, in proportion to what is left of the lines."""
    named = sum(line.cents for line in lines)
    taxed = {item.product_id: item.tax_cents for item in order.items}
    for line in lines:
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
