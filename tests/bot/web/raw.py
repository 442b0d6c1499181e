"""A client that sends whatever bytes a test wants, as slowly as it wants."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from urllib.parse import urlsplit


class Raw:
    """One connection to a listener."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, text: bytes) -> None:
        """Send these bytes, if anybody is there to take them."""
        with contextlib.suppress(ConnectionError):
            self.writer.write(text)
            await self.writer.drain()

    async def status(self) -> int:
        """The status of the next answer; 0 when the connection ended without one."""
        line = await self.reader.readline()
        return int(line.split()[1]) if line else 0

    async def rest(self) -> bytes:
        """Everything until the other side hangs up."""
        try:
            return await self.reader.read()
        except ConnectionError:
            return b""

    async def over(self) -> bool:
        """Whether the other side has hung up by now."""
        try:
            async with asyncio.timeout(0.05):
                return await self.reader.read(1) == b""
        except ConnectionError:
            return True
        except TimeoutError:
            return False


@contextlib.asynccontextmanager
async def connection(url: str) -> AsyncIterator[Raw]:
    """A connection to the listener at this address."""
    place = urlsplit(url)
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    try:
        yield Raw(reader, writer)
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def answer(url: str, request: bytes) -> bytes:
    """Everything that comes back for these bytes, until the listener hangs up."""
    async with connection(url) as raw, asyncio.timeout(20):
        await raw.send(request)
        return await raw.rest()
