"""A process that kills itself right after its n-th database command was carried out.

Run as `python -m tests.services.dying URI DATABASE N STEP ARGUMENTS`; status 0 when the step ended before.
"""

import asyncio
import json
import os
import signal
import sys
from typing import Any

from motor.motor_asyncio import AsyncIOMotorClient
from pymongo.monitoring import (
    CommandFailedEvent,
    CommandListener,
    CommandStartedEvent,
    CommandSucceededEvent,
)

from bot.wiring import build
from models.base import Db
from services import Services
from services.clock import SystemClock
from services.links import Links
from services.rules import Rules
from services.shops import Shop
from tests.services.conftest import ADA, OWNER


class Executioner(CommandListener):
    """Counts commands; after the n-th the process is gone, without any chance to tidy up."""

    def __init__(self, last: int) -> None:
        self.left = last

    def started(self, event: CommandStartedEvent) -> None:
        """Nothing yet: the server has not seen it."""

    def succeeded(self, _event: CommandSucceededEvent) -> None:
        """The server has carried it out; its answer dies with us."""
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def failed(self, event: CommandFailedEvent) -> None:
        """A refused command changes nothing."""


async def step(services: Services, shop: Shop, name: str, arguments: list[Any]) -> None:
    """The step during which the process dies."""
    match name:
        case "place":
            await services.placement.place(shop, ADA, *arguments)
        case "approve":
            await services.claims.approve(shop, OWNER, *arguments)
        case "cancel":
            await services.orders.cancel(shop, ADA, *arguments)
        case "claim":
            await services.claims.claim(shop, ADA, *arguments)


async def main(uri: str, database: str, last: str, name: str, arguments: str) -> None:
    """Prepare without being counted, then live dangerously."""
    executioner = Executioner(-1)
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(
        uri, tz_aware=True, event_listeners=[executioner]
    )
    clock = SystemClock()
    links = Links(["a-secret-that-is-long-enough-for-tests"], None, clock)
    services = build(Db(client=client, database=database), clock, Rules(), links)
    shop = await services.shops.of_guild("900")
    executioner.left = int(last)
    await step(services, shop, name, json.loads(arguments))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
