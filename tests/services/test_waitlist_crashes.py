"""SIGKILL while units are offered, taken, given up or passed on: nothing kept is lost, or kept twice."""

import pytest

from models.base import Db
from models.inventory import InventorySnapshot
from models.order import Order
from models.outbox import OutboxEffect
from models.session import OrderSession
from models.waiting import Waiting, WaitStatus
from services import Services
from services.shops import Shop
from tests.services import buying
from tests.services.conftest import ADA, BOB, OWNER, MakeProduct, TestClock
from tests.services.mortal import dies
from tests.services.test_crashes import MOST_COMMANDS, everything_fits
from tests.services.test_waitlist import line_up


async def offers_fit(db: Db, shop: Shop, product_id: str) -> set[str]:
    """For whom units are kept, after the check that waits and snapshot agree and each is told once."""
    snapshot = await InventorySnapshot.of_product(db, shop.id, product_id)
    where = {"tenantId": shop.id, "productId": product_id, "status": WaitStatus.OFFERED}
    waits = await Waiting.find_all(db, where)
    assert {each.key for each in waits} == {each.waiting_id for each in snapshot.offers}
    for wait in waits:
        owed = {"kind": "stock.offer", "payload.waitingId": wait.key, "payload.turn": wait.offers}
        assert len(await OutboxEffect.find_all(db, owed)) == 1
    return {each.member_id for each in snapshot.offers}


async def test_a_restock_killed_anywhere_is_offered_whole_or_did_not_happen(
    db: Db, mongo_uri: str, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """Stock, offer and message are there together or not at all."""
    for last in range(1, MOST_COMMANDS):
        mug = await product(f"Mug {last}", stock=0)
        await services.waitlist.ask(shop, ADA, mug.key)
        died = await dies(db, mongo_uri, last, "restock", mug.key, 1, "box")
        kept = await offers_fit(db, shop, mug.key)
        snapshot = await InventorySnapshot.of_product(db, shop.id, mug.key)
        assert (snapshot.quantity_available, snapshot.quantity_reserved) == (0, len(kept))
        await everything_fits(db, shop, mug)
        if not died:
            assert kept == {ADA.discord_id}
            assert last > 5, "the step was killed too seldom to prove anything"
            return
        # Nobody may stand in more than a few lines at once.
        await services.waitlist.withdraw(shop, ADA, mug.key)
    raise AssertionError("the step never ended")


async def test_confirm_of_a_kept_unit_killed_anywhere_orders_it_once_or_keeps_it(
    db: Db, mongo_uri: str, services: Services, shop: Shop, product: MakeProduct, clock: TestClock
) -> None:
    """After the sweep the unit is Ada's order, or still kept for her, and then she can order it."""
    for last in range(1, MOST_COMMANDS):
        mug = await product(f"Mug {last}", stock=0)
        await line_up(services, shop, clock, mug, ADA, BOB)
        await services.stock.restock(shop, OWNER, mug.key, 1, "box")
        review = await buying.review(services, shop, ADA, mug)
        died = await dies(db, mongo_uri, last, "place", *review)
        clock.forward(seconds=40)
        await services.sweeper.sweep()
        await everything_fits(db, shop, mug)
        kept = await offers_fit(db, shop, mug.key)
        current = await OrderSession.current(db, shop.id, ADA.discord_id)
        assert kept == (set() if current is None else {ADA.discord_id})
        if current is not None:
            await services.placement.place(shop, ADA, current.key, current.version)
        assert await Order.how_many(db, {"tenantId": shop.id}) == last
        assert await offers_fit(db, shop, mug.key) == set()
        snapshot = await InventorySnapshot.of_product(db, shop.id, mug.key)
        assert (snapshot.quantity_available, snapshot.quantity_reserved) == (0, 1)
        if not died:
            assert last > 10, "the step was killed too seldom to prove anything"
            return
        await services.waitlist.withdraw(shop, BOB, mug.key)
    raise AssertionError("the step never ended")


@pytest.mark.parametrize("step", ["withdraw", "sweep"])
async def test_passing_on_killed_anywhere_passes_on_once(
    db: Db,
    mongo_uri: str,
    services: Services,
    shop: Shop,
    product: MakeProduct,
    clock: TestClock,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
) -> None:
    """Given up, or not taken in time: the unit is Ada's or Bob's, and in the end Bob's alone."""
    for last in range(1, MOST_COMMANDS):
        mug = await product(f"Mug {last}", stock=0)
        await line_up(services, shop, clock, mug, ADA, BOB)
        await services.stock.restock(shop, OWNER, mug.key, 1, "box")
        if step == "sweep":
            clock.forward(minutes=31)
            monkeypatch.setenv("AHEAD", str(31 * 60 * last + 60))
        died = await dies(db, mongo_uri, last, step, *([mug.key] if step == "withdraw" else []))
        kept = await offers_fit(db, shop, mug.key)
        assert kept in ({ADA.discord_id}, {BOB.discord_id})
        await services.waitlist.withdraw(shop, ADA, mug.key)
        await everything_fits(db, shop, mug)
        assert await offers_fit(db, shop, mug.key) == {BOB.discord_id}
        if not died:
            assert last > 4, "the step was killed too seldom to prove anything"
            return
        await services.waitlist.withdraw(shop, BOB, mug.key)
    raise AssertionError("the step never ended")
