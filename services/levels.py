"""How many are left, read in one query for everybody who asks at the same moment."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, field
from weakref import WeakValueDictionary

from pymongo.errors import PyMongoError

from models.base import Db
from models.inventory import InventorySnapshot


@dataclass
class _Batch:
    product_ids: set[str] = field(default_factory=set)
    levels: dict[str, int] | None = None
    failure: PyMongoError | None = None


class Levels:
    """Reads stock for display; while one query is under way, those who come meanwhile share the next."""

    def __init__(self, db: Db) -> None:
        self._db = db
        self._next: dict[str, _Batch] = {}
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def of(self, tenant_id: str, product_ids: Collection[str]) -> dict[str, int]:
        """How many are available, at the time of asking or later, of each product that has a snapshot."""
        batch = self._next.setdefault(tenant_id, _Batch())
        batch.product_ids.update(product_ids)
        async with self._locks.setdefault(tenant_id, asyncio.Lock()):
            levels = batch.levels if batch.levels is not None else await self._read(tenant_id, batch)
        return {key: levels[key] for key in product_ids if key in levels}

    async def _read(self, tenant_id: str, batch: _Batch) -> dict[str, int]:
        if batch.failure is not None:
            raise batch.failure
        # From here on newcomers form the next batch: what is read now may be older than their question.
        self._next.pop(tenant_id, None)
        try:
            batch.levels = await InventorySnapshot.of(self._db, tenant_id, sorted(batch.product_ids))
        except PyMongoError as error:
            batch.failure = error
            raise
        return batch.levels
