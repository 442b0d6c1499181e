"""Labels that nobody buys any more: their effect was given up or is gone, and staff settle them."""

import pytest

from models.audit import AuditLog
from models.base import Db
from models.errors import NotFound, Refused
from models.order import Order
from models.outbox import OutboxEffect
from models.shipment import Parcel, ParcelState, Shipment
from services import Services
from services.shops import Shop
from tests.fakes.easypost import EasyPost
from tests.services.conftest import OWNER, Audited
from tests.services.refunding import Basket
from tests.services.shipping import sending

ALONE = pytest.mark.parametrize("gone", [True, False])
BUYS = {"kind": "label.buy"}


async def alone(
    db: Db, services: Services, shop: Shop, order: Order, of: Basket, *, gone: bool, bought: bool
) -> Parcel:
    """A parcel as an older backup or a broken last try leaves it: asked for, and nobody is at it."""
    parcel = await sending.buying(services, shop, order, of, 2)
    await Shipment.rows(db).update_one({"orderId": order.key}, {"$set": {"parcels.0.asked": True}})
    before = await Shipment.rows(db).find_one({"orderId": order.key})
    assert before is not None
    if bought:
        await Shipment.rows(db).update_one({"orderId": order.key}, {"$set": {"parcels.0.asked": False}})
        await services.worker.drain()
        await Shipment.rows(db).replace_one({"orderId": order.key}, before)
    if gone:
        await OutboxEffect.rows(db).delete_one(BUYS)
    else:
        await OutboxEffect.rows(db).update_one(BUYS, {"$set": {"status": "DEAD", "lastError": "KeyError"}})
    view = await services.ship_desk.view(shop, order.key)
    (left,) = view.shipment.parcels
    assert (left.state, view.state(left), left.key) == (ParcelState.BUYING, ParcelState.UNKNOWN, parcel.key)
    return parcel


@ALONE
async def test_what_the_partner_has_is_found(
    db: Db, services: Services, shop: Shop, of: Basket, paid: Order, easypost: EasyPost, *, gone: bool
) -> None:
    """The label that was bought is kept, and none is bought beside it."""
    parcel = await alone(db, services, shop, paid, of, gone=gone, bought=True)
    found = await services.labels.look(shop, OWNER, paid.key, parcel.key)
    assert (found.state, bool(found.label_url)) == (ParcelState.LABELLED, True)
    await services.worker.drain()
    assert len(easypost.bought) == 1


@ALONE
async def test_what_the_partner_has_not_is_somebodys_word(
    db: Db, services: Services, shop: Shop, of: Basket, paid: Order, easypost: EasyPost, *, gone: bool
) -> None:
    """After a look, which is audited, or at once; its pieces go into another parcel, bought once."""
    parcel = await alone(db, services, shop, paid, of, gone=gone, bought=False)
    with pytest.raises(Refused):
        await services.labels.give_up(shop, OWNER, paid.key, parcel.key, ParcelState.BUYING)
    seen = await services.labels.look(shop, OWNER, paid.key, parcel.key)
    assert seen.state is ParcelState.UNKNOWN
    assert [each.action for each in await AuditLog.find_all(db, {"action": "ship.unknown"})] == [
        "ship.unknown"
    ]
    await services.labels.give_up(shop, OWNER, paid.key, parcel.key)
    assert (await services.ship_desk.view(shop, paid.key)).left == {of.mug.key: 3}
    assert (await sending.labelled(services, shop, paid, of)).state is ParcelState.LABELLED
    revived = {"status": "PENDING", "nextAttemptAt": services.clock.now()}
    await OutboxEffect.rows(db).update_many(BUYS, {"$set": revived})
    await services.worker.drain()
    assert len(easypost.bought) == 1


async def test_without_keys_it_can_be_given_up(
    db: Db, services: Services, shop: Shop, of: Basket, paid: Order
) -> None:
    """Nobody can ask the partner then."""
    parcel = await alone(db, services, shop, paid, of, gone=True, bought=False)
    shop = await services.providers.remove(shop, OWNER, "easypost")
    with pytest.raises(NotFound):
        await services.labels.look(shop, OWNER, paid.key, parcel.key)
    given = await services.labels.give_up(shop, OWNER, paid.key, parcel.key)
    assert given.state is ParcelState.DROPPED


async def test_what_is_being_bought_is_left_to_who_buys_it(
    db: Db, services: Services, shop: Shop, of: Basket, paid: Order, easypost: EasyPost
) -> None:
    """Of two parcels of an order only the one whose effect is gone is in doubt."""
    lost = await alone(db, services, shop, paid, of, gone=True, bought=False)
    parcel = await sending.buying(services, shop, paid, of, 1)
    view = await services.ship_desk.view(shop, paid.key)
    assert view.alone == {lost.key}
    assert (await services.labels.look(shop, OWNER, paid.key, parcel.key)).state is ParcelState.BUYING
    with pytest.raises(Refused):
        await services.labels.give_up(shop, OWNER, paid.key, parcel.key)
    await services.worker.drain()
    assert (await sending.now(services, shop, paid, parcel)).state is ParcelState.LABELLED
    assert (await sending.now(services, shop, paid, lost)).state is ParcelState.BUYING
    assert len(easypost.bought) == 1


@ALONE
async def test_the_audit_names_it_until_it_is_settled(
    db: Db, services: Services, shop: Shop, of: Basket, paid: Order, audited: Audited, *, gone: bool
) -> None:
    """The parcel of the order, also beside one whose label somebody buys."""
    parcel = await alone(db, services, shop, paid, of, gone=gone, bought=False)
    await sending.buying(services, shop, paid, of, 1)
    told = [each for each in await audited() if each.code == "label_unasked"]
    assert [each.where["parcel"] for each in told] == [parcel.key]
    await services.labels.look(shop, OWNER, paid.key, parcel.key)
    assert "label_unasked" not in {each.code for each in await audited()}
