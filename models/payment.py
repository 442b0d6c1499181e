"""Money owed for an order, and the life of a payment."""

from enum import StrEnum
from typing import Any, Self

from models.base import Db, Field, Part, TenantDocument, Tx, Utc, given, index, stored
from models.payment_method import PaymentMethod
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
        P.FAILED: frozenset({P.CONFIRMED}),
        P.CONFIRMED: frozenset({P.PARTIALLY_REFUNDED, P.REFUNDED, P.DISPUTED}),
        P.PARTIALLY_REFUNDED: frozenset({P.PARTIALLY_REFUNDED, P.REFUNDED, P.DISPUTED}),
        P.DISPUTED: frozenset({P.CONFIRMED, P.PARTIALLY_REFUNDED, P.REFUNDED}),
        P.REFUNDED: frozenset(),
    }
)


class Receipt(Part):
    """Money that a provider says has arrived; in minor units, in crypto as a decimal string."""

    ref: str = Field(max_length=255, description="The provider's id of this money")
    amount_cents: int = Field(ge=0)
    currency: str
    at: Utc
    coins: str | None = Field(default=None, description="What arrived in crypto, as a decimal string")
    ticker: str | None = None
    surplus: bool = Field(default=False, description="Arrived when the order was paid already, or beside it")


class RefundState(StrEnum):
    """How far a refund is."""

    ASKED = "asked"
    PENDING = "pending"
    DONE = "done"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Refund(Part):
    """Money given back; amount in minor units."""

    key: str = Field(description="The same for every try; the provider knows the refund again by it")
    amount_cents: int = Field(ge=0)
    charge_ref: str = Field(description="Which receipt it comes from")
    state: RefundState = RefundState.ASKED
    by_hand: bool = Field(default=False, description="Sent outside the shop and only recorded here")
    reason: str = ""
    actor_id: str | None = Field(default=None, description="Who asked; nobody when the provider did")
    asked_at: Utc
    done_at: Utc | None = None
    provider_ref: str | None = None
    error: str | None = None


class Dispute(Part):
    """A payer who wants the money back from the provider."""

    ref: str
    state: str = Field(description="open, won or lost")
    at: Utc
    reason: str | None = None


class PaymentEvent(Part):
    """One entry of a payment's history; `what` is a stable word."""

    at: Utc
    what: str
    actor_id: str | None = None
    note: str | None = None


