"""A process that moves a hundred records on: `python -m tests.bot.slow_migration URI NAME`."""

import asyncio
import sys
from typing import Any

from bot.config import LogSettings, load_settings
from bot.log import set_up
from bot.outside import open_database
from bot.upkeep import Upkeep
from models.base import Db
from models.migrations import Migration

RECORDS, BATCH, PAUSE, LEASE = 100, 5, 0.05, 5.0


async def step(db: Db, after: Any) -> Any:
    """Touch the next five records behind a number."""
    first = 0 if after is None else after + 1
    await db.rows("numbers").update_many(
        {"_id": {"$gte": first, "$lt": first + BATCH}}, {"$inc": {"touched": 1}}
    )
    last = first + BATCH - 1
    return last if last < RECORDS - 1 else None


MOVING = Migration(1, "touches every record", step)


def upkeep(db: Db) -> Upkeep:
    """What the process runs."""
    return Upkeep(db, [MOVING], lease_seconds=LEASE, pause=PAUSE)


async def main(uri: str, name: str) -> None:
    """Move on until all is done."""
    set_up(load_settings(None, {}).model_copy(update={"log": LogSettings()}))
    db = open_database(uri, name)
    await upkeep(db).move(1)
    db.client.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:3]))
