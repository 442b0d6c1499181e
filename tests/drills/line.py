"""Telephone lines to servers: they carry bytes, hold them back, slow them down, or break at a chosen word."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Coroutine
from typing import Any

# How the shop's own connections introduce themselves, to be told from those of the servers.
APP = "shop-in-a-drill"
_CHUNK = 65536


def free_port() -> int:
    """A port of this machine that nobody uses at the moment."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class Cut:
    """A line breaks when the shop says this word: before it is heard, or before its answer is."""

    def __init__(
        self, word: bytes, *, heard: bool, times: int = 1, then: Callable[[], object] | None = None
    ) -> None:
        self.word = word
        self.heard = heard
        self.left = times
        self.done = 0
        self.then = then


class Line:
    """The way to one server; all but `cut` may be set from any thread, for what is said from then on."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.clients_held = False
        self.servers_held = False
        self.delay = 0.0
        self.cut: Cut | None = None
        self.calls: list[_Call] = []

    def deaf_until_now(self) -> None:
        """Carry nothing more over the connections that there are; nobody is told, new ones work."""
        for call in self.calls:
            call.forgotten = True

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection until either side hangs up."""
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self._port)
        except OSError:
            writer.transport.abort()
            return
        call = _Call(self, reader, writer, there, back)
        self.calls.append(call)
        try:
            await call.run()
        finally:
            self.calls.remove(call)


class _Call:
    """One connection over a line."""

    def __init__(
        self,
        line: Line,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        there: asyncio.StreamReader,
        back: asyncio.StreamWriter,
    ) -> None:
        self._line = line
        self._ways = ((reader, back, True), (there, writer, False))
        self._of_shop = False
        self._deaf = False
        self.forgotten = False
        self._then: Callable[[], object] | None = None

    async def run(self) -> None:
        """Both ways at once; the end of one is the end of both."""
        ways = [asyncio.create_task(self._way(*way)) for way in self._ways]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            for _, writer, _ in self._ways:
                writer.transport.abort()
            await asyncio.gather(*ways, return_exceptions=True)

    async def _way(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, said: bool) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(_CHUNK):
                if self.forgotten:
                    continue
                self._of_shop = self._of_shop or (said and APP.encode() in data)
                if not (await self._held() and await self._passes(data, said)):
                    return
                writer.write(data)
                await writer.drain()

    async def _held(self) -> bool:
        """Wait until the line carries this again; False when what was said is lost meanwhile."""
        line = self._line
        if line.delay:
            await asyncio.sleep(line.delay)
        lost = line.servers_held and not self._of_shop
        # Set by another thread, for which an event of this loop is not made.
        while line.clients_held if self._of_shop else line.servers_held:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        return not lost

    async def _passes(self, data: bytes, said: bool) -> bool:
        """False where the line breaks; an answer that must not be heard is waited for all the same."""
        if self._deaf:
            if self._then is not None:
                await asyncio.to_thread(self._then)
            return False
        cut = self._line.cut
        if not (said and self._of_shop and cut and cut.left and cut.word in data):
            return True
        cut.left -= 1
        cut.done += 1
        if cut.heard:
            self._deaf, self._then = True, cut.then
            return True
        if cut.then is not None:
            await asyncio.to_thread(cut.then)
        return False


class Lines:
    """Every line of a drill, on a loop in a thread of its own: a busy test must not slow servers down."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._exchanges: list[asyncio.Server] = []
        self.lines: dict[int, Line] = {}

    def open(self, port: int) -> int:
        """Lead a new line to a server's port; the port at which it is reached from now on."""
        line = Line(port)
        exchange = self._done(asyncio.start_server(line.carry, "127.0.0.1", 0))
        self._exchanges.append(exchange)
        known_as = int(exchange.sockets[0].getsockname()[1])
        self.lines[known_as] = line
        return known_as

    def mend(self) -> None:
        """Let all lines carry everything."""
        for line in self.lines.values():
            line.clients_held = line.servers_held = False
            line.delay, line.cut = 0.0, None

    def cut_at(self, cut: Cut) -> Cut:
        """Break whichever line carries the word first."""
        for line in self.lines.values():
            line.cut = cut
        return cut

    def hold_clients(self, *, held: bool = True) -> None:
        """Carry nothing more of what the shop says and hears; the servers go on talking."""
        for line in self.lines.values():
            line.clients_held = held

    def close(self) -> None:
        """Hang up everything."""
        self._done(self._hang_up())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _hang_up(self) -> None:
        for exchange in self._exchanges:
            exchange.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def _done[T](self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()
