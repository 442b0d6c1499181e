"""(c) From the start of the process to its first answer, and its memory, against a bare bot."""

import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.children import ECHO, running, shop
from bench.report import Figure, Table
from bot.sandbox import Patience, Person, Sandbox

REPEATS = 3
_MIB = 1024 * 1024


@dataclass(frozen=True)
class Began:
    """Seconds to being connected and to the first answer; bytes of the bot and of the servers it started."""

    connected: float
    answered: float
    memory: int
    servers: int


async def measure() -> Table:
    """Every figure of part (c); each repeat starts in an empty folder, and then again in the same one."""
    found: dict[str, list[Began]] = defaultdict(list)
    for _ in range(REPEATS):
        with tempfile.TemporaryDirectory(prefix="shop-bench-") as name:
            folder = Path(name)
            await _twice(found, "bare", ECHO, "/echo", folder, text="hello")
            await _twice(found, "shop", shop(folder), "/shop browse", folder)
    return Table("Start and memory: the shop with its own servers against a bare bot", _figures(found))


async def _twice(
    found: dict[str, list[Began]],
    name: str,
    arguments: tuple[str, ...],
    command: str,
    folder: Path,
    **options: str,
) -> None:
    patience = Patience(settle=0, first=60.0, last=60.0)
    async with Sandbox(record=False, patience=patience) as discord:
        person = discord.add_guild("Bench").owner
        for which in ("first", "again"):
            log = folder / f"{name}.log"
            settings = {"SHOP_DATA_DIR": str(folder / "data")}
            known, began = discord.gateway.identified, time.perf_counter()
            async with running(arguments, discord, log, settings) as child:
                await discord.until(lambda: discord.gateway.identified > known, timeout=60)  # noqa: B023 - waited for here
                connected = time.perf_counter() - began
                await discord.ready(command.split(maxsplit=1)[0], timeout=60)
                await _answer(person, command, options)
                answered = time.perf_counter() - began
                await discord.quiet(2.5, timeout=60)
                found[f"{name} {which}"].append(
                    Began(connected, answered, child.memory(), child.servers_memory())
                )


async def _answer(person: Person, command: str, options: dict[str, str]) -> None:
    seen = await person.run(command, options)
    # The shop of this guild is not open yet, and says so; the bare bot says what it was told to.
    assert seen.text.strip() == options.get("text") or "shop" in seen.text, seen.text


def _figures(found: dict[str, list[Began]]) -> list[Figure]:
    figures = []
    for which, said in {"first": "first start, in an empty folder", "again": "every further start"}.items():
        mine, bare = found[f"shop {which}"], found[f"bare {which}"]
        figures.append(
            Figure(
                f"{said}: to the first answer / bare",
                _middle(mine, "answered") / _middle(bare, "answered"),
                None,
                f"{_middle(mine, 'answered'):.2f} s (connected {_middle(mine, 'connected'):.2f} s) vs "
                f"{_middle(bare, 'answered'):.2f} s (connected {_middle(bare, 'connected'):.2f} s)",
            )
        )
    mine, bare = found["shop again"], found["bare again"]
    own, floor, servers = _middle(mine, "memory"), _middle(bare, "memory"), _middle(mine, "servers")
    note = f"{own / _MIB:.0f} vs {floor / _MIB:.0f} MiB, shared pages in parts (PSS)"
    return [
        *figures,
        Figure("memory of the bot / bare", own / floor, None, note),
        Figure(
            "memory with its database and Redis / bare",
            (own + servers) / floor,
            None,
            f"{(own + servers) / _MIB:.0f} MiB, of which the servers {servers / _MIB:.0f} MiB",
        ),
    ]


def _middle(began: Sequence[Began], of: str) -> float:
    return float(median(getattr(each, of) for each in began))
