"""What lines are worth when they go back: however they go, the sums are exact, and never above what came."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import BadInput, NotFound
from models.money import spread
from models.order import Order, OrderItem
from models.payment import Payment, Receipt, Refund, RefundState
from services.settling.credit import Credit, Picked, credit, everything, left_of, to_restock
from services.settling.shares import of_credit
from tests.models.samples import sample

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def bought(lines: list[tuple[int, int]], *, off: int = 0, tax: int = 0, shipping: int = 0) -> Order:
    """A paid order of lines as (quantity, price of each), with its discount spread as Confirm spreads it."""
    sums = [quantity * price for quantity, price in lines]
    off = min(off, sum(sums))
    parts = spread(off, sums)
    # The last part of the tax is the one on shipping.
    taxes = spread(tax, [*(line - part for line, part in zip(sums, parts, strict=True)), shipping])
    items = [
        sample(
            OrderItem,
            product_id=f"p{at}",
            quantity=quantity,
            unit_price_cents=price,
            discount_cents=parts[at],
            tax_cents=taxes[at],
        )
        for at, (quantity, price) in enumerate(lines)
    ]
    total = sum(sums) - off + tax + shipping
    fields: dict[str, Any] = {
        "discount_amount_cents": off,
        "tax_amount_cents": tax,
        "shipping_tax_cents": taxes[-1],
    }
    return sample(
        Order,
        items=items,
        total_cents=total,
        shipping_cost_cents=shipping,
        paid_at=NOW,
        currency="USD",
        **fields,
    )


def payment_of(order: Order, *receipts: int) -> Payment:
    """What was paid for it, in one receipt or in several."""
    came = [
        Receipt(ref=f"ch_{at}", amount_cents=cents, currency="USD", at=NOW)
        for at, cents in enumerate(receipts or (order.total_cents,))
    ]
    return sample(Payment, amount_cents=order.total_cents, currency="USD", receipts=came, refunds=[])


def book(
    payment: Payment, made: Credit, state: RefundState = RefundState.DONE, *, restock: bool = False
) -> None:
    """Ask for a credit, of which this became."""
    for share in of_credit(payment, made, restock=restock):
        refund = Refund(
            key=f"r{len(payment.refunds)}",
            amount_cents=share.cents,
            charge_ref=share.receipt.ref,
            lines=share.lines,
            shipping_cents=share.shipping_cents,
            restock=share.restock,
            state=state,
            asked_at=NOW,
        )
        payment.refunds = [*payment.refunds, refund]


def by_amount(cents: int) -> Refund:
    """Money that went back for nothing in particular."""
    return Refund(key="x", amount_cents=cents, charge_ref="ch_0", state=RefundState.DONE, asked_at=NOW)


def test_a_line_is_worth_its_price_less_its_discount_plus_its_tax() -> None:
    """Three at 9.99 with 1.00 off and 0.50 tax: 9.66 + 0.17, then 9.66 + 0.17, then 9.65 + 0.16."""
    order = bought([(3, 999)], off=100, tax=50)
    payment, parts = payment_of(order), []
    for _ in range(3):
        made = credit(order, payment, Picked({"p0": 1}))
        parts.append((made.cents, made.lines[0].tax_cents))
        book(payment, made)
    assert parts == [(982, 17), (983, 17), (982, 16)]
    assert sum(cents for cents, _ in parts) == order.total_cents


LINES = st.lists(st.tuples(st.integers(1, 9), st.integers(0, 3000)), min_size=1, max_size=5)
STEPS = st.lists(
    st.tuples(st.lists(st.integers(0, 9), min_size=5, max_size=5), st.booleans(), st.integers(0, 3)),
    max_size=15,
)


@settings(max_examples=300, deadline=None)
@given(
    lines=LINES,
    off=st.integers(0, 4000),
    tax=st.integers(0, 900),
    shipping=st.integers(0, 700),
    steps=STEPS,
    parts=st.integers(1, 3),
)
def test_however_lines_go_back_the_sums_are_exact(
    lines: list[tuple[int, int]],
    off: int,
    tax: int,
    shipping: int,
    steps: list[tuple[list[int], bool, int]],
    parts: int,
) -> None:
    """Any pieces in any order, with refunds that fail: each line sums to itself, and all to the total."""
    order = bought(lines, off=off, tax=tax, shipping=shipping)
    payment = payment_of(order, *spread(order.total_cents, [1] * parts))
    for wanted, ships, fate in steps:
        left = left_of(order, payment)
        pieces = {key: min(wanted[int(key[1:])], many) for key, many in left.pieces.items()}
        made = credit(order, payment, Picked(pieces, shipping=ships))
        assert made.cents <= payment.refundable_cents
        if made.cents:
            book(payment, made, RefundState.FAILED if fate == 0 else RefundState.DONE)
    rest = credit(order, payment, everything(left_of(order, payment)))
    assert rest.whole
    assert rest.cents == payment.refundable_cents
    # Nothing went back by amount alone, so what the pieces are worth is what is left, to the cent.
    assert sum(line.cents for line in rest.lines) + rest.shipping_cents == rest.cents
    if rest.cents:
        book(payment, rest)
    for item in order.items:
        back = [
            line
            for each in payment.refunds
            if each.state is RefundState.DONE
            for line in each.lines
            if line.product_id == item.product_id
        ]
        gone = sum(line.quantity for line in back)
        assert gone <= item.quantity
        if gone == item.quantity:
            assert sum(line.cents for line in back) == item.line_cents - item.discount_cents + item.tax_cents
            assert sum(line.tax_cents for line in back) == item.tax_cents
    assert payment.refunded_cents == order.total_cents


@settings(max_examples=200, deadline=None)
@given(lines=LINES, gone=st.integers(1, 5000), wanted=st.lists(st.integers(0, 9), min_size=5, max_size=5))
def test_a_line_is_worth_no_more_than_is_left(
    lines: list[tuple[int, int]], gone: int, wanted: list[int]
) -> None:
    """After money went back by amount, pieces are worth what is left at most, shared among them."""
    order = bought(lines, shipping=300)
    payment = payment_of(order)
    payment.refunds = [by_amount(min(gone, order.total_cents))]
    pieces = {key: min(wanted[int(key[1:])], many) for key, many in left_of(order, payment).pieces.items()}
    made = credit(order, payment, Picked(pieces, shipping=True))
    assert (
        sum(line.cents for line in made.lines) + made.shipping_cents <= made.cents <= payment.refundable_cents
    )
    assert all(line.cents >= 0 for line in made.lines)


def test_what_came_too_much_goes_back_with_everything_and_last() -> None:
    """The order's own money is taken for its lines; with all of it picked, all that came goes back."""
    order = bought([(2, 500)])
    payment = payment_of(order, 1000, 1000)
    payment.receipts[1].surplus = True
    one = of_credit(payment, credit(order, payment, Picked({"p0": 1})), restock=False)
    assert [(each.receipt.ref, each.cents) for each in one] == [("ch_0", 500)]
    whole = of_credit(payment, credit(order, payment, Picked({"p0": 2})), restock=True)
    assert [(each.receipt.ref, each.cents, each.restock) for each in whole] == [
        ("ch_0", 1000, True),
        ("ch_1", 1000, False),
    ]
    assert [line.cents for line in whole[0].lines] == [1000]


