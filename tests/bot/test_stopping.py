"""One deadline for the way out: each step gets what is left, and at last the process ends."""

import asyncio
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bot.stopping import Deadline

ROOT = Path(__file__).parents[2]
HELD = """
import threading, time
from bot.stopping import LastResort
last = LastResort(seconds=0.3)
last.arm()
last.arm()
last.status = {status}
threading.Thread(target=lambda: time.sleep(30)).start()
"""


async def test_steps_share_what_is_left() -> None:
    """The first takes what it wants, later ones what is left, and some is kept for those after them."""
    end = Deadline(seconds=60.0)
    assert end.patience(2.0) == pytest.approx(2.0)
    assert end.patience(90.0) == pytest.approx(60.0, abs=5)
    assert end.patience(90.0, keep=40.0) == pytest.approx(20.0, abs=5)
    before = end.patience(90.0)
    await asyncio.sleep(0.1)
    assert end.patience(90.0) < before
    assert end.patience(90.0, keep=70.0) == 0.0


async def test_a_step_that_hangs_is_left_behind(caplog: pytest.LogCaptureFixture) -> None:
    """It is cancelled, the log names it, and the others go on."""
    end = Deadline(seconds=0.2)
    began = time.monotonic()
    await end.within(asyncio.sleep(30), 5.0, what="sleeper")
    assert time.monotonic() - began < 15
    assert [(each.message, each.__dict__["step"]) for each in caplog.records] == [
        ("stop_cut_short", "sleeper")
    ]


async def test_a_step_that_fails_stops_no_other(caplog: pytest.LogCaptureFixture) -> None:
    """Its kind of error is logged, nothing is raised."""

    async def broken() -> None:
        raise OSError("gone")

    await Deadline().within(broken(), 1.0, what="broken")
    assert [each.message for each in caplog.records] == ["stop_step_failed"]
    assert caplog.records[0].__dict__["error"] == "OSError"


@pytest.mark.parametrize("status", [0, 1])
def test_a_thread_that_hangs_does_not_keep_the_process(status: int) -> None:
    """It ends with the status that was reached by then."""
    began = time.monotonic()
    held = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", HELD.format(status=status)], cwd=ROOT, check=False, timeout=20
    )
    assert held.returncode == status
    assert time.monotonic() - began < 10
