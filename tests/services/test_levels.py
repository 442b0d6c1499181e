"""Stock for display: one query for a crowd, and never a number older than the question."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo.errors import PyMongoError
from pymongo.monitoring import CommandListener

from models.base import Db
from models.inventory import InventorySnapshot
from services.levels import Levels
from services.shops import Shop
from tests.services.conftest import MakeProduct


class Finds(CommandListener):
    """Counts what the database is asked."""

    def __init__(self) -> None:
        self.count = 0

    def started(self, event: object) -> None:
        self.count += getattr(event, "command_name", "") == "find"

    def succeeded(self, event: object) -> None:
        """Nothing to do."""

    def failed(self, event: object) -> None:
        """Nothing to do."""


@asynccontextmanager
async def watched(mongo_uri: str, database_name: str, finds: Finds) -> AsyncIterator[Db]:
    """The test's database over a connection of its own, whose queries are counted."""
    client = AsyncIOMotorClient[dict[str, object]](mongo_uri, tz_aware=True, event_listeners=[finds])
    try:
        yield Db(client=client, database=database_name)
    finally:
        client.close()


async def test_a_crowd_is_served_by_few_queries(
    shop: Shop, product: MakeProduct, mongo_uri: str, database_name: str
) -> None:
    """Fifty who ask at once for different products get their own numbers from two queries at most."""
    made = [await product(f"Thing {number}", stock=number + 1) for number in range(10)]
    finds = Finds()
    async with watched(mongo_uri, database_name, finds) as db:
        levels = Levels(db)
        asked = [[made[at % 10].key, made[(at + 1) % 10].key] for at in range(50)]
        answers = await asyncio.gather(*(levels.of(shop.id, keys) for keys in asked))
    expected = {each.key: number + 1 for number, each in enumerate(made)}
    assert answers == [{key: expected[key] for key in keys} for keys in asked]
    assert 1 <= finds.count <= 2


async def test_nobody_gets_a_number_older_than_the_question(db: Db, shop: Shop, product: MakeProduct) -> None:
    """Who asks after a change sees it, though a query from before is still under way."""
    mug = await product("Mug", stock=100)
    levels = Levels(db)
    where = {"tenantId": shop.id, "productId": mug.key}
    for left in range(99, 49, -1):
        under_way = [asyncio.create_task(levels.of(shop.id, [mug.key])) for _ in range(3)]
        await asyncio.sleep(0)
        await InventorySnapshot.rows(db).update_one(where, {"$set": {"quantityAvailable": left}})
        assert await levels.of(shop.id, [mug.key]) == {mug.key: left}
        await asyncio.gather(*under_way)


async def test_tenants_are_asked_apart(db: Db, shop: Shop, product: MakeProduct) -> None:
    """A product of another tenant has no stock, also when both ask at the same moment."""
    mug = await product("Mug", stock=3)
    levels = Levels(db)
    own, foreign = await asyncio.gather(levels.of(shop.id, [mug.key]), levels.of("other", [mug.key]))
    assert (own, foreign) == ({mug.key: 3}, {})


async def test_a_lost_database_fails_everybody_once_and_the_next_ones_try_again(
    shop: Shop, product: MakeProduct, mongo_uri: str, database_name: str
) -> None:
    """A crowd does not wait for one time-out after the other, and a failure is not kept."""
    mug = await product("Mug", stock=3)
    client = AsyncIOMotorClient[dict[str, object]](
        "mongodb://127.0.0.1:1/?directConnection=true", serverSelectionTimeoutMS=200
    )
    lost = Levels(Db(client=client, database=database_name))
    async with asyncio.timeout(5):
        found = await asyncio.gather(
            *(lost.of(shop.id, [mug.key]) for _ in range(50)), return_exceptions=True
        )
    client.close()
    assert all(isinstance(each, PyMongoError) for each in found)
    async with watched(mongo_uri, database_name, Finds()) as db:
        lost._db = db
        assert await lost.of(shop.id, [mug.key]) == {mug.key: 3}


async def test_a_person_who_gives_up_takes_nobody_along(db: Db, shop: Shop, product: MakeProduct) -> None:
    """When the one who reads is cancelled, the next in line reads."""
    mug = await product("Mug", stock=3)
    levels = Levels(db)
    reader = asyncio.create_task(levels.of(shop.id, [mug.key]))
    waiting = asyncio.create_task(levels.of(shop.id, [mug.key]))
    await asyncio.sleep(0)
    reader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader
    assert await waiting == {mug.key: 3}
