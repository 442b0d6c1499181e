"""Labels: a price that was seen, bought once whatever goes wrong, looked for, and voided."""

import asyncio
from decimal import Decimal

import pytest

from models.base import Db
from models.errors import BadInput, ChangedMeanwhile, Declined, NotFound, ProviderError, Refused
from models.order import Order, OrderStatus, ShippingStatus
from models.outbox import OutboxEffect, OutboxStatus
from models.shipment import ParcelState, Shipment, ShipmentStatus
from services import Services
from services.effects import Notice
from services.settling.credit import Picked
from services.shops import Shop
from tests.fakes.easypost import EasyPost
from tests.fakes.provider import Fault
from tests.services import refunding
from tests.services.conftest import OWNER, TestClock
from tests.services.refunding import Basket
from tests.services.shipping import sending


async def test_a_label_is_bought_at_the_price_that_was_seen(
    services: Services, shop: Shop, of: Basket, paid: Order, easypost: EasyPost
) -> None:
    """The parcel waits for its carrier then; its pieces are in no other parcel."""
    parcel = await sending.quoted(services, shop, paid, of, 2)
    assert [rate.cents for rate in parcel.rates] == sorted(rate.cents for rate in parcel.rates)
    assert (await services.ship_desk.view(shop, paid.key)).left == {of.mug.key: 3}
    await services.labels.buy(shop, OWNER, paid.key, parcel.key, parcel.rates[0].ref)
    assert (await services.ship_desk.view(shop, paid.key)).left == {of.mug.key: 1}
    await services.worker.drain()
    bought = await sending.now(services, shop, paid, parcel)
    assert (bought.state, bought.cost_cents) == (ParcelState.LABELLED, parcel.rates[0].cents)
    assert bought.label_url
    assert bought.tracking_number
    assert bought.track_ref
    assert [int(100 * price) for _, price in easypost.bought] == [bought.cost_cents]
    view = await services.ship_desk.view(shop, paid.key)
    assert (view.order.status, view.order.awaits_parcel) == (OrderStatus.FULFILLING, True)


async def test_a_label_of_all_waits_for_its_carrier(
    db: Db, services: Services, shop: Shop, of: Basket, paid: Order
) -> None:
    """The customer hears when it is handed over, and once."""
    parcel = await sending.labelled(services, shop, paid, of)
    view = await services.ship_desk.view(shop, paid.key)
    assert (view.order.shipping_status, view.shipment.status) == (
        ShippingStatus.LABEL_CREATED,
        ShipmentStatus.LABEL_CREATED,
    )
    await services.ship_desk.hand_over(shop, OWNER, paid.key, parcel.key)
    with pytest.raises(Refused):
        await services.ship_desk.hand_over(shop, OWNER, paid.key, parcel.key)
    where = {"orderId": paid.key, "payload.event": Notice.ORDER_SHIPPED}
    assert len(await OutboxEffect.find_all(db, where)) == 1
    assert (await refunding.now(services, shop, paid)).status is OrderStatus.SHIPPED


async def test_ten_clicks_buy_one_label(
    services: Services, shop: Shop, of: Basket, paid: Order, easypost: EasyPost
) -> None:
    """The others are told that it is being bought."""
    parcel = await sending.quoted(services, shop, paid, of)
    clicks = [services.labels.buy(shop, OWNER, paid.key, parcel.key, parcel.rates[0].ref) for _ in range(10)]
    done = await asyncio.gather(*clicks, return_exceptions=True)
    assert sum(not isinstance(each, BaseException) for each in done) == 1
    await services.worker.drain()
    await services.worker.drain()
    assert len(easypost.bought) == 1


@pytest.mark.parametrize("fault", [Fault.LOST, Fault.LATE_ERROR, Fault.PAGE, Fault.SLOW])
async def test_a_lost_answer_buys_no_second_label(
    services: Services,
    shop: Shop,
    of: Basket,
    paid: Order,
    easypost: EasyPost,
    clock: TestClock,
    fault: Fault,
) -> None:
    """It is looked for; there or not, nobody asks for it again."""
    parcel = await sending.quoted(services, shop, paid, of)
    await services.labels.buy(shop, OWNER, paid.key, parcel.key, parcel.rates[0].ref)
    easypost.fail(fault)
    await services.worker.drain()
    there = len(easypost.bought)
    assert (await sending.now(services, shop, paid, parcel)).state is ParcelState.UNKNOWN
    for _ in range(8):
        clock.forward(hours=13)
        await services.worker.drain()
    state = (await sending.now(services, shop, paid, parcel)).state
    assert (len(easypost.bought), state) == (
        (there, ParcelState.LABELLED) if there else (0, ParcelState.UNKNOWN)
    )
    assert len(easypost.asked(f"/v2/shipments/{parcel.quote_ref}/buy")) == 1


