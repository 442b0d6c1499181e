"""Orders that were paid at a moment of one's choice, written straight into the collection."""

from datetime import datetime

from bson import ObjectId

from models.base import Db
from models.order import Order, OrderCustomer, OrderItem, OrderStatus
from models.payment_method import PaymentMethod


async def sold(
    db: Db,
    tenant_id: str,
    at: datetime,
    cents: int,
    *,
    currency: str = "USD",
    name: str = "Mug",
    back: int = 0,
    customer_id: str | None = None,
) -> Order:
    """A paid order of one piece, of which so much went back."""
    item = OrderItem(
        product_id=str(ObjectId()),
        sku="X",
        name=name,
        quantity=1,
        unit_price_cents=cents,
        refunded_cents=back,
    )
    order = Order(
        tenant_id=tenant_id,
        order_number=str(ObjectId()),
        status=OrderStatus.PAID,
        items=[item],
        subtotal_cents=cents,
        total_cents=cents,
        refunded_cents=back,
        refunded_goods_cents=back,
        currency=currency,
        customer=OrderCustomer(discord_id="1", discord_username="ada", discord_display_name="Ada"),
        customer_id=customer_id,
        payment_method=PaymentMethod.VENMO,
        payment_id=str(ObjectId()),
        guild_id="9",
        paid_at=at,
    )
    return await order.insert(db)
