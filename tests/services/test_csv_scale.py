"""Fifty thousand rows in one go: nobody else waits for them, and nothing is left out."""

import asyncio
import contextlib
import gc
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from bot.memory import set_apart
from models.audit import AuditLog
from models.base import Db
from models.data_import import DataImport, ImportState
from models.inventory import InventorySnapshot, InventoryTransaction, replay
from models.product import Product
from services import Services
from services.shops import Shop
from tests.services.csv_files import Clerk, counts, table

ROWS = 50_000
# How much of all the work somebody else may have to wait for; `make bench ARGS=files` says it in seconds.
AT_ONCE = 1 / 200


@dataclass
class Lag:
    """How late the loop came round, in seconds that this process itself was busy.

    What other processes of a busy machine take from it is not its own doing.
    """

    late: list[float] = field(default_factory=list)

    @property
    def worst(self) -> float:
        """The longest that somebody would have waited."""
        return max(self.late)


@contextlib.asynccontextmanager
async def probed() -> AsyncIterator[Lag]:
    """Look every few milliseconds how late the loop is."""
    lag, loop = Lag(), asyncio.get_running_loop()

    async def probe() -> None:
        while True:
            due, spent = loop.time() + 0.005, time.process_time()
            await asyncio.sleep(0.005)
            lag.late.append(min(loop.time() - due, time.process_time() - spent))

    # As the running shop does, once it has started.
    set_apart()
    task = asyncio.create_task(probe())
    try:
        yield lag
    finally:
        task.cancel()
        gc.unfreeze()


def catalogue(price: str) -> bytes:
    """A file of as many products as are allowed."""
    lines = [f'SKU-{at},"Product, number {at}",{price},A description of number {at}' for at in range(ROWS)]
    return "\n".join(["sku,name,price,description", *lines]).encode()


@pytest.mark.slow
async def test_fifty_thousand_rows_come_in_and_go_out_without_blocking(
    db: Db, services: Services, shop: Shop
) -> None:
    """Products made, then counted, then handed out: the loop keeps coming round, and every row is there."""
    clerk = Clerk(services, shop)
    seen: list[tuple[int, int]] = []

    async def progress(done: int, total: int) -> None:
        seen.append((done, total))

    began = time.process_time()
    async with probed() as lag:
        view = await services.imports.check(clerk.desk, "products", "all.csv", catalogue("12.50"), progress)
        assert counts(view) == (ROWS, 0, 0, 0)
        done = await services.imports.apply(clerk.desk, view.record.key, progress)
        assert (done.state, done.done, done.left_out) == (ImportState.DONE, ROWS, [])
        stock = "\n".join(["sku;quantityAvailable", *(f"SKU-{at};7" for at in range(ROWS))])
        counted = await clerk.bring("stock", stock)
        exported = await clerk.take("stock")
    assert lag.worst < AT_ONCE * (time.process_time() - began), sorted(lag.late)[-20:]
    assert seen[-1] == (ROWS, ROWS)
    assert len(seen) == 2 * ROWS / 500
    await everything_is_there(db, shop, counted)
    (part,) = exported.parts
    assert {row["quantityAvailable"] for row in table(part.data)} == {"7"}
    assert exported.rows == ROWS


async def everything_is_there(db: Db, shop: Shop, counted: DataImport) -> None:
    """Each product with its stock, its row in the ledger, and its place in the audit log."""
    assert counted.changed == ROWS
    assert await Product.rows(db).count_documents({"tenantId": shop.id}) == ROWS
    full = {"tenantId": shop.id, "quantityAvailable": 7}
    assert await InventorySnapshot.rows(db).count_documents(full) == ROWS
    assert await InventoryTransaction.rows(db).count_documents({"reason": "import: file.csv"}) == ROWS
    last = await Product.named(db, shop.id, f"SKU-{ROWS - 1}")
    assert last is not None
    assert await replay(db, shop.id, last.key) == (7, 0)
    acts = await AuditLog.about(db, shop.id, "Product", last.key, skip=0, limit=10)
    assert [act.action for act in acts] == ["data.import.rows"] * 2
    assert acts[0].meta["after"] == {"quantityAvailable": 7}
    assert acts[1].meta["after"]["sku"] == last.sku
