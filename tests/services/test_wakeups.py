"""What changed is told to other processes, each time that it changed."""

import asyncio
from typing import cast

from redis.asyncio import Redis
from redis.exceptions import ConnectionError as Gone

from services.wakeups import Wakeups


class SlowLine:
    """Takes word of one change at a time, for as long as it likes."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.taken = asyncio.Event()
        self.free = asyncio.Event()
        self.broken = False

    async def publish(self, channel: str, what: str) -> None:
        """Count what is told of changes; nobody answers before it is free."""
        if channel != "shop:changes":
            return
        self.told.append(what.partition(":")[2])
        self.taken.set()
        await self.free.wait()
        if self.broken:
            raise Gone


async def test_what_changes_again_while_it_is_told_is_told_again() -> None:
    """Others may have read it anew between the two."""
    line = SlowLine()
    wakeups = Wakeups(cast("Redis", line))
    telling = asyncio.create_task(wakeups._tell(cast("Redis", line)))
    wakeups.tell_of_change("flags")
    await line.taken.wait()
    wakeups.tell_of_change("flags")
    line.free.set()
    await asyncio.sleep(0.05)
    telling.cancel()
    assert line.told == ["flags", "flags"]


async def test_what_could_not_be_told_is_told_once_it_can_be() -> None:
    """Together with what changed meanwhile."""
    line = SlowLine()
    line.broken = True
    line.free.set()
    wakeups = Wakeups(cast("Redis", line))
    telling = asyncio.create_task(wakeups._tell(cast("Redis", line)))
    wakeups.tell_of_change("flags")
    await line.taken.wait()
    wakeups.tell_of_change("themes")
    line.broken = False
    await asyncio.sleep(1.2)
    telling.cancel()
    assert line.told == ["flags", "flags,themes"]
