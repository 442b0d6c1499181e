"""The states of an order and what may become of what."""

from enum import StrEnum

from models.states import Life


class OrderStatus(StrEnum):
    """Where an order stands."""

    PENDING_PAYMENT = "PENDING_PAYMENT"
    PAID = "PAID"
    FULFILLING = "FULFILLING"
    SHIPPED = "SHIPPED"
    COMPLETE = "COMPLETE"
    CANCELLED = "CANCELLED"
    PARTIALLY_REFUNDED = "PARTIALLY_REFUNDED"
    REFUNDED = "REFUNDED"


S = OrderStatus
ORDER_LIFE = Life(
    {
        S.PENDING_PAYMENT: frozenset({S.PAID, S.CANCELLED}),
        S.PAID: frozenset({S.FULFILLING, S.SHIPPED, S.COMPLETE, S.PARTIALLY_REFUNDED, S.REFUNDED}),
        S.FULFILLING: frozenset({S.SHIPPED, S.COMPLETE, S.PARTIALLY_REFUNDED, S.REFUNDED}),
        S.SHIPPED: frozenset({S.COMPLETE, S.PARTIALLY_REFUNDED, S.REFUNDED}),
        S.COMPLETE: frozenset({S.PARTIALLY_REFUNDED, S.REFUNDED}),
        # A payment that arrives after the hold's end revives the order when its stock can be had again.
        S.CANCELLED: frozenset({S.PAID}),
        # A refund that bounces leads back to where the order stood before it.
        S.PARTIALLY_REFUNDED: frozenset(
            {S.PAID, S.FULFILLING, S.SHIPPED, S.COMPLETE, S.PARTIALLY_REFUNDED, S.REFUNDED}
        ),
        S.REFUNDED: frozenset({S.PAID, S.FULFILLING, S.SHIPPED, S.COMPLETE, S.PARTIALLY_REFUNDED}),
    }
)
