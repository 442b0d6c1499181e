"""Asks a real database what its documents and indexes take, and says what that is at scale."""

import time
from dataclasses import dataclass
from itertools import islice
from typing import Any

from bson import ObjectId

from bench.report import Figure
from models import ledger
from models.base import Db
from models.inventory import InventoryMove, InventorySnapshot, InventoryTransaction
from models.registry import SHARD_INDEX, all_documents, indexes_of
from models.retention import Retention
from models.sharding import SHARD_FIELD
from models.webhook import WebhookEvent

GUILDS, CUSTOMERS, ORDERS = 10_000, 10_000_000, 100_000_000
# Copies of a few documents compress better (five to seven times) than a life of different ones.
COMPRESSED = 3
CLEARED = "webhookevents, cleared"
_CLEARED = "webhookscleared"
_REPLAYED, _AT_ONCE = 100_000, 5000
_KEPT = Retention()
# For how many days of a year a record is there, where it is not for ever.
_DAYS = {
    "outbox": _KEPT.outbox_days,
    "webhookevents": _KEPT.webhook_body_days,
    _CLEARED: 365 - _KEPT.webhook_body_days,
    "alerts": _KEPT.alert_days,
    "ordersessions": _KEPT.session_days,
}
_FOR_EVER = {"orders", "payments", "inventorytransactions", "shipments", "entitlements", "digitalkeys"}
_FOR_EVER |= {"discountuses", "customers", "auditlogs"}


@dataclass(frozen=True)
class Weight:
    """What a collection's records take, each and all of a year's; sizes in bytes."""

    name: str
    per_order: float
    bson: float
    stored: float
    index: float
    indexes: int
    rows: float
    kept: str

    @property
    def total(self) -> float:
        """All of them, with their indexes."""
        return self.rows * (max(self.stored, self.bson / COMPRESSED) + self.index)

    @property
    def entries(self) -> float:
        """Entries of indexes that an order makes here, at most: some indexes are partial."""
        return self.per_order * self.indexes


async def cleared(db: Db) -> None:
    """Beside the webhooks the same as they are once what they say is forgotten."""
    rows = db.database[_CLEARED]
    await rows.create_indexes(indexes_of(WebhookEvent))
    empty: dict[str, Any] = {"body": b"", "payload": {}, "headers": {}}
    made = [{**row, **empty, "clearedAt": row["receivedAt"]} async for row in WebhookEvent.rows(db).find({})]
    await rows.insert_many(made, ordered=False)


async def weigh(db: Db, orders: int) -> list[Weight]:
    """Every collection that grows with orders, the heaviest first."""
    await db.client.admin.command("fsync", 1)
    names = [kind.__collection__ for kind in all_documents()]
    found = [await _weigh(db, name, orders) for name in [*names, _CLEARED]]
    return sorted((each for each in found if each is not None), key=lambda each: -each.total)


async def _weigh(db: Db, name: str, orders: int) -> Weight | None:
    if name not in _DAYS and name not in _FOR_EVER:
        return None
    stats: list[dict[str, Any]] = await (
        db.database[name].aggregate([{"$collStats": {"storageStats": {}}}]).to_list(None)
    )
    told = stats[0]["storageStats"]
    count = told["count"]
    if not count:
        return None
    per_order = count / orders
    days = _DAYS.get(name, 365)
    rows = CUSTOMERS if name == "customers" else per_order * ORDERS * min(days, 365) / 365
    kept = "for ever" if name in _FOR_EVER else f"{days} days"
    return Weight(
        CLEARED if name == _CLEARED else name,
        per_order,
        told["size"] / count,
        (told["storageSize"] - told["freeStorageSize"]) / count,
        (told["totalIndexSize"] - _reusable(told)) / count,
        told["nindexes"],
        rows,
        kept,
    )


async def key_index(db: Db) -> Figure:
    """What the shard key's own index takes, which exists on a cluster only."""
    rows = InventoryTransaction.rows(db)
    await rows.create_index([(SHARD_FIELD, "hashed")], name=SHARD_INDEX)
    await db.client.admin.command("fsync", 1)
    told = await rows.aggregate([{"$collStats": {"storageStats": {}}}]).to_list(None)
    stats: dict[str, Any] = told[0]["storageStats"]
    size = stats["indexSizes"][SHARD_INDEX] / stats["count"]
    return Figure("bytes a row in the shard key's index", size, None, "on a cluster only")


def _reusable(told: dict[str, Any]) -> int:
    """Room in the indexes' files that the next checkpoints use: of small ones it is a large part."""
    blocks = [each["block-manager"] for each in told["indexDetails"].values()]
    return sum(int(each["file bytes available for reuse"]) for each in blocks)


def largest() -> float:
    """The largest guild's share, where the second has half as much and so on."""
    return 1 / sum(1 / place for place in range(1, GUILDS + 1))


async def replay(db: Db) -> Figure:
    """How long it takes to replay a product's ledger, which is why nobody has to fold it."""
    tenant, product = str(ObjectId()), str(ObjectId())
    moves = (
        InventoryTransaction(tenant_id=tenant, product_id=product, type=move, quantity_delta=-1)
        for _ in range(_REPLAYED // 2)
        for move in (InventoryMove.RESERVE, InventoryMove.SALE)
    )
    while lot := list(islice(moves, _AT_ONCE)):
        await InventoryTransaction.insert_all(db, lot)
    sold = _REPLAYED // 2
    snapshot = InventorySnapshot(tenant_id=tenant, product_id=product, quantity_available=0)
    await snapshot.insert(db)
    began = time.perf_counter()
    [drift] = await ledger.drifts(db, tenant, [product])
    took = time.perf_counter() - began
    assert drift.ledger.available == -sold
    return Figure(f"seconds to replay {_REPLAYED:,} rows of one product", took, None, "by the covering index")
