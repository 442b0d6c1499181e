"""One round trip for a crowd: what is asked for while the last lot is under way is done as the next lot."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence

_MOST = 50


class Gathering[T, R]:
    """Does things in lots; what comes alone is done at once, and nobody waits for a lot to fill."""

    def __init__(self, work: Callable[[Sequence[T]], Awaitable[Sequence[R]]]) -> None:
        """Take the work: it gives as many results as it was given things, in their order."""
        self._work = work
        self._waiting: deque[tuple[T, asyncio.Future[R]]] = deque()
        self._at_it: asyncio.Task[None] | None = None

    async def do(self, thing: T) -> R:
        """The result for this thing; raises what the work raises.

        Who stops waiting does not stop the work.
        """
        result: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((thing, result))
        if self._at_it is None or self._at_it.done():
            self._at_it = asyncio.create_task(self._in_lots())
        return await result

    async def _in_lots(self) -> None:
        while self._waiting:
            lot = [self._waiting.popleft() for _ in range(min(_MOST, len(self._waiting)))]
            try:
                await self._one_lot(lot)
            finally:
                # Only who was cancelled leaves somebody without a result.
                for _, result in lot:
                    result.cancel()

    async def _one_lot(self, lot: list[tuple[T, asyncio.Future[R]]]) -> None:
        (done,) = await asyncio.gather(self._work([thing for thing, _ in lot]), return_exceptions=True)
        if isinstance(done, BaseException) and len(lot) > 1:
            # One of them may be what is wrong, and the others shall not suffer from it.
            await asyncio.gather(*(self._one_lot([each]) for each in lot))
            return
        for at, (_, result) in enumerate(lot):
            if result.done():
                continue
            if isinstance(done, BaseException):
                result.set_exception(done)
            else:
                result.set_result(done[at])
