"""Faults as no guard of ours would let them happen, each with every word that tells of it."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, NamedTuple

from bson import ObjectId

from models.base import TenantDocument, utc_now
from models.counter import Counter
from models.digital_key import DigitalKey
from models.discount import Discount
from models.discount_use import DiscountAssignment, DiscountUse
from models.entitlement import Entitlement
from models.fund import CommunityFundContribution, CommunityFundDisbursement
from models.fund_ledger import FundBalance, FundEntry
from models.inventory import InventorySnapshot, InventoryTransaction
from models.order import Order
from models.outbox import OutboxEffect
from models.payment import Payment
from models.product import Product
from models.session import OrderSession
from models.shipment import Shipment
from models.tenant import Tenant
from models.webhook import WebhookEvent
from tests.services.books.conftest import World

type Plant = Callable[[World], Awaitable[None]]
NOBODY = str(ObjectId())
LONG_AGO = utc_now() - timedelta(days=1)
HELD: dict[str, Any] = {"status": "GRANTED", "revokedAt": None, "revokedReason": None}


class Fault(NamedTuple):
    """What was planted, and all the words that the audit has for it."""

    codes: frozenset[str]
    plant: Plant
    running: bool = False


def told(*codes: str) -> Callable[[Plant], Fault]:
    """The fault that these words tell of."""
    return lambda plant: Fault(frozenset(codes), plant)


def set_in(
    document: type[TenantDocument], of: str, fields: dict[str, Any], *codes: str, **where: Any
) -> Fault:
    """Fields of one record that belongs to one of the world's orders, by its name, written anew."""

    async def plant(world: World) -> None:
        names = {"_id" if document is Order else "orderId": _key(world, document, of)} if of else {}
        done = await document.rows(world.db).update_one({**names, **where}, {"$set": fields})
        assert done.modified_count == 1, "nothing was planted"

    return Fault(frozenset(codes), plant)


def _key(world: World, document: type[TenantDocument], of: str) -> Any:
    order: Order = getattr(world, of)
    return order.id if document is Order else order.key


def without(document: type[TenantDocument], of: str, *codes: str, **where: Any) -> Fault:
    """One record of one of the world's orders is gone."""

    async def plant(world: World) -> None:
        names = {"_id" if document is Order else "orderId": _key(world, document, of)} if of else {}
        assert (await document.rows(world.db).delete_one({**names, **where})).deleted_count == 1

    return Fault(frozenset(codes), plant)


def overdue(fault: Fault) -> Fault:
    """A fault that is one only while somebody should be there who does what is due."""
    return fault._replace(running=True)


async def copied(world: World, document: type[TenantDocument], where: dict[str, Any], **fields: Any) -> None:
    row = await document.rows(world.db).find_one(where)
    assert row is not None
    await document.rows(world.db).insert_one({**row, "_id": ObjectId(), **fields})


async def _gone_line(world: World) -> None:
    """What was refunded is the buyer's again."""
    where = {"orderId": world.paid.key, "status": "REVOKED"}
    await Entitlement.rows(world.db).update_one(where, {"$set": {"status": "GRANTED"}})


async def _extra_role(world: World) -> None:
    fields = {**HELD, "status": "FAILED", "productId": world.game.items[0].product_id}
    await copied(world, Entitlement, {"orderId": world.paid.key, "status": "REVOKED"}, **fields)


async def _unpaid_role(world: World) -> None:
    where = {"orderId": world.paid.key, "status": "REVOKED"}
    await copied(world, Entitlement, where, orderId=world.waiting.key, **HELD)


async def _unknown_shop(world: World) -> None:
    await copied(world, InventorySnapshot, {"tenantId": world.shop.id}, tenantId=NOBODY)


async def _foreign_product(world: World) -> None:
    """Another shop's product is on an order of this one."""
    other, key = ObjectId(), ObjectId()
    await copied(world, Tenant, {"tenantId": world.shop.id}, tenantId=str(other), _id=other)
    await copied(world, Product, {"tenantId": world.shop.id}, tenantId=str(other), _id=key)
    where = {"tenantId": world.shop.id, "type": "RESTOCK"}
    await InventoryTransaction.rows(world.db).update_one({**where}, {"$set": {"orderId": world.paid.key}})
    await OrderSession.rows(world.db).update_one(
        {"submittedOrderId": world.paid.key}, {"$set": {"items.0.productId": str(key)}}
    )


