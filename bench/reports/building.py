"""Fills a database with shops of several sizes, some thousands of records at a time."""

import asyncio
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain
from typing import Any

from pymongo import MongoClient
from pymongo.database import Database

from bench.reports.life import Days
from bench.reports.trader import Rows, Trader

# Enough that the database has always something to do while the next ones are made up.
_ORDERS_AT_ONCE, _UNDER_WAY = 4000, 3


async def build(uri: str, name: str, traders: Sequence[Trader]) -> None:
    """Store everything that these shops ever did; indexes are quicker made afterwards."""
    await asyncio.to_thread(_build, uri, name, traders)


def _build(uri: str, name: str, traders: Sequence[Trader]) -> None:
    with MongoClient[dict[str, Any]](uri) as client, ThreadPoolExecutor(_UNDER_WAY) as threads:
        database, under_way = client[name], deque[Future[None]]()
        for rows in chain.from_iterable(map(_everything, traders)):
            if len(under_way) == _UNDER_WAY:
                under_way.popleft().result()
            under_way.append(threads.submit(_store, database, rows))
        for future in under_way:
            future.result()


def _everything(trader: Trader) -> Iterator[Rows]:
    yield from trader.before()
    yield from Days(trader).portions(_ORDERS_AT_ONCE)


def _store(database: Database[dict[str, Any]], rows: Rows) -> None:
    for name, records in rows.items():
        if records:
            database[name].insert_many(records, ordered=False)
