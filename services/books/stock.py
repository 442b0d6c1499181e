"""Whether every snapshot is what its ledger tells, and nobody's units are held for nothing."""

from collections.abc import AsyncIterator

from models import ledger
from models.inventory import InventorySnapshot
from models.order import Order
from services.books.contract import Check, Finding, Severity, waits, wrong
from services.books.look import Look


class StockBooks(Check):
    """A customer is promised what the snapshot says is there."""

    name = "stock"
    over = (InventorySnapshot,)
    finds = frozenset({"stock_drift", "stock_negative", "hold_left", "offer_left"})

    async def look(self, look: Look) -> AsyncIterator[Finding]:
        """Replay the ledger, and ask for the order of every hold."""
        snapshots = look.records(InventorySnapshot)
        by_product = {each.product_id: each for each in snapshots}
        for drift in await ledger.drifts_of(look.db, look.tenant_id, snapshots, tx=look.tx):
            values = {
                "ledger": drift.ledger.available,
                "stock": drift.snapshot.available,
                "ledger_held": drift.ledger.reserved,
                "held": drift.snapshot.reserved,
            }
            yield _at(look, "stock_drift", by_product[drift.product_id], **values)
        # No record that is below nothing can be read as one.
        for row in look.rows:
            now = {"stock": row.get("quantityAvailable", 0), "held": row.get("quantityReserved", 0)}
            if min(now.values()) < 0:
                where, kind = {"product": str(row.get("productId"))}, InventorySnapshot.__collection__
                key = str(row["_id"])
                yield Finding("stock_negative", Severity.WRONG, look.tenant_id, kind, key, where, now)
        async for finding in _left(look, snapshots):
            yield finding


async def _left(look: Look, snapshots: list[InventorySnapshot]) -> AsyncIterator[Finding]:
    """Holds of Confirms that ended long ago, and offers whose time is over."""
    names = [hold.order_id for each in snapshots for hold in each.holds]
    orders = await look.there(Order, names)
    for snapshot in snapshots:
        for hold in snapshot.holds:
            if look.late(hold.taken_at):
                where = {"product": snapshot.product_id, "order": hold.order_id}
                stands = hold.order_id in orders
                yield waits(look, "hold_left", snapshot, where=where, pieces=hold.quantity, stands=stands)
        if any(look.late(offer.until) for offer in snapshot.offers):
            yield waits(look, "offer_left", snapshot, where={"product": snapshot.product_id})


def _at(look: Look, code: str, snapshot: InventorySnapshot, **values: int) -> Finding:
    return wrong(look, code, snapshot, where={"product": snapshot.product_id}, **values)


CHECK = StockBooks()
