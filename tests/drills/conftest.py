"""A shop over a replica set that a drill may do anything to."""

import logging
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from bot.outside import open_database
from models.base import Db
from models.registry import all_documents, create_indexes
from services import Services
from services.shops import Shop
from tests.drills.asking import healed
from tests.drills.blow import Blow
from tests.drills.replica_set import ReplicaSet
from tests.drills.stage import Stage
from tests.services.books_kept import books_findings
from tests.services.conftest import OWNER, MakeProduct, TestClock, clock, outside, product, services

__all__ = ["clock", "outside", "product", "services"]


@pytest.fixture(scope="session")
def three(data_dir: Path) -> Iterator[ReplicaSet]:
    """The set, which the whole run shares."""
    drilled = ReplicaSet(data_dir / "drill")
    drilled.start()
    yield drilled
    drilled.stop()


@pytest.fixture
def members(three: ReplicaSet) -> Iterator[ReplicaSet]:
    """The set in good health, and emptied afterwards."""
    three.heal()
    yield three
    three.heal()
    primary = three.primary().direct
    for document in all_documents():
        primary["test"][document.__collection__].delete_many({})


@pytest.fixture
def blow() -> Blow:
    """What befalls the database at a chosen command of the shop."""
    return Blow()


@pytest.fixture
async def db(members: ReplicaSet, blow: Blow) -> AsyncIterator[Db]:
    """The database as the shop opens it; in the end the books of every shop in it add up."""
    opened = open_database(members.uri, "test", blow)
    await create_indexes(opened)
    yield opened
    await healed(opened, members)
    assert await books_findings(opened) == []
    opened.client.close()


@pytest.fixture
async def shop(services: Services) -> Shop:
    """A claimed shop that takes Venmo."""
    made = await services.shops.claim("900", "Aurora", OWNER)
    return await services.methods.configure(made, OWNER, "VENMO", {"recipient": "@aurora-shop"})


@pytest.fixture
def stage(
    db: Db,
    members: ReplicaSet,
    blow: Blow,
    services: Services,
    shop: Shop,
    product: MakeProduct,
    clock: TestClock,
) -> Stage:
    """The shop of a drill, the set below it, and what befalls them."""
    return Stage(db, members, blow, services, shop, product, clock)


@pytest.fixture(autouse=True)
def quieter(caplog: pytest.LogCaptureFixture) -> None:
    """Keep the driver's own news of every server out of what a failing drill shows."""
    caplog.set_level(logging.WARNING, logger="pymongo")
