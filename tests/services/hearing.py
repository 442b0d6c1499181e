"""Processes that hear each other over Redis."""

import asyncio

from redis.asyncio import Redis

from services.wakeups import CHANNEL


async def heard_by(redis: Redis, many: int) -> None:
    """Wait until so many hear what is said."""
    async with asyncio.timeout(10):
        while [heard for _, heard in await redis.pubsub_numsub(CHANNEL)] != [many]:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)
