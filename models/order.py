"""What was bought, and the life of an order."""

import re
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple, Self

from models.address import Address
from models.base import (
    Db,
    Field,
    ObjectId,
    TenantDocument,
    Tx,
    Utc,
    Where,
    dated,
    given,
    index,
    searchable,
    stored,
)
from models.order_life import ORDER_LIFE, OrderStatus
from models.order_parts import OrderCustomer, OrderEvent, OrderItem
from models.payment_method import PaymentMethod

__all__ = [
    "ORDER_LIFE",
    "EndedHold",
    "Order",
    "OrderCustomer",
    "OrderEvent",
    "OrderItem",
    "OrderStatus",
    "ShippingStatus",
]


class ShippingStatus(StrEnum):
    """How far a parcel is."""

    PENDING = "PENDING"
    LABEL_CREATED = "LABEL_CREATED"
    SHIPPED = "SHIPPED"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"


class EndedHold(NamedTuple):
    """The name of an order that nobody paid in time."""

    tenant_id: str
    order_id: str
    order_number: str


class Order(TenantDocument):
    """One purchase; all amounts in minor units of `currency`, times in UTC."""

    model_config = stored(
        "orders",
        index("tenantId", "orderNumber", unique=True),
        index("tenantId", "customer.discordId", "-createdAt"),
        index("tenantId", "status", "-createdAt"),
        index("tenantId", "customerId", "-createdAt"),
        index("tenantId", "-createdAt"),
        index("holdEndsAt", only={"status": "PENDING_PAYMENT"}),
        index("tenantId", "invoiceNumber", unique=True, only=given("invoiceNumber")),
        index("items.deliveryFile.fileId", only=given("items.deliveryFile.fileId")),
        index("tenantId", "status", "paidAt", only={"awaitsParcel": True}),
        # Whatever reports sum up of paid orders, so that they read nothing else (docs/adr/0029).
        index(
            *("tenantId", "currency", "isGift", "paidAt", "subtotalCents", "discountAmountCents"),
            *("refundedGoodsCents", "refundedCents", "taxAmountCents", "shippingCostCents", "customerId"),
            only=dated("paidAt"),
        ),
        index(
            *("tenantId", "currency", "paidAt", "discountId", "subtotalCents", "discountAmountCents"),
            *("refundedGoodsCents", "refundedCents"),
            only={**dated("paidAt"), **given("discountId")},
        ),
        index("isGift", only={"isGift": None}),
    )

    tenant_id: str
    order_number: str
    status: OrderStatus = OrderStatus.PENDING_PAYMENT
    items: list[OrderItem]
    subtotal_cents: int
    total_cents: int
    discount_id: str | None = None
    discount_code: str | None = None
    discount_label: str | None = None
    discount_amount_cents: int = 0
    tax_amount_cents: int | None = Field(
        default=0, description="With the tax on shipping; None when it could not be computed"
    )
    shipping_tax_cents: int = 0
    tax_partner: str | None = Field(default=None, description="Who is told of the sale, for the tax on it")
    tax_told_back_cents: int = Field(default=0, description="Of refundedCents, what the tax partner is told")
    currency: str
    customer: OrderCustomer
    customer_id: str | None = None
    customer_role_ids: list[str] = Field(default_factory=list, description="Discord roles held at Confirm")
    shipping_address: Address | None = None
    shipping_status: ShippingStatus = ShippingStatus.PENDING
    awaits_parcel: bool = Field(default=False, description="Some of it has to be sent still, or came back")
    more_to_send: bool = Field(default=False, description="Of what has a parcel already, the rest follows")
    shipment_id: str | None = None
    tracking_number: str | None = None
    notes: str | None = None
    shipping_type_code: str | None = None
    shipping_type_label: str | None = None
    shipping_cost_cents: int = 0
    donation_cents: int = Field(default=0, ge=0, description="For the community fund, within totalCents")
    donation_anonymous: bool = Field(default=False, description="Nobody is told who gave it")
    donation_disclaimer: str | None = Field(default=None, description="What its giver was told of the fund")
    is_gift: bool = Field(default=False, description="Nothing was bought, only given to the community fund")
    refunded_cents: int = Field(default=0, description="Sum of all refunds")
    refunded_goods_cents: int | None = Field(
        default=None, description="Of refundedCents, what went back for lines, without tax; None: not known"
    )
    payment_method: PaymentMethod
    payment_id: str
    guild_id: str = Field(description="Where it was placed")
    hold_ends_at: Utc | None = Field(default=None, description="When an unpaid order is cancelled")
    paid_at: Utc | None = None
    cancelled_at: Utc | None = None
    cancel_reason: str | None = None
    invoice_number: str | None = None
    hold_reminded: bool = Field(default=False, description="The customer was told that the hold ends soon")
    disputed: bool = Field(default=False, description="The payer wants the money back from the provider")
    history: list[OrderEvent] = Field(default_factory=list)

    @property
    def placed_at(self) -> datetime:
        """When it was confirmed."""
        return self.history[0].at if self.history else self.created_at

    @property
    def needs_shipping(self) -> bool:
        """Whether any line has to be sent."""
        return any(not item.is_digital for item in self.items)

    @property
    def gift_only(self) -> bool:
        """Whether nothing was bought, only something given to the community fund."""
        return not self.items

    @property
    def arrived(self) -> bool:
        """Whether no parcel is under way or has to be sent any more."""
        return not self.awaits_parcel and self.shipping_status is not ShippingStatus.SHIPPED

    @classmethod
    async def move(
        cls,
        db: Db,
        order: Self,
        to: OrderStatus,
        event: OrderEvent,
        *,
        fields: dict[str, Any] | None = None,
        tx: Tx,
    ) -> Self | None:
        """Change the state that was seen as ORDER_LIFE allows, with a history entry; None when it cannot."""
        if not ORDER_LIFE.allows(order.status, to):
            return None
        return await cls.change(
            db,
            {"_id": order.id, "tenantId": order.tenant_id, "status": order.status},
            {"$set": {"status": to, **(fields or {})}, "$push": {"history": event.model_dump_doc()}},
            tx=tx,
        )

    @classmethod
    async def patch(
        cls,
        db: Db,
        order: Self,
        fields: dict[str, Any],
        event: OrderEvent | None = None,
        *,
        tx: Tx | None = None,
    ) -> Self | None:
        """Set fields, by stored names, while the order is in the state we saw; None when it moved on."""
        update: dict[str, Any] = {"$set": fields}
        if event is not None:
            update["$push"] = {"history": event.model_dump_doc()}
        return await cls.change(
            db, {"_id": order.id, "tenantId": order.tenant_id, "status": order.status}, update, tx=tx
        )

    @classmethod
    async def note(cls, db: Db, order: Self, event: OrderEvent, *, tx: Tx | None = None) -> Self | None:
        """Add to the history, in any state."""
        where = {"_id": order.id, "tenantId": order.tenant_id}
        return await cls.change(db, where, {"$push": {"history": event.model_dump_doc()}}, tx=tx)

    @classmethod
    async def set_invoice_number(cls, db: Db, order: Self, number: str, *, tx: Tx) -> Self | None:
        """Give a paid order its invoice number; None when it was never paid or has one."""
        where = {
            "_id": order.id,
            "tenantId": order.tenant_id,
            "paidAt": {"$ne": None},
            "invoiceNumber": None,
        }
        return await cls.change(db, where, {"$set": {"invoiceNumber": number}}, tx=tx)

    @classmethod
    def of_customer(cls, tenant_id: str, discord_id: str) -> Where:
        """The filter for one customer's orders."""
        return {"tenantId": tenant_id, "customer.discordId": discord_id}

    @classmethod
    def matching(cls, tenant_id: str, query: str) -> Where:
        """The filter for the orders that staff mean by a number, a Discord id, a status or part of a name."""
        text = searchable(query).strip()
        where: dict[str, Any] = {"tenantId": tenant_id}
        if not text:
            return where
        if text.upper() in set(OrderStatus):
            return {**where, "status": text.upper()}
        part = {"$regex": re.escape(text[:100]), "$options": "i"}
        names = [{"customer.discordUsername": part}, {"customer.discordDisplayName": part}]
        number = {"$regex": f"^{re.escape(text.upper()[:20])}"}
        return {**where, "$or": [{"orderNumber": number}, {"customer.discordId": text}, *names]}

    @classmethod
    async def how_many(cls, db: Db, where: Where) -> int:
        """The number of orders that a filter of this class fits."""
        return int(await cls.rows(db).count_documents(where))

    @classmethod
    async def currencies(cls, db: Db, tenant_id: str) -> list[str]:
        """Those in which anything was ever paid, by their codes."""
        found: list[str] = []
        where: dict[str, Any] = {"tenantId": tenant_id, **dated("paidAt")}
        order = {"sort": [("tenantId", 1), ("currency", 1)], "projection": {"_id": 0, "currency": 1}}
        # From one to the next along the index: there are few, whatever the number of orders.
        while row := await cls.rows(db).find_one(where, **order):
            found.append(row["currency"])
            where["currency"] = {"$gt": row["currency"]}
        return found

    @classmethod
    async def of_keys(cls, db: Db, tenant_id: str, keys: list[str]) -> dict[str, Self]:
        """The tenant's orders with these ids, by id."""
        ids = [ObjectId(key) for key in keys if ObjectId.is_valid(key)]
        found = await cls.find_all(db, {"tenantId": tenant_id, "_id": {"$in": ids}})
        return {order.key: order for order in found}

    @classmethod
    async def with_file(cls, db: Db, tenant_id: str, file_id: str) -> bool:
        """Whether any order of the tenant, in any state, has this file among its lines."""
        where = {"items.deliveryFile.fileId": file_id, "tenantId": tenant_id}
        return await cls.rows(db).find_one(where, {"_id": 1}) is not None

    @classmethod
    async def of_number(cls, db: Db, tenant_id: str, number: str) -> Self | None:
        """The tenant's order with this number."""
        return await cls.find_one(db, {"tenantId": tenant_id, "orderNumber": number})

    @classmethod
    async def mark_reminded(cls, db: Db, order: Self, *, tx: Tx) -> Self | None:
        """Note that the customer of an unpaid order is reminded; None when it moved on or that was done."""
        where = {
            "_id": order.id,
            "tenantId": order.tenant_id,
            "status": OrderStatus.PENDING_PAYMENT,
            "holdReminded": {"$ne": True},
        }
        return await cls.change(db, where, {"$set": {"holdReminded": True}}, tx=tx)

    @classmethod
    async def with_ending_hold(cls, db: Db, now: datetime, until: datetime) -> list[EndedHold]:
        """Unpaid orders, of every tenant, whose hold ends in this time, their customers not reminded."""
        return await cls._held(db, {"$gt": now, "$lte": until}, {"holdReminded": {"$ne": True}})

    @classmethod
    async def with_ended_hold(cls, db: Db, now: datetime) -> list[EndedHold]:
        """Unpaid orders, of every tenant, whose hold is over, the soonest first."""
        return await cls._held(db, {"$lte": now}, {})

    @classmethod
    async def _held(cls, db: Db, ends: Where, also: Where) -> list[EndedHold]:
        where = {"status": OrderStatus.PENDING_PAYMENT, "holdEndsAt": ends, **also}
        # Only their names: one that cannot be read must not hide the others.
        names = {"tenantId": 1, "orderNumber": 1}
        cursor = cls.rows(db).find(where, names).sort("holdEndsAt", 1)
        return [EndedHold(row["tenantId"], str(row["_id"]), row["orderNumber"]) async for row in cursor]
