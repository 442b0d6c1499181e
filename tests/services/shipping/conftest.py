"""A shop that sends parcels with EasyPost's labels."""

import os
from collections.abc import Iterator

import pytest

from bot.outside import Outside
from models.base import Db
from models.order import Order
from services import Services
from services.payments.processor import Site
from services.shops import Shop
from tests.fakes.easypost import EasyPost
from tests.outside import OUTSIDE
from tests.services import refunding
from tests.services.conftest import MakeProduct
from tests.services.refunding import Basket
from tests.services.shipping import sending


@pytest.fixture
def outside(easypost: EasyPost) -> Iterator[Outside]:
    """EasyPost answers here, also to a process that dies."""
    os.environ["EASYPOST_URL"] = easypost.url
    yield Outside(OUTSIDE.vault, {"easypost": Site(easypost.url)})
    del os.environ["EASYPOST_URL"]


@pytest.fixture
async def shop(shop: Shop, services: Services) -> Shop:
    """The shop with keys to EasyPost and an address to send from."""
    return await sending.opened(services, shop)


@pytest.fixture
async def of(product: MakeProduct) -> Basket:
    """Mugs, of which an order has three, are sent; roles and e-books are not."""
    return await refunding.basket(product, many=300)


@pytest.fixture
async def paid(db: Db, services: Services, shop: Shop, of: Basket) -> Order:
    """A paid order with three mugs to send."""
    return await sending.paid(db, services, shop, of)
