"""Faults planted in orders and what stands beside them are found, each by its word."""

from typing import Any, NamedTuple

import pytest
from bson import ObjectId

from models.base import Db, TenantDocument
from models.entitlement import Entitlement
from models.inventory import InventorySnapshot, InventoryTransaction
from models.order import Order
from models.payment import Payment
from models.session import OrderSession
from services import Services
from services.shops import Shop
from tests.services import buying
from tests.services.conftest import ADA, BOB, Audited, MakeProduct


class Fault(NamedTuple):
    """What is written where, past every guard, and the words that tell of it."""

    document: type[TenantDocument]
    where: dict[str, Any]
    update: dict[str, Any]
    codes: set[str]


@pytest.fixture
async def orders(services: Services, shop: Shop, product: MakeProduct) -> list[Order]:
    """One paid and one that waits for its payment."""
    made = await product(granted_role_ids=["77"], delivery_text="the text")
    paid = await buying.paid(services, shop, ADA, made, 2)
    return [paid, await buying.order(services, shop, BOB, made)]


FAULTS = [
    Fault(Order, {}, {"$inc": {"subtotalCents": 1}}, {"subtotal_off", "total_off"}),
    Fault(Order, {}, {"$inc": {"totalCents": -1}}, {"total_off", "amount_other"}),
    Fault(
        Order, {}, {"$inc": {"discountAmountCents": 1, "totalCents": -1}}, {"discount_off", "amount_other"}
    ),
    Fault(Order, {}, {"$inc": {"taxAmountCents": 1, "totalCents": 1}}, {"tax_off", "amount_other"}),
    Fault(Order, {}, {"$set": {"items.0.refundedCents": 9999}}, {"refund_off"}),
    Fault(Payment, {}, {"$set": {"currency": "EUR"}}, {"currency_other"}),
    Fault(Payment, {}, {"$set": {"status": "expired"}}, {"states_apart"}),
    Fault(Payment, {}, {"$set": {"orderNumber": "ANOTHER1"}}, {"payment_other"}),
    Fault(Payment, {}, {"$set": {"orderId": str(ObjectId())}}, {"payment_missing"}),
    Fault(
        Entitlement,
        {"type": "DISCORD_ROLE"},
        {"$set": {"roleId": "78"}},
        {"entitlement_missing", "entitlement_extra"},
    ),
    Fault(InventorySnapshot, {}, {"$inc": {"quantityAvailable": 1}}, {"stock_drift"}),
    Fault(
        InventoryTransaction, {"type": "SALE"}, {"$inc": {"quantityDelta": 1}}, {"goods_moved", "stock_drift"}
    ),
    Fault(OrderSession, {}, {"$set": {"state": "OPEN"}}, {"session_apart"}),
]


async def test_a_shop_in_order_has_no_findings(orders: list[Order], audited: Audited) -> None:
    """Nothing is told of what is as it should be."""
    assert orders
    assert await audited() == []


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: "-".join(sorted(fault.codes)))
async def test_a_planted_fault_is_found(db: Db, orders: list[Order], audited: Audited, fault: Fault) -> None:
    """One record is changed past every guard, and nothing else is told than that."""
    assert orders
    await fault.document.rows(db).update_one(fault.where, fault.update)
    found = await audited()
    assert {finding.code for finding in found} >= fault.codes
