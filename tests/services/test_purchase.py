"""One purchase from cart to role, through the services alone."""

from models.base import Db
from models.entitlement import EntitlementStatus
from models.inventory import InventorySnapshot, replay
from models.order import OrderStatus
from models.outbox import OutboxEffect
from models.payment import PaymentStatus
from services import Services
from services.shops import Shop
from tests.services.conftest import ADA, OWNER, MakeProduct


async def test_a_purchase_by_venmo_sells_the_stock_and_owes_the_role(
    db: Db, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """Cart, checkout, confirm, claim and approval leave sold stock, an owed role and a number to come."""
    vip = await product("VIP", 2500, 3, granted_role_ids=["77"])
    await services.carts.add(shop, ADA, vip.key, 2)
    await services.checkout.choose_payment(shop, ADA, "VENMO")
    review = await services.checkout.view(shop, ADA)
    assert review.totals.total == 5000
    order = await services.placement.place(shop, ADA, review.session.key, review.session.version)
    held = await InventorySnapshot.of_product(db, shop.id, vip.key)
    assert (held.quantity_available, held.quantity_reserved, held.holds) == (1, 2, [])

    await services.claims.claim(shop, ADA, order.key, "@ada, coffee")
    waiting = await services.claims.waiting(shop)
    payment = waiting.claims[0].payment
    assert payment.status is PaymentStatus.AWAITING_ADMIN_APPROVAL
    done = await services.claims.approve(shop, OWNER, payment.key, payment.claims, order.order_number)

    assert done.order.status is OrderStatus.PAID
    view = await services.orders.view(shop, ADA, order.key)
    assert [e.status for e in view.entitlements] == [EntitlementStatus.PENDING]
    sold = await InventorySnapshot.of_product(db, shop.id, vip.key)
    assert (sold.quantity_available, sold.quantity_reserved) == (1, 0)
    assert await replay(db, shop.id, vip.key) == (1, 0)
    kinds = {effect.kind for effect in await OutboxEffect.find_all(db, {"orderId": order.key})}
    assert kinds == {"customer.notice", "staff.claim", "staff.decided", "role.grant", "invoice.number"}
