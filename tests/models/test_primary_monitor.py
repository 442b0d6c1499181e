import asyncio
import time
from pathlib import Path

import pytest
from motor.motor_asyncio import AsyncIOMotorClient

from bot.outside import open_database
from models.base import Db
from models.counter import Counter
from models.primary_monitor import NobodyThere, PrimaryMonitor
from models.transaction import away

ROOT = Path(__file__).parents[2]
NOWHERE = "mongodb://127.0.0.1:9/?replicaSet=gone&serverSelectionTimeoutMS=300"


async def test_after_a_while_nobody_waits_for_servers_that_are_gone() -> None:
    """The first who ask wait as long as it may help; whoever comes later is told at once."""
    monitor = PrimaryMonitor(seconds=0.2)
    client = AsyncIOMotorClient[dict[str, object]](NOWHERE, event_listeners=[monitor])
    db = Db(client=client, database="shop", monitor=monitor)
    with pytest.raises(Exception, match="127") as first:
        await Counter.find_one(db, {})
    assert away(first.value)
    with pytest.raises(NobodyThere) as second:
        await Counter.find_one(db, {})
    assert away(second.value)
    client.close()


async def test_who_asks_late_for_the_first_time_is_not_told_that_nobody_is_there(
    mongo_uri: str, database_name: str
) -> None:
    """The driver looks for servers when it is asked for something, not before."""
    monitor = PrimaryMonitor(seconds=0.1)
    client = AsyncIOMotorClient[dict[str, object]](mongo_uri, event_listeners=[monitor])
    db = Db(client=client, database=database_name, monitor=monitor)
    await asyncio.sleep(0.5)
    assert await Counter.find_one(db, {}) is None
    client.close()


async def test_while_there_is_a_server_everything_is_tried(mongo_uri: str, database_name: str) -> None:
    """A private server, which is no primary that others elect, counts as one that takes writes."""
    db = open_database(mongo_uri, database_name)
    assert await Counter.find_one(db, {}) is None
    time.sleep(0.1)  # noqa: ASYNC251 - the driver's own threads go on
    assert await Counter.find_one(db, {}) is None
    db.client.close()


@pytest.mark.parametrize(
    "address", ["{}&w=1", "{}&journal=false&readPreference=secondary", "{}&retryWrites=false"]
)
async def test_no_address_makes_the_shop_promise_less(mongo_uri: str, address: str) -> None:
    """What is answered for stays, whatever somebody wrote into the address."""
    client = open_database(address.format(mongo_uri), "shop").client
    concern = client.write_concern.document
    assert (concern["w"], concern["j"]) == ("majority", True)
    assert client.read_preference.mongos_mode == "primary"
    assert client.delegate.options.retry_writes
    client.close()


async def test_an_address_may_name_its_own_patience(mongo_uri: str) -> None:
    """Who knows their servers better than we do is listened to."""
    client = open_database(f"{mongo_uri}&serverselectiontimeoutms=12345", "shop").client
    assert client.delegate.options.server_selection_timeout == 12.345
    client.close()
