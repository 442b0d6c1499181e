"""Labels that an adversary asked about: for an old address, for what was paid back, away, kept, too long."""

import asyncio

import pytest

from models.errors import ChangedMeanwhile, Declined, NotFound, Refused
from models.order import Order
from models.shipment import ParcelState
from services import Services
from services.settling.credit import Picked
from services.shops import Shop
from tests.fakes.easypost import EasyPost
from tests.fakes.provider import Fault
from tests.services import refunding
from tests.services.conftest import OWNER, TestClock
from tests.services.refunding import Basket
from tests.services.shipping import sending
from tests.services.test_review_shipping import HOME

MOVED = {**HOME, "line1": "99 Elm Street"}


async def test_a_price_for_the_old_address_buys_no_label(
    services: Services, shop: Shop, of: Basket, paid: Order, easypost: EasyPost
) -> None:
    """The address is put right while a card with prices stands open: its label would go to the old one."""
    parcel = await sending.quoted(services, shop, paid, of)
    await services.ship_desk.readdress(shop, OWNER, paid.key, MOVED)
    with pytest.raises(NotFound):
        await services.labels.buy(shop, OWNER, paid.key, parcel.key, parcel.rates[0].ref)
    await services.worker.drain()
    assert easypost.bought == []


async def test_prices_that_come_after_a_new_address_are_not_kept(
    services: Services, shop: Shop, of: Basket, paid: Order, easypost: EasyPost
) -> None:
    """EasyPost was asked with the address of a moment before."""
    easypost.stall()
    asking = asyncio.create_task(sending.quoted(services, shop, paid, of))
    await easypost.stalled()
    await services.ship_desk.readdress(shop, OWNER, paid.key, MOVED)
    easypost.resume()
    with pytest.raises(ChangedMeanwhile):
        await asking
    assert (await services.ship_desk.view(shop, paid.key)).shipment.parcels == []


async def test_no_label_is_bought_for_what_was_paid_back_meanwhile(
    services: Services, shop: Shop, of: Basket, paid: Order, easypost: EasyPost, clock: TestClock
) -> None:
    """EasyPost was away when it was asked for, and came back after the refund."""
    parcel = await sending.buying(services, shop, paid, of)
    easypost.fail(Fault.BUSY)
    await services.worker.drain()
    await refunding.take_back(services, shop, paid, Picked({of.mug.key: 3}))
    clock.forward(minutes=5)
    await services.worker.drain()
    dropped = await sending.now(services, shop, paid, parcel)
    assert (dropped.state, dropped.error, easypost.bought) == (ParcelState.DROPPED, "paid_back", [])
    assert not (await refunding.now(services, shop, paid)).awaits_parcel


async def test_a_purchase_that_waits_for_the_seller_can_be_stopped(
    services: Services, shop: Shop, of: Basket, paid: Order, easypost: EasyPost, clock: TestClock
) -> None:
    """Nothing was asked for yet, so that nobody has to wait out a seller who is away for hours."""
    parcel = await sending.buying(services, shop, paid, of)
    easypost.fail(Fault.BUSY)
    await services.worker.drain()
    waiting = await sending.now(services, shop, paid, parcel)
    assert (waiting.state, waiting.error) == (ParcelState.BUYING, "provider_away")
    await services.labels.give_up(shop, OWNER, paid.key, parcel.key, ParcelState.BUYING)
    assert (await services.ship_desk.view(shop, paid.key)).left == {of.mug.key: 3}
    clock.forward(minutes=5)
    await services.worker.drain()
    assert easypost.bought == []


async def test_a_purchase_under_way_cannot_be_stopped(
    services: Services, shop: Shop, of: Basket, paid: Order, easypost: EasyPost
) -> None:
    """It may be paid for already."""
    parcel = await sending.buying(services, shop, paid, of)
    easypost.stall()
    working = asyncio.create_task(services.worker.drain())
    await easypost.stalled()
    with pytest.raises(Refused):
        await services.labels.give_up(shop, OWNER, paid.key, parcel.key, ParcelState.BUYING)
    easypost.resume()
    await working
    assert (await sending.now(services, shop, paid, parcel)).state is ParcelState.LABELLED


async def test_a_label_without_money_back_can_be_given_up(
    services: Services, shop: Shop, of: Basket, paid: Order, easypost: EasyPost
) -> None:
    """What is never sent with it must not wait for its carrier for ever."""
    easypost.on_scan = {"USPS", "FedEx", "UPSDAP"}
    parcel = await sending.labelled(services, shop, paid, of)
    with pytest.raises(Declined):
        await services.labels.void(shop, OWNER, paid.key, parcel.key)
    with pytest.raises(Refused):
        await services.labels.give_up(shop, OWNER, paid.key, parcel.key)
    await services.labels.give_up(shop, OWNER, paid.key, parcel.key, ParcelState.LABELLED)
    assert (await services.ship_desk.view(shop, paid.key)).left == {of.mug.key: 3}


@pytest.mark.parametrize(("status", "state"), [(None, ParcelState.SENT), ("cancelled", ParcelState.DROPPED)])
async def test_a_label_that_is_voided_while_its_parcel_moves_says_so(
    services: Services,
    shop: Shop,
    of: Basket,
    paid: Order,
    easypost: EasyPost,
    status: str | None,
    state: ParcelState,
) -> None:
    """Handed over at that moment it is noted as void; that its own tracker tells of it is no trouble."""
    parcel = await sending.labelled(services, shop, paid, of)
    easypost.stall()
    voiding = asyncio.create_task(services.labels.void(shop, OWNER, paid.key, parcel.key))
    await easypost.stalled()
    if status is None:
        await services.ship_desk.hand_over(shop, OWNER, paid.key, parcel.key)
    else:
        await sending.deliver(services, shop, easypost.move(parcel.tracking_number or "", status))
    easypost.resume()
    await voiding
    now = await sending.now(services, shop, paid, parcel)
    assert (now.state, now.error) == (state, "voided")


@pytest.mark.parametrize("length", [101, 255])
async def test_long_names_of_a_seller_leave_the_order_readable(
    services: Services, shop: Shop, of: Basket, paid: Order, easypost: EasyPost, length: int
) -> None:
    """A label that was paid for is kept, whatever its carrier calls it."""
    parcel = await sending.quoted(services, shop, paid, of)
    made = easypost.shipments[parcel.quote_ref or ""]
    for rate in made["rates"]:
        rate |= {"carrier": "C" * length, "service": "S" * length}
    await services.labels.buy(shop, OWNER, paid.key, parcel.key, parcel.rates[0].ref)
    await services.worker.drain()
    bought = await sending.now(services, shop, paid, parcel)
    assert (bought.state, bought.carrier) == (ParcelState.LABELLED, "C" * length)
