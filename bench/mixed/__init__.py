"""(h) The whole shop under mixed load for minutes, two bot processes against one, and a drop."""

from collections.abc import AsyncIterator
from pathlib import Path

from bench.mixed import drop, loads
from bench.mixed.place import opened
from bench.report import Figure, Table

# Seconds of each load, and how many people make it.
SECONDS = 300
USERS = (1, 10, 50, 200)
# People of the comparison between one process and two.
_MANY = 50


async def measure(folder: Path, seconds: int = SECONDS) -> AsyncIterator[Table]:
    """Every figure of part (h): each load on a shop that goes on from the one before."""
    async with opened(folder / "one", bots=1) as place:
        for users in USERS:
            load = await loads.load(place, users, seconds)
            yield Table(f"Mixed load of {users} for {seconds} s, all in one process", load.figures)
        yield Table("A drop", await drop.measure(place))
    yield await _apart(folder, seconds)


async def _apart(folder: Path, seconds: int) -> Table:
    """The same load on one bot process and on two, each beside a listener and a worker of its own."""
    found = []
    for bots in (1, 2):
        async with opened(folder / f"apart{bots}", bots=bots, apart=True) as place:
            found.append(await loads.load(place, _MANY, max(seconds // 5, 10)))
    one, two = found
    ratio = two.rate / one.rate
    note = f"{two.rate:.0f}/s vs {one.rate:.0f}/s; p95 {1000 * two.p95:.0f} vs {1000 * one.p95:.0f} ms"
    figures = [Figure(f"{_MANY} users: acts a second, two bots / one", ratio, None, note)]
    cost = f"{two.cost:.2f} vs {one.cost:.2f} ms of processor time an act, bots only"
    figures.append(Figure("processor time an act, two bots / one", two.cost / one.cost, None, cost))
    return Table("Bot, listener and worker apart: two bot processes against one", figures)
