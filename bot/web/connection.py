"""Answers what is no HTTP at all without quoting it, in the answer or in the log."""

import logging
from http import HTTPStatus

from aiohttp import hdrs, web

from bot.web.headers import protect

log = logging.getLogger(__name__)


class Connection(web.RequestHandler):
    """One client's connection; aiohttp would log an unreadable request with the line that holds its token."""

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
    def __call__(self) -> web.RequestHandler:
        return Connection(self, loop=self._loop, **self._kwargs)


class Runner(web.AppRunner):
    """Runs an application over our own connections."""

    async def _make_server(self) -> web.Server:
        made = await super()._make_server()
        settings = made._kwargs  # noqa: SLF001 - aiohttp offers no other way to name the connection's class
        return _Server(made.request_handler, request_factory=made.request_factory, **settings)
