"""Deciding payments by hand: references, the hold after a rejection, late payments, and notes."""

import asyncio
from datetime import timedelta

import pytest

from models.audit import AuditLog
from models.base import Db
from models.errors import OutOfStock, ReferenceUsed
from models.order import Order, OrderStatus
from services import Services
from services.claims import ClaimView
from services.shops import Shop
from tests.services import buying
from tests.services.conftest import ADA, BOB, OWNER, MakeProduct, TestClock
from tests.services.mortal import dies


async def claims_of_two(services: Services, shop: Shop, product: MakeProduct) -> list[ClaimView]:
    """Two customers who say that they paid."""
    mug = await product(stock=5)
    return [
        await buying.claimed(services, shop, member, await buying.order(services, shop, member, mug))
        for member in (ADA, BOB)
    ]


async def test_one_note_approved_twice_at_once_is_warned_of(
    services: Services, shop: Shop, product: MakeProduct
) -> None:
    """Two of the staff take the same transfer for two orders at the same moment: one of them is warned."""
    both = await claims_of_two(services, shop, product)
    results = await asyncio.gather(
        *(services.claims.approve(shop, OWNER, c.payment.key, c.payment.claims, "Ref 4711") for c in both),
        return_exceptions=True,
    )
    warned = [result for result in results if isinstance(result, ReferenceUsed)]
    done = [result for result in results if isinstance(result, ClaimView)]
    assert (len(warned), len(done)) == (1, 1)
    assert warned[0].order_number == done[0].order.order_number


async def test_different_pictures_are_different_references(
    services: Services, shop: Shop, product: MakeProduct
) -> None:
    """Notes are often nothing but an emoji: another one is no warning, the same one is."""
    first, second = await claims_of_two(services, shop, product)
    await services.claims.approve(shop, OWNER, first.payment.key, 1, "🍕 🍕")
    with pytest.raises(ReferenceUsed):
        await services.claims.approve(shop, OWNER, second.payment.key, 1, "🍕🍕")
    await services.claims.approve(shop, OWNER, second.payment.key, 1, "🎉")


async def test_a_rejection_leaves_what_was_left_of_the_hold(
    db: Db, services: Services, shop: Shop, product: MakeProduct, clock: TestClock
) -> None:
    """A claim turned down after ten minutes costs no customer the rest of the 24 hours that stock is held."""
    mug = await product(stock=5)
    placed = await buying.order(services, shop, ADA, mug)
    assert placed.hold_ends_at is not None
    for minutes in (10, 24 * 60):
        clock.forward(minutes=minutes)
        claim = await buying.claimed(services, shop, ADA, placed)
        await services.claims.reject(shop, OWNER, claim.payment.key, claim.payment.claims, "not there")
        found = await Order.get(db, shop.id, placed.key)
        assert found is not None
        assert found.hold_ends_at == max(placed.hold_ends_at, clock.now() + timedelta(hours=1))
    clock.forward(minutes=61)
    await services.sweeper.sweep()
    assert (await services.orders.view(shop, ADA, placed.key)).order.status is OrderStatus.CANCELLED


async def test_a_late_payment_without_stock_says_how_many_are_left(
    services: Services, shop: Shop, product: MakeProduct, clock: TestClock
) -> None:
    """Two were ordered and one is left: the refusal says one, and after a restock the claim is approved."""
    mug = await product(stock=2)
    placed = await buying.order(services, shop, ADA, mug, 2)
    clock.forward(hours=25)
    await services.sweeper.sweep()
    await services.stock.adjust(shop, OWNER, mug.key, -1, "broken")
    claim = await buying.claimed(services, shop, ADA, placed)
    with pytest.raises(OutOfStock) as refusal:
        await services.claims.approve(shop, OWNER, claim.payment.key, 1, "seen")
    assert refusal.value.left == 1
    await services.stock.restock(shop, OWNER, mug.key, 1, "box")
    done = await services.claims.approve(shop, OWNER, claim.payment.key, 1, "seen")
    assert done.order.status is OrderStatus.COMPLETE


async def test_a_note_never_stands_without_its_audit_row(
    db: Db, mongo_uri: str, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """Killed anywhere: the note and the row that says who wrote it are both there or both not."""
    placed = await buying.order(services, shop, ADA, await product(stock=5))
    for last in range(1, 20):
        died = await dies(db, mongo_uri, last, "note", placed.key, f"note {last}")
        found = await Order.get(db, shop.id, placed.key)
        assert found is not None
        noted = any(event.note == f"note {last}" for event in found.history)
        rows = await AuditLog.find_all(db, {"meta.after.note": f"note {last}"})
        assert len(rows) == noted, f"after command {last}"
        if not died:
            assert last > 2, "the step was killed too seldom to prove anything"
            return
    raise AssertionError("the step never ended")
