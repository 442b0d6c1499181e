"""Whether the ledger moved for every order what the order's state says."""

from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import NamedTuple

from models.inventory import InventoryMove, InventoryTransaction
from models.order import Order, OrderStatus
from services.books.contract import Check, Finding, wrong
from services.books.look import Look

M = InventoryMove


class _Moved(NamedTuple):
    """Pieces of one product for one order: held still, sold, back on the shelf."""

    held: int
    sold: int
    back: int


class Goods(Check):
    """An order that waits holds its pieces, a paid one sold them, a cancelled one gave them back."""

    name = "goods"
    over = (Order,)
    finds = frozenset({"goods_moved", "goods_back"})

    async def look(self, look: Look) -> AsyncIterator[Finding]:
        """Compare the ledger's rows of each order with its lines."""
        rows = await look.beside(InventoryTransaction, "orderId")
        for order in look.records(Order):
            for finding in _of_order(look, order, rows.get(order.key, [])):
                yield finding


def _of_order(look: Look, order: Order, rows: Sequence[InventoryTransaction]) -> Iterator[Finding]:
    pieces = Counter[str]()
    for item in order.items:
        if item.inventory_tracked:
            pieces[item.product_id] += item.quantity
    for product in sorted({*pieces, *(row.product_id for row in rows)}):
        moved, wanted = _moved([row for row in rows if row.product_id == product]), pieces[product]
        due = _due(order, wanted)
        where = {"order": order.key, "product": product}
        if (moved.held, moved.sold) != due:
            told = {"held": moved.held, "sold": moved.sold, "due_held": due[0], "due_sold": due[1]}
            yield wrong(look, "goods_moved", order, where=where, **told)
        if not 0 <= moved.back <= due[1]:
            yield wrong(look, "goods_back", order, where=where, back=moved.back, sold=due[1])


def _due(order: Order, pieces: int) -> tuple[int, int]:
    """How many pieces an order of this state holds, and how many it sold."""
    if order.status is OrderStatus.PENDING_PAYMENT:
        return pieces, 0
    return (0, 0) if order.status is OrderStatus.CANCELLED else (0, pieces)


def _moved(rows: Sequence[InventoryTransaction]) -> _Moved:
    moved = Counter[InventoryMove]()
    for row in rows:
        moved[row.type] += row.quantity_delta
    return _Moved(
        held=-moved[M.RESERVE] - moved[M.RELEASE] + moved[M.SALE], sold=-moved[M.SALE], back=moved[M.REFUND]
    )


CHECK = Goods()
