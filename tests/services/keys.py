"""Products with a pool of one-time keys, for tests that sell them."""

from models.base import Db
from models.digital_key import DigitalKey, KeyStatus
from models.product import Product
from services import Services
from services.key_reading import lines_of
from services.shops import Shop
from tests.services.conftest import OWNER, MakeProduct


async def pool(
    services: Services,
    shop: Shop,
    product: MakeProduct,
    keys: list[str],
    name: str = "Game",
    price: int = 500,
) -> Product:
    """A product on the shelf whose pool holds these keys."""
    made = await product(name, price, None)
    await services.key_pool.switch(shop, OWNER, made.key, on=True)
    if keys:
        await fill(services, shop, made.key, keys)
    return (await services.key_pool.of(shop, made.key)).product


async def fill(services: Services, shop: Shop, product_id: str, keys: list[str]) -> None:
    """Import keys."""
    await services.key_pool.add(shop, OWNER, product_id, lines_of("\n".join(keys)))


async def handed(services: Services, shop: Shop, order_id: str) -> list[str]:
    """The keys that an order has got and that were not replaced, as its customer sees them."""
    view = await services.orders.staff_view(shop, order_id)
    held = await services.keys.held(shop.id, view.entitlements)
    return [key.text or "" for keys in held.values() for key in keys if key.replaced_at is None]


async def states(db: Db, shop: Shop) -> dict[KeyStatus, int]:
    """How many keys of the shop are in each state."""
    found = await DigitalKey.find_all(db, {"tenantId": shop.id})
    return {each: sum(key.status is each for key in found) for each in KeyStatus}
