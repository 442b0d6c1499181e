"""Commits changes together with the effects that they owe, and wakes whoever makes them happen."""

from collections.abc import Callable, Coroutine
from typing import Any

from models.base import Db, Tx, transact
from models.outbox import OutboxEffect
from services.wakeups import Wakeups


class Outbox:
    """The way in; the way out is services/worker.py."""

    def __init__(self, db: Db, wakeups: Wakeups) -> None:
        self._db = db
        self._wakeups = wakeups

    async def commit[T](self, work: Callable[[Tx], Coroutine[Any, Any, T]]) -> T:
        """Run `work` in one transaction and wake the worker for what it owes."""
        result = await transact(self._db, work)
        self._wakeups.ring()
        return result

    async def owe(self, effects: list[OutboxEffect], tx: Tx) -> None:
        """Write effects down in the transaction that owes them."""
        await OutboxEffect.owe(self._db, effects, tx=tx)

    async def owe_once(self, effect: OutboxEffect) -> bool:
        """Write an effect down on its own; False when it is owed already."""
        owed = await OutboxEffect.owe_once(self._db, effect)
        self._wakeups.ring()
        return owed
