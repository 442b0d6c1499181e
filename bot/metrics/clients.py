"""Times what goes to the database and to Discord, where their clients let somebody listen."""

import time
from http import HTTPStatus
from types import SimpleNamespace
from typing import Any

import aiohttp
from pymongo.monitoring import (
    CommandFailedEvent,
    CommandListener,
    CommandStartedEvent,
    CommandSucceededEvent,
)

from bot.client import Bot
from services.meters import Meters

_KNOWN = frozenset(
    {
        *("aggregate", "commitTransaction", "count", "delete", "find", "findAndModify"),
        *("getMore", "insert", "update"),
    }
)


class DatabaseTimes(CommandListener):
    """Hears of each command when it has ended; the driver calls it from threads of its own."""

    def __init__(self, meters: Meters) -> None:
        self._meters = meters

    def started(self, event: CommandStartedEvent) -> None:
        """Nothing to note yet."""

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Note how long it took."""
        self._note(event, failed=False)

    def failed(self, event: CommandFailedEvent) -> None:
        """Note that it failed, too."""
        self._note(event, failed=True)

    def _note(self, event: CommandSucceededEvent | CommandFailedEvent, *, failed: bool) -> None:
        name = event.command_name if event.command_name in _KNOWN else "other"
        self._meters.database(name, event.duration_micros / 1_000_000, failed=failed)


def time_discord(bot: Bot, meters: Meters) -> None:
    """Note every request of a bot that has logged in, also answers to interactions."""
    trace = aiohttp.TraceConfig()

    async def began(_: Any, context: SimpleNamespace, __: aiohttp.TraceRequestStartParams) -> None:
        context.at = time.monotonic()

    async def ended(_: Any, context: SimpleNamespace, end: aiohttp.TraceRequestEndParams) -> None:
        meters.discord(end.method, _status(end.response.status), time.monotonic() - context.at)

    async def lost(_: Any, context: SimpleNamespace, end: aiohttp.TraceRequestExceptionParams) -> None:
        meters.discord(end.method, "lost", time.monotonic() - context.at)

    trace.on_request_start.append(began)
    trace.on_request_end.append(ended)
    trace.on_request_exception.append(lost)
    trace.freeze()
    # nextcord makes its session at login and offers no way to hand it one.
    bot.http._HTTPClient__session.trace_configs.append(trace)  # type: ignore[attr-defined]  # noqa: SLF001


def _status(status: int) -> str:
    return "429" if status == HTTPStatus.TOO_MANY_REQUESTS else f"{status // 100}xx"
