"""Staff pack and send: what is left, what the order says, and what the customer is owed."""

import asyncio

import pytest

from models.base import Db
from models.entitlement import Entitlement
from models.errors import BadInput, ChangedMeanwhile, NotFound, RecordChanged, Refused
from models.order import Order, OrderStatus, ShippingStatus
from models.outbox import OutboxEffect
from models.shipment import ParcelState, Shipment, ShipmentStatus
from services import Services
from services.effects import EffectKind, Notice
from services.payments.processor import What
from services.settling.credit import Picked
from services.shops import Shop
from tests.services import hosting, refunding
from tests.services.conftest import OWNER, MakeProduct
from tests.services.quiet import quiet
from tests.services.refunding import Basket, take_back, tell
from tests.services.test_review_shipping import HOME

NUMBER = "9400111899223344556677"


@pytest.fixture
async def shop(shop: Shop, services: Services) -> Shop:
    """A shop with everything configured, and a Discord that takes everything."""
    quiet(services)
    return await refunding.opened(services, shop)


@pytest.fixture
async def of(product: MakeProduct) -> Basket:
    """Mugs, of which an order has three, are sent; roles and e-books are not."""
    return await refunding.basket(product)


@pytest.fixture
async def paid(db: Db, services: Services, shop: Shop, of: Basket) -> Order:
    """A paid order of the whole basket, its roles granted."""
    placed = await refunding.paid(services, shop, of)
    for owed in await Entitlement.of_order(db, shop.id, placed.key):
        await services.delivery.granted(owed)
    return await refunding.now(services, shop, placed)


async def told(db: Db, order: Order) -> int:
    """How many notices of parcels the customer is owed, or had."""
    where = {"orderId": order.key, "payload.event": Notice.ORDER_SHIPPED}
    return len(await OutboxEffect.find_all(db, where))


async def test_a_paid_order_waits_to_be_sent(services: Services, shop: Shop, of: Basket, paid: Order) -> None:
    """It stands in the list with what is left; digital lines are none of it."""
    page = await services.ship_desk.waiting(shop)
    assert [each.key for each in page.orders] == [paid.key]
    view = await services.ship_desk.view(shop, paid.order_number.lower())
    assert view.left == {of.mug.key: 3}
    assert (view.order.status, view.order.awaits_parcel) == (OrderStatus.PAID, True)


async def test_an_order_is_sent_in_two_parcels(
    db: Db, services: Services, shop: Shop, of: Basket, paid: Order
) -> None:
    """It is being fulfilled with the first, sent with the last, complete with the last delivery."""
    first = await services.ship_desk.send(shop, OWNER, paid.key, {of.mug.key: 1})
    view = await services.ship_desk.view(shop, paid.key)
    assert (view.order.status, view.order.shipping_status) == (
        OrderStatus.FULFILLING,
        ShippingStatus.PENDING,
    )
    assert (view.left, await told(db, paid)) == ({of.mug.key: 2}, 1)
    number = f" {NUMBER[:8]} {NUMBER[8:]} "
    second = await services.ship_desk.send(
        shop, OWNER, paid.key, {of.mug.key: 2}, carrier=" USPS ", tracking_number=number
    )
    view = await services.ship_desk.view(shop, paid.key)
    assert (view.order.status, view.order.shipping_status) == (OrderStatus.SHIPPED, ShippingStatus.SHIPPED)
    assert (view.order.tracking_number, view.shipment.carrier) == (NUMBER, "USPS")
    assert (view.shipment.status, view.shipment.shipped_at is not None) == (ShipmentStatus.IN_TRANSIT, True)
    assert (await services.ship_desk.waiting(shop)).orders == []
    await services.ship_desk.delivered(shop, OWNER, paid.key, first.key)
    assert (await refunding.now(services, shop, paid)).status is OrderStatus.SHIPPED
    await services.ship_desk.delivered(shop, OWNER, paid.key, second.key)
    view = await services.ship_desk.view(shop, paid.key)
    assert (view.order.status, view.shipment.status) == (OrderStatus.COMPLETE, ShipmentStatus.DELIVERED)
    assert (view.shipment.delivered_at is not None, await told(db, paid)) == (True, 2)


async def test_a_piece_is_packed_once(services: Services, shop: Shop, of: Basket, paid: Order) -> None:
    """Ten people at once pack two of three mugs: one of them may."""
    tries = [services.ship_desk.send(shop, OWNER, paid.key, {of.mug.key: 2}) for _ in range(10)]
    done = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(not isinstance(each, BaseException) for each in done) == 1
    assert {type(each) for each in done if isinstance(each, BaseException)} == {ChangedMeanwhile}
    assert (await services.ship_desk.view(shop, paid.key)).left == {of.mug.key: 1}


