"""A shop with one order, for the proofs of links, invoices and their page."""

from datetime import UTC, datetime, timedelta
from typing import Any

from models.base import Db
from models.order import Order, OrderCustomer, OrderItem, OrderStatus
from models.payment import Payment, PaymentStatus
from models.payment_method import PaymentMethod
from models.tenant import BotConfig, Tenant

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class StoppedClock:
    """A clock that a test sets."""

    def __init__(self, time: datetime = NOON) -> None:
        self.time = time

    def now(self) -> datetime:
        return self.time


def an_order(tenant_id: str = "tenant-a", **changed: Any) -> Order:
    """A paid order of two mugs, with whatever differs."""
    item = OrderItem(product_id="p", sku="MUG-01", name="Coffee mug", quantity=2, unit_price_cents=1250)
    fields: dict[str, Any] = {
        "order_number": "1001",
        "status": OrderStatus.PAID,
        "items": [item],
        "subtotal_cents": 2500,
        "total_cents": 2500,
        "currency": "USD",
        "customer": OrderCustomer(
            discord_id="1", discord_username="ada", discord_display_name="Ada Lovelace", locale="en-US"
        ),
        "payment_method": PaymentMethod.ZELLE,
        "payment_id": "x",
        "guild_id": f"guild-of-{tenant_id}",
        "created_at": NOON - timedelta(hours=2),
        "paid_at": NOON - timedelta(hours=1),
    }
    return Order(tenant_id=tenant_id, **(fields | changed))


def a_payment(order: Order, **changed: Any) -> Payment:
    """The confirmed payment of an order, with whatever differs."""
    fields: dict[str, Any] = {
        "status": PaymentStatus.CONFIRMED,
        "amount_cents": order.total_cents,
        "currency": order.currency,
    }
    return Payment(
        tenant_id=order.tenant_id,
        order_id=order.key,
        method=order.payment_method,
        order_number=order.order_number,
        **(fields | changed),
    )


async def open_shop(db: Db, tenant_id: str = "tenant-a", name: str = "Mug Market") -> None:
    """Store a tenant and its configuration."""
    await Tenant(tenant_id=tenant_id, name=name, owner_user_id="7").insert(db)
    await BotConfig(tenant_id=tenant_id, guild_id=f"guild-of-{tenant_id}").insert(db)


async def sell(db: Db, order: Order, **payment: Any) -> Order:
    """Store an order with its payment."""
    await order.insert(db)
    await a_payment(order, **payment).insert(db)
    return order
