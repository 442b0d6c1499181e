"""Parcels that an adversary asked about: paid back, two of one number, corrected, carried though void."""

import pytest

from models.alert import Alert
from models.base import Db
from models.errors import ChangedMeanwhile, Refused
from models.member import Member
from models.order import Order, OrderStatus
from models.shipment import ParcelState
from services import Services
from services.payments.processor import What
from services.shops import Shop
from tests.fakes.easypost import EasyPost
from tests.services import hosting, refunding
from tests.services.conftest import OWNER
from tests.services.refunding import Basket
from tests.services.shipping import sending

NUMBER, OTHER = "EZ1000000001", "EZ2000000002"
BOB = Member("8", "bob", "Bob")


async def test_nothing_is_sent_once_all_its_money_is_about_to_go_back(
    services: Services, shop: Shop, of: Basket, paid: Order
) -> None:
    """Also by amount alone; when the refund fails, it waits to be sent again."""
    payment = await hosting.payment(services, shop, paid)
    await services.refunds.ask(shop, OWNER, paid.payment_id, payment.refundable_cents, "sorry")
    with pytest.raises(ChangedMeanwhile):
        await services.ship_desk.send(shop, OWNER, paid.key, {of.mug.key: 3})
    assert not (await refunding.now(services, shop, paid)).awaits_parcel
    payment = await hosting.payment(services, shop, paid)
    await refunding.tell(services, shop, refunding.made(paid, payment, what=What.REFUND_FAILED))
    assert (await refunding.now(services, shop, paid)).awaits_parcel
    await services.ship_desk.send(shop, OWNER, paid.key, {of.mug.key: 3})


async def test_two_orders_in_one_parcel_move_together(
    services: Services, shop: Shop, of: Basket, paid: Order, easypost: EasyPost
) -> None:
    """Staff put them into one box and enter its number at both."""
    other = await refunding.paid(services, shop, of, who=BOB)
    for order in (paid, other):
        await services.ship_desk.send(
            shop, OWNER, order.key, {of.mug.key: 3}, carrier="USPS", tracking_number=NUMBER
        )
    await services.worker.drain()
    assert await sending.deliver(services, shop, easypost.move(NUMBER, "delivered")) == 200
    for order in (paid, other):
        (parcel,) = (await services.ship_desk.view(shop, order.key)).shipment.parcels
        assert parcel.state is ParcelState.DELIVERED
    assert (await refunding.now(services, shop, paid)).status is OrderStatus.COMPLETE


async def test_a_number_that_was_right_at_first_is_followed_again(
    services: Services, shop: Shop, of: Basket, paid: Order
) -> None:
    """Corrected to a wrong one and back, before anybody had it followed."""
    parcel = await services.ship_desk.send(
        shop, OWNER, paid.key, {of.mug.key: 3}, carrier="USPS", tracking_number=NUMBER
    )
    for number in (OTHER, NUMBER):
        await services.worker.drain()
        await services.ship_desk.correct(
            shop, OWNER, paid.key, parcel.key, carrier="USPS", tracking_number=number
        )
    await services.worker.drain()
    assert (await sending.now(services, shop, paid, parcel)).movement == "pre_transit"


@pytest.mark.parametrize("status", ["failure", "delivered"])
async def test_what_a_wrong_number_brought_about_goes_with_it(
    services: Services, shop: Shop, of: Basket, paid: Order, easypost: EasyPost, status: str
) -> None:
    """It was another parcel that failed or arrived: this one is on its way."""
    parcel = await services.ship_desk.send(
        shop, OWNER, paid.key, {of.mug.key: 3}, carrier="USPS", tracking_number=NUMBER
    )
    await services.worker.drain()
    await sending.deliver(services, shop, easypost.move(NUMBER, status))
    await services.ship_desk.correct(
        shop, OWNER, paid.key, parcel.key, carrier="USPS", tracking_number="EZ7000000007"
    )
    now = await sending.now(services, shop, paid, parcel)
    assert (now.state, now.error, now.delivered_at) == (ParcelState.SENT, None, None)


async def test_an_old_button_does_not_hide_a_carriers_trouble(
    services: Services, shop: Shop, of: Basket, paid: Order, easypost: EasyPost
) -> None:
    """The card still offers to hand over what its carrier cannot deliver by now."""
    parcel = await sending.labelled(services, shop, paid, of)
    await sending.deliver(services, shop, easypost.move(parcel.tracking_number or "", "failure"))
    with pytest.raises(Refused):
        await services.ship_desk.hand_over(shop, OWNER, paid.key, parcel.key)
    assert (await sending.now(services, shop, paid, parcel)).state is ParcelState.EXCEPTION


async def test_staff_are_called_when_a_parcel_moves_whose_label_was_voided(
    db: Db, services: Services, shop: Shop, of: Basket, paid: Order, easypost: EasyPost
) -> None:
    """Somebody handed it over all the same: packed again, its pieces would be sent twice."""
    parcel = await sending.labelled(services, shop, paid, of)
    await services.labels.void(shop, OWNER, paid.key, parcel.key)
    for status in ("cancelled", "in_transit", "delivered"):
        await sending.deliver(services, shop, easypost.move(parcel.tracking_number or "", status))
    alerts = await Alert.find_all(db, {"tenantId": shop.id, "message": "parcel_moves"})
    assert [each.params["number"] for each in alerts] == [paid.order_number]
