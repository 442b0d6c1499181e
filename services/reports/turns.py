"""Whose turn it is to count a report, so that those who look at many leave the machine to those who buy."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

# How many a process lets the database count at the same time, if the first of them takes long.
_AT_ONCE = 2
# How many times as long as a report was counted the database is left alone afterwards, and for how many
# seconds at most. Nobody who reads a report before asking for the next one waits for that.
_REST, _LONGEST_REST = 4.0, 2.0


class Turns:
    """One after the other, each followed by a rest; after `long` seconds the next does not wait any more."""

    def __init__(self, long: float = 1.0) -> None:
        self._long = long
        self._places = asyncio.Semaphore(_AT_ONCE)
        self._free = asyncio.Lock()

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for one's turn; whoever came first counts first."""
        loop = asyncio.get_running_loop()
        async with self._places:
            await self._free.acquire()
            began = loop.time()
            enough = loop.call_later(self._long, self._free.release)
            try:
                yield
            finally:
                ended = loop.time()
                if ended < enough.when():
                    enough.cancel()
                    loop.call_later(min(_LONGEST_REST, _REST * (ended - began)), self._free.release)
