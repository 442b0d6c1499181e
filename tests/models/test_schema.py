"""Stored records follow the program: in order, once, by one process at a time, whatever dies."""

import asyncio

import pytest

from models.base import Db
from models.migrations import Migration, in_order, migrations
from models.order import Order
from models.schema import (
    SchemaRefused,
    begin_restoring,
    end_restoring,
    end_turn,
    note_position,
    peek,
    restoring,
    standing,
    still_restoring,
    take_turn,
)
from models.tenant import Tenant
from tests.models.samples import sample


@pytest.fixture
async def old(db: Db) -> Db:
    """A database in which a shop sold before there was any schema."""
    await sample(Tenant, tenant_id="t").insert(db)
    return db


async def nothing(_: Db, __: object) -> None:
    """A step that has nothing to do."""


def test_the_programs_own_migrations_are_numbered_without_a_gap() -> None:
    """Two of one number, as two branches would bring them, are seen before anybody starts."""
    assert [each.number for each in migrations()] == list(range(1, len(migrations()) + 1))
    for numbers in ([1, 1], [2], [1, 3]):
        with pytest.raises(ValueError, match="numbered"):
            in_order([Migration(number, "x", nothing) for number in numbers])


async def test_a_database_without_a_shop_has_nothing_to_move(db: Db) -> None:
    """And one that sold before there was a schema has everything to."""
    assert (await standing(db, 3)).version == 3
    assert (await standing(db, 5)).version == 3


async def test_a_database_that_sold_before_is_moved_from_the_beginning(old: Db) -> None:
    """Looking alone writes nothing; several starts at once agree."""
    assert (await peek(old, 3)).version == 0
    assert await old.rows("schema").find_one({}) is None
    found = await asyncio.gather(*(standing(old, 3) for _ in range(8)))
    assert {each.version for each in found} == {0}
    assert await old.rows("schema").count_documents({}) == 1


async def test_a_turn_is_for_one_and_passes_on_when_its_holder_dies(old: Db) -> None:
    """The next begins where the dead one's last batch ended, and the dead one, if it lives, is told so."""
    await standing(old, 2)
    turns = await asyncio.gather(*(take_turn(old, 1, 30) for _ in range(8)))
    (first,) = [each for each in turns if each]
    assert await take_turn(old, 1, 30) is None
    assert await take_turn(old, 2, 30) is None
    assert await note_position(old, first, {"at": 7}, 0.3)
    await asyncio.sleep(0.4)
    second = await take_turn(old, 1, 30)
    assert second is not None
    assert second.position == {"at": 7}
    assert not await note_position(old, first, {"at": 8}, 30)
    assert not await end_turn(old, first, done=True)
    assert await end_turn(old, second, done=True)
    assert (await standing(old, 2)).version == 1
    third = await take_turn(old, 2, 30)
    assert third is not None
    assert third.position is None


async def test_one_release_apart_may_run_and_older_ones_are_refused(old: Db) -> None:
    """From the moment on at which the first batch may be written."""
    await standing(old, 3)
    for number in (1, 2, 3):
        turn = await take_turn(old, number, 30)
        assert turn is not None
        assert await end_turn(old, turn, done=number < 3)
    assert (await standing(old, 2)).version == 2
    for look in (standing, peek):
        with pytest.raises(SchemaRefused, match="needs one that knows schema 2, and this one knows 1"):
            await look(old, 1)


async def test_nothing_starts_over_a_database_into_which_a_backup_is_put(db: Db) -> None:
    """Neither is anything written there that would be in the backup's way."""
    mine = await begin_restoring(db)
    assert mine is not None
    with pytest.raises(SchemaRefused, match=r"run\.py restore"):
        await standing(db, 1)
    assert await db.rows("schema").find_one({}) is None
    assert await end_restoring(db, mine)
    assert (await standing(db, 1)).version == 1


async def test_one_backup_at_a_time_is_put_in_and_taking_over_is_for_one(db: Db) -> None:
    """Of those that begin at once one may; of those that take over from a killed one, too."""
    begun = await asyncio.gather(*(begin_restoring(db) for _ in range(8)))
    (first,) = [each for each in begun if each]
    over = await asyncio.gather(*(begin_restoring(db, instead_of=first) for _ in range(8)))
    (second,) = [each for each in over if each]
    assert await restoring(db) == second
    assert not await still_restoring(db, first)
    assert not await end_restoring(db, first)
    assert await still_restoring(db, second)
    assert await end_restoring(db, second)
    assert await restoring(db) is None


async def test_orders_of_the_first_releases_learn_whether_they_are_gifts(db: Db) -> None:
    """By whether anything was bought; what is said already stays, and a batch has its bounds."""
    bought = await sample(Order, tenant_id="a", order_number="A-1").insert(db)
    given = await sample(Order, tenant_id="a", order_number="A-2", items=[], is_gift=True).insert(db)
    known = await sample(Order, tenant_id="a", order_number="A-3", items=[], is_gift=False).insert(db)
    early = {"_id": {"$in": [bought.id, given.id]}}
    await Order.rows(db).update_many(early, {"$unset": {"isGift": 1}})
    step = migrations()[0].step
    position = await step(db, None)
    assert position is not None
    assert await step(db, position) is None
    found = {row["_id"]: row["isGift"] async for row in Order.rows(db).find({}, {"isGift": 1})}
    assert found == {bought.id: False, given.id: True, known.id: False}
