"""The bots under test, each a process of its own, in a stand-in for Discord that lives in this one."""

import asyncio
import contextlib
import os
import secrets
import sys
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from bot.sandbox import Sandbox

ROOT = Path(__file__).parent.parent
ECHO = ("-m", "bench.echo")
_ENDS_WITHIN = 20.0


@dataclass(frozen=True)
class Child:
    """A bot's process."""

    pid: int

    def spent(self) -> float:
        """The seconds of processor time it has used so far."""
        times = psutil.Process(self.pid).cpu_times()
        return float(times.user + times.system)

    def memory(self) -> int:
        """The bytes that the bot alone occupies; what processes share counts in parts (PSS)."""
        return _pss(psutil.Process(self.pid))

    def servers_memory(self) -> int:
        """The bytes that the servers which it started occupy."""
        return sum(map(_pss, psutil.Process(self.pid).children(recursive=True)))


def _pss(process: psutil.Process) -> int:
    found = process.memory_full_info()
    return int(getattr(found, "pss", found.rss))


def shop(folder: Path) -> tuple[str, ...]:
    """The arguments that start the shop with no settings but the environment's."""
    empty = folder / "config.toml"
    empty.touch()
    return ("run.py", "--config", str(empty))


@contextlib.asynccontextmanager
async def running(
    arguments: tuple[str, ...], discord: Sandbox, log: Path, settings: Mapping[str, str] | None = None
) -> AsyncIterator[Child]:
    """Start a bot, and end it with the block; what it logs goes into the file."""
    environ = {key: value for key, value in os.environ.items() if not key.startswith("SHOP_")} | {
        "SHOP_DISCORD__API_URL": discord.api_url,
        "SHOP_DISCORD__TOKEN": discord.token,
        "SHOP_WEB__PORT": "0",
        # These people are faster than people.
        "SHOP_SHOP__COOLDOWNS": "false",
        "SHOP_SECURITY__SECRETS": secrets.token_hex(32),
        **(settings or {}),
    }
    with log.open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable, *arguments, cwd=ROOT, env=environ, stdin=DEVNULL, stdout=output, stderr=output
        )
    try:
        yield Child(process.pid)
    finally:
        await _end(process)


async def _end(process: asyncio.subprocess.Process) -> None:
    for send in (process.terminate, process.kill):
        with contextlib.suppress(ProcessLookupError, TimeoutError):
            send()
            async with asyncio.timeout(_ENDS_WITHIN):
                await process.wait()
                return
