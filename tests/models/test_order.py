import asyncio
from datetime import timedelta

import pytest

from models.base import Db, transact
from models.order import ORDER_LIFE, Order, OrderEvent, OrderItem, OrderStatus
from models.registry import create_indexes
from tests.models.samples import NOW, sample

S = OrderStatus


def event(what: str) -> OrderEvent:
    """An entry for the history."""
    return OrderEvent(at=NOW, what=what, actor_id="staff")


async def an_order(db: Db, number: str = "A-1", status: OrderStatus = S.PENDING_PAYMENT) -> Order:
    """A stored order in this state."""
    return await sample(Order, tenant_id="a", order_number=number, status=status).insert(db)


async def move(db: Db, order: Order, to: OrderStatus) -> Order | None:
    """One move in a transaction of its own."""
    return await transact(db, lambda tx: Order.move(db, order, to, event(to), tx=tx))


@pytest.mark.parametrize("old", S)
async def test_the_database_moves_an_order_as_the_table_says(db: Db, old: OrderStatus) -> None:
    """Every pair of states, allowed with its history or refused without a trace."""
    for n, to in enumerate(S):
        order = await an_order(db, f"A-{n}", old)
        after = await move(db, order, to)
        assert (after is not None) is ORDER_LIFE.allows(old, to)
        kept = await Order.of_number(db, "a", f"A-{n}")
        assert kept is not None
        assert [entry.what for entry in kept.history] == ([to] if after else [])


async def test_pay_and_cancel_at_once_give_one_outcome(db: Db) -> None:
    """An order is not both paid and cancelled by those who saw it unpaid."""
    order = await an_order(db)
    moved = await asyncio.gather(*(move(db, order, to) for to in [S.PAID, S.CANCELLED] * 4))
    assert sum(after is not None for after in moved) == 1
    kept = await Order.get(db, "a", order.key)
    assert kept is not None
    assert [entry.what for entry in kept.history] == [kept.status]


async def test_a_patch_is_refused_once_the_order_moved_on(db: Db) -> None:
    """What staff saw is what they change."""
    seen = await an_order(db)
    assert await Order.patch(db, seen, {"notes": "first"}, event("note")) is not None
    await move(db, seen, S.PAID)
    assert await Order.patch(db, seen, {"notes": "late"}) is None
    noted = await Order.note(db, seen, event("any state"))
    assert noted is not None
    assert (noted.notes, [entry.what for entry in noted.history]) == ("first", ["note", "PAID", "any state"])


async def test_another_tenant_neither_moves_nor_reads_an_order(db: Db) -> None:
    """Number and id mean nothing in another shop."""
    order = await an_order(db)
    foreign = order.model_copy(update={"tenant_id": "b"})
    assert await move(db, foreign, S.PAID) is None
    assert await Order.patch(db, foreign, {"notes": "x"}) is None
    assert await Order.note(db, foreign, event("x")) is None
    assert await Order.of_number(db, "b", "A-1") is None
    assert await Order.get(db, "a", order.key) == order


async def test_orders_whose_hold_is_over_are_found_soonest_first(db: Db) -> None:
    """Unpaid ones only."""
    for n, (minutes, status) in enumerate([(-1, S.PENDING_PAYMENT), (-9, S.PENDING_PAYMENT), (-9, S.PAID)]):
        ends = NOW + timedelta(minutes=minutes)
        await sample(Order, order_number=f"A-{n}", status=status, hold_ends_at=ends).insert(db)
    await sample(Order, order_number="A-9", hold_ends_at=NOW + timedelta(minutes=1)).insert(db)
    assert [order.order_number for order in await Order.with_ended_hold(db, NOW)] == ["A-1", "A-0"]


async def test_staff_find_an_order_by_number_person_or_state(db: Db) -> None:
    """And never by a pattern that they did not mean."""
    await an_order(db, "A-1")
    await an_order(db, "B-2", S.PAID)
    for query, wanted in [
        ("a-1", 1),
        ("PAID", 1),
        ("paid", 1),
        ("", 2),
        (".*", 0),
        ("USERNAME", 2),
        ("A", 2),
    ]:
        found = await Order.how_many(db, Order.matching("a", query))
        assert (query, found) == (query, wanted)
    assert await Order.how_many(db, Order.matching("b", "")) == 0


def test_an_order_ships_when_one_line_does() -> None:
    """A digital line needs no parcel; a line costs its price times its quantity."""
    lines = [sample(OrderItem, is_digital=True, quantity=3, unit_price_cents=5), sample(OrderItem)]
    assert sample(Order, items=lines).needs_shipping
    assert not sample(Order, items=lines[:1]).needs_shipping
    assert lines[0].line_cents == 15


async def test_orders_that_say_whether_they_are_gifts_are_not_looked_at(db: Db) -> None:
    """The migration asks once more at its end, which must cost nothing."""
    await create_indexes(db)
    await an_order(db)
    plan = await Order.rows(db).find({"isGift": None}).explain()
    assert plan["executionStats"]["totalKeysExamined"] == 0
    assert plan["executionStats"]["totalDocsExamined"] == 0
