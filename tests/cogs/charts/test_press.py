"""Pictures: the right size, drawn elsewhere, whatever befalls the process that draws them."""

import asyncio
import os
import struct
import sys
import zlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cogs._charts import Charts, NoPicture, Press
from cogs._charts.press import _PROGRAM
from cogs._ui.words import Words
from services.reports.contract import Chart, Number
from tests.cogs.charts.looking import drawn
from tests.cogs.charts.samples import HOSTILE, bars, charts, lines, names, week

SMALL = '<svg xmlns="http://www.w3.org/2000/svg" width="4" height="3"/>'
# The real program, after it has done once what the test wants.
ONCE = """
import os, pathlib, runpy, signal, sys, time
program, mark = sys.argv.pop(1), pathlib.Path(sys.argv.pop(1))
first = not mark.exists()
mark.write_text(str(os.getpid()))
if first:
    {deed}
runpy.run_path(program, run_name="__main__")
"""
MANY: dict[str, Number | None] = {f"Product {number}": number for number in range(20)}
DIES = "os.kill(os.getpid(), signal.SIGKILL)"
HANGS = "time.sleep(600)"


def press(deed: str, mark: Path, patience: float = 15) -> Press:
    """One whose first process does something else."""
    program = (sys.executable, "-I", "-c", ONCE.format(deed=deed), str(_PROGRAM), str(mark))
    return Press(program, patience)


def size(picture: bytes) -> tuple[int, int]:
    """Width and height of a PNG."""
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    wide, high = struct.unpack(">II", picture[16:24])
    return wide, high


def corner(picture: bytes) -> bytes:
    """The first pixel, which every filter of a PNG leaves as it is."""
    at = picture.index(b"IDAT")
    return zlib.decompressobj().decompress(picture[at + 4 :], 5)[1:5]


async def png(chart: Chart, title: str = "Revenue", accent: str | None = None, locale: str = "en") -> bytes:
    return await Charts(Press()).png(chart, Words.of(locale), "EUR", title, accent)


def alive(pid: int) -> bool:
    """Whether a process is still there."""
    return Path(f"/proc/{pid}").exists()


@pytest.mark.parametrize("chart", [lines([100, 250], before=[50, 80]), bars(MANY), week(), lines([None])])
async def test_a_picture_has_its_size_and_an_opaque_card(chart: Chart) -> None:
    """800 by 450, small enough to be sent in a moment, with a ground of its own."""
    picture = await png(chart)
    assert size(picture) == (800, 450)
    assert corner(picture) == bytes.fromhex("1a1d25ff")
    assert len(picture) < 100_000


@given(charts(), names, st.sampled_from(["en", "de", "ja", "ar"]))
@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow])
def test_any_chart_has_a_picture(chart: Chart, title: str, locale: str) -> None:
    """Whatever its values and names are."""
    wide, high = size(asyncio.run(png(chart, title, locale=locale)))
    assert wide == 800
    assert 150 <= high <= 450


async def test_few_bars_take_a_lower_picture() -> None:
    """An embed is not blown up by nothing; the page's picture is as high."""
    chart = bars({"Mug": 5, "Cup": 7})
    assert size(await png(chart)) == (800, 218)
    assert drawn(chart).get("viewBox") == "0 0 800 218"


async def test_texts_are_really_written() -> None:
    """With the face that is installed with the shop; another title is another picture."""
    one, other, none = [await png(lines([1]), title) for title in ("Revenue", "Orders", HOSTILE[-1])]
    assert len({one, other, none}) == 3


async def test_an_accent_changes_the_picture_and_a_wrong_one_does_not() -> None:
    """As for the page."""
    plain, own, wrong = [
        await png(bars({"Mug": 5}), accent=each) for each in (None, "#ff8800", "javascript:")
    ]
    assert own != plain
    assert wrong == plain


