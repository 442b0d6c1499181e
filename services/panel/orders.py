"""Customers and what they buy in the panel: carts, orders, payments, parcels and what is handed over."""

from collections.abc import Mapping
from typing import Any

from models.base import Document
from models.browsing import Row
from models.customer import Customer
from models.customer_note import CustomerNote
from models.entitlement import Entitlement
from models.order import Order
from models.payment import Payment
from models.platform_entitlement import PlatformEntitlement
from models.session import OrderSession
from models.shipment import Shipment
from services.access import Permission
from services.customers import read_contact
from services.panel.contract import Declared, Filter, Form, Link, PanelSection, Related, Values, Way
from services.panel.reading import at_most

_ORDER, _OPEN_ORDER = Link("orderId", "order"), Way("order:open", "orderId")
_REMARK = _NOTES = 1000


def _customer(old: Document, values: Mapping[str, Any]) -> Values:
    at_most(values, "notes", _REMARK)
    if "email" not in values:
        return dict(values)
    contact = read_contact(values["email"] or "", values["phone"] or "")
    # That the old address took no e-mail says nothing about the new one.
    renewed = isinstance(old, Customer) and contact["email"] != old.email
    return {**values, **contact, **({"email_refused": False} if renewed else {})}


def _merged(row: Row) -> str | None:
    return "MERGED" if row.get("mergedInto") else None


def _order(_: Document, values: Mapping[str, Any]) -> Values:
    at_most(values, "notes", _NOTES)
    return dict(values)


DECLARED = (
    Declared(
        "customer", Customer, PanelSection.COMMERCE,
        columns=("discordDisplayName", "discordUsername", "email", "isActive"),
        looks=Permission.CUSTOMER_MANAGE,
        search=("discordUsername", "discordDisplayName", "email", "discordId"),
        called=("discordDisplayName", "discordId"),
        edits=Permission.CUSTOMER_MANAGE, forms=(Form("contact", ("email", "phone", "notes")),),
        changed_with="/admin customer", ways=(Way("customer:open"),),
        links=(Link("userId", "user"), Link("mergedInto", "customer")),
        related=(
            Related("order", "customerId"), Related("note", "customerId"), Related("assigned", "customerId"),
            Related("use", "customerId"), Related("gift", "customerId"),
            Related("owed", "userId", "discordId"),
        ),
        moves=("discordUsername", "discordDisplayName", "locale"),
        check=_customer, closed=_merged,
    ),
    Declared(
        "note", CustomerNote, PanelSection.COMMERCE,
        columns=("customerId", "at", "text"), sort="customerId -at -_id",
        looks=Permission.CUSTOMER_MANAGE, changed_with="/admin customer",
        ways=(Way("customer:open", "customerId"),), links=(Link("customerId", "customer"),),
    ),
    Declared(
        "cart", OrderSession, PanelSection.COMMERCE,
        columns=("discordUserId", "state", "step", "expiresAt"), looks=Permission.ORDER_VIEW,
        links=(
            Link("discordUserId", "customer", "discordId"), Link("submittedOrderId", "order"),
            Link("discountId", "discount"),
        ),
    ),
    Declared(
        "order", Order, PanelSection.COMMERCE,
        columns=("orderNumber", "status", "totalCents", "customer.discordDisplayName"),
        looks=Permission.ORDER_VIEW, search=("orderNumber", "customer.discordId"),
        filters=(Filter("status"),),
        edits=Permission.ORDER_MANAGE, forms=(Form("remark", ("notes",)),),
        changed_with="/admin order", ways=(Way("order:open"), Way("payment:order"), Way("refund:open")),
        links=(
            Link("paymentId", "payment"), Link("customerId", "customer"), Link("shipmentId", "shipment"),
            Link("discountId", "discount"),
        ),
        related=(
            Related("payment", "orderId"), Related("owed", "orderId"), Related("shipment", "orderId"),
            Related("ledger", "orderId"), Related("use", "orderId"), Related("key", "orderId"),
            Related("gift", "orderId"), Related("effect", "orderId"),
        ),
        check=_order,
    ),
    Declared(
        "payment", Payment, PanelSection.COMMERCE,
        columns=("orderNumber", "method", "status", "amountCents"), looks=Permission.ORDER_VIEW,
        search=("orderId",), filters=(Filter("status", "claimedAt"),),
        changed_with="/admin payments", ways=(Way("payment:open"), _OPEN_ORDER), links=(_ORDER,),
    ),
    Declared(
        "shipment", Shipment, PanelSection.COMMERCE,
        columns=("orderId", "status", "carrier", "trackingNumber"), sort="status createdAt",
        looks=Permission.ORDER_VIEW, search=("orderId",), filters=(Filter("status", "createdAt"),),
        changed_with="/admin order", ways=(_OPEN_ORDER,), links=(_ORDER,),
    ),
    Declared(
        "owed", Entitlement, PanelSection.COMMERCE,
        columns=("productId", "type", "status", "userId"), sort="status createdAt",
        looks=Permission.ORDER_VIEW, search=("orderId", "userId"), filters=(Filter("status", "createdAt"),),
        changed_with="/admin queue", ways=(_OPEN_ORDER,),
        links=(_ORDER, Link("productId", "product"), Link("userId", "customer", "discordId")),
        hidden=("metadata",),
    ),
    Declared(
        "bought", PlatformEntitlement, PanelSection.COMMERCE,
        columns=("skuId", "userId", "state", "endsAt"), sort="userId", looks=Permission.ORDER_VIEW,
        search=("userId",), links=(Link("userId", "customer", "discordId"),),
    ),
)  # fmt: skip
