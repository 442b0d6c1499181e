"""`make bench`: every measurement of the shop on servers of its own; `ARGS=discord` or so narrows it.

A number, as in `ARGS="reports 100000"`, is how many orders the reports are about.
"""

import argparse
import asyncio
import tempfile
from pathlib import Path

from bench import charts, confirm, discord, outbox, reports, scale, start, webhooks
from bench.report import Table
from bot.embedded import Mongod, RedisServer
from bot.outside import open_database

PARTS = ("confirm", "discord", "webhooks", "outbox", "start", "charts", "scale", "reports")


def arguments() -> tuple[list[str], int]:
    """The parts that are asked for, all of them unless named, and the number of orders for reports."""
    parser = argparse.ArgumentParser(prog="make bench", description="Measure, as ratios within one run.")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)} (default: all)")
    said: list[str] = parser.parse_args().parts
    asked = [part for part in said if not part.isdecimal()]
    if unknown := [part for part in asked if part not in PARTS]:
        parser.error(f"there is no part {unknown[0]!r}; there are {', '.join(PARTS)}")
    orders = [int(part) for part in said if part.isdecimal()]
    return asked or list(PARTS), orders[-1] if orders else reports.ORDERS


async def main(parts: list[str], orders: int) -> None:
    """Measure and print, one part after the other."""
    for part in parts:
        (await measured(part, orders)).show()


async def measured(part: str, orders: int) -> Table:
    """The figures of one part."""
    alone = {"start": start.measure, "charts": charts.measure}
    if part in alone:
        return await alone[part]()
    with tempfile.TemporaryDirectory(prefix="shop-bench-") as name:
        folder = Path(name)
        if part in {"reports", "scale"}:
            return await (reports.measure(folder, orders) if part == "reports" else scale.measure(folder))
        async with Mongod(folder) as uri, RedisServer(folder) as redis:
            if part == "confirm":
                return await confirm.measure(open_database(uri, "confirm"))
            if part == "webhooks":
                return await webhooks.measure(uri, redis, folder)
            if part == "outbox":
                return await outbox.measure(uri, redis, folder)
            return await discord.measure(uri, redis, folder)


if __name__ == "__main__":
    asyncio.run(main(*arguments()))
