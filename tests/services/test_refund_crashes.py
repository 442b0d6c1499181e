"""A process killed with SIGKILL at every point of a line's refund: asked, restocked and revoked once."""

import pytest

from models.audit import AuditLog
from models.base import Db
from models.order import Order
from models.outbox import OutboxEffect
from models.payment import RefundState
from services import Services
from services.effects import EffectKind, Notice
from services.settling.credit import Picked
from services.shops import Shop
from tests.services import hosting, refunding
from tests.services.conftest import OWNER, MakeProduct, TestClock
from tests.services.mortal import dies
from tests.services.quiet import quiet
from tests.services.refunding import Basket, back_on_the_shelf, made, revoked, stock_fits, tell
from tests.services.test_crashes import MOST_COMMANDS


@pytest.fixture
async def shop(shop: Shop, services: Services) -> Shop:
    """A shop with everything configured, and a Discord that takes everything."""
    quiet(services)
    return await refunding.opened(services, shop)


@pytest.fixture
async def of(product: MakeProduct) -> Basket:
    """What is for sale, enough for an order per command."""
    return await refunding.basket(product, many=3 * MOST_COMMANDS)


async def went_back_once(db: Db, services: Services, shop: Shop, of: Basket, placed: Order) -> None:
    """Both roles of the order are paid back, on the shelf, revoked, and told of; each of it once."""
    payment = await hosting.payment(services, shop, placed)
    assert [(each.state, [line.quantity for line in each.lines]) for each in payment.refunds] == [
        (RefundState.DONE, [2])
    ]
    assert await back_on_the_shelf(db, placed) == {of.vip.key: 2}
    assert await revoked(db, shop, placed) == {of.vip.key}
    await stock_fits(db, shop, of)
    owed = await OutboxEffect.find_all(db, {"orderId": placed.key})
    assert sum(each.kind == EffectKind.ROLE_REVOKE for each in owed) == 1
    assert sum(each.payload.get("event") == Notice.REFUNDED for each in owed) == 1
    assert sum(each.kind == EffectKind.PAYMENT_REFUND for each in owed) == 1
    assert len(await AuditLog.find_all(db, {"action": "payment.refund", "entityId": payment.key})) == 1


async def test_asking_by_hand_killed_anywhere_is_all_or_nothing(
    db: Db, mongo_uri: str, services: Services, shop: Shop, of: Basket, clock: TestClock
) -> None:
    """What was written is brought to its end by outbox and sweeper; what was not, staff ask for again."""
    for last in range(1, MOST_COMMANDS):
        placed = await refunding.paid(services, shop, of)
        await services.worker.drain()
        picked = Picked({of.vip.key: 2})
        cents = await refunding.worth(services, shop, placed, picked)
        died = await dies(db, mongo_uri, last, "take_back", placed.payment_id, of.vip.key, cents)
        if not (await hosting.payment(services, shop, placed)).refunds:
            await services.refunds.take_back(
                shop, OWNER, placed.payment_id, picked, cents, "sorry", restock=True, by_hand=True
            )
        clock.forward(seconds=40)
        await services.worker.drain()
        await services.sweeper.sweep()
        await went_back_once(db, services, shop, of, placed)
        if not died:
            assert last > 12, "the step was killed too seldom to prove anything"
            return
    raise AssertionError("the step never ended")


async def test_settling_killed_anywhere_moves_the_goods_once(
    db: Db, mongo_uri: str, services: Services, shop: Shop, of: Basket, clock: TestClock
) -> None:
    """The provider tells once more after the crash, and whatever was left is folded and owed."""
    for last in range(1, MOST_COMMANDS):
        placed = await refunding.paid(services, shop, of)
        payment = await refunding.take_back(services, shop, placed, Picked({of.vip.key: 2}))
        news = made(placed, payment)
        assert news.amount is not None
        died = await dies(
            db, mongo_uri, last, "went_back", placed.key, news.charge_ref, news.refund_ref, news.amount.cents
        )
        assert await tell(services, shop, news) in {"refunded", "known"}
        clock.forward(seconds=40)
        await services.sweeper.sweep()
        await went_back_once(db, services, shop, of, placed)
        if not died:
            assert last > 10, "the step was killed too seldom to prove anything"
            return
    raise AssertionError("the step never ended")
