"""What goes back of an order, line by line, and what that is worth: pure arithmetic in minor units.

A line is worth its price less its part of the discount plus its part of the tax. Both parts are spread over
its pieces by largest remainder, and pieces are counted from the first: however a line goes back, piece by
piece or at once, the sums are the same to the cent. Nothing is ever worth more than is left of what came in.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from models.errors import BadInput, NotFound
from models.money import spread
from models.order import Order, OrderItem
from models.payment import Payment, Refund, RefundLine, RefundState


@dataclass(frozen=True)
class Picked:
    """What staff choose to give money back for: pieces by product id, and the shipping."""

    pieces: Mapping[str, int] = field(default_factory=dict)
    shipping: bool = False


@dataclass(frozen=True)
class Left:
    """What can still go back: pieces by product id, shipping in minor units."""

    pieces: dict[str, int]
    shipping_cents: int


@dataclass(frozen=True)
class Credit:
    """What was picked, with its worth; `whole` says that it is everything that is left of the order."""

    lines: list[RefundLine]
    shipping_cents: int
    cents: int
    whole: bool


def left_of(order: Order, payment: Payment) -> Left:
    """What did not go back yet, nor is on its way; nothing of an order that was never paid."""
    if order.paid_at is None:
        return Left({}, 0)
    given = [each for each in payment.refunds if each.state is not RefundState.FAILED]
    pieces = {item.product_id: item.quantity - pieces_of(given, item.product_id) for item in order.items}
    shipping = order.shipping_cost_cents - sum(each.shipping_cents for each in given)
    return Left({key: many for key, many in pieces.items() if many > 0}, max(0, shipping))


def everything(left: Left) -> Picked:
    """The choice of all that is left."""
    return Picked(left.pieces, shipping=left.shipping_cents > 0)


def credit(order: Order, payment: Payment, picked: Picked) -> Credit:
    """What the picked pieces are worth; all that is left of the order is worth all that is left of the money.

    Raises NotFound for a line that the order does not have, BadInput for more pieces than can go back.
    """
    left = left_of(order, payment)
    items = {item.product_id: at for at, item in enumerate(order.items)}
    chosen = {key: many for key, many in picked.pieces.items() if many}
    for key, many in chosen.items():
        if key not in items:
            raise NotFound("line")
        if not 0 < many <= left.pieces.get(key, 0):
            raise BadInput("quantity", "range", left.pieces.get(key, 0))
    taxes = _taxes(order)
    given = [each for each in payment.refunds if each.state is not RefundState.FAILED]
    lines = [
        _line(order.items[at], taxes[at], given, chosen[key]) for key, at in items.items() if key in chosen
    ]
    shipping = left.shipping_cents if picked.shipping else 0
    whole = chosen == left.pieces and shipping == left.shipping_cents
    return _within(payment.refundable_cents, lines, shipping, whole=whole)


def _within(most: int, lines: list[RefundLine], shipping: int, *, whole: bool) -> Credit:
    """The credit, each part of it cut in proportion where less money is left than it is worth."""
    worth = [*(line.cents for line in lines), shipping]
    if sum(worth) > most:
        *parts, shipping = spread(most, worth)
        lines = [_cut(line, cents) for line, cents in zip(lines, parts, strict=True)]
    cents = most if whole else sum(line.cents for line in lines) + shipping
    return Credit(lines, shipping, cents, whole)


def _cut(line: RefundLine, cents: int) -> RefundLine:
    tax = line.tax_cents * cents // line.cents if line.cents else 0
    return line.model_copy(update={"cents": cents, "tax_cents": tax})


def _line(item: OrderItem, tax: int, given: list[Refund], pieces: int) -> RefundLine:
    """The next pieces of a line: what all up to them are worth, less what went back for those before."""
    before = [line for each in given for line in each.lines if line.product_id == item.product_id]
    upto = pieces_of(given, item.product_id) + pieces
    taxed = max(0, sum(spread(tax, [1] * item.quantity)[:upto]) - sum(line.tax_cents for line in before))
    off = sum(spread(item.discount_cents, [1] * item.quantity)[:upto])
    net = upto * item.unit_price_cents - off - sum(line.cents - line.tax_cents for line in before)
    cents = max(0, net) + taxed
    return RefundLine(product_id=item.product_id, quantity=pieces, cents=cents, tax_cents=taxed)


def _taxes(order: Order) -> list[int]:
    """Each line's part of the order's tax, in proportion to its price after the discount."""
    return spread(
        order.tax_amount_cents or 0, [item.line_cents - item.discount_cents for item in order.items]
    )


def pieces_of(refunds: list[Refund], product_id: str) -> int:
    """How many pieces of a line these refunds are for."""
    return sum(line.quantity for each in refunds for line in each.lines if line.product_id == product_id)


def gone_back(order: Order, payment: Payment) -> dict[str, int]:
    """How many pieces of each line have gone back with refunds that were made, by product id."""
    made = [each for each in payment.refunds if each.state is RefundState.DONE]
    pieces = {item.product_id: min(item.quantity, pieces_of(made, item.product_id)) for item in order.items}
    return {key: many for key, many in pieces.items() if many}


def credited_cents(payment: Payment) -> int:
    """What went back for lines and shipping, in minor units; not what went back by amount alone."""
    made = [each for each in payment.refunds if each.state is RefundState.DONE]
    return sum(each.shipping_cents + sum(line.cents for line in each.lines) for each in made)


def to_restock(order: Order, payment: Payment, restocked: Mapping[str, int]) -> dict[str, int]:
    """Pieces that go back on the shelf now, by product id, where so many have before.

    A refund that bounced and is made again puts its pieces back once: what came back is there already.
    """
    made = [each for each in payment.refunds if each.state is RefundState.DONE and each.restock]
    # A key that was handed out is known to its buyer: it cannot be sold again.
    tracked = [item for item in order.items if item.inventory_tracked and not item.delivers_keys]
    pieces = {item.product_id: min(item.quantity, pieces_of(made, item.product_id)) for item in tracked}
    return {key: many - restocked.get(key, 0) for key, many in pieces.items() if many > restocked.get(key, 0)}
