"""The static registry of ways to pay, as the data dictionary asks for it."""

import pytest

from models.errors import NotFound
from models.payment_method import PaymentMethod
from services.payments import (
    by_hand,
    filter_descriptors_by_kind,
    get_enabled_descriptors,
    get_payment_method_descriptor,
    processors,
)
from services.payments.contract import MethodKind

EVERY = [*PaymentMethod]
P2P = [PaymentMethod.ZELLE, PaymentMethod.VENMO, PaymentMethod.CASHAPP]


@pytest.mark.parametrize("method", EVERY)
def test_every_way_to_pay_says_what_it_is(method: PaymentMethod) -> None:
    """One descriptor for each value, with a name, an icon and one line about it."""
    found = get_payment_method_descriptor(method.value)
    assert found.value is method
    assert all((found.display_name, found.icon, found.description))
    assert "\n" not in found.description


@pytest.mark.parametrize("method", EVERY)
def test_what_a_way_to_pay_says_fits_its_kind(method: PaymentMethod) -> None:
    """Processors need keys and confirm by themselves; whoever staff confirm does neither, nor refunds."""
    found = get_payment_method_descriptor(method)
    hosted = found.kind == "processor"
    assert (method in processors(), method in by_hand()) == (hosted, not hosted)
    assert (found.requires_processor, found.supports_automatic_confirmation) == (hosted, hosted)
    assert hosted or not found.supports_refund


@pytest.mark.parametrize("method", ["", "zelle", "BITCOIN", "PayPal"])
def test_what_is_no_way_to_pay_is_not_found(method: str) -> None:
    """Names are exact, and unknown ones are refused."""
    with pytest.raises(NotFound):
        get_payment_method_descriptor(method)


def test_those_that_are_enabled_come_in_order_of_display() -> None:
    """Whatever the order they were enabled in, and without what does not exist."""
    every = [each.value for each in get_enabled_descriptors(EVERY)]
    assert sorted(every) == sorted(EVERY)
    chosen = get_enabled_descriptors(["PAYPAL", "GONE", "ZELLE", "ZELLE"])
    assert [each.value for each in chosen] == [PaymentMethod.ZELLE, PaymentMethod.PAYPAL]
    assert get_enabled_descriptors([]) == []


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("p2p", P2P),
        ("manual", [PaymentMethod.MANUAL]),
        ("processor", [each for each in EVERY if each not in {*P2P, PaymentMethod.MANUAL}]),
    ],
)
def test_a_kind_is_found_among_all_or_among_those_that_are_enabled(
    kind: MethodKind, values: list[PaymentMethod]
) -> None:
    """The three kinds share out every way to pay."""
    assert sorted(each.value for each in filter_descriptors_by_kind(kind)) == sorted(values)
    one = values[-1]
    assert [each.value for each in filter_descriptors_by_kind(kind, [one, "GONE"])] == [one]
    assert filter_descriptors_by_kind(kind, []) == []
