"""What money that went back adds up to, told one by one, in sum, and as a lost dispute."""

import itertools
from datetime import UTC, datetime

import pytest

from models.payment import Payment, Receipt, RefundState
from models.payment_method import PaymentMethod
from services.payments.processor import Money, News, What
from services.settling.returns import DISPUTE, refunded

NOW = datetime(2026, 11, 23, tzinfo=UTC)
CENTS = {"re_1": 300, "re_2": 300, "re_3": 900}
TOTALS = (600, 1500)


@pytest.fixture
def payment() -> Payment:
    """30.00 that came in."""
    return Payment(
        tenant_id="t",
        order_id="o",
        order_number="A-1",
        method=PaymentMethod.STRIPE,
        amount_cents=3000,
        currency="USD",
        receipts=[Receipt(ref="ch_1", amount_cents=3000, currency="USD", at=NOW)],
    )


def single(ref: str, cents: int, what: What = What.REFUNDED) -> News:
    """One refund, told by itself."""
    return News(what, charge_ref="ch_1", refund_ref=ref, amount=Money(cents, "USD"))


def total(cents: int) -> News:
    """All that went back so far."""
    return News(What.REFUNDED, charge_ref="ch_1", amount=Money(cents, "USD"), total=True)


def tell(payment: Payment, news: News) -> None:
    """Book it."""
    payment.refunds = refunded(payment, news, NOW) or payment.refunds


@pytest.mark.parametrize("order", [*itertools.permutations(range(5))], ids=str)
def test_in_any_order_the_most_that_is_known_is_booked(payment: Payment, order: tuple[int, ...]) -> None:
    """The greatest sum told, or what was told one by one where that is more; in the end each by its name."""
    sums, named = [0], dict[str, int]()
    for at in (*order, *order):
        if at < len(TOTALS):
            sums.append(TOTALS[at])
            tell(payment, total(TOTALS[at]))
        else:
            ref = [*CENTS][at - len(TOTALS)]
            named[ref] = CENTS[ref]
            tell(payment, single(ref, CENTS[ref]))
        assert payment.refunded_cents == max(*sums, sum(named.values()))
    assert {each.provider_ref: each.amount_cents for each in payment.refunds} == CENTS


def test_a_refund_under_way_that_a_sum_counted_is_one_refund(payment: Payment) -> None:
    """Pending it is not back yet; what became of it is known by its name."""
    tell(payment, total(800))
    tell(payment, single("re_1", 300, What.REFUND_PENDING))
    assert (payment.refunded_cents, payment.refundable_cents) == (500, 2200)
    tell(payment, single("re_1", 300, What.REFUND_FAILED))
    assert (payment.refunded_cents, payment.refundable_cents) == (500, 2500)
    tell(payment, single("re_2", 500, What.REFUND_PENDING))
    tell(payment, single("re_2", 500))
    assert (payment.refunded_cents, len(payment.refunds)) == (500, 2)


def test_a_refund_told_after_the_lost_dispute_leaves_no_more_lost_than_came(payment: Payment) -> None:
    """A dispute takes what is left: a refund that was there before it is part of what it seemed to take."""
    tell(payment, single(f"{DISPUTE}du_1", 3000))
    tell(payment, single("re_1", 1000))
    assert payment.refunded_cents == 3000
    assert [each.amount_cents for each in payment.refunds] == [2000, 1000]
    assert {each.state for each in payment.refunds} == {RefundState.DONE}


def test_another_charges_sum_is_not_touched(payment: Payment) -> None:
    """What was told of one charge says nothing about another's refund."""
    tell(payment, total(500))
    tell(payment, News(What.REFUNDED, charge_ref="ch_2", refund_ref="re_9", amount=Money(200, "USD")))
    assert payment.refunded_cents == 700


def test_a_refund_of_nothing_that_counts_stays_in_the_books(payment: Payment) -> None:
    """What is booked without an amount is known by its name; making room for others does not drop it."""
    tell(payment, single("re_0", 0))
    tell(payment, total(800))
    tell(payment, single("re_1", 800))
    tell(payment, single("re_2", 300))
    assert [each.provider_ref for each in payment.refunds] == ["re_0", "re_1", "re_2"]
