"""Transactions: all of it or nothing, tried again for as long as that may help (docs/adr/0039)."""

import asyncio
import random
import time
from collections.abc import Callable, Coroutine
from typing import Any

from motor.motor_asyncio import AsyncIOMotorClientSession as Tx
from odmantic import AIOEngine
from pymongo.errors import (
    ConnectionFailure,
    ExecutionTimeout,
    InvalidOperation,
    OperationFailure,
    PyMongoError,
    WriteConcernError,
)
from pymongo.synchronous.client_session import ClientSession

from models.primary_monitor import NobodyThere

# Others who write the same records are done sooner or later; a database that is away may stay away.
_CONFLICT_SECONDS = 120.0
_AWAY_SECONDS = 10.0
_FIRST_PAUSE, _LONGEST_PAUSE, _GROWTH = 0.005, 0.5, 1.5
_AGAIN = "TransientTransactionError"
_UNKNOWN = "UnknownTransactionCommitResult"
_LABELS = (_AGAIN, _UNKNOWN, "RetryableWriteError")
# What a server says that is no primary (any more), stops, has no room left, or cannot have a majority agree.
_AWAY_CODES = frozenset({50, 64, 91, 100, 134, 189, 202, 262, 10107, 11600, 11602, 13435, 13436, 14031})


def away(error: BaseException) -> bool:
    """Whether it only says that the database cannot be reached, or promise anything, at the moment.

    What was asked for may have happened all the same.
    """
    if isinstance(error, BaseExceptionGroup):
        return all(map(away, error.exceptions))
    if isinstance(error, ConnectionFailure | WriteConcernError | ExecutionTimeout):
        return True
    if isinstance(error, OperationFailure) and error.code in _AWAY_CODES:
        return True
    return isinstance(error, PyMongoError) and any(map(error.has_error_label, _LABELS))


class _Inside(ClientSession):
    """A session that asks for nothing outside a transaction.

    Who is cancelled leaves a thread behind that may only be on its way to the server; once the transaction
    is rolled back, the driver would take its write for one that stands by itself.
    """

    def _apply_to(self, command: Any, *more: Any) -> None:
        super()._apply_to(command, *more)
        if "autocommit" not in command:
            raise InvalidOperation("the transaction is over")


class _Tries:
    """How long one transaction has been tried, and the pauses between its tries."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._pause = _FIRST_PAUSE

    async def again(self, error: PyMongoError, label: str) -> None:
        """Let the others be done, who must not all come back at once; raises what no further try mends."""
        only_conflict = isinstance(error, OperationFailure) and error.code not in _AWAY_CODES
        limit = _CONFLICT_SECONDS if only_conflict else _AWAY_SECONDS
        may_help = error.has_error_label(label) or isinstance(error, NobodyThere)
        if not may_help or time.monotonic() - self._began > limit:
            raise error
        await asyncio.sleep(self._pause * random.random())  # noqa: S311 - spread, not secrecy
        self._pause = min(self._pause * _GROWTH, _LONGEST_PAUSE)


async def transact[T](db: AIOEngine, work: Callable[[Tx], Coroutine[None, None, T]]) -> T:
    """Run `work` in one MongoDB transaction: all of it or nothing.

    It runs again after write conflicts, and for some seconds while another server takes over; a commit
    whose answer was lost is asked for again. What is raised after that says `away`.
    """
    tries = _Tries()
    async with await db.client.start_session() as tx:
        tx.delegate.__class__ = _Inside
        while True:
            try:
                return await _once(tx, work, tries)
            except PyMongoError as error:
                await tries.again(error, _AGAIN)


async def _once[T](tx: Tx, work: Callable[[Tx], Coroutine[None, None, T]], tries: _Tries) -> T:
    async with tx.start_transaction():
        result = await work(tx)
        while True:
            try:
                await tx.commit_transaction()
            except PyMongoError as error:
                await tries.again(error, _UNKNOWN)
            else:
                return result
