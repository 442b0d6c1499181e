"""The primary hands over or dies in the middle of a sale: one order, one payment, one of each effect."""

import contextlib
from collections import Counter
from collections.abc import Callable
from functools import partial

import pytest

from models.entitlement import Entitlement
from models.errors import AlreadyDecided
from models.inventory import InventoryMove, InventorySnapshot, InventoryTransaction
from models.order import Order, OrderStatus
from models.outbox import OutboxEffect
from models.payment import PaymentStatus
from models.session import OrderSession
from tests.drills.asking import Asked, healed
from tests.drills.blow import points
from tests.drills.replica_set import ReplicaSet
from tests.drills.stage import Stage
from tests.services import buying
from tests.services.conftest import ADA, OWNER
from tests.services.test_crashes import everything_fits

type Strike = Callable[[ReplicaSet], object]

# The first asks the others to take over, the second gives nobody a chance to prepare; it takes longer.
BLOWS = [
    pytest.param(ReplicaSet.step_down, 8, id="handed-over"),
    pytest.param(ReplicaSet.kill_primary, 4, id="killed"),
]


@pytest.mark.parametrize(("strike", "many"), BLOWS)
async def test_confirm_while_the_primary_changes_gives_one_order(
    stage: Stage, strike: Strike, many: int
) -> None:
    """At any command of Confirm: the customer gets the order, or is told, clicks again and gets it then."""
    db, members, blow, services, shop, product, clock = stage
    mug = await product(stock=500)
    review = await buying.review(services, shop, ADA, mug, 2)
    blow.arm(0, members.heal, heard=False)
    await services.placement.place(shop, ADA, *review)
    asked = Asked()
    for orders, at in enumerate(points(blow.commands, many), start=2):
        review = await buying.review(services, shop, ADA, mug, 2)
        blow.arm(at, partial(strike, members), heard=orders % 2 == 0)
        await asked.ask(services.placement.place(shop, ADA, *review))
        assert blow.disarm()
        await healed(db, members)
        clock.forward(seconds=40)
        await services.sweeper.sweep()
        await everything_fits(db, shop, mug)
        current = await OrderSession.current(db, shop.id, ADA.discord_id)
        if current is not None:
            await services.placement.place(shop, ADA, current.key, current.version)
        assert await Order.how_many(db, {"tenantId": shop.id}) == orders, f"at command {at}"
        assert await db.database["payments"].count_documents({"tenantId": shop.id}) == orders
        received = {"tenantId": shop.id, "payload.event": "orderReceived"}
        assert await db.database["outbox"].count_documents(received) == orders
        snapshot = await InventorySnapshot.of_product(db, shop.id, mug.key)
        assert snapshot.quantity_reserved == 2 * orders
    assert asked.longest < 12
    assert asked.outcomes["done"] >= asked.outcomes.total() - 1, asked.outcomes


@pytest.mark.parametrize(("strike", "many"), BLOWS)
async def test_approval_while_the_primary_changes_pays_once(stage: Stage, strike: Strike, many: int) -> None:
    """At any command of Approve: one sale, one entitlement, one grant owed."""
    db, members, blow, services, shop, product, clock = stage
    vip = await product("VIP", stock=200, granted_role_ids=["77"])
    blow.arm(0, members.heal, heard=False)
    await buying.paid(services, shop, ADA, vip)
    asked = Asked()
    placed = await buying.order(services, shop, ADA, vip)
    claim = await buying.claimed(services, shop, ADA, placed)
    blow.arm(0, members.heal, heard=False)
    await services.claims.approve(shop, OWNER, claim.payment.key, claim.payment.claims, placed.order_number)
    for at in points(blow.commands, many):
        placed = await buying.order(services, shop, ADA, vip)
        claim = await buying.claimed(services, shop, ADA, placed)
        approve = partial(
            services.claims.approve, shop, OWNER, claim.payment.key, claim.payment.claims, placed.order_number
        )
        blow.arm(at, partial(strike, members), heard=at % 2 == 0)
        await asked.ask(approve())
        assert blow.disarm()
        await healed(db, members)
        with contextlib.suppress(AlreadyDecided):
            await approve()
        clock.forward(seconds=40)
        await services.sweeper.sweep()
        await everything_fits(db, shop, vip)
        view = await services.payments.of_order(shop, placed.key)
        assert (view.order.status, view.payment.status) == (OrderStatus.PAID, PaymentStatus.CONFIRMED)
        assert len(await Entitlement.of_order(db, shop.id, placed.key)) == 1
        moves = await InventoryTransaction.find_all(db, {"tenantId": shop.id, "orderId": placed.key})
        assert Counter(row.type for row in moves) == {InventoryMove.RESERVE: 1, InventoryMove.SALE: 1}
        owed = Counter(effect.kind for effect in await OutboxEffect.find_all(db, {"orderId": placed.key}))
        assert owed["role.grant"] == owed["invoice.number"] == 1
    assert asked.longest < 12
