"""From which of the money that came a refund is taken: pure arithmetic in minor units."""

from dataclasses import dataclass, field

from models.errors import BadInput
from models.payment import Payment, Receipt, Refund, RefundLine, RefundState
from services.settling.credit import Credit


@dataclass(frozen=True)
class Share:
    """One refund to be asked for: of which receipt, how much, and what of the order it is for."""

    receipt: Receipt
    cents: int
    lines: list[RefundLine] = field(default_factory=list)
    shipping_cents: int = 0
    restock: bool = False
    gift_cents: int = 0


def of_amount(payment: Payment, cents: int) -> Share:
    """An amount, out of what came too much first.

    Raises BadInput naming the amount: `range` when less is left, `spread` when no receipt holds so much.
    """
    if not 0 < cents <= payment.refundable_cents:
        raise BadInput("amount", "range", payment.refundable_cents)
    for receipt, left in sorted(_holding(payment), key=lambda each: not each[0].surplus):
        if left >= cents:
            return Share(receipt, cents)
    raise BadInput("amount", "spread", payment.refundable_cents)


def of_credit(payment: Payment, credit: Credit, *, restock: bool) -> list[Share]:
    """A credit above zero: one share, or where no receipt holds so much, one of each that is needed.

    The first of them stands for the goods.
    """
    # What came too much is no price of anything: it goes last.
    own = sorted(_holding(payment), key=lambda each: each[0].surplus)
    single = [(receipt, credit.cents) for receipt, left in own if left >= credit.cents]
    (receipt, cents), *more = single[:1] or _spread_over(own, credit.cents)
    first = Share(receipt, cents, credit.lines, credit.shipping_cents, restock, credit.gift_cents)
    return [first, *(Share(other, cents) for other, cents in more)]


def largest(payment: Payment) -> int:
    """The most that one refund by amount can give back, in minor units."""
    return min(max((left for _, left in _holding(payment)), default=0), payment.refundable_cents)


def _spread_over(holding: list[tuple[Receipt, int]], cents: int) -> list[tuple[Receipt, int]]:
    shares = []
    for receipt, left in holding:
        share = min(left, cents)
        cents -= share
        if share:
            shares.append((receipt, share))
    return shares


def _holding(payment: Payment) -> list[tuple[Receipt, int]]:
    """Receipts with what is left of each."""
    given = [each for each in payment.refunds if each.state is not RefundState.FAILED]
    own = [each for each in payment.arrived if each.currency == payment.currency]
    return [(each, left) for each in own if (left := _left(each, given)) > 0]


def _left(receipt: Receipt, given: list[Refund]) -> int:
    return receipt.amount_cents - sum(each.amount_cents for each in given if each.charge_ref == receipt.ref)
