"""The life of one private server: owned folder, leash, socket, ready, stopped."""

import asyncio
import contextlib
import logging
import os
import shutil
import sys
import tempfile
from asyncio.subprocess import DEVNULL, STDOUT, Process
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path

from bot.embedded import leash
from bot.embedded.errors import EmbeddedUnavailable
from bot.embedded.ownership import PID_FILE, STOP_SECONDS, owned, stop_leftover

LOG_FILE = "server.log"
LOG_BYTES = 8 * 1024 * 1024
SOCKET_PATH_BYTES = 100  # the kernel takes 107
START_SECONDS = 60.0  # after a crash a large journal is replayed first
# What servers say in the end where the disk, or this account's share of it, is full.
_NO_ROOM = (b"No space left on device", b"Disk quota exceeded", b"File too large")
_LAST_WORDS = 256 * 1024
_LEAST_ROOM = 4 * 1024 * 1024

log = logging.getLogger(__name__)


@contextlib.asynccontextmanager
async def running(
    folder: Path, socket: str, command: Sequence[str], patience: Callable[[], float] = lambda: STOP_SECONDS
) -> AsyncIterator[tuple[Process, Path]]:
    """Run a server inside its (absolute) folder; yields it and its socket's address once it answers.

    `patience` is asked at the end, how many seconds it may take to stop before it is killed.
    """
    with owned(folder), reachable(folder) as near:
        await stop_leftover(folder)
        (folder / socket).unlink(missing_ok=True)
        set_aside(folder / LOG_FILE)
        process = await _spawn(folder, command)
        try:
            await _answers(process, near / socket, folder)
            log.info("embedded_started", extra={"server": folder.name, "pid": process.pid})
            yield process, near / socket
        finally:
            await _stop(process, patience())
            (folder / PID_FILE).unlink(missing_ok=True)
            log.info("embedded_stopped", extra={"server": folder.name, "status": process.returncode})


@contextlib.contextmanager
def reachable(folder: Path) -> Iterator[Path]:
    """The folder under a name short enough for a socket's address."""
    if len(os.fsencode(folder)) + len("/mongod.sock") <= SOCKET_PATH_BYTES:
        yield folder
        return
    alias = Path(tempfile.mkdtemp(prefix="shop-"))
    try:
        (alias / "s").symlink_to(folder, target_is_directory=True)
        yield alias / "s"
    finally:
        shutil.rmtree(alias, ignore_errors=True)


def set_aside(file: Path, larger_than: int = 0) -> bool:
    """Keep one older log, so that a log never grows beyond bounds; true when the file was moved."""
    if not file.exists() or file.stat().st_size <= larger_than:
        return False
    file.replace(file.with_name(f"{file.name}.1"))
    return True


async def _spawn(folder: Path, command: Sequence[str]) -> Process:
    me = [sys.executable, "-I", "-S", str(Path(leash.__file__)), str(os.getpid()), str(folder / PID_FILE)]
    # The servers need no secret of ours, and an unknown locale would keep mongod from starting.
    environ = {key: value for key, value in os.environ.items() if not key.startswith("SHOP_")} | {
        "LC_ALL": "C"
    }
    with (folder / LOG_FILE).open("ab") as output:
        return await asyncio.create_subprocess_exec(
            *me,
            *command,
            cwd=folder,
            env=environ,
            stdin=DEVNULL,
            stdout=output,
            stderr=STDOUT,
            start_new_session=True,  # Ctrl-C is for the bot, which still needs its servers to finish
        )


async def _until_accepting(process: Process, socket: Path) -> None:
    while process.returncode is None:
        if await _accepts(socket):
            return
        await asyncio.sleep(0.01)


async def _accepts(socket: Path) -> bool:
    try:
        _, writer = await asyncio.open_unix_connection(socket)
    except OSError:
        return False
    writer.close()
    return True


async def _answers(process: Process, socket: Path, folder: Path) -> None:
    try:
        async with asyncio.timeout(START_SECONDS):
            await _until_accepting(process, socket)
    except TimeoutError as reason:
        raise EmbeddedUnavailable(
            f"The private server in {folder} did not answer within {START_SECONDS:.0f} seconds: "
            f"see {folder / LOG_FILE}."
        ) from reason
    if process.returncode is not None:
        raise EmbeddedUnavailable(
            f"The private server in {folder} ended at its start with status {process.returncode}: "
            f"{what_to_do(folder)}"
        )


def what_to_do(folder: Path) -> str:
    """The end of a sentence about a server that ended: whether its disk is full, else where its log is."""
    with (folder / LOG_FILE).open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - _LAST_WORDS))
        said = file.read()
    # On a disk that is full, it may not have been able to write that down.
    if any(word in said for word in _NO_ROOM) or shutil.disk_usage(folder).free < _LEAST_ROOM:
        return (
            "its disk is full. Make room there, then start the bot again: nothing that was confirmed is lost."
        )
    return f"see {folder / LOG_FILE}."


async def _stop(process: Process, seconds: float) -> None:
    for send in (process.terminate, process.kill):
        with contextlib.suppress(ProcessLookupError, TimeoutError):
            send()
            async with asyncio.timeout(seconds):
                await process.wait()
                return