async def _two_shipments(world: World) -> None:
    await copied(world, Shipment, {"orderId": world.paid.key}, orderId=world.game.key)


async def _parcel_again(world: World) -> None:
    shipment = await Shipment.of_order(world.db, world.shop.id, world.paid.key)
    assert shipment is not None
    docs = [each.model_dump_doc() for each in [*shipment.parcels, *shipment.parcels]]
    await Shipment.rows(world.db).update_one({"_id": shipment.id}, {"$set": {"parcels": docs}})


async def _late_money(world: World) -> None:
    """A refund of more than came in."""
    payment = await Payment.of_order(world.db, world.shop.id, world.paid.key)
    assert payment is not None
    more = payment.refunds[0].model_copy(update={"key": "another", "amount_cents": 99_999})
    update = {"$push": {"refunds": more.model_dump_doc()}}
    await Payment.rows(world.db).update_one({"_id": payment.id}, update)


async def _returned_use(world: World) -> None:
    where = {"orderId": world.waiting.key}
    await DiscountUse.rows(world.db).update_one(where, {"$set": {"status": "RETURNED", "counted": True}})
    update = {"$inc": {"usageCount": -1}}
    await Discount.rows(world.db).update_one({"_id": ObjectId(world.waiting.discount_id)}, update)


async def _without_discount(world: World) -> None:
    await Order.rows(world.db).update_one({"_id": world.waiting.id}, {"$set": {"discountId": None}})


async def _gift_elsewhere(world: World) -> None:
    where, fields = {"orderId": world.gift.key}, {"orderId": world.waiting.key}
    await CommunityFundContribution.rows(world.db).update_one(where, {"$set": fields})


async def _spent_twice(world: World) -> None:
    """More was paid out than ever came in."""
    await FundBalance.rows(world.db).update_one({}, {"$set": {"balanceCents": -1, "outCents": 3501}})


async def _hold_of_nobody(world: World) -> None:
    """Somebody took two mugs, died, and nobody came by."""
    hold = {"orderId": NOBODY, "quantity": 2, "takenAt": LONG_AGO}
    update = {"$inc": {"quantityAvailable": -2, "quantityReserved": 2}, "$push": {"holds": hold}}
    where = {"productId": world.paid.items[0].product_id}
    await InventorySnapshot.rows(world.db).update_one(where, update)


async def _offer_of_nobody(world: World) -> None:
    offer = {"waitingId": NOBODY, "memberId": "9", "until": LONG_AGO}
    update = {"$inc": {"quantityAvailable": -1, "quantityReserved": 1}, "$push": {"offers": offer}}
    where = {"productId": world.paid.items[0].product_id}
    await InventorySnapshot.rows(world.db).update_one(where, update)


async def _refund_asked(world: World) -> None:
    where = {"orderId": world.paid.key}
    await Payment.rows(world.db).update_one(where, {"$set": {"refunds.0.state": "asked"}})


async def _restocked_twice(world: World) -> None:
    """A piece came back that was never sold, counted in the stock as well."""
    where = {"orderId": world.waiting.key, "type": "RESERVE"}
    row = await InventoryTransaction.rows(world.db).find_one(where)
    assert row is not None
    back = {"type": "REFUND", "quantityDelta": 1}
    await copied(world, InventoryTransaction, {"_id": row["_id"]}, **back)
    where = {"productId": row["productId"]}
    await InventorySnapshot.rows(world.db).update_one(where, {"$inc": {"quantityAvailable": 1}})


