from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import BadInput
from models.money import MAX_CENTS, decimal_text, exponent, parse_amount, percent_of, spread

amounts = st.integers(0, MAX_CENTS)
weights = st.lists(st.integers(0, 10**8), max_size=12)


@pytest.mark.parametrize(
    ("text", "currency", "cents"),
    [
        ("12.50", "USD", 1250),
        ("12,50", "EUR", 1250),
        ("$12.5", "USD", 1250),
        (" $ 12 ", "USD", 1200),
        ("12.50 USD", "USD", 1250),
        ("€7", "EUR", 700),
        ("0", "USD", 0),
        ("0.01", "USD", 1),
        ("1250", "JPY", 1250),
        ("¥1250", "JPY", 1250),
        ("12.00", "JPY", 12),
        ("999999.99", "USD", MAX_CENTS),
    ],
)
def test_an_amount_is_read_as_minor_units(text: str, currency: str, cents: int) -> None:
    """What people type for a price is understood."""
    assert parse_amount(text, currency) == cents


@pytest.mark.parametrize(
    ("text", "currency", "problem"),
    [
        ("", "USD", "not_an_amount"),
        ("free", "USD", "not_an_amount"),
        ("-5", "USD", "not_an_amount"),
        ("1e3", "USD", "not_an_amount"),
        ("NaN", "USD", "not_an_amount"),
        ("12.345", "USD", "not_an_amount"),
        ("1,234.50", "USD", "not_an_amount"),
        ("12 EUR", "USD", "not_an_amount"),
        ("٣", "USD", "not_an_amount"),
        ("12.50", "JPY", "too_many_decimals"),
        ("1000000.00", "USD", "too_large"),
        ("9" * 5000, "USD", "not_an_amount"),
    ],
)
def test_what_is_no_amount_is_refused_with_its_reason(text: str, currency: str, problem: str) -> None:
    """The refusal names the field and what is wrong with it."""
    with pytest.raises(BadInput) as refusal:
        parse_amount(text, currency, field="price")
    assert (refusal.value.field, refusal.value.problem) == ("price", problem)


@given(amounts, st.sampled_from(["USD", "EUR", "JPY"]))
def test_what_is_written_is_read_back(cents: int, currency: str) -> None:
    """The plain text of an amount means that amount."""
    text = decimal_text(cents, currency)
    assert "E" not in text
    assert parse_amount(text, currency) == cents
    assert Decimal(text) * 10 ** exponent(currency) == cents


@given(st.text(max_size=20))
def test_no_text_breaks_the_reader(text: str) -> None:
    """Any text is an amount within bounds or a refusal."""
    try:
        cents = parse_amount(text, "USD")
    except BadInput:
        return
    assert type(cents) is int
    assert 0 <= cents <= MAX_CENTS


@given(amounts, weights)
def test_spread_parts_sum_to_the_amount(amount: int, shares: list[int]) -> None:
    """No cent is lost or made; without lines there is nothing to spread over."""
    parts = spread(amount, shares)
    assert len(parts) == len(shares)
    assert sum(parts) == (amount if shares else 0)
    assert all(type(part) is int and part >= 0 for part in parts)


@given(amounts, weights.filter(any))
def test_spread_is_fair_to_a_cent(amount: int, shares: list[int]) -> None:
    """Each line bears its share, rounded down or up, and a free line bears nothing."""
    for part, share in zip(spread(amount, shares), shares, strict=True):
        assert amount * share // sum(shares) <= part <= -(-amount * share // sum(shares))


@given(weights.filter(any), st.data())
def test_no_line_gets_more_off_than_it_costs(shares: list[int], data: st.DataObject) -> None:
    """A discount within the subtotal stays within every line."""
    amount = data.draw(st.integers(0, sum(shares)))
    assert all(part <= share for part, share in zip(spread(amount, shares), shares, strict=True))


def test_odd_cents_go_to_the_largest_remainders_then_to_the_first() -> None:
    """Who bears the odd cent is decided the same way every time."""
    assert spread(100, [1, 1, 1]) == [34, 33, 33]
    assert spread(10, [6, 3, 1]) == [6, 3, 1]
    assert spread(2, [10, 45, 45]) == [0, 1, 1]
    assert spread(5, [0, 0]) == [5, 0]
    assert spread(5, []) == []


@given(amounts, st.decimals(0, 100, places=2))
def test_a_percentage_is_rounded_half_up_once(cents: int, percent: Decimal) -> None:
    """The exact share, rounded once, never more than the whole."""
    exact = Decimal(cents) * percent / 100
    assert percent_of(cents, percent) == int(exact.quantize(Decimal(1), ROUND_HALF_UP))
    assert 0 <= percent_of(cents, percent) <= cents


def test_half_a_cent_counts_as_one() -> None:
    """12.5 % of 4.00, and the halves."""
    assert percent_of(400, Decimal("12.5")) == 50
    assert percent_of(5, Decimal(10)) == 1
    assert percent_of(4, Decimal(10)) == 0
