"""The program as an operator starts it: a process of its own, and a Discord to send it to."""

import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import psutil
import pytest

from bot.sandbox import Sandbox

ROOT = Path(__file__).parents[2]
PATIENCE = 30.0


class Program:
    """A run of run.py; `said` is what it has written so far."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._written: list[str] = []
        self._reading = [asyncio.create_task(self._read(pipe)) for pipe in (process.stdout, process.stderr)]
        self._servers: list[psutil.Process] = []

    @property
    def said(self) -> str:
        """Everything on both streams."""
        return "".join(self._written)

    async def until_said(self, text: str, *, within: float = PATIENCE) -> None:
        """Wait until it has written a text."""
        async with asyncio.timeout(within):
            while text not in self.said:
                assert self._process.returncode is None, self.said
                await asyncio.sleep(0.02)

    def send(self, sign: signal.Signals) -> None:
        """Send a signal, and go on."""
        self._process.send_signal(sign)

    async def type(self, text: str) -> None:
        """Type something."""
        if self._process.stdin is not None:
            self._process.stdin.write(text.encode())
            await self._process.stdin.drain()

    async def told(self, sign: signal.Signals) -> int:
        """Send a signal and wait for the exit status."""
        self._servers = psutil.Process(self._process.pid).children(recursive=True)
        self._process.send_signal(sign)
        return await self.ended()

    async def ended(self) -> int:
        """Wait for the exit status."""
        async with asyncio.timeout(PATIENCE):
            status = await self._process.wait()
            await asyncio.gather(*self._reading)
        return status

    @property
    def orphans(self) -> list[str]:
        """Names of its servers that live on after it was told to stop."""
        _, alive = psutil.wait_procs(self._servers, timeout=2)
        return [server.name() for server in alive]

    @property
    def servers(self) -> int:
        """How many servers it had when it was told to stop."""
        return len(self._servers)

    async def kill(self) -> None:
        """End it whatever it does."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()
        await asyncio.gather(*self._reading)

    async def _read(self, pipe: asyncio.StreamReader | None) -> None:
        while pipe and (line := await pipe.readline()):
            self._written.append(line.decode())


type Start = Callable[..., AbstractAsyncContextManager[Program]]


@pytest.fixture
def start(tmp_path: Path) -> Start:
    """Starts run.py (of `root`) with arguments and SHOP_ settings, in a folder without a config.toml."""

    @contextlib.asynccontextmanager
    async def started(*arguments: str, root: Path = ROOT, **settings: str) -> AsyncIterator[Program]:
        environ = {key: value for key, value in os.environ.items() if not key.startswith("SHOP_")}
        environ |= {f"SHOP_{key}": value for key, value in settings.items()} | {"TMPDIR": str(tmp_path)}
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, str(root / "run.py"), *arguments),
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            cwd=tmp_path,
            env=environ,
        )
        program = Program(process)
        try:
            yield program
        finally:
            await program.kill()

    return started


@pytest.fixture
async def stand_in() -> AsyncIterator[Sandbox]:
    """A Discord with the server Aurora in it."""
    async with Sandbox() as sandbox:
        sandbox.add_guild("Aurora", owner="olivia")
        yield sandbox
