"""`make bench`: every measurement of the shop on servers of its own; `ARGS=discord` or so narrows it.

A number, as in `ARGS="reports 100000"` or `ARGS="mixed 60"`, is how many orders the reports are about, or
how many seconds each mixed load lasts.
"""

import argparse
import asyncio
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from bench import charts, confirm, discord, files, mixed, outbox, reports, scale, start, webhooks
from bench.report import Table
from bot.embedded import Mongod, RedisServer
from bot.outside import open_database

PARTS = ("confirm", "discord", "webhooks", "outbox", "start", "charts", "files", "scale", "reports", "mixed")


def arguments() -> tuple[list[str], int | None]:
    """The parts that are asked for, all of them unless named, and the number of orders or seconds."""
    parser = argparse.ArgumentParser(prog="make bench", description="Measure, as ratios within one run.")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)} (default: all)")
    said: list[str] = parser.parse_args().parts
    asked = [part for part in said if not part.isdecimal()]
    if unknown := [part for part in asked if part not in PARTS]:
        parser.error(f"there is no part {unknown[0]!r}; there are {', '.join(PARTS)}")
    numbers = [int(part) for part in said if part.isdecimal()]
    return asked or list(PARTS), numbers[-1] if numbers else None


async def main(parts: list[str], number: int | None) -> None:
    """Measure and print, one part after the other."""
    for part in parts:
        async for table in measured(part, number):
            table.show()


async def measured(part: str, number: int | None) -> AsyncIterator[Table]:
    """The figures of one part."""
    alone = {"start": start.measure, "charts": charts.measure}
    stored = {"confirm": confirm.measure, "files": files.measure}
    served = {"webhooks": webhooks.measure, "outbox": outbox.measure, "discord": discord.measure}
    with tempfile.TemporaryDirectory(prefix="shop-bench-") as name:
        folder = Path(name)
        if part in alone:
            yield await alone[part]()
        elif part == "reports":
            yield await reports.measure(folder, number or reports.ORDERS)
        elif part == "scale":
            yield await scale.measure(folder)
        elif part == "mixed":
            async for table in mixed.measure(folder, number or mixed.SECONDS):
                yield table
        else:
            async with Mongod(folder) as uri, RedisServer(folder) as redis:
                if part in stored:
                    yield await stored[part](open_database(uri, part))
                else:
                    yield await served[part](uri, redis, folder)


if __name__ == "__main__":
    asyncio.run(main(*arguments()))