async def test_a_piece_is_sent_or_paid_back_never_both(
    services: Services, shop: Shop, of: Basket, paid: Order
) -> None:
    """Whoever is second is told to look again."""
    picked = Picked({of.mug.key: 3})
    send = services.ship_desk.send(shop, OWNER, paid.key, {of.mug.key: 3})
    done = await asyncio.gather(send, take_back(services, shop, paid, picked), return_exceptions=True)
    view, payment = await services.ship_desk.view(shop, paid.key), await hosting.payment(services, shop, paid)
    sent = sum(line.quantity for each in view.shipment.parcels for line in each.lines)
    if isinstance(done[0], BaseException):
        assert (sent, len(payment.refunds), type(done[0])) == (0, 1, ChangedMeanwhile)
    else:
        # What is on its way can be paid back all the same, if it was lost, or came back.
        assert sent == 3


async def test_what_goes_back_is_not_sent(services: Services, shop: Shop, of: Basket, paid: Order) -> None:
    """From the moment that a refund is asked for; when it bounces, its pieces are to be sent again."""
    payment = await take_back(services, shop, paid, Picked({of.mug.key: 3}))
    view = await services.ship_desk.view(shop, paid.key)
    assert (view.left, view.order.awaits_parcel) == ({}, False)
    with pytest.raises(ChangedMeanwhile):
        await services.ship_desk.send(shop, OWNER, paid.key, {of.mug.key: 1})
    await tell(services, shop, refunding.made(paid, payment))
    payment = await hosting.payment(services, shop, paid)
    assert (await refunding.now(services, shop, paid)).awaits_parcel is False
    await tell(services, shop, refunding.made(paid, payment, what=What.REFUND_FAILED))
    view = await services.ship_desk.view(shop, paid.key)
    assert (view.left, view.order.awaits_parcel) == ({of.mug.key: 3}, True)


async def test_the_rest_of_a_partly_refunded_order_is_sent(
    services: Services, shop: Shop, of: Basket, paid: Order
) -> None:
    """It goes on saying that money went back; where it stood is known when the refund bounces."""
    payment = await take_back(services, shop, paid, Picked({of.mug.key: 1}))
    await tell(services, shop, refunding.made(paid, payment))
    await services.ship_desk.send(shop, OWNER, paid.key, {of.mug.key: 2})
    order = await refunding.now(services, shop, paid)
    assert (order.status, order.shipping_status) == (OrderStatus.PARTIALLY_REFUNDED, ShippingStatus.SHIPPED)
    payment = await hosting.payment(services, shop, paid)
    await tell(services, shop, refunding.made(paid, payment, what=What.REFUND_FAILED))
    order = await refunding.now(services, shop, paid)
    assert (order.status, order.awaits_parcel) == (OrderStatus.SHIPPED, True)
    parcel = await services.ship_desk.send(shop, OWNER, paid.key, {of.mug.key: 1})
    for each in (await services.ship_desk.view(shop, paid.key)).shipment.parcels:
        await services.ship_desk.delivered(shop, OWNER, paid.key, each.key)
    assert parcel.number == 2
    assert (await refunding.now(services, shop, paid)).status is OrderStatus.COMPLETE


async def test_what_came_back_is_to_be_sent_again(
    services: Services, shop: Shop, of: Basket, paid: Order
) -> None:
    """A parcel that came back is history; a reason is asked for."""
    parcel = await services.ship_desk.send(shop, OWNER, paid.key, {of.mug.key: 3})
    with pytest.raises(BadInput):
        await services.ship_desk.came_back(shop, OWNER, paid.key, parcel.key, " \u200b ")
    await services.ship_desk.came_back(shop, OWNER, paid.key, parcel.key, "nobody at home")
    view = await services.ship_desk.view(shop, paid.key)
    assert (view.left, view.order.awaits_parcel) == ({of.mug.key: 3}, True)
    assert [each.key for each in (await services.ship_desk.waiting(shop)).orders] == [paid.key]
    with pytest.raises(Refused):
        await services.ship_desk.delivered(shop, OWNER, paid.key, parcel.key)
    again = await services.ship_desk.send(shop, OWNER, paid.key, {of.mug.key: 3})
    assert (again.number, again.state) == (2, ParcelState.SENT)


async def test_a_wrong_number_is_corrected_and_told(
    db: Db, services: Services, shop: Shop, of: Basket, paid: Order
) -> None:
    """The customer hears of the right one."""
    sent = await services.ship_desk.send(
        shop, OWNER, paid.key, {of.mug.key: 3}, carrier="USPS", tracking_number="1"
    )
    await services.ship_desk.correct(shop, OWNER, paid.key, sent.key, carrier="USPS", tracking_number=NUMBER)
    assert (await refunding.now(services, shop, paid)).tracking_number == NUMBER
    assert await told(db, paid) == 2


