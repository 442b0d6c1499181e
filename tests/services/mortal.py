"""Steps taken by processes that are killed on the way."""

import asyncio
import atexit
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

from models.base import Db

ROOT = Path(__file__).parents[2]


class Mother:
    """The process that makes them; it ends with this one, whose end closes its input."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.services.dying"]
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
        )
        atexit.register(self._end)

    def bear(self, arguments: list[str], environ: dict[str, str]) -> int:
        """Start a child; its process id."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"arguments": arguments, "environ": environ}) + "\n")
        self._process.stdin.flush()
        return self._line()

    def bury(self) -> int:
        """Wait for the child's end; its status, negative for the signal that killed it."""
        return self._line()

    def _line(self) -> int:
        assert self._process.stdout is not None
        return int(self._process.stdout.readline())

    def _end(self) -> None:
        self._process.communicate()


@cache
def mother() -> Mother:
    """The one of this run."""
    return Mother()


async def dies(db: Db, uri: str, last: int, name: str, *arguments: object) -> bool:
    """Take a step in a process that is killed after so many commands; False when it ended before.

    What it had begun in the database is ended at once: else its locks stay for seconds, and who meets them
    tries again, with more commands than a test counts on.
    """
    died = await dies_in(dict(os.environ), lambda _: None, db, uri, last, name, *arguments)
    if died:
        await db.database.client.admin.command("killAllSessions", [])
    return died


async def dies_in(
    environ: dict[str, str],
    born: Callable[[int], None],
    db: Db,
    uri: str,
    last: int,
    name: str,
    *arguments: object,
) -> bool:
    """The same in another environment, with its locks left; `born` hears the process id."""
    told = [uri, db.database.name, str(last), name, json.dumps(arguments)]
    born(await asyncio.to_thread(mother().bear, told, environ))
    status = await asyncio.to_thread(mother().bury)
    assert status in {0, -signal.SIGKILL}
    return status != 0