class Payment(TenantDocument):
    """What is owed or was paid for one order; amount in minor units, times in UTC, user ids Discord's."""

    model_config = stored(
        "payments",
        index("tenantId", "orderId", unique=True),
        index("tenantId", "status", "claimedAt"),
        index("tenantId", "method", "customerReferenceKey", only=given("customerReferenceKey")),
        index("tenantId", "method", "providerRef", only=given("providerRef")),
        index("tenantId", "chargeRefs", only=given("chargeRefs")),
        index("tenantId", "-createdAt"),
        index("nextPollAt"),
    )

    tenant_id: str
    order_id: str
    method: PaymentMethod
    status: PaymentStatus = PaymentStatus.PENDING_PAYMENT
    amount_cents: int = Field(ge=0)
    currency: str
    provider_ref: str | None = Field(
        default=None, description="The provider's own id, by which a webhook finds the payment"
    )
    reference_text: str | None = Field(default=None, max_length=200)
    confirmed_by: str | None = Field(default=None, description="Legacy; see approverUserId")
    confirmed_at: Utc | None = Field(default=None, description="Legacy; see approvedAt")
    approver_user_id: str | None = None
    approved_at: Utc | None = None
    rejected_at: Utc | None = None
    rejection_reason: str | None = None
    customer_reference_note: str | None = Field(
        default=None, description="The note that staff saw when approving"
    )
    nowpayments_hosted_url: str | None = None
    nowpayments_deposit_address: str | None = None
    nowpayments_deposit_amount_crypto: str | None = None
    nowpayments_crypto_currency: str | None = None
    nowpayments_expires_at: Utc | None = None
    customer_reference_key: str | None = Field(default=None, description="That note, folded for comparing")
    claimed_at: Utc | None = Field(default=None, description="When the customer last said to have paid")
    claims: int = Field(default=0, description="How often the customer said so")
    card_channel_id: str | None = Field(default=None, description="Where the claim's card stands")
    card_message_id: str | None = None
    order_number: str
    page_url: str | None = Field(default=None, description="Where the customer pays")
    page_ends_at: Utc | None = None
    opening_until: Utc | None = Field(default=None, description="Somebody is making the page until then")
    opened: int = Field(default=0, description="How many pages were made")
    open_error: str | None = Field(default=None, description="Why no page could be made, in a word")
    deposit_memo: str | None = Field(default=None, description="A tag some coins need beside the address")
    charge_refs: list[str] = Field(default_factory=list, description="The provider's ids of money for it")
    receipts: list[Receipt] = Field(default_factory=list)
    refunds: list[Refund] = Field(default_factory=list)
    disputes: list[Dispute] = Field(default_factory=list)
    history: list[PaymentEvent] = Field(default_factory=list)
    conflict: str | None = Field(
        default=None, description="Why staff must decide: amount, currency, late, second or underpaid"
    )
    next_poll_at: Utc | None = Field(default=None, description="When the provider is asked again")
    polls: int = 0

    @property
    def received_cents(self) -> int:
        """Everything that arrived in the payment's own currency, in minor units."""
        return sum(each.amount_cents for each in self.receipts if each.currency == self.currency)

    @property
    def refunded_cents(self) -> int:
        """Everything that was given back, in minor units."""
        return sum(each.amount_cents for each in self.refunds if each.state is RefundState.DONE)

    @property
    def refundable_cents(self) -> int:
        """What may still be given back, in minor units; refunds under way count as given."""
        gone = sum(each.amount_cents for each in self.refunds if each.state is not RefundState.FAILED)
        return max(0, self.received_cents - gone)

    @classmethod
    async def move(
        cls, db: Db, payment: Self, to: PaymentStatus, fields: dict[str, Any], *, tx: Tx, claims: int = 0
    ) -> Self | None:
        """Change the state as PAYMENT_LIFE allows, of the claim that was seen; None when it cannot."""
        update: dict[str, Any] = {"$set": {"status": to, **fields}}
        if claims:
            update["$inc"] = {"claims": claims}
        where = {
            "_id": payment.id,
            "tenantId": payment.tenant_id,
            "status": {"$in": PAYMENT_LIFE.before(to)},
            "claims": payment.claims,
        }
        return await cls.change(db, where, update, tx=tx)

    @classmethod
    async def of_orders(cls, db: Db, tenant_id: str, order_ids: list[str]) -> list[Self]:
        """The payments of several of the tenant's orders, oldest first."""
        where = {"tenantId": tenant_id, "orderId": {"$in": order_ids}}
        return await cls.find_all(db, where, sort="createdAt")

    @classmethod
    async def of_order(cls, db: Db, tenant_id: str, order_id: str, *, tx: Tx | None = None) -> Self | None:
        """The order's payment."""
        return await cls.find_one(db, {"tenantId": tenant_id, "orderId": order_id}, tx=tx)

    @classmethod
    async def how_many_waiting(cls, db: Db, tenant_id: str) -> int:
        """The number of claims that wait for staff."""
        where = {"tenantId": tenant_id, "status": PaymentStatus.AWAITING_ADMIN_APPROVAL}
        return int(await cls.rows(db).count_documents(where))

    @classmethod
    async def waiting(cls, db: Db, tenant_id: str, *, skip: int, limit: int) -> list[Self]:
        """Claims that wait for staff, oldest first."""
        where = {"tenantId": tenant_id, "status": PaymentStatus.AWAITING_ADMIN_APPROVAL}
        return await cls.find_all(db, where, sort="claimedAt", skip=skip, limit=limit)

    @classmethod
    async def set_card(cls, db: Db, payment: Self, channel_id: str, message_id: str) -> None:
        """Note where the claim's card stands in the staff channel."""
        where = {"_id": payment.id, "tenantId": payment.tenant_id}
        await cls.change(db, where, {"$set": {"cardChannelId": channel_id, "cardMessageId": message_id}})

    @classmethod
    async def with_reference(
        cls, db: Db, payment: Self, reference_key: str, *, tx: Tx | None = None
    ) -> Self | None:
        """Another payment by the same method that was approved with this reference."""
        return await cls.find_one(
            db,
            {
                "tenantId": payment.tenant_id,
                "method": payment.method,
                "customerReferenceKey": reference_key,
                "_id": {"$ne": payment.id},
            },
            tx=tx,
        )
