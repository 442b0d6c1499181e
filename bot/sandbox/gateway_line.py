"""One websocket connection of the Gateway, whose frames keep their order."""

import asyncio
import zlib
from collections import deque

from aiohttp import web


class Line:
    """One websocket connection; a writer task keeps the frames in order."""

    def __init__(self, socket: web.WebSocketResponse, *, compress: bool) -> None:
        self.socket = socket
        self._zlib = zlib.compressobj(level=1) if compress else None
        self._queue: deque[str] = deque()
        self._wake = asyncio.Event()
        self._writer = asyncio.create_task(self._write())

    def send(self, text: str) -> None:
        self._queue.append(text)
        self._wake.set()

    @property
    def idle(self) -> bool:
        return not self._queue

    async def _write(self) -> None:
        while not self.socket.closed:
            await self._wake.wait()
            self._wake.clear()
            while self._queue and not self.socket.closed:
                await self._put(self._queue.popleft())

    async def _put(self, text: str) -> None:
        try:
            if self._zlib is None:
                await self.socket.send_str(text)
            else:
                packed = self._zlib.compress(text.encode()) + self._zlib.flush(zlib.Z_SYNC_FLUSH)
                await self.socket.send_bytes(packed)
        except ConnectionError:
            # The other side has gone; what it missed is kept for RESUME.
            self._queue.clear()

    async def close(self, code: int) -> None:
        self._writer.cancel()
        await self.socket.close(code=code)

    def abort(self, transport: asyncio.Transport | None) -> None:
        """Cut the wire without a word."""
        self._writer.cancel()
        if transport is not None:
            transport.abort()