PAID_AFTER_ALL = ("paid_undated", "effect_missing", "entitlement_missing", "shipping_state")
EFFECT = {"kind": "invoice.number", "status": "DONE"}
GONE_TWICE = frozenset(
    {"refunded_too_much", "payment_status", "refund_apart", "refund_status", "shipping_state"}
)
NEVER_SENT = frozenset({"refund_unsent", "payment_status", "refund_apart", "refund_status"})
FAULTS: dict[str, Fault] = {
    "subtotal": set_in(Order, "paid", {"subtotalCents": 1}, "subtotal_off", "total_off"),
    "discount": set_in(Order, "paid", {"discountAmountCents": 1}, "discount_off", "total_off", "use_apart"),
    "tax": set_in(Order, "paid", {"taxAmountCents": 7}, "tax_off", "total_off"),
    "total": set_in(Order, "waiting", {"totalCents": 7}, "total_off", "amount_other"),
    "line_discount": set_in(
        Order, "waiting", {"items.2.discountCents": 5000}, "line_off", "discount_off", "refund_off"
    ),
    "line_refund": set_in(Order, "paid", {"items.2.refundedCents": 9999}, "refund_off"),
    "payment_gone": without(Payment, "waiting", "payment_missing", "reference_dangling"),
    "payment_number": set_in(Payment, "paid", {"orderNumber": "ANOTHER"}, "payment_other"),
    "payment_amount": set_in(Payment, "waiting", {"amountCents": 1}, "amount_other"),
    "payment_currency": set_in(Payment, "waiting", {"currency": "EUR"}, "currency_other"),
    "payment_state": set_in(Payment, "waiting", {"status": "expired"}, "states_apart"),
    "paid_at": set_in(Order, "cancelled", {"paidAt": LONG_AGO}, *PAID_AFTER_ALL),
    "hold_endless": set_in(Order, "waiting", {"holdEndsAt": None}, "hold_endless"),
    "hold_overdue": overdue(set_in(Order, "waiting", {"holdEndsAt": LONG_AGO}, "hold_overdue")),
    "refund_more": Fault(GONE_TWICE, _late_money),
    "refund_state": set_in(Payment, "paid", {"status": "confirmed"}, "payment_status"),
    "refund_cents": set_in(Order, "paid", {"refundedCents": 1}, "refund_apart"),
    "refund_order": set_in(Order, "paid", {"status": "COMPLETE"}, "refund_status"),
    "refund_unsent": Fault(NEVER_SENT, _refund_asked),
    "stock": set_in(InventorySnapshot, "", {"quantityAvailable": 5}, "stock_drift", quantityAvailable=94),
    "stock_below": set_in(
        InventorySnapshot, "", {"quantityReserved": -1}, "stock_negative", "unreadable", quantityReserved=3
    ),
    "hold_left": overdue(Fault(frozenset({"hold_left"}), _hold_of_nobody)),
    "offer_left": overdue(Fault(frozenset({"offer_left"}), _offer_of_nobody)),
    "sale": set_in(
        InventoryTransaction,
        "paid",
        {"quantityDelta": -1},
        "goods_moved",
        "stock_drift",
        type="SALE",
        quantityDelta=-3,
    ),
    "back": Fault(frozenset({"goods_back"}), _restocked_twice),
    "entitlement_gone": without(Entitlement, "paid", "entitlement_missing", type="DIGITAL_ITEM"),
    "entitlement_extra": Fault(frozenset({"entitlement_extra", "effect_missing"}), _extra_role),
    "entitlement_unpaid": Fault(frozenset({"entitlement_unpaid"}), _unpaid_role),
    "entitlement_kept": Fault(frozenset({"entitlement_kept"}), _gone_line),
    "entitlement_other": set_in(
        Entitlement, "paid", {"userId": "99"}, "entitlement_other", type="DIGITAL_ITEM"
    ),
    "key_state": set_in(DigitalKey, "game", {"takenAt": None}, "key_apart", slot=0),
    "key_other": set_in(DigitalKey, "game", {"productId": NOBODY}, "key_other", "reference_dangling", slot=0),
    "key_slot": set_in(DigitalKey, "game", {"slot": 7}, "key_slot", slot=0),
    "keys_many": set_in(
        Entitlement, "game", {"keys": 1}, "keys_many", "key_slot", "entitlement_missing", "entitlement_extra"
    ),
    "keys_short": without(DigitalKey, "game", "keys_short", slot=1),
    "shipment_gone": without(Shipment, "waiting", "shipment_missing", "reference_dangling"),
    "shipment_extra": Fault(frozenset({"shipment_extra"}), _two_shipments),
    "parcel_again": Fault(frozenset({"parcel_pieces", "parcel_twice", "shipping_state"}), _parcel_again),
    "shipping": set_in(Order, "paid", {"shippingStatus": "DELIVERED"}, "shipping_state"),
    "label": set_in(Shipment, "paid", {"parcels.0.state": "buying"}, "label_unasked"),
    "label_asked": set_in(
        Shipment, "paid", {"parcels.0.state": "buying", "parcels.0.asked": True}, "label_unasked"
    ),
    "effect_gone": without(OutboxEffect, "paid", "effect_missing", kind="invoice.number"),
    "told_gone": without(OutboxEffect, "waiting", "effect_missing", kind="customer.notice"),
    "number_gone": set_in(Order, "game", {"invoiceNumber": None}, "invoice_unnumbered", "invoice_gap"),
    "removal_gone": without(OutboxEffect, "paid", "removal_missing", kind="role.revoke"),
    "effect_dead": set_in(
        OutboxEffect, "paid", {"status": "DEAD", "lastError": "timeout"}, "effect_silent", **EFFECT
    ),
    "effect_late": overdue(
        set_in(
            OutboxEffect, "paid", {"status": "PENDING", "nextAttemptAt": LONG_AGO}, "effect_late", **EFFECT
        )
    ),
    "effect_never": set_in(
        OutboxEffect,
        "paid",
        {"status": "PENDING", "nextAttemptAt": utc_now() + timedelta(days=30)},
        "effect_never",
        **EFFECT,
    ),
    "effect_kind": set_in(
        OutboxEffect, "paid", {"status": "PENDING", "kind": "a.b"}, "effect_unknown", **EFFECT
    ),
    "event_dead": set_in(WebhookEvent, "", {"state": "DEAD"}, "event_silent"),
    "event_conflict": set_in(WebhookEvent, "", {"state": "CONFLICT"}, "event_silent"),
    "event_never": set_in(WebhookEvent, "", {"state": "WAITING"}, "event_never"),
    "event_late": overdue(
        set_in(WebhookEvent, "", {"state": "WAITING", "nextAttemptAt": LONG_AGO}, "event_late")
    ),
    "uses": set_in(Discount, "", {"usageCount": 9}, "uses_off", usageLimit=50),
    "limit": set_in(Discount, "", {"usageLimit": 1}, "limit_exceeded", usageLimit=50),
    "assignment": set_in(DiscountAssignment, "", {"usedCount": 0}, "assignment_off"),
    "assigned_more": set_in(
        DiscountAssignment, "", {"usedCount": 4}, "assignment_off", "assignment_exceeded"
    ),
    "use_gone": without(DiscountUse, "waiting", "use_missing", "uses_off"),
    "use_returned": Fault(frozenset({"use_apart"}), _returned_use),
    "use_alone": Fault(frozenset({"use_unordered"}), _without_discount),
    "balance": set_in(FundBalance, "", {"balanceCents": 1}, "fund_balance"),
    "overdrawn": Fault(frozenset({"fund_balance", "fund_overdrawn"}), _spent_twice),
    "gift_entry": set_in(FundEntry, "", {"amountCents": 1}, "gift_entries", "fund_balance", amountCents=1000),
    "payout_entry": without(FundEntry, "", "payout_entries", "fund_balance", move="DISBURSEMENT"),
    "payout_back": set_in(CommunityFundDisbursement, "", {"reversedAt": LONG_AGO}, "payout_entries"),
    "gift_gone": without(CommunityFundContribution, "gift", "gift_missing", "reference_dangling"),
    "gift_sum": set_in(CommunityFundContribution, "gift", {"amountCents": 9}, "gift_other", "gift_entries"),
    "gift_elsewhere": Fault(frozenset({"gift_unpaid", "gift_missing"}), _gift_elsewhere),
    "gift_dangling": set_in(
        CommunityFundContribution, "gift", {"orderId": NOBODY}, "gift_missing", "reference_dangling"
    ),
    "invoice_gap": set_in(Counter, "", {"last": 9}, "invoice_gap", name="invoice"),
    "invoice_foreign": set_in(Order, "paid", {"invoiceNumber": "INV-7"}, "invoice_foreign", "invoice_gap"),
    "session_open": set_in(OrderSession, "", {"isOpen": True}, "session_apart", state="SUBMITTED"),
    "session_order": set_in(
        OrderSession,
        "",
        {"submittedOrderId": NOBODY},
        "session_unordered",
        "reference_dangling",
        state="SUBMITTED",
    ),
    "session_stuck": overdue(
        set_in(
            OrderSession,
            "",
            {"state": "CONFIRMING", "isOpen": True, "confirmingSince": LONG_AGO},
            "session_stuck",
            state="SUBMITTED",
        )
    ),
    "foreign": Fault(frozenset({"reference_foreign"}), _foreign_product),
    "unreadable": set_in(Order, "paid", {"currency": None}, "unreadable"),
    "ownerless": Fault(frozenset({"ownerless"}), _unknown_shop),
}
