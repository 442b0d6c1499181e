import asyncio
from collections.abc import Awaitable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from motor.motor_asyncio import AsyncIOMotorClient

from models.base import Db, transact
from models.inventory import (
    InventoryMove,
    InventorySnapshot,
    InventoryTransaction,
    StockHold,
    apply_row,
    fold,
    replay,
    unsettled_products,
)
from tests.models.samples import NOW

SHOP = {"tenant_id": "a", "product_id": "mug"}


def hold(order_id: str, quantity: int = 1) -> StockHold:
    """Units for one order."""
    return StockHold(order_id=order_id, quantity=quantity, taken_at=NOW)


def row(move: InventoryMove, delta: int, order_id: str | None = None, **more: Any) -> InventoryTransaction:
    """A ledger row of the one product."""
    return InventoryTransaction(**SHOP, type=move, quantity_delta=delta, order_id=order_id, **more)


async def stock(db: Db, available: int) -> None:
    """A product with so many units, and the ledger row that says so."""
    await InventorySnapshot(**SHOP).insert(db)
    await transact(db, lambda tx: apply_row(db, row(InventoryMove.RESTOCK, available), tx))


async def left(db: Db) -> tuple[int, int]:
    """(available, reserved)."""
    snapshot = await InventorySnapshot.of_product(db, "a", "mug")
    return snapshot.quantity_available, snapshot.quantity_reserved


async def wins(*attempts: Awaitable[bool]) -> int:
    """How many of the attempts, made at once, succeed."""
    return sum(await asyncio.gather(*attempts))


async def test_fifty_customers_and_ten_units_make_ten_holds(db: Db) -> None:
    """However many take at once, no unit is promised twice."""
    await stock(db, 10)
    assert await wins(*(InventorySnapshot.take(db, hold(f"o{n}"), **SHOP) for n in range(50))) == 10
    assert await left(db) == (0, 10)
    assert await replay(db, "a", "mug") == (0, 10)


async def test_a_hold_takes_all_it_asks_for_or_nothing(db: Db) -> None:
    """Three wanted and two left is a refusal, not two."""
    await stock(db, 2)
    assert not await InventorySnapshot.take(db, hold("o1", 3), **SHOP)
    assert await left(db) == (2, 0)


async def test_an_order_holds_once_however_often_it_tries(db: Db) -> None:
    """A retry or a second device takes nothing more."""
    await stock(db, 10)
    assert await wins(*(InventorySnapshot.take(db, hold("o1", 2), **SHOP) for _ in range(8))) == 1
    assert await left(db) == (8, 2)


async def test_another_tenant_s_stock_is_out_of_reach(db: Db) -> None:
    """The same product id in another shop takes nothing here."""
    await stock(db, 10)
    assert not await InventorySnapshot.take(db, hold("o1"), tenant_id="b", product_id="mug")
    assert not await InventorySnapshot.give_back(db, "o1", tenant_id="b", product_id="mug")
    assert await InventorySnapshot.of(db, "b", ["mug"]) == {}
    assert await left(db) == (10, 0)


async def test_a_hold_is_given_back_once(db: Db) -> None:
    """Several sweepers at once return the units a single time."""
    await stock(db, 10)
    await InventorySnapshot.take(db, hold("o1", 4), **SHOP)
    await InventorySnapshot.take(db, hold("o2", 1), **SHOP)
    assert await wins(*(InventorySnapshot.give_back(db, "o1", **SHOP) for _ in range(8))) == 1
    assert await left(db) == (9, 1)
    assert not await InventorySnapshot.give_back(db, "o1", **SHOP)
    assert not await InventorySnapshot.give_back(db, "never held", **SHOP)


async def test_a_settled_hold_is_not_given_back(db: Db) -> None:
    """Once the order stands in the ledger, its units stay reserved."""
    await stock(db, 10)
    await InventorySnapshot.take(db, hold("o1", 4), **SHOP)
    await row(InventoryMove.RESERVE, -4, "o1").insert(db)
    await InventorySnapshot.settle(db, "o1", tenant_id="a", product_ids=["mug"])
    assert not await InventorySnapshot.give_back(db, "o1", **SHOP)
    assert await left(db) == await replay(db, "a", "mug") == (6, 4)


