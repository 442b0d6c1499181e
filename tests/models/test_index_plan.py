"""What a start builds, what it leaves for later, and what it never leaves."""

import pytest

from models.base import Db
from models.index_plan import build, lacking, prepare_indexes
from models.order import Order
from tests.models.samples import sample


@pytest.fixture
def database_name(fresh_database_name: str) -> str:
    """These tests drop indexes, which must not be missing for others."""
    return fresh_database_name


async def test_a_start_waits_for_what_is_small_and_for_what_must_be_unique(db: Db) -> None:
    """Of a big collection only the indexes that make it quick are left for later, and are built then."""
    for number in range(5):
        await sample(Order, tenant_id="a", order_number=f"A-{number}").insert(db)
    await Order.rows(db).drop_indexes()
    await db.rows("outbox").drop_indexes()
    unique = {each.name for each in await lacking(db) if "unique" in each.declared.document}
    later = await prepare_indexes(db, small=4)
    assert {each.document for each in later} == {Order}
    assert {each.name for each in await lacking(db)} == {each.name for each in later}
    assert len(later) > 3
    assert unique
    assert not unique & {each.name for each in later}
    for each in later:
        await build(db, each)
    assert await lacking(db) == []
    assert await prepare_indexes(db, small=4) == []


async def test_a_changed_index_of_a_big_collection_stays_until_it_can_be_replaced(db: Db) -> None:
    """A start must not leave the shop without an index for as long as building the new one takes."""
    for number in range(5):
        await sample(Order, tenant_id="a", order_number=f"A-{number}").insert(db)
    changed = (await Order.rows(db).index_information())["tenantId_1_status_1_createdAt_-1"]
    await Order.rows(db).drop_index("tenantId_1_status_1_createdAt_-1")
    await Order.rows(db).create_index(changed["key"], partialFilterExpression={"status": "PAID"})
    (later,) = await prepare_indexes(db, small=4)
    there = await Order.rows(db).index_information()
    assert "partialFilterExpression" in there["tenantId_1_status_1_createdAt_-1"]
    await build(db, later)
    alike = [
        each
        for each in (await Order.rows(db).index_information()).values()
        if each["key"] == changed["key"] and "partialFilterExpression" not in each
    ]
    assert len(alike) == 1
    assert await lacking(db) == []
