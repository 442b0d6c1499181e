"""SIGKILL while a parcel is sent, a label bought, or a carrier's news taken in: once, or not at all."""

from datetime import UTC, datetime

import pytest

from models.base import Db
from models.order import Order
from models.outbox import OutboxEffect
from models.shipment import ParcelState
from services import Services
from services.effects import Notice
from services.shops import Shop
from tests.fakes.easypost import EasyPost
from tests.services.conftest import TestClock
from tests.services.mortal import dies
from tests.services.refunding import Basket
from tests.services.shipping import sending
from tests.services.test_crashes import MOST_COMMANDS


async def fits(db: Db, services: Services, shop: Shop, order: Order, of: Basket) -> int:
    """How many parcels are on their way, after the check that each is told once and the order agrees."""
    view = await services.ship_desk.view(shop, order.key)
    where = {"orderId": order.key, "payload.event": Notice.ORDER_SHIPPED}
    told = await OutboxEffect.find_all(db, where)
    sent = [each for each in view.shipment.parcels if each.sent_at is not None]
    assert sorted(each.payload["parcel"] for each in told) == sorted(each.key for each in sent)
    held = sum(line.quantity for each in view.shipment.parcels if each.holding for line in each.lines)
    assert view.left.get(of.mug.key, 0) == 3 - held
    waits = held < 3 or any(
        each.state is not ParcelState.SENT for each in view.shipment.parcels if each.holding
    )
    assert view.order.awaits_parcel is waits
    return len(sent)


async def test_a_parcel_sent_and_killed_anywhere_is_sent_whole_or_not(
    db: Db, mongo_uri: str, services: Services, shop: Shop, of: Basket
) -> None:
    """Parcel, order, history and notice are there together or not at all."""
    for last in range(1, MOST_COMMANDS):
        order = await sending.paid(db, services, shop, of)
        died = await dies(db, mongo_uri, last, "send", order.key, {of.mug.key: 3})
        sent = await fits(db, services, shop, order, of)
        if not died:
            assert sent == 1
            assert last > 5, "the step was killed too seldom to prove anything"
            return
    raise AssertionError("the step never ended")


async def test_a_label_bought_by_a_worker_killed_anywhere_is_bought_once(
    db: Db,
    mongo_uri: str,
    services: Services,
    shop: Shop,
    of: Basket,
    easypost: EasyPost,
    clock: TestClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Afterwards it is there, or nobody knows; never are there two."""
    for last in range(1, MOST_COMMANDS):
        order = await sending.paid(db, services, shop, of)
        await services.worker.drain()
        parcel = await sending.buying(services, shop, order, of)
        monkeypatch.setenv("AHEAD", str((clock.now() - datetime.now(UTC)).total_seconds() + 60))
        before = len(easypost.bought)
        died = await dies(db, mongo_uri, last, "work")
        for _ in range(7):
            clock.forward(hours=13)
            await services.worker.drain()
        there = len(easypost.bought) - before
        state = (await sending.now(services, shop, order, parcel)).state
        assert (there, state) in {(1, ParcelState.LABELLED), (0, ParcelState.UNKNOWN)}
        await fits(db, services, shop, order, of)
        if not died:
            assert (there, last > 5) == (1, True)
            return
    raise AssertionError("the step never ended")


async def test_news_killed_anywhere_moves_a_parcel_once(
    db: Db, mongo_uri: str, services: Services, shop: Shop, of: Basket
) -> None:
    """Told again, as a webhook is after a crash, it has moved, and the customer is told once."""
    for last in range(1, MOST_COMMANDS):
        order = await sending.paid(db, services, shop, of)
        parcel = await sending.labelled(services, shop, order, of)
        news = (parcel.track_ref, parcel.tracking_number, "in_transit")
        died = await dies(db, mongo_uri, last, "arrives", *news)
        await fits(db, services, shop, order, of)
        assert not await dies(db, mongo_uri, 10_000, "arrives", *news)
        assert await fits(db, services, shop, order, of) == 1
        if not died:
            assert last > 5, "the step was killed too seldom to prove anything"
            return
    raise AssertionError("the step never ended")