async def test_a_process_that_is_killed_is_followed_by_another(tmp_path: Path) -> None:
    """Whoever asked gets the picture all the same, and so does the next."""
    drawing = press(DIES, tmp_path / "mark")
    assert size(await drawing.png(SMALL)) == (4, 3)
    assert size(await drawing.png(SMALL)) == (4, 3)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux knows work for idle cores")
async def test_a_picture_waits_for_an_idle_core_but_not_for_ever(tmp_path: Path) -> None:
    """What gives way and does not come to its end is drawn like anything else the second time."""
    told = "import os, sys; sys.stdin.read(); print(os.sched_getscheduler(0))"
    modest = await Press((sys.executable, "-I", "-c", told)).png(SMALL)
    assert modest == f"{os.SCHED_IDLE}\n".encode()
    mark = tmp_path / "mark"
    hangs_first = (
        f"import os, time; first = not os.path.exists({str(mark)!r}); open({str(mark)!r}, 'w').close(); "
    )
    again = Press((sys.executable, "-I", "-c", f"{hangs_first}time.sleep(600 * first); {told}"), patience=1)
    assert await again.png(SMALL) == f"{os.sched_getscheduler(0)}\n".encode()


async def test_a_process_that_hangs_is_ended(tmp_path: Path) -> None:
    """After a while, and another one draws."""
    drawing = press(f"print(flush=True); {HANGS}", tmp_path / "mark", patience=1)
    assert size(await drawing.png(SMALL)) == (4, 3)


async def test_what_cannot_be_drawn_is_said_and_blocks_nobody() -> None:
    """The reason goes to the log of whoever asked; the next picture is drawn."""
    drawing = Press()
    with pytest.raises(NoPicture, match=r"(?i)xml|svg|pars"):
        await drawing.png("no picture at all")
    assert size(await drawing.png(SMALL)) == (4, 3)


async def test_a_process_that_always_dies_is_given_up() -> None:
    """Without waiting for ever."""
    dying = Press((sys.executable, "-I", "-c", "import os; os.abort()"))
    with pytest.raises(NoPicture):
        await dying.png(SMALL * 10_000)


async def test_whoever_stops_asking_leaves_no_process_behind(tmp_path: Path) -> None:
    """As when the bot stops while a picture is drawn."""
    mark = tmp_path / "mark"
    asking = asyncio.create_task(press(HANGS, mark).png(SMALL))
    async with asyncio.timeout(10):
        while not mark.exists() or not mark.read_text():  # noqa: ASYNC110 - another process writes it
            await asyncio.sleep(0.01)
    pid = int(mark.read_text())
    assert alive(pid)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert not alive(pid)


async def test_the_drawing_process_inherits_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bot's environment holds its token; what draws names of strangers does not get to see it."""
    monkeypatch.setenv("SHOP_DISCORD__TOKEN", "the-bots-token")
    shown = await Press((sys.executable, "-I", "-c", "import os; print(*os.environ, 'done')")).png(SMALL)
    assert shown.endswith(b"done\n")
    assert b"SHOP_" not in shown
    assert "SHOP_DISCORD__TOKEN" in os.environ


async def test_many_who_ask_at_once_are_served_one_after_the_other(tmp_path: Path) -> None:
    """Twenty pictures never keep more than one process, and the loop goes on meanwhile."""
    mine = "f'{sys.argv[1]}/{os.getpid()}'"
    count = "import os, sys; n = len(os.listdir(sys.argv[1])); "
    count += f"open({mine}, 'x').close(); os.unlink({mine}); print(n)"
    drawing, turns = Charts(Press((sys.executable, "-I", "-c", count, str(tmp_path)))), 0
    asked = (drawing.png(week(), Words.of("en"), "EUR", "Orders") for _ in range(20))
    everybody = asyncio.gather(*asked)
    while not everybody.done():
        await asyncio.sleep(0.001)
        turns += 1
    assert set(await everybody) == {b"0\n"}
    assert turns > 20
