"""The database and cache a shop brings along when none is configured; they live and end with the bot."""

from bot.embedded.binaries import find_mongod, find_redis_server
from bot.embedded.errors import EmbeddedInUse, EmbeddedUnavailable
from bot.embedded.mongo import Mongod
from bot.embedded.redis import RedisServer

__all__ = [
    "EmbeddedInUse",
    "EmbeddedUnavailable",
    "Mongod",
    "RedisServer",
    "find_mongod",
    "find_redis_server",
]
