"""What a gift within an order's total means for sums that go elsewhere: tax partners, refunds in buttons."""

from itertools import pairwise

import pytest

from cogs.admin._refund_choice import Choice, packed, unpacked
from models.order import OrderItem
from services.settling.credit import Picked
from services.tax.contract import Basis, Levy, Sale
from services.tax_records import given_back, refund_owed
from tests.invoicing import NOON, an_order


def sale_of(tax: int) -> Sale:
    """What a tax partner was told of an order of one line."""
    return Sale("o", NOON, Basis("USD", (), 0, None, None), Levy((tax,), 0))


@pytest.mark.parametrize("steps", [(1100, 2100), (550, 1100, 2100), (300, 1500, 2100), (2100,)])
def test_a_gift_is_no_part_of_the_tax_that_goes_back(steps: tuple[int, ...]) -> None:
    """Goods for 10.00, tax 1.00, a gift of 10.00: the tax goes back with the goods, once."""
    order = an_order(total_cents=2100, donation_cents=1000, tax_partner="TAXJAR", tax_amount_cents=100)
    taxes, cents = 0, 0
    for before, after in pairwise((0, *steps)):
        order.tax_told_back_cents = before
        for owed in refund_owed(order, after, NOON):
            told = given_back(order, sale_of(100), owed.payload["from"], owed.payload["to"], NOON)
            taxes, cents = taxes + told.tax_cents, cents + told.cents
    assert (taxes, cents) == (100, 1000)


def test_the_gift_alone_is_nothing_to_tell_a_tax_partner() -> None:
    """Once the goods have gone back, the rest of the money is not their business."""
    order = an_order(total_cents=2100, donation_cents=1000, tax_partner="TAXJAR", tax_told_back_cents=1100)
    assert refund_owed(order, 2100, NOON) == []


@pytest.mark.parametrize("gift", [0, 500])
def test_a_choice_with_a_gift_survives_its_button(gift: int) -> None:
    """What is chosen comes back as it was, also of an order whose lines are many."""
    items = [
        OrderItem(product_id=f"p{n}", sku="s", name="n", quantity=99, unit_price_cents=1) for n in range(20)
    ]
    order = an_order(items=items, donation_cents=gift)
    picked = Picked({f"p{n}": 99 for n in range(20)}, shipping=True, gift=gift > 0)
    code = packed(Choice(picked, restock=False), order)
    assert len(code) <= 27
    assert unpacked(code, order) == Choice(picked, restock=False)
    nothing = packed(Choice(Picked()), order)
    assert unpacked(nothing, order).picked == Picked()
