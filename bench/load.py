"""How load is made: so many people at once, each doing the next thing as soon as the last one is answered."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from bench.report import percentile

type Act = Callable[[], Awaitable[object]]


@dataclass(frozen=True)
class Run:
    """What one load took: acts per second, and each one's seconds."""

    rate: float
    taken: list[float]

    @property
    def p50(self) -> float:
        """Half of the acts took at most so many seconds."""
        return percentile(self.taken, 50)

    @property
    def p95(self) -> float:
        """Nineteen of twenty acts took at most so many seconds."""
        return percentile(self.taken, 95)

    @property
    def p99(self) -> float:
        """All acts but one in a hundred took at most so many seconds."""
        return percentile(self.taken, 99)


async def timed(acts: Sequence[Act], at_once: int) -> Run:
    """Do all of these, with so many people at once."""
    waiting, taken = iter(acts), []

    async def person() -> None:
        for act in waiting:
            began = time.perf_counter()
            await act()
            taken.append(time.perf_counter() - began)

    began = time.perf_counter()
    await asyncio.gather(*(person() for _ in range(at_once)))
    return Run(len(acts) / (time.perf_counter() - began), taken)
