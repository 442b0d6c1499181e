"""Money owed for an order, and the life of a payment."""

from datetime import datetime
from decimal import Decimal
from typing import Any, Self

from models.base import Db, Field, TenantDocument, Tx, Utc, Where, given, index, stored
from models.payment_life import PAYMENT_LIFE, SETTLED, PaymentStatus
from models.payment_method import PaymentMethod
from models.payment_parts import Dispute, PaymentEvent, Receipt, Refund, RefundLine, RefundState

__all__ = [
    "PAYMENT_LIFE",
    "Dispute",
    "Payment",
    "PaymentEvent",
    "PaymentStatus",
    "Receipt",
    "Refund",
    "RefundLine",
    "RefundState",
]


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
        index("tenantId", "conflict", "-createdAt", only=given("conflict")),
        index("nextPollAt"),
        index("tenantId", "createdAt", only=given("conflict")),
        index("tenantId", "refunds.state", "createdAt", only={"refunds.state": "unknown"}),
        index(
            *("tenantId", "currency", "createdAt", "method", "amountCents", "status"),
            *("confirmedAt", "rejectedAt"),
        ),
        index("tenantId", "currency", "createdAt", "method", only={"history.what": "underpaid"}),
    )

    tenant_id: str
    order_id: str
    method: PaymentMethod
    status: PaymentStatus = PaymentStatus.PENDING_PAYMENT
    amount_cents: int = Field(ge=0)
    currency: str
    provider_ref: str | None = Field(default=None, description="The provider's id; webhooks find it by this")
    reference_text: str | None = Field(default=None, max_length=200)
    confirmed_by: str | None = Field(default=None, description="Legacy; see approverUserId")
    confirmed_at: Utc | None = Field(default=None, description="Legacy; see approvedAt")
    approver_user_id: str | None = None
    approved_at: Utc | None = None
    rejected_at: Utc | None = None
    rejection_reason: str | None = None
    customer_reference_note: str | None = Field(default=None, description="Seen by staff when approving")
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
    pending_refs: list[str] = Field(default_factory=list, description="Those of money now on its way")
    receipts: list[Receipt] = Field(default_factory=list)
    refunds: list[Refund] = Field(default_factory=list)
    disputes: list[Dispute] = Field(default_factory=list)
    history: list[PaymentEvent] = Field(default_factory=list)
    conflict: str | None = Field(
        default=None, description="Why staff must decide: amount, currency, late, second or underpaid"
    )
    next_poll_at: Utc | None = Field(default=None, description="When the provider is asked again")
    polls: int = 0
    check_again_at: Utc | None = Field(default=None, description="Not before then a customer may ask again")

    @property
    def settled(self) -> bool:
        """Whether it has paid its order, whatever happened afterwards."""
        return self.status in SETTLED

    @property
    def arrived(self) -> list[Receipt]:
        """What came in; a payment that staff approved before such approvals were booked came in full."""
        if self.receipts or not self.settled or self.amount_cents == 0:
            return self.receipts
        at = self.approved_at or self.created_at
        return [Receipt(ref=self.key, amount_cents=self.amount_cents, currency=self.currency, at=at)]

    @property
    def received_cents(self) -> int:
        """Everything that arrived in the payment's own currency, in minor units."""
        return sum(each.amount_cents for each in self.arrived if each.currency == self.currency)

    @property
    def coins_due(self) -> Decimal | None:
        """What is still to be paid in crypto; None when it is not paid to an address.

        Another coin, sent there by mistake, makes it no less.
        """
        if self.nowpayments_deposit_amount_crypto is None:
            return None
        same = [each for each in self.receipts if each.ticker == self.nowpayments_crypto_currency]
        came = sum((Decimal(each.coins or 0) for each in same), Decimal(0))
        return max(Decimal(0), Decimal(self.nowpayments_deposit_amount_crypto) - came)

    @property
    def received_any(self) -> bool:
        """Whether money came that did not go back entirely."""
        return bool(self.receipts) and (self.received_cents == 0 or self.received_cents > self.refunded_cents)

    def refund(self, key: str) -> Refund | None:
        """One of its refunds by its key."""
        return next((each for each in self.refunds if each.key == key), None)

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
    async def record(
        cls, db: Db, payment: Self, fields: dict[str, Any], *events: PaymentEvent, tx: Tx | None = None
    ) -> Self:
        """Set fields, by stored names, and add to the history, in any state.

        In a transaction that read the payment, the database refuses it when somebody wrote in between.
        """
        update: dict[str, Any] = {"$set": fields} if fields else {}
        if events:
            update["$push"] = {"history": {"$each": [event.model_dump_doc() for event in events]}}
        where = {"_id": payment.id, "tenantId": payment.tenant_id}
        return await cls.change(db, where, update, tx=tx) or payment

    @classmethod
    async def begin_opening(cls, db: Db, payment: Self, now: datetime, until: datetime) -> Self | None:
        """Keep others from making its page at the same time; None when somebody is at it or it has one."""
        return await cls.change(
            db,
            {
                "_id": payment.id,
                "tenantId": payment.tenant_id,
                "opened": payment.opened,
                "pageUrl": payment.page_url,
                "$or": [{"openingUntil": None}, {"openingUntil": {"$lte": now}}],
            },
            {"$set": {"openingUntil": until}},
        )

    @classmethod
    async def end_opening(
        cls, db: Db, payment: Self, fields: dict[str, Any], event: PaymentEvent | None, *, tx: Tx
    ) -> Self | None:
        """Note how it went, with `event` that a page was made; None when somebody else took it over."""
        where = {"_id": payment.id, "tenantId": payment.tenant_id, "openingUntil": payment.opening_until}
        update: dict[str, Any] = {"$set": {"openingUntil": None, **fields}}
        if event is not None:
            update |= {"$inc": {"opened": 1}, "$push": {"history": event.model_dump_doc()}}
        return await cls.change(db, where, update, tx=tx)

    @classmethod
    async def of_provider_ref(cls, db: Db, tenant_id: str, method: PaymentMethod, ref: str) -> Self | None:
        """The payment whose page this is."""
        return await cls.find_one(db, {"tenantId": tenant_id, "method": method, "providerRef": ref})

    @classmethod
    async def of_charge_ref(cls, db: Db, tenant_id: str, method: PaymentMethod, ref: str) -> Self | None:
        """The payment that this money was for."""
        return await cls.find_one(db, {"tenantId": tenant_id, "method": method, "chargeRefs": ref})

    @classmethod
    async def claim_poll(cls, db: Db, now: datetime, again: datetime) -> Self | None:
        """The payment that is due longest for asking its provider; due again at `again`. None if none is."""
        return await cls.change(
            db,
            {"nextPollAt": {"$lte": now}},
            {"$set": {"nextPollAt": again}, "$inc": {"polls": 1}},
        )

    @classmethod
    async def plan_poll(cls, db: Db, claimed: Self, again: datetime | None) -> bool:
        """Put another time in place of the one that it was claimed with; not where somebody did already."""
        seen = {"nextPollAt": claimed.next_poll_at, "polls": claimed.polls}
        where = {"_id": claimed.id, "tenantId": claimed.tenant_id, **seen}
        return await cls.change(db, where, {"$set": {"nextPollAt": again}}) is not None

    @classmethod
    async def claim_check(cls, db: Db, payment: Self, now: datetime, again: datetime) -> bool:
        """Whether its provider may be asked at this moment; not again before `again`."""
        where = {
            "_id": payment.id,
            "tenantId": payment.tenant_id,
            "$or": [{"checkAgainAt": None}, {"checkAgainAt": {"$lte": now}}],
        }
        return await cls.change(db, where, {"$set": {"checkAgainAt": again}}) is not None

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
    async def with_money(cls, db: Db, tenant_id: str, limit: int) -> list[Self]:
        """The tenant's newest payments that came in and did not go back entirely."""
        kept = sorted(SETTLED - {PaymentStatus.REFUNDED})
        where = {"tenantId": tenant_id, "status": {"$in": kept}}
        return await cls.find_all(db, where, sort="-createdAt", limit=limit)

    @classmethod
    def of_shop(cls, tenant_id: str, status: PaymentStatus | None, *, deciding: bool) -> Where:
        """The filter for a shop's payments: all, of one status, or those that staff must decide about."""
        where: dict[str, Any] = {"tenantId": tenant_id}
        if status is not None:
            where["status"] = status
        if deciding:
            where |= given("conflict")
        return where

    @classmethod
    async def how_many(cls, db: Db, where: Where) -> int:
        """The number of payments that a filter of this class fits."""
        return int(await cls.rows(db).count_documents(where))

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
