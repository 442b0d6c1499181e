"""One client's connection: what is no HTTP is answered without quoting it, and no place is held for ever."""

import asyncio
import logging
import time
from http import HTTPStatus
from typing import Any, cast

from aiohttp import hdrs, web

from bot.web.crowd import Crowd
from bot.web.headers import protect

log = logging.getLogger(__name__)


class Connection(web.RequestHandler):
    """One client's connection; aiohttp would log an unreadable request with the line that holds its token."""

    def __init__(self, manager: web.Server, crowd: Crowd, **settings: Any) -> None:
        super().__init__(manager, **settings)
        self._crowd = crowd
        self._quiet_since = 0.0

    @property
    def waits_since(self) -> float | None:
        """Since when it has had nothing to do but wait for a request; None while there is one."""
        return self._quiet_since if self._waiter is not None else None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take a place in the crowd."""
        super().connection_made(transport)
        self._quiet_since = time.monotonic()
        self._crowd.enter(self, cast("asyncio.Transport", transport))

    def connection_lost(self, exc: BaseException | None) -> None:
        """Give the place back."""
        self._crowd.leave(self)
        super().connection_lost(exc)

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        """Send the answer; from here on the connection waits again."""
        if isinstance(resp, web.HTTPExpectationFailed):
            # aiohttp would quote what was expected.
            resp.text = f"{resp.reason}\n"
        sent = await super().finish_response(request, resp, start_time)
        self._quiet_since = time.monotonic()
        return sent

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """A short plain answer, after which the connection ends."""
        kind = type(exc).__name__ if exc else message
        log.info("http_request_unreadable", extra={"status": status, "kind": kind})
        if request.writer.output_size > 0:
            raise ConnectionError("an answer was under way already")
        answer = web.Response(status=status, text=f"{HTTPStatus(status).phrase}\n")
        protect(answer)
        # Without a name of ours aiohttp puts its own here, with its version.
        answer.headers[hdrs.SERVER] = "shop"
        answer.force_close()
        return answer


class _Server(web.Server):
    crowd: Crowd

    def __call__(self) -> web.RequestHandler:
        return Connection(self, self.crowd, loop=self._loop, **self._kwargs)


class Runner(web.AppRunner):
    """Runs an application over our own connections, of which the crowd lets in so many at once."""

    def __init__(self, app: web.Application, crowd: Crowd, **settings: Any) -> None:
        super().__init__(app, **settings)
        self._crowd = crowd

    async def _make_server(self) -> web.Server:
        made = await super()._make_server()
        settings = made._kwargs  # noqa: SLF001 - aiohttp offers no other way to name the connection's class
        server = _Server(made.request_handler, request_factory=made.request_factory, **settings)
        server.crowd = self._crowd
        return server
