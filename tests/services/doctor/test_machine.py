"""What the doctor sees of the machine: address, clock, database, indexes and Redis, each a real one."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from aiohttp import web
from motor.motor_asyncio import AsyncIOMotorClient
from redis.asyncio import Redis

from bot.embedded import find_mongod
from bot.embedded.daemon import running
from models import server
from models.base import Db
from models.inventory import InventorySnapshot
from models.registry import create_indexes, index_state
from services import Services
from services.doctor.contract import Mend, Severity
from services.links import Links
from services.shops import Shop
from tests.services.conftest import OWNER, TestClock
from tests.services.doctor.conftest import Look, codes


@dataclass
class Elsewhere:
    """A web server that answers as it is told."""

    url: str = ""
    status: int = 200
    body: str = '{"status": "ok"}'
    headers: dict[str, str] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)


@pytest.fixture
async def elsewhere() -> AsyncIterator[Elsewhere]:
    """Our own public address, or Discord."""
    place = Elsewhere()

    async def answer(request: web.Request) -> web.Response:
        place.seen.append(request.path)
        return web.Response(
            status=place.status, text=place.body, content_type="application/json", headers=place.headers
        )

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    place.url = site.name
    yield place
    await runner.cleanup()


def links(clock: TestClock, url: str | None) -> Links:
    """Links that lead to an address."""
    return Links(["a-secret-that-is-long-enough-for-tests"], url, clock)


async def test_the_listener_is_looked_for_at_its_public_address(
    look: Look, elsewhere: Elsewhere, clock: TestClock
) -> None:
    """It has to be ours that answers, at once and without a detour; no HTTPS is told beside."""
    there = links(clock, elsewhere.url)
    assert codes(await look("address", links=there)) == ["address_plain"]
    assert elsewhere.seen == ["/healthz"]
    for elsewhere.status, elsewhere.body, code in (
        (200, '{"hello": "I am a blog"}', "address_another"),
        (404, "{}", "address_another"),
        (200, "<html>", "address_unreachable"),
        (503, '{"status": "unavailable"}', "address_unreachable"),
    ):
        assert codes(await look("address", links=there)) == ["address_plain", code]


async def test_a_detour_counts_as_unreachable(look: Look, elsewhere: Elsewhere, clock: TestClock) -> None:
    """Providers follow no redirect, and neither does the doctor."""
    elsewhere.status, elsewhere.headers = 301, {"Location": f"{elsewhere.url}/other"}
    (_, found) = await look("address", links=links(clock, elsewhere.url))
    assert (found.code, found.values) == ("address_unreachable", {"why": "http_301"})
    assert elsewhere.seen == ["/healthz"]


async def test_an_address_is_worse_missed_where_providers_need_it(
    look: Look, services: Services, shop: Shop, clock: TestClock
) -> None:
    """Invoice links can wait; webhooks cannot."""
    (found,) = await look("address", links=links(clock, None))
    assert (found.code, found.severity) == ("address_none", Severity.WARNING)
    values = {"access_token": "EAAAl-token-0001", "location_id": "L1", "signature_key": "a-signature"}
    await services.providers.configure(shop, OWNER, "CASHAPP_PAY", values)
    (found,) = await look("address", links=links(clock, None))
    assert found.severity is Severity.WRONG
    nobody = links(clock, "https://127.0.0.1:9")
    assert codes(await look("address", links=nobody)) == ["address_unreachable"]


@pytest.mark.parametrize("drift", [-3600, -7, 7, 86_400])
async def test_a_clock_that_is_wrong_is_told_by_how_much(
    look: Look, elsewhere: Elsewhere, clock: TestClock, drift: int
) -> None:
    """Before or behind, beyond five seconds."""
    elsewhere.headers = {"Date": format_datetime(clock.now() - timedelta(seconds=drift), usegmt=True)}
    (found,) = await look("clock", discord_url=elsewhere.url)
    assert found.code == "clock_drift"
    assert abs(found.values["seconds"] - drift) <= 1
    assert elsewhere.seen == ["/gateway"]


async def test_a_clock_that_is_nearly_right_is_right_enough(
    look: Look, elsewhere: Elsewhere, clock: TestClock
) -> None:
    """A header of whole seconds and a slow answer make nobody's clock wrong."""
    for drift in (-4, 0, 4):
        elsewhere.headers = {"Date": format_datetime(clock.now() - timedelta(seconds=drift), usegmt=True)}
        assert await look("clock", discord_url=elsewhere.url) == []
    elsewhere.headers = {"Date": "yesterday"}
    assert codes(await look("clock", discord_url=elsewhere.url)) == ["clock_unknown"]
    elsewhere.status = 403
    assert codes(await look("clock", discord_url=elsewhere.url)) == ["clock_unknown"]
    assert codes(await look("clock", discord_url="http://127.0.0.1:9")) == ["clock_unknown"]
    assert await look("clock", discord_url=None) == []
    assert datetime.now(UTC) - clock.now() < timedelta(minutes=5)


