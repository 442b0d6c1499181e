import asyncio

import pytest
from pymongo.errors import (
    AutoReconnect,
    DuplicateKeyError,
    InvalidOperation,
    NetworkTimeout,
    NotPrimaryError,
    OperationFailure,
    ServerSelectionTimeoutError,
    WTimeoutError,
)

from models.base import Db, Tx, transact
from models.counter import Counter
from models.errors import CartEmpty
from models.transaction import away


@pytest.mark.parametrize(
    "error",
    [
        AutoReconnect("connection closed"),
        NetworkTimeout("timed out"),
        NotPrimaryError("not primary"),
        ServerSelectionTimeoutError("no primary"),
        WTimeoutError("waiting for replication timed out", 64),
        OperationFailure("out of disk space", 14031),
        OperationFailure("conflict", 112, {"errorLabels": ["TransientTransactionError"]}),
        ExceptionGroup("both", [AutoReconnect("one"), AutoReconnect("two")]),
    ],
)
def test_what_says_that_nobody_is_there_is_away(error: Exception) -> None:
    """No bug of ours, and nobody can say whether it was done."""
    assert away(error)


@pytest.mark.parametrize(
    "error",
    [
        DuplicateKeyError("E11000", 11000),
        OperationFailure("unknown operator: $incc", 9),
        ValueError("a bug"),
        CartEmpty(),
        ExceptionGroup("one of them is a bug", [AutoReconnect("one"), ValueError("two")]),
    ],
)
def test_bugs_and_refusals_are_not_away(error: Exception) -> None:
    """They must be told as what they are."""
    assert not away(error)


async def test_of_many_transactions_on_one_record_none_is_lost(db: Db) -> None:
    """They conflict, and each is tried again until it is through."""

    async def count(_: int) -> int:
        return await transact(db, lambda tx: Counter.next(db, "t", "things", tx=tx))

    numbers = await asyncio.gather(*map(count, range(20)))
    assert sorted(numbers) == list(range(1, 21))


async def test_a_refusal_undoes_all_and_is_raised(db: Db) -> None:
    """Nothing that was written before it stays."""

    async def work(tx: Tx) -> None:
        await Counter.next(db, "t", "things", tx=tx)
        raise CartEmpty

    with pytest.raises(CartEmpty):
        await transact(db, work)
    assert await transact(db, lambda tx: Counter.next(db, "t", "things", tx=tx)) == 1


async def test_who_is_cancelled_leaves_nothing_locked(db: Db) -> None:
    """The next one need not wait until the server forgets the transaction."""
    reached = asyncio.Event()

    async def work(tx: Tx) -> None:
        await Counter.next(db, "t", "things", tx=tx)
        reached.set()
        await asyncio.sleep(60)

    slow = asyncio.create_task(transact(db, work))
    await reached.wait()
    slow.cancel()
    await asyncio.gather(slow, return_exceptions=True)
    async with asyncio.timeout(5):
        assert await transact(db, lambda tx: Counter.next(db, "t", "things", tx=tx)) == 1


async def test_nothing_is_written_behind_a_transaction_that_was_rolled_back(db: Db) -> None:
    """The thread of who was cancelled may still be on its way to the server then."""

    async def work(tx: Tx) -> None:
        await db.rows("early").insert_one({}, session=tx)
        await tx.abort_transaction()
        with pytest.raises(InvalidOperation):
            await db.rows("late").insert_one({}, session=tx)
        with pytest.raises(InvalidOperation):
            await db.rows("late").insert_many([{}, {}], session=tx)
        raise CartEmpty

    with pytest.raises(CartEmpty):
        await transact(db, work)
    assert [await db.rows(name).count_documents({}) for name in ("early", "late")] == [0, 0]
