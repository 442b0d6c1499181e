"""What holds when many people act at once."""

import asyncio
from collections import Counter

import pytest

from models.audit import AuditLog
from models.base import Db
from models.errors import AlreadyDecided, CartChanged, NotFound, OutOfStock, Refused, ShopError
from models.inventory import InventoryMove, InventorySnapshot, InventoryTransaction, replay
from models.member import Member
from models.order import Order, OrderStatus
from models.outbox import OutboxEffect
from models.payment import Payment, PaymentStatus
from services import Services
from services.shops import Shop
from tests.services import buying
from tests.services.conftest import ADA, BOB, OWNER, MakeProduct, TestClock


def people(count: int) -> list[Member]:
    """So many different customers."""
    return [Member(str(1000 + n), f"user{n}", f"User {n}") for n in range(count)]


async def stock_holds(db: Db, shop: Shop, product_id: str) -> InventorySnapshot:
    """The snapshot, after the check that the ledger replays to it."""
    snapshot = await InventorySnapshot.of_product(db, shop.id, product_id)
    assert (snapshot.quantity_available, snapshot.quantity_reserved) == await replay(db, shop.id, product_id)
    return snapshot


async def test_two_hundred_customers_get_exactly_a_hundred_units(
    db: Db, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """A drop of 100 units to 200 customers at once makes 100 orders; the others hear that it is sold out."""
    drop = await product("Drop", 1000, 100)
    reviews = [(member, *await buying.review(services, shop, member, drop)) for member in people(200)]
    placed = await asyncio.gather(
        *(services.placement.place(shop, *review) for review in reviews), return_exceptions=True
    )
    kinds = Counter(type(result) for result in placed)
    assert kinds == {Order: 100, CartChanged: 100}
    assert {r.changes[0].kind for r in placed if isinstance(r, CartChanged)} == {"stock"}
    assert await Order.how_many(db, {"tenantId": shop.id}) == 100
    assert len({result.order_number for result in placed if isinstance(result, Order)}) == 100
    snapshot = await stock_holds(db, shop, drop.key)
    assert (snapshot.quantity_available, snapshot.quantity_reserved, snapshot.holds) == (0, 100, [])


async def test_confirm_on_two_devices_makes_one_order(
    db: Db, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """Ten clicks at once on the same review all lead to the same order, and so does a click afterwards."""
    mug = await product(stock=50)
    review = await buying.review(services, shop, ADA, mug, 2)
    placed = await asyncio.gather(*(services.placement.place(shop, ADA, *review) for _ in range(10)))
    later = await services.placement.place(shop, ADA, *review)
    assert len({order.key for order in [*placed, later]}) == 1
    assert await Order.how_many(db, {"tenantId": shop.id}) == 1
    assert (await stock_holds(db, shop, mug.key)).quantity_reserved == 2


async def test_nobody_confirms_the_cart_of_somebody_else(
    services: Services, shop: Shop, product: MakeProduct
) -> None:
    """A session id that leaked is worth nothing to another person."""
    review = await buying.review(services, shop, ADA, await product())
    with pytest.raises(NotFound):
        await services.placement.place(shop, BOB, *review)


async def test_two_staff_make_one_decision(
    db: Db, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """Of five approvals and five rejections at once, one is carried out; the others hear of it."""
    mug = await product(stock=5)
    claim = await buying.claimed(services, shop, ADA, await buying.order(services, shop, ADA, mug))
    key, claims = claim.payment.key, claim.payment.claims
    results = await asyncio.gather(
        *(services.claims.approve(shop, OWNER, key, claims, "seen it") for _ in range(5)),
        *(services.claims.reject(shop, BOB, key, claims, "not there") for _ in range(5)),
        return_exceptions=True,
    )
    assert Counter(isinstance(result, AlreadyDecided) for result in results) == {True: 9, False: 1}
    payment = await Payment.get(db, shop.id, key)
    assert payment is not None
    order = await Order.get(db, shop.id, payment.order_id)
    assert order is not None
    decided = (payment.status, order.status)
    assert decided in {
        (PaymentStatus.CONFIRMED, OrderStatus.COMPLETE),
        (PaymentStatus.REJECTED, OrderStatus.PENDING_PAYMENT),
    }
    acts = await AuditLog.find_all(db, {"tenantId": shop.id, "action": {"$regex": "^payment"}})
    assert len(acts) == 1
    await stock_holds(db, shop, mug.key)


async def test_cancel_claim_and_the_holds_end_at_once_leave_one_outcome(
    db: Db, services: Services, shop: Shop, product: MakeProduct, clock: TestClock
) -> None:
    """Whoever is first wins: cancelled once or claimed, and the stock is given back at most once."""
    mug = await product(stock=30)
    for _ in range(6):
        placed = await buying.order(services, shop, ADA, mug, 3)
        clock.forward(hours=25)
        results = await asyncio.gather(
            services.orders.cancel(shop, ADA, placed.key),
            services.claims.claim(shop, ADA, placed.key, "paid"),
            services.orders.end_hold(shop, placed),
            services.orders.staff_cancel(shop, OWNER, placed.key, "test"),
            return_exceptions=True,
        )
        assert all(
            not isinstance(r, BaseException) or isinstance(r, Refused | AlreadyDecided) for r in results
        )
        now = await Order.get(db, shop.id, placed.key)
        assert now is not None
        releases = await InventoryTransaction.find_all(
            db, {"tenantId": shop.id, "orderId": placed.key, "type": InventoryMove.RELEASE}
        )
        assert len(releases) == (1 if now.status is OrderStatus.CANCELLED else 0)
        await stock_holds(db, shop, mug.key)


async def test_many_restocks_and_corrections_at_once_add_up(
    db: Db, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """Twenty restocks and twenty corrections at once leave the sum, and never less than nothing."""
    mug = await product(stock=10)
    results = await asyncio.gather(
        *(services.stock.restock(shop, OWNER, mug.key, 2, "box") for _ in range(20)),
        *(services.stock.adjust(shop, OWNER, mug.key, -3, "lost") for _ in range(20)),
        return_exceptions=True,
    )
    lost = sum(1 for result in results[20:] if not isinstance(result, BaseException))
    assert all(isinstance(result, OutOfStock) for result in results if isinstance(result, BaseException))
    assert (await stock_holds(db, shop, mug.key)).quantity_available == 10 + 40 - 3 * lost >= 0


async def test_one_person_adding_on_two_devices_loses_nothing(
    services: Services, shop: Shop, product: MakeProduct
) -> None:
    """Four additions at once, the first of them opening the cart, all count."""
    mug = await product(stock=50)
    results = await asyncio.gather(
        *(services.carts.add(shop, ADA, mug.key, 1) for _ in range(4)), return_exceptions=True
    )
    added = sum(1 for result in results if not isinstance(result, ShopError))
    view = await services.carts.view(shop, ADA)
    assert view.lines[0].item.quantity == added
    assert added == 4


async def test_an_alert_is_raised_once_per_crossing(
    db: Db, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """Eight sales at once across the threshold raise one alert, the next crossing another."""
    mug = await product(stock=12)
    claims = [
        await buying.claimed(services, shop, member, await buying.order(services, shop, member, mug))
        for member in people(8)
    ]
    await asyncio.gather(
        *(
            services.claims.approve(shop, OWNER, c.payment.key, c.payment.claims, f"n{i}")
            for i, c in enumerate(claims)
        )
    )
    told = {"tenantId": shop.id, "kind": "staff.alert"}
    low = db.database["alerts"]
    assert await low.count_documents({"tenantId": shop.id, "type": "LOW_INVENTORY"}) == 1
    assert len(await OutboxEffect.find_all(db, told)) == 1 + 8
    await services.stock.restock(shop, OWNER, mug.key, 20, "box")
    await services.stock.adjust(shop, OWNER, mug.key, -20, "lost")
    assert await low.count_documents({"tenantId": shop.id, "type": "LOW_INVENTORY"}) == 2
