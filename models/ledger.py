"""Whether stock is what the ledger says: replayed by the database, in one look at both of them."""

from collections.abc import AsyncIterator, Sequence
from typing import Any, NamedTuple

from models.base import Db, Tx, transact
from models.inventory import InventoryMove, InventorySnapshot, InventoryTransaction

_AT_ONCE = 50


class Stock(NamedTuple):
    """How many are available and how many are held."""

    available: int
    reserved: int


class Drift(NamedTuple):
    """A product whose snapshot is not what its ledger tells."""

    tenant_id: str
    product_id: str
    ledger: Stock
    snapshot: Stock


async def with_stock(db: Db, tenant_id: str | None = None) -> AsyncIterator[tuple[str, list[str]]]:
    """The products that have a snapshot, of one tenant or of all, fifty at a time."""
    where = {} if tenant_id is None else {"tenantId": tenant_id}
    found = InventorySnapshot.rows(db).find(where, {"tenantId": 1, "productId": 1}).sort("tenantId", 1)
    owner, chunk = "", list[str]()
    async for row in found:
        if chunk and (row["tenantId"] != owner or len(chunk) == _AT_ONCE):
            yield owner, chunk
            chunk = []
        owner = row["tenantId"]
        chunk.append(row["productId"])
    if chunk:
        yield owner, chunk


async def drifts(db: Db, tenant_id: str, product_ids: Sequence[str]) -> list[Drift]:
    """Those of these products that drifted; what moves meanwhile is seen before or after, never between."""
    return await transact(db, lambda tx: _drifts(db, tenant_id, product_ids, tx))


async def _drifts(db: Db, tenant_id: str, product_ids: Sequence[str], tx: Tx) -> list[Drift]:
    where = {"tenantId": tenant_id, "productId": {"$in": list(product_ids)}}
    return await drifts_of(db, tenant_id, await InventorySnapshot.find_all(db, where, tx=tx), tx=tx)


async def drifts_of(db: Db, tenant_id: str, snapshots: Sequence[InventorySnapshot], *, tx: Tx) -> list[Drift]:
    """Those of these snapshots that drifted, for a session that read them and sees but one moment."""
    where = {"tenantId": tenant_id, "productId": {"$in": [each.product_id for each in snapshots]}}
    told = await _told(db, where, tx)
    booked = await _booked(db, where, snapshots, tx)
    found = []
    for each in snapshots:
        held = sum(h.quantity for h in each.holds if (each.product_id, h.order_id) not in booked)
        held += len(each.offers)
        ledger = told.get(each.product_id, Stock(0, 0))
        ledger = Stock(ledger.available - held, ledger.reserved + held)
        snapshot = Stock(each.quantity_available, each.quantity_reserved)
        if ledger != snapshot:
            found.append(Drift(tenant_id, each.product_id, ledger, snapshot))
    return found


async def _told(db: Db, where: dict[str, Any], tx: Tx) -> dict[str, Stock]:
    """What the settled rows add up to, by product."""
    pipeline = [
        {"$match": {**where, "settled": True}},
        {
            "$group": {
                "_id": {"product": "$productId", "type": "$type"},
                "moved": {"$sum": "$quantityDelta"},
            }
        },
    ]
    found: dict[str, Stock] = {}
    async for row in InventoryTransaction.rows(db).aggregate(pipeline, session=tx):
        product, move = row["_id"]["product"], InventoryMove(row["_id"]["type"])
        one = InventoryTransaction(
            tenant_id="", product_id=product, type=move, quantity_delta=int(row["moved"])
        )
        known = found.get(product, Stock(0, 0))
        found[product] = Stock(known.available + one.available_delta, known.reserved + one.reserved_delta)
    return found


async def _booked(
    db: Db, where: dict[str, Any], snapshots: Sequence[InventorySnapshot], tx: Tx
) -> set[tuple[str, str | None]]:
    """Of the holds those that stand in the ledger already, by product and order."""
    orders = [hold.order_id for each in snapshots for hold in each.holds]
    if not orders:
        return set()
    of_holds = {**where, "orderId": {"$in": orders}, "type": InventoryMove.RESERVE, "settled": True}
    return {
        (row.product_id, row.order_id) for row in await InventoryTransaction.find_all(db, of_holds, tx=tx)
    }
