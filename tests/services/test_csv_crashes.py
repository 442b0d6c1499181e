"""A process killed with SIGKILL while it brings a file in: all of it is there afterwards, or nothing."""

import pytest

from models.audit import AuditLog
from models.base import Db
from models.data_import import DataImport, ImportState
from models.inventory import InventorySnapshot, InventoryTransaction, replay
from models.outbox import OutboxEffect
from models.product import Product
from services import Services
from services.shops import Shop
from tests.services.conftest import MakeProduct, TestClock
from tests.services.csv_files import Clerk
from tests.services.mortal import dies
from tests.services.quiet import quiet
from tests.services.test_crashes import hasty
from tests.services.test_csv_contract import without_imports

__all__ = ["hasty"]
pytestmark = pytest.mark.usefixtures("hasty")

# Three batches of five hundred.
ROWS = 1100


async def ended(db: Db, services: Services, clock: TestClock, import_id: str) -> DataImport:
    """The import, after others went on with what was left."""
    clock.forward(minutes=1)
    while await services.imports.sweep():
        clock.forward(minutes=1)
    found = await DataImport.find_one(
        db, {"_id": (await DataImport.find_all(db, {}, sort="-createdAt"))[0].id}
    )
    assert found is not None
    assert found.key == import_id
    return found


async def test_products_killed_anywhere_are_wholly_there_or_not_at_all(
    db: Db, mongo_uri: str, services: Services, shop: Shop, clock: TestClock
) -> None:
    """Before the flip nothing has changed; after it others carry the rest out, each row once."""
    quiet(services)
    clerk, before_and_after = Clerk(services, shop), set()
    for last in (*range(1, 34, 4), 200):
        rows = "\n".join(f"K{last}-{at},Product {at},1.50" for at in range(ROWS))
        nothing = await without_imports(db)
        view = await clerk.check("products", f"sku,name,price\n{rows}\n")
        died = await dies(db, mongo_uri, last, "bring", view.record.key)
        record = await ended(db, services, clock, view.record.key)
        made = await Product.rows(db).count_documents({"sku": {"$regex": f"^K{last}-"}})
        before_and_after.add((made, record.state))
        if record.state is ImportState.CHECKED:
            assert await without_imports(db) == nothing, f"after command {last}"
            assert await AuditLog.find_all(db, {"entityId": record.key}) == []
            continue
        assert (made, record.done, record.left_out) == (ROWS, ROWS, []), f"after command {last}"
        acts = await AuditLog.find_all(db, {"entityId": record.key})
        assert sorted(act.action for act in acts) == ["data.import", *["data.import.rows"] * 3]
        assert len(await OutboxEffect.find_all(db, {"payload.importId": record.key})) == 1
        if not died:
            break
    assert before_and_after == {(0, ImportState.CHECKED), (ROWS, ImportState.DONE)}


async def test_a_count_killed_anywhere_is_in_the_ledger_once(
    db: Db, mongo_uri: str, services: Services, shop: Shop, product: MakeProduct, clock: TestClock
) -> None:
    """However often it is gone on with, the ledger replays to what was counted."""
    quiet(services)
    clerk, mug = Clerk(services, shop), await product("Mug", sku="MUG", stock=5)
    was = 5
    for last in range(1, 60):
        view = await clerk.check("stock", f"sku,quantityAvailable\nMUG,{100 + last}\n")
        died = await dies(db, mongo_uri, last, "bring", view.record.key)
        record = await ended(db, services, clock, view.record.key)
        now = 100 + last if record.state is ImportState.DONE else was
        assert await InventorySnapshot.of(db, shop.id, [mug.key]) == {mug.key: now}
        assert await replay(db, shop.id, mug.key) == (now, 0)
        was = now
        if not died:
            assert last > 8, "the step was killed too seldom to prove anything"
            assert len(await InventoryTransaction.find_all(db, {"type": "ADJUSTMENT"})) > 5
            return
    raise AssertionError("the step never ended")
