"""Where parcels are: carriers' news by webhook, asked for, late, twice, and about nobody's parcel."""

import asyncio
from datetime import timedelta
from itertools import permutations

import pytest

from models.alert import Alert
from models.base import Db
from models.order import Order, OrderStatus, ShippingStatus
from models.outbox import OutboxEffect
from models.shipment import ParcelState, ShipmentStatus
from models.webhook import WebhookEvent, WebhookState
from services import Services
from services.effects import Notice
from services.hosted import Unmatched
from services.shipping.contract import Movement, Track
from services.shops import Shop
from tests.fakes.easypost import EasyPost
from tests.services import refunding
from tests.services.conftest import OWNER, TestClock
from tests.services.refunding import Basket
from tests.services.shipping import sending


async def told(db: Db, order: Order) -> int:
    """How many notices of parcels the customer is owed, or had."""
    where = {"orderId": order.key, "payload.event": Notice.ORDER_SHIPPED}
    return len(await OutboxEffect.find_all(db, where))


async def test_a_carriers_scan_sets_a_parcel_on_its_way(
    db: Db, services: Services, shop: Shop, of: Basket, paid: Order, easypost: EasyPost
) -> None:
    """The customer hears of it once; the last delivery completes the order."""
    parcel = await sending.labelled(services, shop, paid, of)
    number = parcel.tracking_number or ""
    for status in ("pre_transit", "in_transit", "in_transit", "out_for_delivery"):
        assert await sending.deliver(services, shop, easypost.move(number, status)) == 200
    order = await refunding.now(services, shop, paid)
    assert (order.status, order.shipping_status, await told(db, paid)) == (
        OrderStatus.SHIPPED,
        ShippingStatus.SHIPPED,
        1,
    )
    await sending.deliver(services, shop, easypost.move(number, "delivered"))
    view = await services.ship_desk.view(shop, paid.key)
    assert (view.order.status, view.shipment.status) == (OrderStatus.COMPLETE, ShipmentStatus.DELIVERED)
    assert await told(db, paid) == 1


async def test_a_parcel_that_fails_waits_for_staff(
    db: Db, services: Services, shop: Shop, of: Basket, paid: Order, easypost: EasyPost
) -> None:
    """They are called once; when it arrives after all, nobody has to act."""
    parcel = await sending.labelled(services, shop, paid, of)
    number = parcel.tracking_number or ""
    for status in ("in_transit", "return_to_sender", "return_to_sender"):
        await sending.deliver(services, shop, easypost.move(number, status))
    order = await refunding.now(services, shop, paid)
    assert (order.status, order.shipping_status) == (OrderStatus.SHIPPED, ShippingStatus.FAILED)
    assert [each.key for each in (await services.ship_desk.waiting(shop)).orders] == [paid.key]
    alerts = await Alert.find_all(db, {"tenantId": shop.id, "message": "parcel_failed"})
    assert [each.params["reason"] for each in alerts] == ["returning"]
    await sending.deliver(services, shop, easypost.move(number, "delivered"))
    assert (await services.ship_desk.waiting(shop)).orders == []


@pytest.mark.parametrize("order_of", list(permutations(range(3))))
async def test_news_in_any_order_ends_where_the_last_was(
    services: Services, shop: Shop, of: Basket, paid: Order, clock: TestClock, order_of: tuple[int, ...]
) -> None:
    """What is older by the partner's clock changes nothing."""
    parcel = await sending.labelled(services, shop, paid, of)
    steps = [Movement.PRE_TRANSIT, Movement.IN_TRANSIT, Movement.DELIVERED]
    start = clock.now() + timedelta(days=1)
    news = [
        Track(parcel.track_ref or "", parcel.tracking_number or "", "USPS", each, start + timedelta(hours=at))
        for at, each in enumerate(steps)
    ]
    for at in order_of:
        await services.tracking.take(shop.id, "easypost", news[at])
    assert (await sending.now(services, shop, paid, parcel)).state is ParcelState.DELIVERED


