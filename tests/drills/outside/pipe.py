"""A way to a server that carries bytes until it is stopped up."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from urllib.parse import unquote

_CHUNK = 65536


class Pipe:
    """One port of this machine that leads to a socket; `hold()` keeps everything back that comes after."""

    def __init__(self, socket: str) -> None:
        self.port = 0
        self._socket = socket
        self._open = asyncio.Event()
        self._open.set()
        self.hung_up = asyncio.Event()
        self._word = b""
        self._then: Callable[[], object] = lambda: None

    def hang_up_at(self, word: bytes, then: Callable[[], object]) -> None:
        """Break the connection over which somebody says this first, once `then` was done; it is not heard."""
        self.hung_up.clear()
        self._word, self._then = word, then

    def hold(self) -> None:
        """Carry nothing until `let_go()`; connections stand."""
        self._open.clear()

    def let_go(self) -> None:
        """Carry everything again."""
        self._open.set()

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, both ways, until either side hangs up."""
        there, back = await asyncio.open_unix_connection(self._socket)
        ways = [
            asyncio.create_task(self._way(reader, back, said=True)),
            asyncio.create_task(self._way(there, writer, said=False)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            writer.close()
            back.close()

    async def _way(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, said: bool) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(_CHUNK):
                if said and self._word and self._word in data:
                    self._word = b""
                    self._then()
                    self.hung_up.set()
                    return
                await self._open.wait()
                writer.write(data)
                await writer.drain()


@contextlib.asynccontextmanager
async def pipe_to(mongo_uri: str, port: int = 0) -> AsyncIterator[Pipe]:
    """A pipe to the run's own mongod, whose address names its socket; at a free port, or at this one."""
    socket = unquote(mongo_uri.removeprefix("mongodb://").partition("/?")[0])
    pipe = Pipe(socket)
    tasks: set[asyncio.Task[None]] = set()

    def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.create_task(pipe.carry(reader, writer)))

    server = await asyncio.start_server(begin, "127.0.0.1", port)
    pipe.port = server.sockets[0].getsockname()[1]
    try:
        yield pipe
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
