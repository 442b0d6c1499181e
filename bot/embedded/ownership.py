"""One living bot per data folder, and nothing left over from a dead one."""

import asyncio
import contextlib
import fcntl
import os
import signal
from collections.abc import Iterator
from pathlib import Path

from bot.embedded.errors import EmbeddedInUse, EmbeddedUnavailable

LOCK_FILE = "owner.lock"
PID_FILE = "server.pid"
STOP_SECONDS = 8.0  # under the ten that container runtimes usually give before they kill
LOOK_SECONDS = 0.05


@contextlib.contextmanager
def owned(folder: Path) -> Iterator[None]:
    """Hold the folder for this process; the kernel lets go of it however the process ends."""
    try:
        folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        folder.chmod(0o700)
        lock = (folder / LOCK_FILE).open("w")
    except OSError as reason:
        raise EmbeddedUnavailable(
            f"The data folder {folder} cannot be used ({reason.strerror}): "
            "give SHOP_DATA_DIR a folder that this account may write to."
        ) from reason
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as reason:
            raise EmbeddedInUse(
                f"Another bot is running on {folder}: stop it first, or give this one its own SHOP_DATA_DIR."
            ) from reason
        yield


async def stop_leftover(folder: Path, patience: float = STOP_SECONDS) -> None:
    """Stop the server that a killed bot may have left; asks first, kills after so many seconds."""
    pid_file = folder / PID_FILE
    for sign in (signal.SIGTERM, signal.SIGKILL):
        if not _lives(pid_file):
            break
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(pid_file.read_text()), sign)
        await _wait_for_end(pid_file, patience)
    pid_file.unlink(missing_ok=True)


async def _wait_for_end(pid_file: Path, seconds: float) -> None:
    for _ in range(round(seconds / LOOK_SECONDS)):
        if not _lives(pid_file):
            return
        await asyncio.sleep(LOOK_SECONDS)


def _lives(pid_file: Path) -> bool:
    """Whether the server that signed the file still holds its lock (an id alone may belong to another)."""
    try:
        with pid_file.open() as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False
