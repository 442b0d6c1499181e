"""One shop's broken or forgotten records must not keep the sweeper from everybody else's."""

import asyncio

from models.base import Db
from models.order import Order, OrderStatus
from models.payment import Payment
from services import Services
from services.shops import Shop
from tests.services import buying
from tests.services.conftest import ADA, BOB, OWNER, MakeProduct, TestClock


async def status(db: Db, shop: Shop, order: Order) -> OrderStatus:
    """The order's state as it is stored now."""
    found = await Order.get(db, shop.id, order.key)
    assert found is not None
    return found.status


async def test_an_order_without_its_payment_does_not_stop_the_sweep(
    db: Db, services: Services, shop: Shop, product: MakeProduct, clock: TestClock
) -> None:
    """It is left as it is; the orders after it are cancelled, and the stock comes back."""
    mug = await product(stock=5)
    broken = await buying.order(services, shop, ADA, mug)
    clock.forward(minutes=1)
    sound = await buying.order(services, shop, BOB, mug)
    await Payment.rows(db).delete_one({"orderId": broken.key})
    clock.forward(hours=25)
    done = await services.sweeper.sweep()
    assert done["orders"] == 1
    assert await status(db, shop, sound) is OrderStatus.CANCELLED
    assert await status(db, shop, broken) is OrderStatus.PENDING_PAYMENT


async def test_a_record_that_cannot_be_read_does_not_end_the_sweeper(
    db: Db, services: Services, shop: Shop, product: MakeProduct, clock: TestClock
) -> None:
    """Somebody wrote a field that is none: its order waits, the others are cancelled, the rounds go on."""
    mug = await product(stock=5)
    broken = await buying.order(services, shop, ADA, mug)
    clock.forward(minutes=1)
    sound = await buying.order(services, shop, BOB, mug)
    await Order.rows(db).update_one({"_id": broken.id}, {"$set": {"paymentMethod": "BARTER"}})
    clock.forward(hours=25)
    rounds = asyncio.create_task(services.sweeper.run())
    for _ in range(100):
        await asyncio.sleep(0.05)
        if rounds.done() or await status(db, shop, sound) is OrderStatus.CANCELLED:
            break
    assert not rounds.done()
    rounds.cancel()
    await asyncio.gather(rounds, return_exceptions=True)
    assert await status(db, shop, sound) is OrderStatus.CANCELLED


async def test_a_hundred_orders_of_a_shop_that_is_gone_do_not_starve_the_others(
    db: Db, services: Services, shop: Shop, product: MakeProduct, clock: TestClock
) -> None:
    """However many stand at the front of the queue and cannot be ended, those behind them have their turn."""
    other = await services.shops.claim("901", "Borealis", OWNER)
    mug = await product(stock=5)
    old = await buying.order(services, shop, ADA, mug)
    doc = old.model_dump_doc()
    del doc["_id"]
    left = [{**doc, "tenantId": other.id, "orderNumber": f"X{n}"} for n in range(150)]
    await Order.rows(db).insert_many(left)
    await db.database["botconfigs"].delete_one({"tenantId": other.id})
    clock.forward(minutes=1)
    young = await buying.order(services, shop, BOB, mug)
    clock.forward(hours=25)
    for _ in range(3):
        await services.sweeper.sweep()
    assert await status(db, shop, young) is OrderStatus.CANCELLED
