"""What the database's server says of itself, as far as it matters to a shop."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from pymongo.errors import OperationFailure

from models.base import Db

# Longer than that, records stay locked for everybody when a bot dies in the middle of something.
KIND_TRANSACTION_SECONDS = 10


type Command = Callable[..., Awaitable[Any]]


def takes_transactions(hello: Mapping[str, Any]) -> bool:
    """Whether the server that said hello is a replica set or a router in front of several."""
    return "setName" in hello or hello.get("msg") == "isdbgrid"


async def transaction_seconds(command: Command) -> int | None:
    """After how long the server gives up a transaction; None where it does not tell.

    `command` runs one on the admin database, by whichever driver.
    """
    try:
        told = await command("getParameter", transactionLifetimeLimitSeconds=1)
    except OperationFailure:
        return None
    return int(told["transactionLifetimeLimitSeconds"])


async def hello(db: Db) -> dict[str, Any]:
    """What the server says of its place in a replica set."""
    return dict(await db.client.admin.command("hello"))


async def slow_operations(db: Db, seconds: int) -> int | None:
    """How many operations of this database have run for longer; None where the account may not ask."""
    pipeline: list[dict[str, Any]] = [
        {"$currentOp": {"allUsers": True}},
        {
            "$match": {
                "ns": {"$regex": f"^{db.database.name}\\."},
                "secs_running": {"$gte": seconds},
                "active": True,
            }
        },
        {"$count": "n"},
    ]
    try:
        return sum([int(row["n"]) async for row in db.client.admin.aggregate(pipeline)])
    except OperationFailure:
        return None