@pytest.mark.parametrize("pieces", [{"p0": 3}, {"p0": -1}, {"p0": 10**9}])
def test_more_than_can_go_back_is_refused(pieces: dict[str, int]) -> None:
    """Neither more than was bought nor less than nothing."""
    order = bought([(2, 500)])
    with pytest.raises(BadInput):
        credit(order, payment_of(order), Picked(pieces))


def test_a_line_of_another_order_is_unknown() -> None:
    """What was not bought cannot go back, nor can anything of an order that was never paid."""
    order = bought([(2, 500)])
    with pytest.raises(NotFound):
        credit(order, payment_of(order), Picked({"p9": 1}))
    order.paid_at = None
    assert left_of(order, payment_of(order)).pieces == {}


def test_pieces_whose_refund_bounced_are_restocked_once() -> None:
    """They came back already: only pieces beyond those are put on the shelf."""
    order = bought([(3, 500)])
    payment = payment_of(order)
    book(payment, credit(order, payment, Picked({"p0": 1})), restock=True)
    assert to_restock(order, payment, {}) == {"p0": 1}
    payment.refunds[0].state = RefundState.FAILED
    assert to_restock(order, payment, {"p0": 1}) == {}
    book(payment, credit(order, payment, Picked({"p0": 1})), restock=True)
    assert to_restock(order, payment, {"p0": 1}) == {}
    book(payment, credit(order, payment, Picked({"p0": 2})), restock=True)
    assert to_restock(order, payment, {"p0": 1}) == {"p0": 2}