async def test_the_shops_own_database_is_in_order(look: Look) -> None:
    """The embedded one is a replica set and gives up forgotten transactions soon."""
    assert await look("database") == []


async def test_a_database_without_transactions_is_found(look: Look, data_dir: Path, tmp_path: Path) -> None:
    """It also keeps what a crashed bot left open for a minute."""
    command = [str(find_mongod()), "--dbpath", ".", "--bind_ip", "./mongod.sock", "--quiet"]
    async with running(data_dir / tmp_path.name, "mongod.sock", command) as (_, socket):
        client = AsyncIOMotorClient[dict[str, object]](f"mongodb://{str(socket).replace('/', '%2F')}/")
        alone, long = await look("database", db=Db(client, "shop"))
        client.close()
    assert (alone.code, alone.severity) == ("database_alone", Severity.WRONG)
    assert (long.code, long.values) == ("transactions_long", {"seconds": 60, "better": 10})


async def test_operations_that_run_for_long_are_counted(db: Db) -> None:
    """Only this database's, and only while they run."""
    await db.database["slow"].insert_one({})
    sleeping = {"$where": "sleep(2500) || true"}
    slow = asyncio.ensure_future(db.database["slow"].find_one(sleeping))
    await asyncio.sleep(1.3)
    assert await server.slow_operations(db, 1) == 1
    assert await server.slow_operations(Db(db.client, "elsewhere"), 1) == 0
    await slow
    assert await server.slow_operations(db, 1) == 0


async def test_indexes_are_compared_with_what_is_declared(
    look: Look, mongo_uri: str, fresh_database_name: str
) -> None:
    """Missing ones, those that are not what they are called, and those of nobody."""
    client = AsyncIOMotorClient[dict[str, object]](mongo_uri, tz_aware=True)
    db = Db(client, fresh_database_name)
    await create_indexes(db)
    assert await look("indexes", db=db) == []
    rows = InventorySnapshot.rows(db)
    await rows.drop_index("tenantId_1_productId_1")
    await rows.create_index(["tenantId", "productId"])
    await rows.drop_index("holds.takenAt_1")
    await rows.create_index("notes")
    missing, stray = await look("indexes", db=db)
    assert (missing.code, missing.mend) == ("indexes_missing", Mend.INDEXES)
    assert missing.values["names"] == [
        "inventorysnapshots.tenantId_1_productId_1",
        "inventorysnapshots.holds.takenAt_1",
    ]
    assert stray.values["names"] == ["inventorysnapshots.notes_1"]
    await create_indexes(db)
    assert (await index_state(db)).missing == []
    client.close()


async def test_redis_is_asked_and_missed_kindly(look: Look, redis_url: str) -> None:
    """None, one that answers and makes room, and one that is away."""
    assert codes(await look("cache")) == ["cache_none"]
    async with Redis.from_url(redis_url) as cache:
        assert await look("cache", redis=cache) == []
        policy = str((await cache.config_get("maxmemory-policy"))["maxmemory-policy"])
        await cache.config_set("maxmemory-policy", "noeviction")
        try:
            assert codes(await look("cache", redis=cache)) == ["cache_full"]
        finally:
            await cache.config_set("maxmemory-policy", policy)
    async with Redis.from_url("redis://127.0.0.1:9", socket_connect_timeout=1) as away:
        assert codes(await look("cache", redis=away)) == ["cache_away"]
