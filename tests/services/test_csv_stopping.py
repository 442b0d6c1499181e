"""One file that cannot be carried out: it ends by itself, and keeps nobody else waiting."""

from typing import Any

import pytest

from models.alert import Alert
from models.audit import AuditLog
from models.base import Db, Tx, transact
from models.data_import import DataImport
from models.outbox import OutboxEffect
from services import Services
from services.audit import AboutMany, Audit
from services.rules import Rules
from services.shops import Shop
from services.sweeper import Sweeper
from tests.services.conftest import OWNER, MakeProduct, TestClock
from tests.services.csv_files import Clerk, problems


@pytest.fixture
def clerk(services: Services, shop: Shop) -> Clerk:
    """Olivia, who brings files in."""
    return Clerk(services, shop)


async def left_standing(db: Db, clock: TestClock, record: DataImport, **fields: Any) -> None:
    """As a process leaves an import that died right after the flip."""
    state = {"state": "APPLYING", "owner": "dead", "leaseUntil": clock.now(), **fields}
    await DataImport.rows(db).update_one({"_id": record.id}, {"$set": state})


async def kept(db: Db, record: DataImport) -> DataImport:
    """As it is stored now."""
    (found,) = await DataImport.find_all(db, {"_id": record.id})
    return found


async def test_one_that_fails_again_and_again_is_stopped_and_told(
    db: Db, clerk: Clerk, services: Services, product: MakeProduct, clock: TestClock
) -> None:
    """A broken record under it: staff hear what is left, and others go on all the while."""
    mug = await product("Mug", sku="MUG", stock=5)
    view = await clerk.check("stock", "sku,quantityAvailable\nMUG,9\n")
    await db.database["inventorysnapshots"].update_one(
        {"productId": mug.key}, {"$unset": {"quantityReserved": 1}}
    )
    await left_standing(db, clock, view.record)
    there = Clerk(services, await services.shops.claim("901", "Borealis", OWNER))
    other = await there.check("products", "sku,name,price\nA,A,1\n")
    clock.forward(seconds=1)
    assert (await services.sweeper.sweep())["imports"] == 0
    await left_standing(db, clock, other.record)
    clock.forward(seconds=1)
    assert (await services.sweeper.sweep())["imports"] == 1
    rounds = 1
    while (await kept(db, view.record)).state == "APPLYING":
        assert rounds < 5, "it is never given up"
        clock.forward(minutes=9)
        await services.sweeper.sweep()
        rounds += 1
    assert rounds == 5
    ended = await kept(db, view.record)
    assert (ended.state, ended.content, ended.done, ended.owner) == ("FAILED", b"", 0, None)
    (alert,) = await Alert.find_all(db, {"message": "import_stopped"})
    assert alert.params == {"name": "file.csv", "done": 0, "total": 1}
    owed = await OutboxEffect.find_all(db, {"tenantId": clerk.shop.id})
    assert {each.kind for each in owed} >= {"import.result", "staff.alert"}


async def test_a_batch_that_went_well_begins_the_count_anew(db: Db, clerk: Clerk, clock: TestClock) -> None:
    """Only failures one after the other stop a file."""
    rows = "\n".join(f"P{at},Product,1" for at in range(6000))
    view = await clerk.check("products", f"sku,name,price\n{rows}\n")
    await left_standing(db, clock, view.record, fails=4)
    clock.forward(seconds=1)
    assert await clerk.services.imports.sweep() == 10
    now = await kept(db, view.record)
    assert (now.state, now.done, now.fails) == ("APPLYING", 5000, 0)


async def test_a_picture_whose_address_never_ends_is_refused(clerk: Clerk) -> None:
    """As the form of a product has it."""
    link = "https://x.example/" + "a" * 483
    view = await clerk.check("products", f"sku,name,price,imageUrl\nA,A,1,{link}\nB,B,1,{link[:-1]}\n")
    assert problems(view) == [(2, "imageUrl", "length")]


async def test_changes_too_large_for_one_row_of_the_audit_log_are_several(db: Db, shop: Shop) -> None:
    """MongoDB stores none above 16 MiB; each record still leads to what became of it."""
    changes = {f"p{at}": {"after": {"text": "x" * 3_000_000}} for at in range(6)}

    async def work(tx: Tx) -> None:
        about = AboutMany("Product", changes)
        await Audit(db).record_many(shop.id, OWNER, "data.import.rows", shop.tenant, about, tx=tx)

    await transact(db, work)
    rows = await AuditLog.find_all(db, {"action": "data.import.rows"})
    assert sorted(key for row in rows for key in row.entity_ids) == sorted(changes)
    assert len(rows) == 6
    (found,) = await AuditLog.about(db, shop.id, "Product", "p5", skip=0, limit=5)
    assert len(found.meta["after"]["text"]) == 3_000_000


async def test_no_step_of_a_round_ends_the_sweeper(services: Services, clock: TestClock, db: Db) -> None:
    """Whatever it raises: the steps after it have their turn."""

    async def broken() -> int:
        raise KeyError("a bug")

    async def sound() -> int:
        return 7

    sweeper = Sweeper(
        db,
        clock,
        Rules(),
        shops=services.shops,
        placement=services.placement,
        orders=services.orders,
        stock=services.stock,
        also={"broken": broken, "sound": sound},
    )
    done = await sweeper.sweep()
    assert (done["broken"], done["sound"]) == (0, 7)