async def test_who_looks_finds_a_label_or_says_that_there_is_none(
    services: Services, shop: Shop, of: Basket, paid: Order, easypost: EasyPost
) -> None:
    """As long as nobody knows, its pieces can go into no other parcel."""
    for fault, found in ((Fault.LOST, ParcelState.LABELLED), (Fault.PAGE, ParcelState.UNKNOWN)):
        parcel = await sending.quoted(services, shop, paid, of, 1)
        await services.labels.buy(shop, OWNER, paid.key, parcel.key, parcel.rates[0].ref)
        easypost.fail(fault)
        await services.worker.drain()
        assert (await services.labels.look(shop, OWNER, paid.key, parcel.key)).state is found
    assert (await services.ship_desk.view(shop, paid.key)).left == {of.mug.key: 1}
    await services.labels.give_up(shop, OWNER, paid.key, parcel.key)
    assert (await services.ship_desk.view(shop, paid.key)).left == {of.mug.key: 2}
    with pytest.raises(Refused):
        await services.labels.give_up(shop, OWNER, paid.key, parcel.key)


async def test_a_provider_that_is_away_is_asked_again(
    services: Services, shop: Shop, of: Basket, paid: Order, easypost: EasyPost, clock: TestClock
) -> None:
    """It certainly did nothing, so one label comes of it in the end."""
    parcel = await sending.buying(services, shop, paid, of)
    easypost.fail(Fault.BUSY)
    await services.worker.drain()
    assert (await sending.now(services, shop, paid, parcel)).state is ParcelState.BUYING
    clock.forward(minutes=5)
    await services.worker.drain()
    assert (await sending.now(services, shop, paid, parcel)).state is ParcelState.LABELLED
    assert len(easypost.bought) == 1


async def test_a_label_that_cannot_be_bought_frees_its_pieces(
    db: Db, services: Services, shop: Shop, of: Basket, paid: Order, easypost: EasyPost, clock: TestClock
) -> None:
    """Whether EasyPost refuses, or never accepts the shop's keys."""
    parcel = await sending.quoted(services, shop, paid, of, 1)
    await services.labels.buy(shop, OWNER, paid.key, parcel.key, parcel.rates[0].ref)
    await services.providers.remove(shop, OWNER, "easypost")
    for _ in range(8):
        clock.forward(hours=13)
        await services.worker.drain()
    dropped = await sending.now(services, shop, paid, parcel)
    assert (dropped.state, dropped.error) == (ParcelState.DROPPED, "wrong_keys")
    (owed,) = await OutboxEffect.find_all(db, {"kind": "label.buy"})
    assert (owed.status, owed.last_error) == (OutboxStatus.DEAD, "wrong_keys")
    assert (await services.ship_desk.view(shop, paid.key)).left == {of.mug.key: 3}
    assert easypost.bought == []


async def test_a_label_asked_for_by_a_dead_process_is_unknown_without_keys(
    db: Db, services: Services, shop: Shop, of: Basket, paid: Order, clock: TestClock
) -> None:
    """Nobody can look for it then, so that staff have to say whether it was bought."""
    parcel = await sending.buying(services, shop, paid, of)
    await Shipment.rows(db).update_one({"orderId": paid.key}, {"$set": {"parcels.0.asked": True}})
    await services.providers.remove(shop, OWNER, "easypost")
    for _ in range(8):
        clock.forward(hours=13)
        await services.worker.drain()
    assert (await sending.now(services, shop, paid, parcel)).state is ParcelState.UNKNOWN
    await services.labels.give_up(shop, OWNER, paid.key, parcel.key)
    assert (await services.ship_desk.view(shop, paid.key)).left == {of.mug.key: 3}


