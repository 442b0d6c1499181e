"""How long the event loop stands still while something is done."""

import asyncio
import time
from collections.abc import Awaitable

from bench.report import Figure

# Seconds, after which others would notice.
_GOAL = 0.050
# What a look at the loop, or its sleep, is late by where nothing else happens.
_LOOK = 0.001


async def stall(name: str, work: Awaitable[object]) -> Figure:
    """The longest stall of the loop until the work is done, against the goal.

    What other programs take of the processors, as the database does, is not counted; the note has it too.
    """
    idle, _ = await _longest(asyncio.sleep(1))
    began = time.perf_counter()
    waited, own = await _longest(work)
    took = time.perf_counter() - began
    return Figure(
        f"longest stall of the loop {name} / {1000 * _GOAL:.0f} ms",
        own / _GOAL,
        1.0,
        f"{1000 * own:.1f} ms; with what others took {1000 * waited:.1f} ms (idle {1000 * idle:.1f} ms); "
        f"all in {took:.1f} s",
        at_most=True,
    )


async def _longest(work: Awaitable[object]) -> tuple[float, float]:
    """How late the loop was at most until the work was done, and for how much of that by its own doing."""
    done, longest, own = asyncio.ensure_future(work), 0.0, 0.0
    while not done.done():
        began, spent = time.perf_counter(), time.process_time()
        await asyncio.sleep(_LOOK)
        late = time.perf_counter() - began - _LOOK
        longest, own = max(longest, late), max(own, min(late, time.process_time() - spent))
    await done
    return longest, own
