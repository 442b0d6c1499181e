"""The network breaks at the worst word: the commit is heard or not, and its answer never comes."""

from collections.abc import Callable
from functools import partial

import pytest

from models.base import Db
from models.order import Order
from models.outbox import OutboxEffect
from models.session import OrderSession
from services import Services
from services.shops import Shop
from tests.drills.asking import Asked, healed
from tests.drills.line import Cut
from tests.drills.replica_set import ReplicaSet
from tests.drills.stage import Stage
from tests.services import buying
from tests.services.conftest import ADA, TestClock
from tests.services.test_crashes import everything_fits

COMMIT = b"commitTransaction"


async def one_order_each(db: Db, services: Services, shop: Shop, clock: TestClock, *, orders: int) -> None:
    """Whatever became of the last Confirm, its customer ends with one order for it."""
    clock.forward(seconds=40)
    await services.sweeper.sweep()
    current = await OrderSession.current(db, shop.id, ADA.discord_id)
    if current is not None:
        await services.placement.place(shop, ADA, current.key, current.version)
    assert await Order.how_many(db, {"tenantId": shop.id}) == orders
    told = await OutboxEffect.find_all(db, {"tenantId": shop.id, "payload.event": "orderReceived"})
    assert len(told) == orders


@pytest.mark.parametrize("heard", [True, False], ids=["committed", "not-committed"])
@pytest.mark.parametrize("times", [1, 4])
async def test_a_commit_without_an_answer_is_asked_for_again(stage: Stage, heard: bool, times: int) -> None:
    """Once or several times in a row: the order stands once, and its customer is told so."""
    db, members, _, services, shop, product, clock = stage
    mug = await product()
    review = await buying.review(services, shop, ADA, mug)
    cut = members.lines.cut_at(Cut(COMMIT, heard=heard, times=times))
    asked = Asked()
    assert await asked.ask(services.placement.place(shop, ADA, *review)) == "done"
    assert cut.done == times
    members.lines.mend()
    await one_order_each(db, services, shop, clock, orders=1)
    await everything_fits(db, shop, mug)
    assert asked.longest < 10


@pytest.mark.parametrize("heard", [True, False], ids=["committed", "not-committed"])
@pytest.mark.parametrize(
    "strike", [ReplicaSet.kill_primary, ReplicaSet.step_down], ids=["killed", "handed-over"]
)
async def test_a_primary_that_goes_at_the_commit_leaves_one_order(
    stage: Stage, heard: bool, strike: Callable[[ReplicaSet], object]
) -> None:
    """The answer is lost together with the server; the next one knows whether the order stands."""
    db, members, _, services, shop, product, clock = stage
    mug = await product()
    review = await buying.review(services, shop, ADA, mug)
    members.lines.cut_at(Cut(COMMIT, heard=heard, then=partial(strike, members)))
    asked = Asked()
    await asked.ask(services.placement.place(shop, ADA, *review))
    await healed(db, members)
    await one_order_each(db, services, shop, clock, orders=1)
    await everything_fits(db, shop, mug)
    assert asked.longest < 12


async def test_no_word_gets_through_at_all_and_the_person_is_told_in_time(stage: Stage) -> None:
    """The line is silent, as a firewall makes it: no thread waits for good, nothing is half placed."""
    db, members, blow, services, shop, product, clock = stage
    mug = await product()
    review = await buying.review(services, shop, ADA, mug)
    blow.arm(6, members.lines.hold_clients, heard=False)
    asked = Asked()
    assert await asked.ask(services.placement.place(shop, ADA, *review)) == "away"
    assert blow.disarm()
    assert asked.longest < 20
    await healed(db, members)
    await one_order_each(db, services, shop, clock, orders=1)
    await everything_fits(db, shop, mug)