async def test_the_same_news_ten_times_at_once_is_told_once(
    db: Db, services: Services, shop: Shop, of: Basket, paid: Order, clock: TestClock
) -> None:
    """Whoever is second finds that it is known."""
    parcel = await sending.labelled(services, shop, paid, of)
    track = Track(
        parcel.track_ref or "", parcel.tracking_number or "", "USPS", Movement.IN_TRANSIT, clock.now()
    )
    takes = [services.tracking.take(shop.id, "easypost", track) for _ in range(10)]
    assert set(await asyncio.gather(*takes)) == {Movement.IN_TRANSIT}
    assert await told(db, paid) == 1


async def test_a_parcel_that_staff_sent_is_followed_too(
    services: Services, shop: Shop, of: Basket, paid: Order, easypost: EasyPost
) -> None:
    """By its number, with its carrier; from then on webhooks and questions find it."""
    parcel = await services.ship_desk.send(
        shop, OWNER, paid.key, {of.mug.key: 3}, carrier="USPS", tracking_number="EZ2000000002"
    )
    await services.worker.drain()
    followed = await sending.now(services, shop, paid, parcel)
    assert (followed.partner, followed.movement) == ("easypost", "in_transit")
    assert (followed.tracking_url or "").startswith("https://track.easypost.example/")
    easypost.move("EZ2000000002", "delivered")
    assert await services.tracking.look(shop, paid.key, parcel.key) == "delivered"
    assert (await refunding.now(services, shop, paid)).status is OrderStatus.COMPLETE


async def test_a_corrected_number_is_followed_in_place_of_the_wrong_one(
    services: Services, shop: Shop, of: Basket, paid: Order, easypost: EasyPost
) -> None:
    """What is told of the wrong one is nobody's any more."""
    parcel = await services.ship_desk.send(
        shop, OWNER, paid.key, {of.mug.key: 3}, carrier="USPS", tracking_number="EZ1000000001"
    )
    await services.worker.drain()
    await services.ship_desk.correct(
        shop, OWNER, paid.key, parcel.key, carrier="USPS", tracking_number="EZ3000000003"
    )
    await services.worker.drain()
    assert (await sending.now(services, shop, paid, parcel)).movement == "out_for_delivery"
    await sending.deliver(services, shop, easypost.move("EZ1000000001", "delivered"))
    assert (await sending.now(services, shop, paid, parcel)).state is ParcelState.SENT


async def test_news_of_nobodys_parcel_is_kept_and_let_be(
    db: Db, services: Services, shop: Shop, easypost: EasyPost, clock: TestClock
) -> None:
    """Another till on the same account: nobody is called."""
    with pytest.raises(Unmatched):
        await services.tracking.take(shop.id, "easypost", Track("trk_0", "1", None, Movement.DELIVERED))
    stranger = {"id": "trk_9", "object": "Tracker", "tracking_code": "9", "status": "delivered"}
    await sending.deliver(services, shop, easypost.tell("tracker.updated", stranger))
    for _ in range(6):
        clock.forward(hours=13)
        await services.inbox.drain()
    (event,) = await WebhookEvent.find_all(db, {"tenantId": shop.id})
    assert event.state is WebhookState.IGNORED


async def test_another_shops_news_moves_nothing(
    services: Services, shop: Shop, of: Basket, paid: Order, clock: TestClock
) -> None:
    """Tracking ids are only looked for within the shop that was told."""
    parcel = await sending.labelled(services, shop, paid, of)
    other = await services.shops.claim("901", "Borealis", OWNER)
    track = Track(parcel.track_ref or "", parcel.tracking_number or "", None, Movement.DELIVERED, clock.now())
    with pytest.raises(Unmatched):
        await services.tracking.take(other.id, "easypost", track)
    assert (await sending.now(services, shop, paid, parcel)).state is ParcelState.LABELLED


async def test_what_came_back_is_moved_by_no_late_news(
    services: Services, shop: Shop, of: Basket, paid: Order, easypost: EasyPost
) -> None:
    """Staff have it in their hands."""
    parcel = await sending.labelled(services, shop, paid, of)
    await services.ship_desk.hand_over(shop, OWNER, paid.key, parcel.key)
    await services.ship_desk.came_back(shop, OWNER, paid.key, parcel.key, "refused at the door")
    await sending.deliver(services, shop, easypost.move(parcel.tracking_number or "", "delivered"))
    assert (await sending.now(services, shop, paid, parcel)).state is ParcelState.BACK
    assert (await services.ship_desk.view(shop, paid.key)).left == {of.mug.key: 3}