async def test_a_refused_purchase_says_why(
    services: Services, shop: Shop, of: Basket, paid: Order, easypost: EasyPost
) -> None:
    """Without money on the account nothing is bought, and somebody can try again."""
    parcel = await sending.quoted(services, shop, paid, of)
    easypost.balance = Decimal(0)
    await services.labels.buy(shop, OWNER, paid.key, parcel.key, parcel.rates[0].ref)
    await services.worker.drain()
    dropped = await sending.now(services, shop, paid, parcel)
    assert (dropped.state, dropped.error) == (ParcelState.DROPPED, "PAYMENT_REQUIRED")
    easypost.balance = None
    assert (await sending.labelled(services, shop, paid, of)).state is ParcelState.LABELLED


async def test_an_unused_label_is_voided(
    services: Services, shop: Shop, of: Basket, paid: Order, easypost: EasyPost
) -> None:
    """Its pieces are to be sent again; what is on its way cannot be voided."""
    parcel = await sending.labelled(services, shop, paid, of)
    await services.labels.void(shop, OWNER, paid.key, parcel.key)
    voided = await sending.now(services, shop, paid, parcel)
    assert (voided.state, voided.error) == (ParcelState.DROPPED, "voided")
    assert (await services.ship_desk.view(shop, paid.key)).left == {of.mug.key: 3}
    again = await sending.labelled(services, shop, paid, of)
    await services.ship_desk.hand_over(shop, OWNER, paid.key, again.key)
    with pytest.raises(Refused):
        await services.labels.void(shop, OWNER, paid.key, again.key)
    assert len(easypost.bought) == 2


async def test_a_carrier_that_keeps_the_money_keeps_the_label(
    services: Services, shop: Shop, of: Basket, paid: Order, easypost: EasyPost
) -> None:
    """A rejected wish changes nothing."""
    parcel = await sending.labelled(services, shop, paid, of)
    await services.labels.void(shop, OWNER, paid.key, parcel.key)
    again = await sending.labelled(services, shop, paid, of)
    easypost.shipments[again.quote_ref or ""]["refund_status"] = "rejected"
    easypost.on_scan = {"USPS", "FedEx", "UPSDAP"}
    with pytest.raises(Declined):
        await services.labels.void(shop, OWNER, paid.key, again.key)
    assert (await sending.now(services, shop, paid, again)).state is ParcelState.LABELLED


async def test_a_price_is_asked_for_anew(services: Services, shop: Shop, of: Basket, paid: Order) -> None:
    """The latest question takes the place of the one before; nobody buys by the old one."""
    old = await sending.quoted(services, shop, paid, of)
    new = await sending.quoted(services, shop, paid, of, 1)
    assert [each.key for each in (await services.ship_desk.view(shop, paid.key)).shipment.parcels] == [
        new.key
    ]
    with pytest.raises(NotFound):
        await services.labels.buy(shop, OWNER, paid.key, old.key, old.rates[0].ref)
    with pytest.raises(NotFound):
        await services.labels.buy(shop, OWNER, paid.key, new.key, "rate_unknown")


async def test_what_was_packed_meanwhile_gets_no_label(
    services: Services, shop: Shop, of: Basket, paid: Order, easypost: EasyPost
) -> None:
    """By somebody else, or paid back."""
    parcel = await sending.quoted(services, shop, paid, of)
    await services.ship_desk.send(shop, OWNER, paid.key, {of.mug.key: 1})
    with pytest.raises(ChangedMeanwhile):
        await services.labels.buy(shop, OWNER, paid.key, parcel.key, parcel.rates[0].ref)
    parcel = await sending.quoted(services, shop, paid, of, 2)
    await refunding.take_back(services, shop, paid, Picked({of.mug.key: 1}))
    with pytest.raises(ChangedMeanwhile):
        await services.labels.buy(shop, OWNER, paid.key, parcel.key, parcel.rates[0].ref)
    await services.worker.drain()
    assert easypost.bought == []


async def test_a_question_needs_an_address_and_a_partner(
    services: Services, shop: Shop, of: Basket, paid: Order, easypost: EasyPost
) -> None:
    """Each refusal says which; a partner that is away changes nothing."""
    easypost.fail(*[Fault.DOWN] * 5)
    with pytest.raises(ProviderError):
        await sending.quoted(services, shop, paid, of)
    easypost.recover()
    bare = await services.shops.configure(shop, OWNER, ship_from=None)
    with pytest.raises(BadInput) as refused:
        await sending.quoted(services, bare, paid, of)
    assert refused.value.field == "ship_from"
    without = await services.providers.remove(shop, OWNER, "easypost")
    with pytest.raises(NotFound):
        await sending.quoted(services, without, paid, of)
    assert (await services.ship_desk.view(shop, paid.key)).shipment.parcels == []