async def test_a_ledger_row_that_would_oversell_is_not_written(db: Db) -> None:
    """Snapshot and ledger move together or not at all."""
    await stock(db, 3)
    assert not await transact(db, lambda tx: apply_row(db, row(InventoryMove.ADJUSTMENT, -4), tx))
    assert not await transact(db, lambda tx: apply_row(db, row(InventoryMove.SALE, -1), tx))
    assert await left(db) == await replay(db, "a", "mug") == (3, 0)
    assert len(await InventoryTransaction.find_all(db, {})) == 1


async def test_adjustments_at_once_never_pass_zero(db: Db) -> None:
    """Ten people who each write off two of nine units: four can."""
    await stock(db, 9)
    writes_off = (
        transact(db, lambda tx: apply_row(db, row(InventoryMove.ADJUSTMENT, -2), tx)) for _ in range(10)
    )
    assert await wins(*writes_off) == 4
    assert await left(db) == await replay(db, "a", "mug") == (1, 0)


async def test_unsettled_rows_are_counted_exactly_once(db: Db) -> None:
    """Eight folds at once count every row a single time."""
    await stock(db, 100)
    for n in range(20):
        await InventorySnapshot.take(db, hold(f"o{n}"), **SHOP)
        await row(InventoryMove.RESERVE, -1, f"o{n}").insert(db)
        await InventorySnapshot.settle(db, f"o{n}", tenant_id="a", product_ids=["mug"])
    sold = [row(InventoryMove.SALE, -1, f"o{n}", settled=False) for n in range(12)]
    released = [row(InventoryMove.RELEASE, 1, f"o{n}", settled=False) for n in range(12, 20)]
    await InventoryTransaction.insert_all(db, sold + released)
    assert await unsettled_products(db) == [("a", "mug")]
    counted = await asyncio.gather(*(fold(db, "a", "mug") for _ in range(8)))
    assert sum(counted) == 20
    assert await left(db) == await replay(db, "a", "mug") == (88, 0)
    assert await unsettled_products(db) == []
    assert await fold(db, "a", "mug") == 0


async def test_folds_and_takes_at_once_lose_nothing(db: Db) -> None:
    """A drop goes on while what was sold is counted."""
    await stock(db, 60)
    await InventorySnapshot.take(db, hold("paid", 20), **SHOP)
    await row(InventoryMove.RESERVE, -20, "paid").insert(db)
    await InventorySnapshot.settle(db, "paid", tenant_id="a", product_ids=["mug"])
    sold = [row(InventoryMove.SALE, -1, "paid", settled=False) for _ in range(20)]

    async def sell(sale: InventoryTransaction) -> None:
        await sale.insert(db)
        await fold(db, "a", "mug")

    taken, *_ = await asyncio.gather(
        wins(*(InventorySnapshot.take(db, hold(f"o{n}"), **SHOP) for n in range(50))), *map(sell, sold)
    )
    assert taken == 40
    assert await left(db) == await replay(db, "a", "mug") == (0, 40)


async def test_old_holds_are_found_and_young_ones_left(db: Db) -> None:
    """The sweeper sees what has waited too long, of every tenant."""
    await stock(db, 5)
    await InventorySnapshot.take(db, hold("o1"), **SHOP)
    old = await InventorySnapshot.with_old_holds(db, NOW.replace(year=2027))
    assert old == [("a", "o1", ["mug"])]
    assert await InventorySnapshot.with_old_holds(db, NOW) == []


async def test_low_stock_is_told_once_per_crossing(db: Db) -> None:
    """Not per order, and again after it was ample."""
    await stock(db, 5)

    async def told() -> bool:
        return await transact(db, lambda tx: InventorySnapshot.mark_low(db, "a", "mug", 5, tx=tx)) == 5

    assert await wins(*(told() for _ in range(6))) == 1
    await InventorySnapshot.mark_ample(db, "a", "mug", 5)
    assert not await told()
    await InventorySnapshot.mark_ample(db, "a", "mug", 4)
    assert await told()


