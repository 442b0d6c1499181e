"""What counts as revenue, once and for all reports (docs/adr/0029).

The revenue of an order is what its lines brought: their prices less the discount and less what of that went
back. Tax, shipping and gifts to the community fund are no revenue. It counts at the moment at which the
order was paid, and so does what went back later: a day's revenue is what that day's orders brought in the
end, and a refund changes the day of its order, not the day on which it was made.
"""

from typing import Any, NamedTuple

from services.reports.report import Question

_SOLD = {"$subtract": ["$subtotalCents", "$discountAmountCents"]}
# Orders of earlier versions do not say how much of what went back was for lines: lines come first.
_BACK = {"$ifNull": ["$refundedGoodsCents", {"$min": [_SOLD, "$refundedCents"]}]}
NET = {"$subtract": [_SOLD, _BACK]}
# The sums that a $group adds up for `Sums`.
SUMS: dict[str, Any] = {
    "orders": {"$sum": 1},
    "subtotal": {"$sum": "$subtotalCents"},
    "discount": {"$sum": "$discountAmountCents"},
    "back": {"$sum": _BACK},
}
_LINE = {
    "$subtract": [
        {"$multiply": ["$items.quantity", "$items.unitPriceCents"]},
        {"$ifNull": ["$items.discountCents", 0]},
    ]
}
_SHARE = {"$divide": [{"$multiply": [_LINE, _BACK]}, _SOLD]}
_SHARED = {"$cond": [{"$gt": [_BACK, 0]}, {"$toLong": {"$floor": _SHARE}}, 0]}
# Of most orders nothing went back at all, which is known at a glance.
_LINE_BACK = {"$ifNull": ["$items.refundedCents", {"$cond": [{"$gt": ["$refundedCents", 0]}, _SHARED, 0]}]}
# The same of one line, after $unwind of the items.
LINE_NET = {"$subtract": [_LINE, _LINE_BACK]}
LINE_UNITS = {"$subtract": ["$items.quantity", {"$ifNull": ["$items.refundedQuantity", 0]}]}


class Sums(NamedTuple):
    """What orders come to, in minor units of their currency."""

    orders: int = 0
    subtotal: int = 0
    discount: int = 0
    back: int = 0

    @classmethod
    def read(cls, row: dict[str, Any]) -> "Sums":
        """The sums of a group made with SUMS."""
        return cls(*(int(row[name]) for name in cls._fields))

    @property
    def sold(self) -> int:
        """What the lines cost, discounts taken off."""
        return self.subtotal - self.discount

    @property
    def revenue(self) -> int:
        """What of that was kept."""
        return self.sold - self.back


def paid(asked: Question) -> dict[str, Any]:
    """The filter for the orders that count: paid in the period, in the currency, with something bought."""
    return {
        "tenantId": asked.tenant_id,
        "currency": asked.currency,
        "paidAt": asked.period.within,
        # Gifts to the fund that came alone are orders, too, but nothing was sold.
        "isGift": False,
    }
