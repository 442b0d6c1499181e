"""Counting stock by hand: the same count twice is one count, and no crossing of the threshold is untold."""

import asyncio

import pytest

from models.audit import AuditLog
from models.base import Db
from models.errors import BadInput, OutOfStock
from models.inventory import InventoryMove, InventorySnapshot, InventoryTransaction, replay
from models.outbox import OutboxEffect
from services import Services
from services.effects import EffectKind
from services.shops import Shop
from tests.services import buying
from tests.services.conftest import ADA, BOB, OWNER, MakeProduct, TestClock
from tests.services.mortal import dies

MOST_COMMANDS = 40


async def test_the_same_count_entered_twice_at_once_is_that_count(
    db: Db, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """Two of the staff, or two clicks, say that twelve are there: twelve are there, not sixteen."""
    mug = await product(stock=8)
    await asyncio.gather(*(services.stock.set_to(shop, OWNER, mug.key, 12, "counted") for _ in range(5)))
    snapshot = await InventorySnapshot.of_product(db, shop.id, mug.key)
    assert (snapshot.quantity_available, 0) == await replay(db, shop.id, mug.key) == (12, 0)
    acts = await AuditLog.find_all(db, {"tenantId": shop.id, "action": "stock.adjustment"})
    assert [(act.meta["before"], act.meta["after"]["delta"]) for act in acts] == [({"available": 8}, 4)]


async def test_different_counts_at_once_leave_one_of_them(
    db: Db, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """The last to say so is right, while customers go on buying; the books add up."""
    mug = await product(stock=20)
    await asyncio.gather(
        services.stock.set_to(shop, OWNER, mug.key, 30, "counted"),
        services.stock.set_to(shop, BOB, mug.key, 40, "counted"),
    )
    snapshot = await InventorySnapshot.of_product(db, shop.id, mug.key)
    assert snapshot.quantity_available in {30, 40}
    assert (snapshot.quantity_available, 0) == await replay(db, shop.id, mug.key)


async def test_a_correction_below_nothing_says_how_many_are_left(
    services: Services, shop: Shop, product: MakeProduct
) -> None:
    """The refusal names what is there, and nothing moves."""
    mug = await product(stock=3)
    with pytest.raises(OutOfStock) as refusal:
        await services.stock.adjust(shop, OWNER, mug.key, -4, "lost")
    assert refusal.value.left == 3
    assert (await services.stock.of(shop, mug.key)).available == 3


@pytest.mark.parametrize("quantity", [10**6 + 1, 10**30, 0, -5])
async def test_a_delivery_out_of_all_bounds_is_refused(
    services: Services, shop: Shop, product: MakeProduct, quantity: int
) -> None:
    """Whatever the number, the answer is a refusal and not an error of the database."""
    mug = await product(stock=3)
    with pytest.raises(BadInput):
        await services.stock.restock(shop, OWNER, mug.key, quantity, "box")


async def test_a_reason_of_four_thousand_characters_is_refused(
    services: Services, shop: Shop, product: MakeProduct
) -> None:
    """It would fill the ledger and every card that shows it; 500 characters are enough."""
    mug = await product(stock=3)
    with pytest.raises(BadInput):
        await services.stock.restock(shop, OWNER, mug.key, 1, "ß" * 4000)
    view = await services.stock.restock(shop, OWNER, mug.key, 1, "  ß\n" + "x" * 490)
    assert view.available == 4


@pytest.mark.parametrize("step", ["approve", "adjust"])
async def test_a_crossing_is_told_once_also_when_the_process_dies(
    db: Db, mongo_uri: str, services: Services, shop: Shop, product: MakeProduct, clock: TestClock, step: str
) -> None:
    """Killed anywhere while stock falls to the threshold: afterwards there is one alert, and it is owed."""
    for last in range(1, MOST_COMMANDS):
        mug = await product(f"Mug {last}", stock=6)
        arguments: tuple[object, ...] = (mug.key, -1, "lost")
        if step == "approve":
            claim = await buying.claimed(services, shop, ADA, await buying.order(services, shop, ADA, mug))
            arguments = (claim.payment.key, claim.payment.claims, f"note {last}")
        died = await dies(db, mongo_uri, last, step, *arguments)
        moved = {"productId": mug.key, "type": {"$in": [InventoryMove.SALE, InventoryMove.ADJUSTMENT]}}
        if await InventoryTransaction.find_one(db, moved) is None:
            continue
        clock.forward(seconds=40)
        await services.sweeper.sweep()
        alerts = await db.database["alerts"].find({"entityId": mug.key, "type": "LOW_INVENTORY"}).to_list(9)
        assert len(alerts) == 1, f"after command {last}"
        told = {"kind": EffectKind.STAFF_ALERT, "payload.alertId": str(alerts[0]["_id"])}
        assert len(await OutboxEffect.find_all(db, told)) == 1
        if not died:
            assert last > 3, "the step was killed too seldom to prove anything"
            return
    raise AssertionError("the step never ended")
