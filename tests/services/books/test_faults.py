"""Every planted fault is found, and nothing else is told."""

from typing import Any

from models.base import Db
from models.registry import all_documents
from services.books.contract import Severity
from tests.services.books.conftest import World
from tests.services.books.planting import FAULTS, Fault
from tests.services.conftest import Audited

type Rows = dict[str, list[dict[str, Any]]]


async def kept(db: Db) -> Rows:
    """Everything that is stored."""
    names = [document.__collection__ for document in all_documents()]
    return {name: [row async for row in db.rows(name).find()] for name in names}


async def restored(db: Db, rows: Rows) -> None:
    """The same as it was before a fault was planted."""
    for name, now in (await kept(db)).items():
        if now != rows[name]:
            await db.rows(name).delete_many({})
            if rows[name]:
                await db.rows(name).insert_many(rows[name])


async def test_a_shop_in_order_has_no_findings(world: World, audited: Audited) -> None:
    """Nothing is told of what is as it should be, also while somebody should be there for what is due."""
    assert world.paid.refunded_cents
    assert await audited() == []
    assert await audited(running=True) == []


async def test_a_planted_fault_is_found_and_nothing_else(world: World, audited: Audited) -> None:
    """Its words are those of the fault alone; what is only overdue is none while nobody is there."""
    before, mistaken = await kept(world.db), dict[str, Any]()
    for name, fault in FAULTS.items():
        try:
            await fault.plant(world)
        except AssertionError as nothing:
            mistaken[name] = str(nothing)
            continue
        if said := await _otherwise(fault, audited):
            mistaken[name] = said
        await restored(world.db, before)
    assert mistaken == {}
    assert await audited(running=True) == []


async def _otherwise(fault: Fault, audited: Audited) -> list[str]:
    """What was told beyond the fault's own words, or not told of them."""
    found = await audited(running=fault.running)
    told = {finding.code for finding in found}
    said = [f"+{each}" for each in sorted(told - fault.codes)]
    said += [f"-{each}" for each in sorted(fault.codes - told)]
    if fault.running:
        said += [finding.code for finding in found if finding.severity is not Severity.WARNING]
        said += [f"{finding.code} with nobody there" for finding in await audited()]
    return said
