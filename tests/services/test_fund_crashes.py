"""A process killed with SIGKILL anywhere between a gift and its money: counted once, paid out once."""

import contextlib

import pytest
from bson import ObjectId

from models.base import Db
from models.errors import AlreadyDecided
from models.fund import CommunityFundContribution
from models.order import Order, OrderStatus
from models.outbox import OutboxEffect
from models.payment import PaymentStatus
from services import Services
from services.shops import Shop
from tests.services import giving, hosting, refunding
from tests.services.conftest import ADA, OWNER, MakeProduct, TestClock
from tests.services.mortal import dies
from tests.services.test_crashes import MOST_COMMANDS


@pytest.fixture
async def shop(services: Services, shop: Shop) -> Shop:
    """A shop whose fund takes gifts."""
    return await giving.opened(services, shop)


async def celebrations(db: Db, order_id: str) -> int:
    """How often the gift of an order is told."""
    return len(await OutboxEffect.find_all(db, {"orderId": order_id, "kind": "fund.celebrate"}))


async def test_approval_of_an_order_with_a_gift_killed_anywhere_counts_it_once(
    db: Db, mongo_uri: str, services: Services, shop: Shop, product: MakeProduct, clock: TestClock
) -> None:
    """Order, contribution, ledger and celebration are all there, or none is and approving again does it."""
    mug = await product(stock=None)
    for last in range(1, MOST_COMMANDS):
        placed = await giving.order(services, shop, ADA, mug, 500)
        claim = await giving.claimed(services, shop, placed)
        asked = (claim.payment.key, claim.payment.claims, placed.order_number)
        died = await dies(db, mongo_uri, last, "approve", *asked)
        order = await refunding.now(services, shop, placed)
        gift = await CommunityFundContribution.of_order(db, shop.id, placed.key)
        assert (order.paid_at is None) is (gift is None)
        with contextlib.suppress(AlreadyDecided):
            await services.claims.approve(shop, OWNER, *asked)
        clock.forward(seconds=40)
        await services.sweeper.sweep()
        payment = await hosting.payment(services, shop, placed)
        assert payment.status is PaymentStatus.CONFIRMED
        assert await giving.books_agree(db, services, shop) == 500 * last
        assert await celebrations(db, placed.key) == 1
        if not died:
            assert last > 10, "the step was killed too seldom to prove anything"
            return
    raise AssertionError("the step never ended")


async def test_confirm_of_a_gift_killed_anywhere_gives_one_order(
    db: Db, mongo_uri: str, services: Services, shop: Shop
) -> None:
    """The same button pressed again finds the order, or places it."""
    for last in range(1, MOST_COMMANDS):
        key = str(ObjectId())
        died = await dies(db, mongo_uri, last, "donate", key, 500)
        placed = await giving.gift(services, shop, ADA, 500, key=key)
        assert placed.key == key
        assert await Order.how_many(db, {"tenantId": shop.id}) == last
        assert await db.database["payments"].count_documents({"orderId": key}) == 1
        received = {"orderId": key, "payload.event": "orderReceived"}
        assert await db.database["outbox"].count_documents(received) == 1
        if not died:
            assert last > 5, "the step was killed too seldom to prove anything"
            return
    raise AssertionError("the step never ended")


async def test_a_payment_out_and_its_reversal_killed_anywhere_happen_once(
    db: Db, mongo_uri: str, services: Services, shop: Shop
) -> None:
    """Money, record, ledger, audit and alert go together; sent again, nothing is paid twice."""
    await giving.given(services, shop, 90_000)
    ada = await giving.ada_of(services, shop)
    ended = 0
    for last in range(1, MOST_COMMANDS):
        key = str(ObjectId())
        paying = (key, ada.key, "10", "bread")
        died = await dies(db, mongo_uri, last, "disburse", *paying)
        await services.fund_desk.disburse(shop, OWNER, *paying)
        assert await giving.books_agree(db, services, shop) == 89_000
        undone = await dies(db, mongo_uri, last, "reverse", key, "wrong")
        with contextlib.suppress(AlreadyDecided):
            await services.fund_desk.reverse(shop, OWNER, key, "wrong")
        assert await giving.books_agree(db, services, shop) == 90_000
        for action in ("fund.disburse", "fund.reverse"):
            rows = db.database["auditlogs"]
            assert await rows.count_documents({"action": action, "entityId": key}) == 1
        assert await db.database["alerts"].count_documents({"entityId": key}) == 2
        if not died and not undone:
            ended = last
            break
    assert ended > 5, "the step was killed too seldom to prove anything"


async def test_counting_in_killed_anywhere_counts_once(
    db: Db, mongo_uri: str, services: Services, shop: Shop, clock: TestClock
) -> None:
    """A sweeper that dies leaves movements for the next one, never half of them."""
    for last in range(1, MOST_COMMANDS):
        placed = await giving.given(services, shop, 700)
        died = await dies(db, mongo_uri, last, "sweep")
        clock.forward(seconds=40)
        assert placed.status is OrderStatus.COMPLETE
        assert await giving.books_agree(db, services, shop) == 700 * last
        if not died:
            return
    raise AssertionError("the step never ended")
