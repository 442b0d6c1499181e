"""A private redis-server for what may be lost: cache, cooldowns, wake-ups."""

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from urllib.parse import quote

from bot.embedded.binaries import find_redis_server
from bot.embedded.daemon import LOG_FILE, running
from bot.embedded.ownership import STOP_SECONDS

SOCKET = "./redis.sock"


class RedisServer:
    """`async with RedisServer(data_dir) as url`: a cache that forgets what it held when the block ends."""

    def __init__(
        self,
        data_dir: Path,
        *,
        find: Callable[[], Path] = find_redis_server,
        memory_mb: int = 64,
        patience: Callable[[], float] = lambda: STOP_SECONDS,
    ) -> None:
        self._folder = data_dir.absolute() / "redis"
        self._find = find
        self._memory_mb = memory_mb
        self._patience = patience
        self._running = contextlib.AsyncExitStack()

    async def __aenter__(self) -> str:
        program = await asyncio.to_thread(self._find)
        async with contextlib.AsyncExitStack() as stack:
            _, socket = await stack.enter_async_context(
                running(self._folder, SOCKET, [str(program), *self._arguments()], self._patience)
            )
            self._running = stack.pop_all()
        return f"unix://{quote(str(socket))}"

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._running.__aexit__(kind, error, trace)

    def _arguments(self) -> list[str]:
        return [
            *("--port", "0", "--unixsocket", SOCKET, "--unixsocketperm", "700"),
            *("--save", "", "--appendonly", "no", "--logfile", LOG_FILE, "--loglevel", "warning"),
            *("--maxmemory", f"{self._memory_mb}mb", "--maxmemory-policy", "allkeys-lru"),
        ]
