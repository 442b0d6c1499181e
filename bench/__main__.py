"""`make bench`: every measurement of the shop on servers of its own; `ARGS=discord` or so narrows it."""

import argparse
import asyncio
import tempfile
from pathlib import Path

from bench import charts, confirm, discord, outbox, start, webhooks
from bench.report import Table
from bot.embedded import Mongod, RedisServer
from bot.outside import open_database

PARTS = ("confirm", "discord", "webhooks", "outbox", "start", "charts")


def arguments() -> list[str]:
    """The parts that are asked for; all of them unless named."""
    parser = argparse.ArgumentParser(prog="make bench", description="Measure, as ratios within one run.")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)} (default: all)")
    asked: list[str] = parser.parse_args().parts
    if unknown := [part for part in asked if part not in PARTS]:
        parser.error(f"there is no part {unknown[0]!r}; there are {', '.join(PARTS)}")
    return asked or list(PARTS)


async def main(parts: list[str]) -> None:
    """Measure and print, one part after the other."""
    for part in parts:
        (await measured(part)).show()


async def measured(part: str) -> Table:
    """The figures of one part."""
    if part == "start":
        return await start.measure()
    if part == "charts":
        return await charts.measure()
    with tempfile.TemporaryDirectory(prefix="shop-bench-") as name:
        folder = Path(name)
        async with Mongod(folder) as uri, RedisServer(folder) as redis:
            if part == "confirm":
                return await confirm.measure(open_database(uri, "confirm"))
            if part == "webhooks":
                return await webhooks.measure(uri, redis, folder)
            if part == "outbox":
                return await outbox.measure(uri, redis, folder)
            return await discord.measure(uri, redis, folder)


if __name__ == "__main__":
    asyncio.run(main(arguments()))
