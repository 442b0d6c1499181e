"""A shop that sends parcels with EasyPost's labels, and steps that many tests take."""

from models.address import Address
from models.base import Db
from models.entitlement import Entitlement
from models.order import Order
from models.shipment import Parcel
from services import Services
from services.shipping.contract import Box
from services.shops import Shop
from tests.fakes.easypost import EasyPost
from tests.fakes.provider import Notice
from tests.services import refunding
from tests.services.conftest import OWNER
from tests.services.quiet import quiet
from tests.services.refunding import Basket
from tests.services.test_review_shipping import HOME

KEYS = {"api_key": EasyPost.KEY, "webhook_secret": EasyPost.WEBHOOK_SECRET}
BOX = Box(weight_grams=500, length_mm=200, width_mm=150, height_mm=100)


async def opened(services: Services, shop: Shop) -> Shop:
    """The shop with keys to EasyPost and an address to send from, and a Discord that takes everything."""
    quiet(services)
    shop = await refunding.opened(services, shop)
    shop = await services.providers.configure(shop, OWNER, "easypost", KEYS)
    home = Address(tenant_id=shop.id, **{**HOME, "name": "Aurora"})
    return await services.shops.configure(shop, OWNER, ship_from=home)


async def paid(db: Db, services: Services, shop: Shop, of: Basket) -> Order:
    """A paid order of three mugs, two roles and an e-book, of which all but the mugs was handed over."""
    placed = await refunding.paid(services, shop, of)
    for owed in await Entitlement.of_order(db, shop.id, placed.key):
        await services.delivery.granted(owed)
    return await refunding.now(services, shop, placed)


async def quoted(services: Services, shop: Shop, order: Order, of: Basket, many: int = 3) -> Parcel:
    """A parcel whose label has a price."""
    parcel, _ = await services.labels.quote(shop, OWNER, order.key, {of.mug.key: many}, BOX)
    return parcel


async def buying(services: Services, shop: Shop, order: Order, of: Basket, many: int = 3) -> Parcel:
    """A parcel whose label staff have asked for, at its lowest price."""
    parcel = await quoted(services, shop, order, of, many)
    return await services.labels.buy(shop, OWNER, order.key, parcel.key, parcel.rates[0].ref)


async def labelled(services: Services, shop: Shop, order: Order, of: Basket, many: int = 3) -> Parcel:
    """A parcel with a label."""
    parcel = await buying(services, shop, order, of, many)
    await services.worker.drain()
    return await now(services, shop, order, parcel)


async def now(services: Services, shop: Shop, order: Order, parcel: Parcel) -> Parcel:
    """The parcel as it stands."""
    found = (await services.ship_desk.view(shop, order.key)).shipment.parcel(parcel.key)
    assert found is not None
    return found


async def deliver(services: Services, shop: Shop, notice: Notice) -> int:
    """EasyPost delivers a webhook, which is acted upon."""
    headers = {name.lower(): value for name, value in notice.headers.items()}
    status = await services.inbox.receive("easypost", shop.id, notice.body, headers)
    await services.inbox.drain()
    return status
