"""The database and cache a shop brings along when none is configured; they live and end with the bot."""

from bot.embedded.binaries import find_mongod, find_redis_server
from bot.embedded.errors import EmbeddedDied, EmbeddedInUse, EmbeddedUnavailable
from bot.embedded.mongo import Mongod
from bot.embedded.redis import RedisServer

__all__ = [
    "EmbeddedDied",
    "EmbeddedInUse",
    "EmbeddedUnavailable",
    "Mongod",
    "RedisServer",
    "find_mongod",
    "find_redis_server",
]
