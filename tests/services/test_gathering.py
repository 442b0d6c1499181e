"""A crowd's wishes in few round trips: each gets its own result, and nobody suffers from another."""

import asyncio
from collections.abc import Sequence

import pytest

from services.gathering import Gathering


class Counter:
    """Doubles numbers and notes in which lots; -1 is what it cannot do."""

    def __init__(self) -> None:
        self.lots: list[list[int]] = []
        self.open = asyncio.Event()
        self.open.set()

    async def work(self, things: Sequence[int]) -> list[int]:
        """Twice each number."""
        self.lots.append(list(things))
        await self.open.wait()
        if -1 in things:
            raise ValueError("minus one")
        return [2 * each for each in things]


async def test_a_crowd_is_done_in_few_lots_and_each_gets_its_own() -> None:
    """Two hundred at once take a handful of lots of fifty at most, in the order of their coming."""
    counter = Counter()
    gathering = Gathering(counter.work)
    assert await asyncio.gather(*map(gathering.do, range(200))) == [2 * each for each in range(200)]
    assert max(map(len, counter.lots)) == 50
    assert len(counter.lots) == 4
    assert [each for lot in counter.lots for each in lot] == list(range(200))


async def test_one_alone_waits_for_nobody() -> None:
    """A single thing is a lot of its own, time after time."""
    counter = Counter()
    gathering = Gathering(counter.work)
    assert [await gathering.do(each) for each in (1, 2, 3)] == [2, 4, 6]
    assert counter.lots == [[1], [2], [3]]


async def test_what_cannot_be_done_fails_alone() -> None:
    """Its own asker hears of it; the rest of the lot is done all the same."""
    gathering = Gathering(Counter().work)
    found = await asyncio.gather(*map(gathering.do, (5, -1, 6)), return_exceptions=True)
    assert (found[0], found[2]) == (10, 12)
    assert isinstance(found[1], ValueError)


async def test_who_stops_waiting_stops_nobody_else() -> None:
    """A timeout ends one wait; the work goes on and the next one is served."""
    counter = Counter()
    counter.open.clear()
    gathering = Gathering(counter.work)
    impatient, patient = (asyncio.create_task(gathering.do(each)) for each in (1, 2))
    await asyncio.sleep(0)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(impatient, 0.01)
    counter.open.set()
    assert await patient == 4
    assert await gathering.do(3) == 6
