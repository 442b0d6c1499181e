"""Tells a supervisor whether this process can serve the shop."""

import asyncio
from collections.abc import Awaitable

from aiohttp import web
from pymongo.errors import PyMongoError
from redis.asyncio import Redis
from redis.exceptions import RedisError

from models.base import Db

PATIENCE = 2.0


class Health:
    """Asks the database and the cache; only the database is needed to sell."""

    def __init__(self, db: Db, cache: Redis | None) -> None:
        self._db = db
        self._cache = cache

    async def show(self, _request: web.Request) -> web.Response:
        """200 while the database answers, otherwise 503."""
        asked = [_answers(self._db.client.admin.command("ping"))]
        if self._cache is not None:
            asked.append(_answers(self._cache.ping()))
        database, *cache = await asyncio.gather(*asked)
        found = {
            "status": "ok" if database else "unavailable",
            "database": "up" if database else "down",
            "cache": ("up" if cache[0] else "down") if cache else "none",
        }
        return web.json_response(found, status=200 if database else 503)


async def _answers(ping: Awaitable[object]) -> bool:
    try:
        async with asyncio.timeout(PATIENCE):
            await ping
    except (TimeoutError, OSError, PyMongoError, RedisError):
        return False
    return True