async def test_an_address_is_put_right_until_something_is_packed(
    services: Services, shop: Shop, of: Basket, paid: Order
) -> None:
    """After that the parcel has left for the old one."""
    order = await services.ship_desk.readdress(shop, OWNER, paid.key, {**HOME, "line1": "13 Garden Street"})
    assert order.shipping_address is not None
    assert order.shipping_address.line1 == "13 Garden Street"
    await services.ship_desk.send(shop, OWNER, paid.key, {of.mug.key: 1})
    with pytest.raises(Refused):
        await services.ship_desk.readdress(shop, OWNER, paid.key, HOME)


@pytest.mark.parametrize("pieces", [{}, {"mug": 0}, {"mug": -1}, {"mug": 4}, {"vip": 1}, {"none": 1}])
async def test_nothing_else_can_be_packed(
    services: Services, shop: Shop, of: Basket, paid: Order, pieces: dict[str, int]
) -> None:
    """No more than is left, nothing digital, nothing unknown."""
    keys = {"mug": of.mug.key, "vip": of.vip.key, "none": "x"}
    chosen = {keys[name]: many for name, many in pieces.items()}
    with pytest.raises((BadInput, ChangedMeanwhile)):
        await services.ship_desk.send(shop, OWNER, paid.key, chosen)
    assert (await services.ship_desk.view(shop, paid.key)).shipment.parcels == []


async def test_only_what_is_paid_is_sent(services: Services, shop: Shop, of: Basket) -> None:
    """Neither before it is paid nor after all of it went back; and nobody sends another shop's order."""
    placed = await refunding.order(services, shop, of)
    with pytest.raises(Refused):
        await services.ship_desk.send(shop, OWNER, placed.key, {of.mug.key: 1})
    with pytest.raises(NotFound):
        await services.ship_desk.send(shop, OWNER, "0" * 24, {of.mug.key: 1})


async def test_strange_numbers_are_refused(services: Services, shop: Shop, of: Basket, paid: Order) -> None:
    """Carriers' numbers are letters, digits and dashes."""
    for carrier, number in (("x" * 61, "1"), ("UPS", "1" * 101), ("UPS", "<@1>"), ("UPS", "\uff21\uff221")):
        with pytest.raises(BadInput):
            await services.ship_desk.send(
                shop, OWNER, paid.key, {of.mug.key: 1}, carrier=carrier, tracking_number=number
            )


async def test_a_digital_order_has_nothing_to_send(
    db: Db, services: Services, shop: Shop, product: MakeProduct
) -> None:
    """It has no shipment and is never waited for."""
    book = await product("Book", 0, None, delivery_text="Once")
    await services.carts.add(shop, OWNER, book.key, 1)
    view = await services.checkout.view(shop, OWNER)
    order = await services.placement.place(shop, OWNER, view.session.key, view.session.version)
    assert order.status is OrderStatus.COMPLETE
    assert await Shipment.of_order(db, shop.id, order.key) is None
    with pytest.raises(NotFound):
        await services.ship_desk.view(shop, order.key)


async def test_nobody_follows_without_a_partner(
    db: Db, services: Services, shop: Shop, of: Basket, paid: Order
) -> None:
    """A shop without a shipping partner owes nothing to one."""
    await services.ship_desk.send(shop, OWNER, paid.key, {of.mug.key: 3}, tracking_number=NUMBER)
    assert await OutboxEffect.find_all(db, {"kind": EffectKind.PARCEL_FOLLOW}) == []


async def test_of_two_who_correct_a_number_at_once_one_is_told(
    db: Db, services: Services, shop: Shop, of: Basket, paid: Order
) -> None:
    """Both saw the wrong one; what the first wrote stays."""
    desk = services.ship_desk
    seen = await desk.send(shop, OWNER, paid.key, {of.mug.key: 3}, carrier="USPS", tracking_number="1")
    numbers = (NUMBER, NUMBER[::-1])
    edits = [
        desk.correct(shop, OWNER, paid.key, seen.key, carrier="USPS", tracking_number=number, seen=seen)
        for number in numbers
    ]
    done = await asyncio.gather(*edits, return_exceptions=True)
    assert [isinstance(each, RecordChanged) for each in done].count(True) == 1
    won = numbers[isinstance(done[0], RecordChanged)]
    assert (await refunding.now(services, shop, paid)).tracking_number == won
    assert await told(db, paid) == 2


async def test_of_two_who_correct_an_address_at_once_one_is_told(
    services: Services, shop: Shop, paid: Order
) -> None:
    """Both saw the old one; what the first wrote stays."""
    streets = ("13 Garden Street", "14 Garden Street")
    edits = [
        services.ship_desk.readdress(shop, OWNER, paid.key, {**HOME, "line1": street}, seen=paid)
        for street in streets
    ]
    done = await asyncio.gather(*edits, return_exceptions=True)
    assert [isinstance(each, RecordChanged) for each in done].count(True) == 1
    address = (await refunding.now(services, shop, paid)).shipping_address
    assert address is not None
    assert address.line1 == streets[isinstance(done[0], RecordChanged)]
