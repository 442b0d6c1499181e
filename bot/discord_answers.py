"""Listens to what Discord's API answers, below nextcord's own tries, and ends those that add to a storm."""

import asyncio
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from time import monotonic
from typing import Any

import aiohttp
import nextcord

from services.discord_throttle import DiscordThrottle

# nextcord tries five times and waits up to nine seconds between: longer than an effect may take.
_TRIES = 2
# Whoever gave up waiting after so long was not answered.
_NO_ANSWER = 8.0


class Answers:
    """Between nextcord's HTTP client and whoever wants to know how Discord is."""

    def __init__(self, client: nextcord.Client, throttle: DiscordThrottle) -> None:
        self._throttle = throttle
        http = client.http
        self._request: Callable[..., Awaitable[Any]] = http.request
        self._judge: Callable[..., Awaitable[bool]] = http._handle_http_response_errors  # noqa: SLF001 - see listen
        self._limited_at = float("-inf")

    @classmethod
    def listen(cls, client: nextcord.Client, throttle: DiscordThrottle) -> None:
        """From now on the client's requests are heard of; nextcord has no public place for this."""
        heard = cls(client, throttle)
        http: Any = client.http
        http.request = heard.request
        http._handle_http_response_errors = heard.judge  # noqa: SLF001 - the one method that sees every answer

    async def request(self, route: nextcord.http.Route, **options: Any) -> Any:
        """Ask as nextcord does, and note when nobody answers."""
        began = monotonic()
        try:
            return await self._request(route, **options)
        except (aiohttp.ClientError, OSError, TimeoutError):
            self._throttle.lost()
            raise
        except asyncio.CancelledError:
            # Waiting for a limit is waiting for one's turn.
            if monotonic() - began >= _NO_ANSWER and self._limited_at < began:
                self._throttle.lost()
            raise

    async def judge(
        self, *, response: aiohttp.ClientResponse, return_value: Any, retry_count: int, **more: Any
    ) -> bool:
        """Note an answer; whether it is worth another try, as nextcord sees it but not as often."""
        status = response.status
        self._throttle.answered(status, _wait(response, return_value))
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            self._limited_at = monotonic()
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR and retry_count + 1 >= _TRIES:
            more["retry_request"] = False
        return await self._judge(
            response=response, return_value=return_value, retry_count=retry_count, **more
        )


def _wait(response: aiohttp.ClientResponse, said: Any) -> float | None:
    """For how many seconds a whole bot must ask nothing; None where only one route is limited."""
    if response.status != HTTPStatus.TOO_MANY_REQUESTS:
        return None
    if isinstance(said, dict) and not said.get("global"):
        return None
    try:
        asked = said["retry_after"] if isinstance(said, dict) else response.headers.get("Retry-After", "1")
        return max(0.0, float(asked))
    except (KeyError, TypeError, ValueError):
        return 1.0
