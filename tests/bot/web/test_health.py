import asyncio
import json
from typing import Any

from aiohttp import ClientSession
from motor.motor_asyncio import AsyncIOMotorClient
from redis.asyncio import Redis

from bot.web.app import make_app
from bot.web.listener import Listener
from models.base import Db
from services.invoices import Invoices
from services.links import Links
from tests.bot.web.conftest import SECRET, Site
from tests.invoicing import StoppedClock, an_order

NOBODY = "127.0.0.1:9"


async def health(db: Db, cache: Redis | None) -> tuple[int, dict[str, str]]:
    """What /healthz of a listener over these two says."""
    links = Links([SECRET], None, StoppedClock())
    listener = Listener(make_app(db=db, cache=cache, links=links, invoices=Invoices(db)))
    await listener.start()
    try:
        async with ClientSession() as http, http.get(f"{listener.url}/healthz") as answer:
            return answer.status, await answer.json()
    finally:
        await listener.stop()


async def test_a_shop_without_a_cache_is_well(site: Site) -> None:
    """The database alone is enough to sell."""
    answer = await site.get("/healthz")
    assert (answer.status, answer.content_type) == (200, "application/json")
    assert json.loads(await answer.text()) == {"status": "ok", "database": "up", "cache": "none"}
    assert (await site.get("/healthz", "HEAD")).status == 200


async def test_the_cache_is_reported_but_not_needed(db: Db, redis_url: str) -> None:
    """With Redis away the shop still sells, and says so."""
    async with Redis.from_url(redis_url) as cache:
        assert await health(db, cache) == (200, {"status": "ok", "database": "up", "cache": "up"})
    async with Redis.from_url(f"redis://{NOBODY}") as cache:
        assert await health(db, cache) == (200, {"status": "ok", "database": "up", "cache": "down"})


async def test_without_the_database_the_shop_is_unavailable() -> None:
    """503 within seconds, also while the driver itself would wait longer, and no address in the answer."""
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(f"mongodb://{NOBODY}")
    async with asyncio.timeout(5):
        answer = await health(Db(client, database="shop"), None)
    client.close()
    assert answer == (503, {"status": "unavailable", "database": "down", "cache": "none"})


async def test_a_page_says_when_the_database_is_away() -> None:
    """An invoice that cannot be read now is no missing page, and no bug to tell the staff of."""
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(
        f"mongodb://{NOBODY}", serverSelectionTimeoutMS=200
    )
    db = Db(client, database="shop")
    site = Site(db, ClientSession(), "")
    links = Links([SECRET], None, site.clock)
    listener = Listener(make_app(db=db, cache=None, links=links, invoices=Invoices(db)))
    await listener.start()
    site.url = listener.url
    answer = await site.get(site.path_of(an_order()))
    assert answer.status == 503
    text = await answer.text()
    assert "cannot reach its records" in text
    assert "Reference" not in text
    await site.http.close()
    await listener.stop()
    client.close()