type Step = tuple[str, int, int]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["restock", "adjust", "take", "order", "sell", "release", "refund", "back", "fold"]),
        st.integers(1, 5),
        st.integers(0, 4),
    ),
    max_size=25,
)


class Shop:
    """Plays steps against the stock of one product, as the services would."""

    def __init__(self, db: Db) -> None:
        self.db = db
        self.held: dict[str, int] = {}
        self.open: dict[str, int] = {}
        self.orders = 0

    async def play(self, step: Step) -> None:
        """One step; what is not possible at this moment does nothing."""
        name, quantity, which = step
        await getattr(self, name)(quantity, which)

    async def restock(self, quantity: int, _: int) -> None:
        await transact(self.db, lambda tx: apply_row(self.db, row(InventoryMove.RESTOCK, quantity), tx))

    async def adjust(self, quantity: int, _: int) -> None:
        await transact(self.db, lambda tx: apply_row(self.db, row(InventoryMove.ADJUSTMENT, -quantity), tx))

    async def refund(self, quantity: int, _: int) -> None:
        await transact(self.db, lambda tx: apply_row(self.db, row(InventoryMove.REFUND, quantity), tx))

    async def take(self, quantity: int, _: int) -> None:
        self.orders += 1
        if await InventorySnapshot.take(self.db, hold(f"o{self.orders}", quantity), **SHOP):
            self.held[f"o{self.orders}"] = quantity

    async def order(self, _: int, which: int) -> None:
        for order_id in list(self.held)[which : which + 1]:
            self.open[order_id] = self.held.pop(order_id)
            await row(InventoryMove.RESERVE, -self.open[order_id], order_id).insert(self.db)
            if which % 2:  # a crash before settling leaves the hold for the sweeper
                await InventorySnapshot.settle(self.db, order_id, tenant_id="a", product_ids=["mug"])

    async def sell(self, _: int, which: int) -> None:
        for order_id in list(self.open)[which : which + 1]:
            await InventorySnapshot.settle(self.db, order_id, tenant_id="a", product_ids=["mug"])
            await row(InventoryMove.SALE, -self.open.pop(order_id), order_id, settled=False).insert(self.db)

    async def release(self, _: int, which: int) -> None:
        for order_id in list(self.open)[which : which + 1]:
            await InventorySnapshot.settle(self.db, order_id, tenant_id="a", product_ids=["mug"])
            await row(InventoryMove.RELEASE, self.open.pop(order_id), order_id, settled=False).insert(self.db)

    async def back(self, _: int, which: int) -> None:
        for order_id in list(self.held)[which : which + 1]:
            assert await InventorySnapshot.give_back(self.db, order_id, **SHOP)
            del self.held[order_id]

    async def fold(self, _: int, __: int) -> None:
        await fold(self.db, "a", "mug")


@pytest.fixture
def play(mongo_uri: str, database_name: str) -> Any:
    """Runs steps in a fresh collection, on a loop of its own."""

    async def run(steps: list[Step]) -> None:
        client = AsyncIOMotorClient[dict[str, Any]](mongo_uri, tz_aware=True)
        db = Db(client=client, database=database_name)
        for kind in (InventorySnapshot, InventoryTransaction):
            await kind.rows(db).delete_many({})
        await stock(db, 6)
        shop = Shop(db)
        for step in steps:
            await shop.play(step)
            available, reserved = await left(db)
            assert min(available, reserved) >= 0
            assert await replay(db, "a", "mug") == (available, reserved)
        client.close()

    return lambda steps: asyncio.run(run(steps))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_the_ledger_replays_to_the_snapshot_after_every_step(play: Any, steps: list[Step]) -> None:
    """Whatever happens to a product, the ledger with the open holds tells its stock."""
    play(steps)
