"""Turns: who counts when, and that the database rests in between."""

import asyncio

import pytest

from services.reports.turns import Turns

SHORT, LONG = 0.05, 60.0


class Counting:
    """Reports that are counted until they may end, and the names of those that began."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self.begun: list[str] = []
        self.end = asyncio.Event()

    def start(self, *names: str) -> list[asyncio.Task[None]]:
        """Ask for all of them in this order."""
        return [asyncio.create_task(self._count(name)) for name in names]

    async def _count(self, name: str) -> None:
        async with self._turns.turn():
            self.begun.append(name)
            await self.end.wait()

    async def until(self, *names: str) -> None:
        """Wait until these have begun, and nobody else."""
        async with asyncio.timeout(10):
            while len(self.begun) < len(names):  # noqa: ASYNC110 - whoever counts says nothing
                await asyncio.sleep(0.005)
        assert self.begun == [*names]


async def test_the_database_rests_after_a_report() -> None:
    """Four times as long as it was counted."""
    turns, loop = Turns(), asyncio.get_running_loop()
    async with turns.turn():
        began = loop.time()
        await asyncio.sleep(SHORT)
        ended = loop.time()
    async with turns.turn():
        assert loop.time() - ended >= 4 * (ended - began)


async def test_a_report_that_failed_is_rested_from_as_well() -> None:
    """The database worked for it all the same."""
    turns, loop = Turns(), asyncio.get_running_loop()
    with pytest.raises(ZeroDivisionError):
        await _fails(turns)
    ended = loop.time()
    async with turns.turn():
        # The rest began a moment before it was looked at the clock.
        assert loop.time() - ended >= 3 * SHORT


async def _fails(turns: Turns) -> None:
    async with turns.turn():
        await asyncio.sleep(SHORT)
        raise ZeroDivisionError


async def test_reports_are_counted_one_after_the_other() -> None:
    """In the order in which they were asked for."""
    counting = Counting(Turns(LONG))
    tasks = counting.start("first", "second", "third")
    await asyncio.sleep(SHORT)
    await counting.until("first")
    counting.end.set()
    await asyncio.gather(*tasks)
    assert counting.begun == ["first", "second", "third"]


async def test_a_long_report_holds_up_nobody_for_ever() -> None:
    """Another one is counted beside it, and no third."""
    counting = Counting(Turns(SHORT))
    tasks = counting.start("first", "second", "third")
    await counting.until("first", "second")
    await asyncio.sleep(2 * SHORT)
    await counting.until("first", "second")
    counting.end.set()
    await asyncio.gather(*tasks)
    assert counting.begun == ["first", "second", "third"]


async def test_whoever_stops_waiting_takes_no_turn() -> None:
    """The next in line counts instead."""
    counting = Counting(Turns(LONG))
    first, second, third = counting.start("first", "second", "third")
    await counting.until("first")
    second.cancel()
    counting.end.set()
    await asyncio.gather(first, third)
    assert counting.begun == ["first", "third"]
    with pytest.raises(asyncio.CancelledError):
        await second
