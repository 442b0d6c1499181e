"""One private mongod and redis-server for the whole run, and a database of its own for every test."""

import asyncio
import contextlib
import os
import shutil
import sys
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import MongoClient

from bot.embedded import Mongod, RedisServer
from models.base import Db
from models.registry import all_documents, create_indexes
from tests.fakes.easypost import EasyPost
from tests.fakes.square import Square

DATABASE = "test"
MEMORY = Path("/dev/shm")  # noqa: S108 - a disk in memory, where a journal costs nothing


def pytest_configure(config: pytest.Config) -> None:
    """Keep what Python compiles until the run ends, also where the environment says it shall not be kept.

    Hundreds of tests start a bot, in a process of its own or in this one, which compiles its modules anew.
    """
    if sys.dont_write_bytecode:
        folder = tempfile.TemporaryDirectory(prefix="shop-compiled-")
        config.add_cleanup(folder.cleanup)
        sys.pycache_prefix, sys.dont_write_bytecode = folder.name, False
        os.environ["PYTHONPYCACHEPREFIX"] = folder.name
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


@dataclass(frozen=True)
class Servers:
    """Where the run's own servers answer."""

    mongo_uri: str
    redis_url: str


@pytest.fixture(scope="session")
def data_dir() -> Iterator[Path]:
    """A folder for the run's servers, in memory where the machine offers that."""
    parent = MEMORY if os.access(MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="shop-tests-", dir=parent) as folder:
        yield Path(folder)


@pytest.fixture(autouse=True)
def tidied(data_dir: Path) -> Iterator[None]:
    """Clear away what a test put beside the run's servers: a database of its own takes 300 MB of memory."""
    yield
    for folder in data_dir.glob("test_*"):
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def servers(data_dir: Path) -> Iterator[Servers]:
    """Both servers, on a loop in a thread of their own: every test has its own event loop."""
    with ThreadPoolExecutor(1) as thread:
        runner = thread.submit(asyncio.Runner).result()
        stack = contextlib.AsyncExitStack()
        started = thread.submit(lambda: runner.run(_start(stack, data_dir)))
        try:
            yield started.result()
        finally:
            thread.submit(lambda: runner.run(stack.aclose())).result()
            thread.submit(runner.close).result()


async def _start(stack: contextlib.AsyncExitStack, data_dir: Path) -> Servers:
    return Servers(
        mongo_uri=await stack.enter_async_context(Mongod(data_dir, journal_ms=2)),
        redis_url=await stack.enter_async_context(RedisServer(data_dir)),
    )


@pytest.fixture(scope="session")
def mongo_uri(servers: Servers) -> str:
    """The address of the run's replica set."""
    return servers.mongo_uri


@pytest.fixture(scope="session")
def redis_url(servers: Servers) -> str:
    """The address of the run's Redis; tests share it, so keys need a tenant or a name of their own."""
    return servers.redis_url


@pytest.fixture(scope="session")
def janitor(mongo_uri: str) -> Iterator[MongoClient[dict[str, Any]]]:
    """A plain client that clears away what tests leave, and stops mongod from doing so in the midst of one.

    Once a minute it would remove what is past its time: tests compare everything that is stored, and their
    clocks stand where they like.
    """
    with MongoClient[dict[str, Any]](mongo_uri) as client:
        client.admin.command("setParameter", 1, ttlMonitorEnabled=False)
        yield client


@pytest.fixture
def database_name(janitor: MongoClient[dict[str, Any]]) -> Iterator[str]:
    """An empty database that only this test uses, emptied afterwards.

    Making and dropping one for every test keeps thousands of files open: mongod lets go of them late.
    """
    yield DATABASE
    database = janitor[DATABASE]
    declared = {document.__collection__ for document in all_documents()}
    for name in database.list_collection_names():
        if name in declared:
            database[name].delete_many({})
        else:
            database[name].drop()


@pytest.fixture
def fresh_database_name(janitor: MongoClient[dict[str, Any]]) -> Iterator[str]:
    """A database that does not exist yet, for tests that change indexes; dropped afterwards."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    yield name
    janitor.drop_database(name)


@pytest.fixture(scope="session")
def index_counts() -> dict[str, int]:
    """How many indexes each database had when all of them were made."""
    return {}


@pytest.fixture
async def db(mongo_uri: str, database_name: str, index_counts: dict[str, int]) -> AsyncIterator[Db]:
    """This test's own database, with every index: made again only if there are more or fewer than before.

    Tests that put another index in a declared one's place have a fresh database.
    """
    client = AsyncIOMotorClient[dict[str, Any]](mongo_uri, tz_aware=True)
    engine = Db(client=client, database=database_name)
    if await _indexes(engine) != index_counts.get(database_name):
        await create_indexes(engine)
        index_counts[database_name] = await _indexes(engine)
    yield engine
    client.close()


async def _indexes(db: Db) -> int:
    return int((await db.database.command("dbStats"))["indexes"])


@pytest.fixture
async def square() -> AsyncIterator[Square]:
    """Square, which hosts the pages of Cash App Pay; the tests' `outside` says that it answers here."""
    async with Square() as fake:
        yield fake


@pytest.fixture
async def easypost() -> AsyncIterator[EasyPost]:
    """EasyPost, which sells labels; the tests' `outside` says that it answers here."""
    async with EasyPost() as fake:
        yield fake
