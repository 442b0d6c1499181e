"""One shop's broken or forgotten records must not keep the sweeper from everybody else's."""

import asyncio

from models.base import Db, ObjectId
from models.inventory import InventorySnapshot, StockHold
from models.order import Order, OrderStatus
from models.payment import Payment
from models.product import Product
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


async def test_stock_that_cannot_be_read_keeps_no_other_stock_held(
    db: Db, services: Services, shop: Shop, product: MakeProduct, clock: TestClock
) -> None:
    """Two Confirms died with their holds taken; one snapshot is broken, the other gets its units back."""
    broken, sound = await product("Broken", stock=5), await product("Sound", stock=5)
    for made in (broken, sound):
        hold = StockHold(order_id=str(ObjectId()), quantity=2, taken_at=clock.now())
        assert await InventorySnapshot.take(db, hold, tenant_id=shop.id, product_id=made.key)
    rows = InventorySnapshot.rows(db)
    await rows.update_one({"productId": broken.key}, {"$set": {"lowAlerted": "perhaps"}})
    clock.forward(minutes=1)
    await services.sweeper.sweep()
    assert (await InventorySnapshot.of_product(db, shop.id, sound.key)).quantity_available == 5


async def test_one_shops_broken_product_does_not_end_the_lines_of_others(
    db: Db, services: Services, shop: Shop, product: MakeProduct, clock: TestClock
) -> None:
    """Two units were offered for half an hour; one of the products cannot be read, the other is passed on."""
    broken, sound = await product("Broken", stock=0), await product("Sound", stock=0)
    for made in (broken, sound):
        await services.waitlist.ask(shop, ADA, made.key)
        await services.stock.restock(shop, OWNER, made.key, 1, "box")
    await Product.rows(db).update_one({"_id": broken.id}, {"$set": {"priceCents": "dear"}})
    clock.forward(minutes=31)
    await services.sweeper.sweep()
    assert (await InventorySnapshot.of_product(db, shop.id, broken.key)).quantity_available == 0
    assert (await InventorySnapshot.of_product(db, shop.id, sound.key)).quantity_available == 1
