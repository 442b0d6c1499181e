"""A process killed with SIGKILL at every point of a step: nothing is lost, doubled or stuck afterwards."""

import contextlib
import os
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from pymongo import MongoClient

from models.base import Db
from models.entitlement import Entitlement
from models.errors import AlreadyDecided, ConfirmInProgress, Refused
from models.inventory import InventoryMove, InventorySnapshot, InventoryTransaction, replay
from models.order import Order, OrderStatus
from models.outbox import OutboxEffect
from models.payment import Payment, PaymentStatus
from models.product import Product
from models.session import OrderSession
from services import Services
from services.shops import Shop
from tests.services import buying
from tests.services.conftest import ADA, OWNER, MakeProduct, TestClock
from tests.services.mortal import dies, dies_in

MOST_COMMANDS = 60


@pytest.fixture
def hasty(janitor: MongoClient[dict[str, Any]]) -> Iterator[None]:
    """Let mongod drop what a dead process had begun after one second; an owner's waits for 10."""
    name = "transactionLifetimeLimitSeconds"
    before = janitor.admin.command({"getParameter": 1, name: 1})[name]
    janitor.admin.command({"setParameter": 1, name: 1})
    yield
    janitor.admin.command({"setParameter": 1, name: before})


async def everything_fits(db: Db, shop: Shop, product: Product) -> None:
    """No hold and no unsettled row is left, and the ledger replays to the snapshot."""
    snapshot = await InventorySnapshot.of_product(db, shop.id, product.key)
    assert snapshot.holds == []
    assert not await InventoryTransaction.find_all(db, {"tenantId": shop.id, "settled": False})
    assert (snapshot.quantity_available, snapshot.quantity_reserved) == await replay(db, shop.id, product.key)
    effects = await OutboxEffect.find_all(db, {"tenantId": shop.id})
    assert max(Counter(effect.dedupe_key for effect in effects).values(), default=1) == 1


async def test_confirm_killed_anywhere_gives_one_order_or_gives_all_back(
    db: Db, mongo_uri: str, services: Services, shop: Shop, product: MakeProduct, clock: TestClock
) -> None:
    """Killed between session, hold, order, payment and outbox: the next Confirm makes exactly one order."""
    mug = await product(stock=None, inventory_tracked=True)
    await services.stock.restock(shop, OWNER, mug.key, 500, "plenty")
    for last in range(1, MOST_COMMANDS):
        review = await buying.review(services, shop, ADA, mug, 2)
        died = await dies(db, mongo_uri, last, "place", *review)
        clock.forward(seconds=40)
        await services.sweeper.sweep()
        await everything_fits(db, shop, mug)
        current = await OrderSession.current(db, shop.id, ADA.discord_id)
        if current is not None:
            await services.placement.place(shop, ADA, current.key, current.version)
        orders = await Order.find_all(db, {"tenantId": shop.id})
        assert len(orders) == last, f"after command {last}"
        assert await db.database["payments"].count_documents({"tenantId": shop.id}) == last
        received = {"tenantId": shop.id, "payload.event": "orderReceived"}
        assert await db.database["outbox"].count_documents(received) == last
        snapshot = await InventorySnapshot.of_product(db, shop.id, mug.key)
        assert snapshot.quantity_reserved == 2 * last
        if not died:
            assert last > 10, "the step was killed too seldom to prove anything"
            return
    raise AssertionError("the step never ended")


@pytest.mark.usefixtures("hasty")
async def test_an_impatient_click_after_a_crash_waits_or_orders_once(
    db: Db, mongo_uri: str, services: Services, shop: Shop, product: MakeProduct, clock: TestClock
) -> None:
    """Without any sweep, Confirm itself takes a dead Confirm back once it is stale."""
    mug = await product(stock=20)
    review = await buying.review(services, shop, ADA, mug)
    assert await dies_in(dict(os.environ), lambda _: None, db, mongo_uri, 5, "place", *review)
    try:
        await services.placement.place(shop, ADA, *review)
    except ConfirmInProgress:
        clock.forward(seconds=40)
        session = await OrderSession.current(db, shop.id, ADA.discord_id)
        assert session is not None
        await services.placement.recover(session)
        again = await services.checkout.view(shop, ADA)
        await services.placement.place(shop, ADA, again.session.key, again.session.version)
    assert await Order.how_many(db, {"tenantId": shop.id}) == 1
    await services.sweeper.sweep()
    await everything_fits(db, shop, mug)


async def test_approval_killed_anywhere_pays_once(
    db: Db, mongo_uri: str, services: Services, shop: Shop, product: MakeProduct, clock: TestClock
) -> None:
    """Killed anywhere in Approve: approving again ends with one sale, one entitlement and one notice."""
    vip = await product("VIP", stock=200, granted_role_ids=["77"])
    for last in range(1, MOST_COMMANDS):
        placed = await buying.order(services, shop, ADA, vip)
        claim = await buying.claimed(services, shop, ADA, placed)
        died = await dies(
            db, mongo_uri, last, "approve", claim.payment.key, claim.payment.claims, placed.order_number
        )
        with contextlib.suppress(AlreadyDecided):
            await services.claims.approve(
                shop, OWNER, claim.payment.key, claim.payment.claims, placed.order_number
            )
        clock.forward(seconds=40)
        await services.sweeper.sweep()
        await everything_fits(db, shop, vip)
        order = await Order.get(db, shop.id, placed.key)
        payment = await Payment.get(db, shop.id, placed.payment_id)
        assert order is not None
        assert payment is not None
        assert (order.status, payment.status) == (OrderStatus.PAID, PaymentStatus.CONFIRMED)
        assert len(await Entitlement.of_order(db, shop.id, order.key)) == 1
        moves = await InventoryTransaction.find_all(db, {"tenantId": shop.id, "orderId": order.key})
        assert Counter(row.type for row in moves) == {InventoryMove.RESERVE: 1, InventoryMove.SALE: 1}
        owed = Counter(effect.kind for effect in await OutboxEffect.find_all(db, {"orderId": order.key}))
        assert owed["role.grant"] == owed["invoice.number"] == 1
        if not died:
            assert last > 10, "the step was killed too seldom to prove anything"
            return
    raise AssertionError("the step never ended")


async def test_cancel_killed_anywhere_gives_the_stock_back_once(
    db: Db, mongo_uri: str, services: Services, shop: Shop, product: MakeProduct, clock: TestClock
) -> None:
    """Killed anywhere in Cancel: cancelling again ends with one release and the whole stock."""
    mug = await product(stock=50)
    for last in range(1, MOST_COMMANDS):
        placed = await buying.order(services, shop, ADA, mug, 4)
        died = await dies(db, mongo_uri, last, "cancel", placed.key)
        with contextlib.suppress(Refused):
            await services.orders.cancel(shop, ADA, placed.key)
        clock.forward(seconds=40)
        await services.sweeper.sweep()
        await everything_fits(db, shop, mug)
        snapshot = await InventorySnapshot.of_product(db, shop.id, mug.key)
        assert (snapshot.quantity_available, snapshot.quantity_reserved) == (50, 0)
        if not died:
            assert last > 5, "the step was killed too seldom to prove anything"
            return
    raise AssertionError("the step never ended")
