"""Documents as the models store them: each one of a large shop is such a one with some fields changed."""

from datetime import UTC, datetime
from typing import Any

from models.customer import Customer
from models.discount import Discount, DiscountType
from models.entitlement import Entitlement, EntitlementType
from models.fund import CommunityFundContribution
from models.fund_ledger import FundEntry, FundMove
from models.inventory import InventoryMove, InventorySnapshot, InventoryTransaction
from models.order import Order, OrderCustomer, OrderEvent, OrderItem, ShippingStatus
from models.payment import Payment, PaymentEvent
from models.payment_method import PaymentMethod
from models.product import Product
from models.session import OrderSession
from models.shipment import Shipment, ShipmentStatus

type Row = dict[str, Any]

AT = datetime(2024, 1, 1, tzinfo=UTC)
_PERSON = OrderCustomer(discord_id="1", discord_username="user", discord_display_name="Somebody with a name")
_EVENTS = [OrderEvent(at=AT, what=what) for what in ("placed", "paid", "fulfilled")]

PRODUCT: Row = Product(
    tenant_id="", name="x", description="A thing that is worth having. " * 4, sku="x", price_cents=1
).model_dump_doc()
DISCOUNT: Row = Discount(tenant_id="", type=DiscountType.PERCENT, percent=10).model_dump_doc()
CUSTOMER: Row = Customer(
    tenant_id="", discord_id="1", discord_username="user", discord_display_name="user"
).model_dump_doc()
ITEM: Row = OrderItem(product_id="", sku="x", name="x", quantity=1, unit_price_cents=1).model_dump_doc()
ORDER: Row = Order(
    tenant_id="", order_number="", items=[], subtotal_cents=0, total_cents=0, currency="USD",
    customer=_PERSON, payment_method=PaymentMethod.VENMO, payment_id="", guild_id="4012", history=_EVENTS,
    shipping_status=ShippingStatus.DELIVERED,
).model_dump_doc()  # fmt: skip
PAYMENT: Row = Payment(
    tenant_id="", order_id="", order_number="", method=PaymentMethod.VENMO, amount_cents=1, currency="USD"
).model_dump_doc()
UNDERPAID: Row = PaymentEvent(at=AT, what="underpaid").model_dump_doc()
SESSION: Row = OrderSession(tenant_id="", discord_user_id="1", expires_at=AT, is_open=False).model_dump_doc()
SHIPMENT: Row = Shipment(
    tenant_id="", order_id="", shipping_type_code="post", shipping_cost_cents=450,
    status=ShipmentStatus.DELIVERED,
).model_dump_doc()  # fmt: skip
MOVE: Row = InventoryTransaction(
    tenant_id="", product_id="", type=InventoryMove.SALE, quantity_delta=0
).model_dump_doc()
SNAPSHOT: Row = InventorySnapshot(tenant_id="", product_id="").model_dump_doc()
ENTITLEMENT: Row = Entitlement(
    tenant_id="", user_id="1", order_id="", product_id="", type=EntitlementType.DIGITAL_ITEM, status="GRANTED"
).model_dump_doc()
GIFT: Row = CommunityFundContribution(tenant_id="", customer_id="", amount_cents=1).model_dump_doc()
ENTRY: Row = FundEntry(
    tenant_id="", currency="USD", move=FundMove.CONTRIBUTION, amount_cents=1, at=AT, settled=True
).model_dump_doc()
