"""`make bench`: every measurement of the shop, one after the other, on servers of its own."""

import asyncio
import tempfile
from pathlib import Path

from bench import confirm
from bot.embedded import Mongod
from bot.wiring import open_database


async def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory(prefix="shop-bench-") as folder:
        async with Mongod(Path(folder)) as uri:
            (await confirm.measure(open_database(uri, "confirm"))).show()


if __name__ == "__main__":
    asyncio.run(main())
