"""From SVG to PNG, in a process for each picture: rasterising keeps Python's lock, and the bot needs it."""

import asyncio
import contextlib
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path

_PROGRAM = Path(__file__).parent / "rasterise.py"
_FACES = ("SourceSansPro-Regular.ttf", "SourceSansPro-Semibold.ttf")
_PATIENCE = 15.0
# Seconds in which a picture may wait for an idle core before it is drawn like anything else.
_MODESTY = 3.0
# What a Python that is not installed in the usual place needs to start; nothing else is handed over.
_ENVIRONMENT = ("LD_LIBRARY_PATH", "PATH")


class NoPicture(Exception):
    """A picture could not be drawn; what it shows can still be said in words."""


class Press:
    """A program that is started for each picture and ends with it: nothing is kept that could die or leak."""

    def __init__(
        self,
        program: Sequence[str] = (sys.executable, "-I", str(_PROGRAM)),
        patience: float = _PATIENCE,
    ) -> None:
        self._program, self._patience = program, patience

    async def png(self, markup: str) -> bytes:
        """The picture; a process that is ended from outside is followed by another one."""
        said = ""
        for modest in (True, False):
            try:
                picture, said = await self._once(markup.encode(), modest=modest)
            except TimeoutError:
                said = "it took too long"
                continue
            if picture:
                return picture
        raise NoPicture(said[-500:])

    async def _once(self, markup: bytes, *, modest: bool) -> tuple[bytes, str]:
        environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
        process = await asyncio.create_subprocess_exec(
            *self._program, *_faces(), stdin=PIPE, stdout=PIPE, stderr=PIPE, env=environment
        )
        if modest:
            _give_way(process)
        try:
            async with asyncio.timeout(min(self._patience, _MODESTY) if modest else self._patience):
                picture, said = await process.communicate(markup)
        finally:
            await _end(process)
        return (picture if process.returncode == 0 else b""), said.decode(errors="replace")


def _give_way(process: Process) -> None:
    """Let it run only where nobody else wants to; a lower priority alone keeps a core for milliseconds."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.sched_setscheduler(process.pid, os.SCHED_IDLE, os.sched_param(0))


async def _end(process: Process) -> None:
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


@cache
def _faces() -> tuple[str, ...]:
    found = find_spec("font_source_sans_pro")
    if found is None or found.origin is None:
        raise NoPicture("the package font-source-sans-pro is not installed")
    folder = Path(found.origin).parent / "files"
    return tuple(str(folder / name) for name in _FACES)
