import importlib
import pkgutil
from enum import StrEnum
from typing import Any

import pytest

import models
from models.entitlement import ENTITLEMENT_LIFE, EntitlementStatus
from models.order import ORDER_LIFE, OrderStatus
from models.payment import PAYMENT_LIFE, PaymentStatus
from models.session import SESSION_LIFE, SessionState
from models.shipment import PARCEL_LIFE, ParcelState
from models.states import Life
from models.waiting import WAIT_LIFE, WaitStatus

# Life, its states, and those in which it ends; it begins in the first one of the enumeration.
LIVES: list[tuple[Life[Any], type[StrEnum], set[str]]] = [
    (ORDER_LIFE, OrderStatus, set()),
    (PAYMENT_LIFE, PaymentStatus, set()),
    (SESSION_LIFE, SessionState, {"SUBMITTED", "EXPIRED"}),
    (ENTITLEMENT_LIFE, EntitlementStatus, {"REVOKED"}),
    (WAIT_LIFE, WaitStatus, {"TAKEN", "LAPSED", "WITHDRAWN", "OPENED"}),
    (PARCEL_LIFE, ParcelState, {"dropped", "back"}),
]
every_life = pytest.mark.parametrize(
    ("life", "states", "ends"), LIVES, ids=[states.__name__ for _, states, _ in LIVES]
)


def after(life: Life[Any], states: type[StrEnum], old: StrEnum) -> set[StrEnum]:
    """The states that the table lets follow this one."""
    return {new for new in states if life.allows(old, new)}


@every_life
def test_every_state_has_its_row(life: Life[Any], states: type[StrEnum], ends: set[str]) -> None:
    """The table answers for every state that may be stored, and ends where it should."""
    assert {state for state in states if not after(life, states, state)} == ends


@every_life
def test_every_state_can_be_reached(life: Life[Any], states: type[StrEnum], ends: set[str]) -> None:
    """From the first state, every other one, and from each of them an end."""
    reached = {next(iter(states))}
    while more := {new for old in reached for new in after(life, states, old)} - reached:
        reached |= more
    assert reached == set(states)
    for state in states:
        onwards = {state}
        while more := {new for old in onwards for new in after(life, states, old)} - onwards:
            onwards |= more
        assert onwards & ends or not ends


@every_life
def test_before_and_allows_read_the_same_table(
    life: Life[Any], states: type[StrEnum], ends: set[str]
) -> None:
    """The filter of a guarded update is the table, no more and no less; nothing comes before the first."""
    for new in states:
        assert set(life.before(new)) == {old for old in states if life.allows(old, new)}
    assert not any(life.allows(states(end), new) for end in ends for new in states)


def test_no_life_is_left_out_of_these_tests() -> None:
    """A table added to the models is added here too."""
    modules = [
        importlib.import_module(found.name) for found in pkgutil.iter_modules(models.__path__, "models.")
    ]
    found = {id(value) for module in modules for value in vars(module).values() if isinstance(value, Life)}
    assert found == {id(life) for life, _, _ in LIVES}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("PENDING_PAYMENT", "SHIPPED"),
        ("PENDING_PAYMENT", "REFUNDED"),
        ("PAID", "CANCELLED"),
        ("CANCELLED", "SHIPPED"),
        ("COMPLETE", "PAID"),
        ("REFUNDED", "CANCELLED"),
        ("REFUNDED", "PENDING_PAYMENT"),
    ],
)
def test_an_order_takes_no_short_cut(old: str, new: str) -> None:
    """Goods do not leave unpaid, and what was paid is not cancelled but refunded."""
    assert not ORDER_LIFE.allows(OrderStatus(old), OrderStatus(new))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("pending_payment", "rejected"),
        ("pending_payment", "refunded"),
        ("confirmed", "rejected"),
        ("rejected", "confirmed"),
        ("refunded", "pending_payment"),
    ],
)
def test_a_payment_takes_no_short_cut(old: str, new: str) -> None:
    """Nobody decides on a payment that was not claimed, nor twice."""
    assert not PAYMENT_LIFE.allows(PaymentStatus(old), PaymentStatus(new))
