"""What goes back of an order, line by line, and what that is worth: pure arithmetic in minor units.

A line is worth its price less its part of the discount plus its part of the tax. Both parts are spread over
its pieces by largest remainder, and pieces are counted from the first: however a line goes back, piece by
piece or at once, the sums are the same to the cent. Shipping goes back with its tax. What was given to
the community fund goes back with all the rest, never for a line. Nothing is ever worth more than is left of
what came in.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from models.errors import BadInput, NotFound
from models.money import spread
from models.order import Order, OrderItem
from models.payment import Payment, Refund, RefundLine, RefundState


@dataclass(frozen=True)
class Picked:
    """What staff choose to give money back for: pieces by product id, and the shipping.

    With `gift` also what was given to the community fund, if that is all that is left besides.
    """

    pieces: Mapping[str, int] = field(default_factory=dict)
    shipping: bool = False
    gift: bool = False


@dataclass(frozen=True)
class Left:
    """What can still go back: pieces by product id, shipping and gift to the fund in minor units."""

    pieces: dict[str, int]
    shipping_cents: int
    gift_cents: int = 0


@dataclass(frozen=True)
class Credit:
    """What was picked, with its worth; `whole` says that it is everything that is left of the order."""

    lines: list[RefundLine]
    shipping_cents: int
    gift_cents: int
    cents: int
    whole: bool


@dataclass(frozen=True)
class WentBack:
    """(pieces, minor units) that went back by product id, for shipping, gift and nothing in particular."""

    lines: dict[str, tuple[int, int]]
    shipping_cents: int
    other_cents: int
    gift_cents: int = 0

    @property
    def named_cents(self) -> int:
        """What went back for lines, shipping and gift; not what went back by amount alone."""
        return self.shipping_cents + self.gift_cents + sum(cents for _, cents in self.lines.values())


def left_of(order: Order, payment: Payment) -> Left:
    """What did not go back yet, nor is on its way; nothing of an order that was never paid."""
    if order.paid_at is None:
        return Left({}, 0)
    given = [each for each in payment.refunds if each.state is not RefundState.FAILED]
    pieces = {item.product_id: item.quantity - pieces_of(given, item.product_id) for item in order.items}
    cost = order.shipping_cost_cents + order.shipping_tax_cents
    shipping = cost - sum(each.shipping_cents for each in given)
    gift = order.donation_cents - sum(each.gift_cents for each in given)
    return Left({key: many for key, many in pieces.items() if many > 0}, max(0, shipping), max(0, gift))


def everything(left: Left) -> Picked:
    """The choice of all that is left."""
    return Picked(left.pieces, shipping=left.shipping_cents > 0, gift=left.gift_cents > 0)


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
    given = [each for each in payment.refunds if each.state is not RefundState.FAILED]
    lines = [_line(order.items[at], given, chosen[key]) for key, at in items.items() if key in chosen]
    shipping = left.shipping_cents if picked.shipping else 0
    rest = chosen == left.pieces and shipping == left.shipping_cents
    gift = left.gift_cents if picked.gift and rest else 0
    whole = rest and gift == left.gift_cents
    return _within(payment.refundable_cents, lines, shipping, gift, whole=whole)


def _within(most: int, lines: list[RefundLine], shipping: int, gift: int, *, whole: bool) -> Credit:
    """The credit, each part of it cut in proportion where less money is left than it is worth."""
    worth = [*(line.cents for line in lines), shipping, gift]
    if sum(worth) > most:
        *parts, shipping, gift = spread(most, worth)
        lines = [_cut(line, cents) for line, cents in zip(lines, parts, strict=True)]
    cents = most if whole else sum(line.cents for line in lines) + shipping
    return Credit(lines, shipping, gift, cents, whole)


def _cut(line: RefundLine, cents: int) -> RefundLine:
    tax = line.tax_cents * cents // line.cents if line.cents else 0
    return line.model_copy(update={"cents": cents, "tax_cents": tax})


def _line(item: OrderItem, given: list[Refund], pieces: int) -> RefundLine:
    """The next pieces of a line: what all up to them are worth, less what went back for those before."""
    before = [line for each in given for line in each.lines if line.product_id == item.product_id]
    upto = pieces_of(given, item.product_id) + pieces
    taxed = max(
        0, sum(spread(item.tax_cents, [1] * item.quantity)[:upto]) - sum(line.tax_cents for line in before)
    )
    off = sum(spread(item.discount_cents, [1] * item.quantity)[:upto])
    net = upto * item.unit_price_cents - off - sum(line.cents - line.tax_cents for line in before)
    cents = max(0, net) + taxed
    return RefundLine(product_id=item.product_id, quantity=pieces, cents=cents, tax_cents=taxed)


def pieces_of(refunds: list[Refund], product_id: str) -> int:
    """How many pieces of a line these refunds are for."""
    return sum(line.quantity for each in refunds for line in each.lines if line.product_id == product_id)


def gone_back(order: Order, payment: Payment) -> dict[str, int]:
    """How many pieces of each line have gone back with refunds that were made, by product id."""
    made = [each for each in payment.refunds if each.state is RefundState.DONE]
    pieces = {item.product_id: min(item.quantity, pieces_of(made, item.product_id)) for item in order.items}
    return {key: many for key, many in pieces.items() if many}


def went_back(payment: Payment) -> WentBack:
    """What the refunds that were made gave back, and what for."""
    made = [each for each in payment.refunds if each.state is RefundState.DONE]
    lines: dict[str, tuple[int, int]] = {}
    for line in (line for each in made for line in each.lines):
        pieces, cents = lines.get(line.product_id, (0, 0))
        lines[line.product_id] = (pieces + line.quantity, cents + line.cents)
    shipping = sum(each.shipping_cents for each in made)
    gift = sum(each.gift_cents for each in made)
    named = shipping + gift + sum(cents for _, cents in lines.values())
    return WentBack(lines, shipping, max(0, payment.refunded_cents - named), gift)


def restockable(item: OrderItem) -> bool:
    """Whether a line can go back on the shelf: it is counted, and no key, which its buyer knows by then."""
    return item.inventory_tracked and not item.delivers_keys


def to_restock(order: Order, payment: Payment, restocked: Mapping[str, int]) -> dict[str, int]:
    """Pieces that go back on the shelf now, by product id, where so many have before.

    A refund that bounced and is made again puts its pieces back once: what came back is there already.
    """
    made = [each for each in payment.refunds if each.state is RefundState.DONE and each.restock]
    counted = [item for item in order.items if restockable(item)]
    pieces = {item.product_id: min(item.quantity, pieces_of(made, item.product_id)) for item in counted}
    return {key: many - restocked.get(key, 0) for key, many in pieces.items() if many > restocked.get(key, 0)}
