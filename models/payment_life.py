"""The states of a payment and what may become of what."""

from enum import StrEnum

from models.states import Life


class PaymentStatus(StrEnum):
    """Where a payment stands."""

    PENDING_PAYMENT = "pending_payment"
    AWAITING_ADMIN_APPROVAL = "awaiting_admin_approval"
    PROCESSING = "processing"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    UNDERPAID = "underpaid"
    FAILED = "failed"
    EXPIRED = "expired"
    PARTIALLY_REFUNDED = "partially_refunded"
    REFUNDED = "refunded"
    DISPUTED = "disputed"


P = PaymentStatus
# Money has come in and the order was paid by it.
SETTLED = frozenset({P.CONFIRMED, P.PARTIALLY_REFUNDED, P.REFUNDED, P.DISPUTED})
PAYMENT_LIFE = Life(
    {
        P.PENDING_PAYMENT: frozenset(
            {P.AWAITING_ADMIN_APPROVAL, P.PROCESSING, P.CONFIRMED, P.UNDERPAID, P.FAILED, P.EXPIRED}
        ),
        P.AWAITING_ADMIN_APPROVAL: frozenset({P.CONFIRMED, P.REJECTED}),
        P.PROCESSING: frozenset({P.CONFIRMED, P.UNDERPAID, P.FAILED, P.EXPIRED}),
        P.UNDERPAID: frozenset({P.CONFIRMED, P.FAILED, P.EXPIRED}),
        # A customer may say so after the hold's end, or again after a rejection: staff look once more.
        P.EXPIRED: frozenset({P.AWAITING_ADMIN_APPROVAL, P.CONFIRMED}),
        P.REJECTED: frozenset({P.AWAITING_ADMIN_APPROVAL, P.EXPIRED}),
        # One try failed; the payer may try again on the same page.
        P.FAILED: frozenset({P.PROCESSING, P.UNDERPAID, P.CONFIRMED, P.EXPIRED}),
        P.CONFIRMED: frozenset({P.PARTIALLY_REFUNDED, P.REFUNDED, P.DISPUTED}),
        # A refund that bounces leaves the money here again.
        P.PARTIALLY_REFUNDED: frozenset({P.CONFIRMED, P.PARTIALLY_REFUNDED, P.REFUNDED, P.DISPUTED}),
        P.DISPUTED: frozenset({P.CONFIRMED, P.PARTIALLY_REFUNDED, P.REFUNDED}),
        P.REFUNDED: frozenset({P.CONFIRMED, P.PARTIALLY_REFUNDED, P.DISPUTED}),
    }
)
