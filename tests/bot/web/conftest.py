"""The real listener over a real database, with one shop."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import ClientResponse, ClientSession
from motor.motor_asyncio import AsyncIOMotorClient

from bot.web.app import make_app
from bot.web.listener import Listener
from models.base import Db
from models.order import Order
from models.registry import create_indexes
from services.invoices import Invoices
from services.links import Links
from tests.invoicing import StoppedClock, open_shop, sell

SECRET = "secret-of-the-pages"
PUBLIC = "https://shop.example"


@dataclass
class Site:
    """A running listener and the means to prepare what it shows."""

    db: Db
    http: ClientSession
    url: str
    clock: StoppedClock = field(default_factory=StoppedClock)

    def path_of(self, order: Order, *secrets: str) -> str:
        """The path of the order's invoice."""
        url = Links(secrets or [SECRET], PUBLIC, self.clock).invoice_url(order)
        assert url is not None
        return url.removeprefix(PUBLIC)

    async def get(self, path: str, method: str = "GET", **headers: str) -> ClientResponse:
        """The answer to a request, read to its end."""
        answer = await self.http.request(method, f"{self.url}{path}", headers=headers)
        await answer.read()
        return answer

    async def page(self, order: Order, **payment: Any) -> str:
        """Store the order and read its invoice."""
        await sell(self.db, order, **payment)
        answer = await self.get(self.path_of(order))
        assert answer.status == 200
        return await answer.text()


@pytest.fixture
async def db(mongo_uri: str, database_name: str) -> AsyncIterator[Db]:
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(mongo_uri)
    db = Db(client, database=database_name)
    await create_indexes(db)
    yield db
    client.close()


@pytest.fixture
async def site(db: Db) -> AsyncIterator[Site]:
    clock = StoppedClock()
    links = Links([SECRET, "an-older-secret"], PUBLIC, clock)
    listener = Listener(make_app(db=db, cache=None, links=links, invoices=Invoices(db)))
    await listener.start()
    await open_shop(db)
    async with ClientSession() as http:
        yield Site(db, http, listener.url, clock)
    await listener.stop()
