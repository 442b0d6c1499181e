"""Where providers deliver webhooks: the body is read, handed to the inbox, answered in a word."""

import asyncio
import logging
import re
from http import HTTPStatus

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from services.inbox import Inbox

PREFIX = "/webhooks/"
PATH = "/webhooks/{provider}/{tenant_id}"
# Together less than the three seconds that Discord, the strictest provider, waits for its answer.
READ_WITHIN = 0.9
STORE_WITHIN = 2.0
_TENANT = re.compile(r"[A-Za-z0-9_-]{1,100}")
_BROKEN_BODY = (web.RequestPayloadError, HttpProcessingError, ConnectionError)

log = logging.getLogger(__name__)


class Webhooks:
    """Takes deliveries; whatever goes wrong on our side is a 503, after which providers try again."""

    def __init__(
        self, inbox: Inbox, *, read_within: float = READ_WITHIN, store_within: float = STORE_WITHIN
    ) -> None:
        """Take how many seconds a body may take to arrive, and how many checking and storing it."""
        self._inbox = inbox
        self._read_within = read_within
        self._store_within = store_within

    async def take(self, request: web.Request) -> web.Response:
        """Read one delivery and answer it: empty where it was taken in, else with the reason in a word."""
        provider, tenant_id = (request.match_info[name] for name in ("provider", "tenant_id"))
        if not _TENANT.fullmatch(tenant_id):
            return plain(HTTPStatus.NOT_FOUND)
        try:
            async with asyncio.timeout(self._read_within):
                body = await request.read()
        except TimeoutError:
            return _last(HTTPStatus.REQUEST_TIMEOUT)
        except _BROKEN_BODY:
            return _last(HTTPStatus.BAD_REQUEST)
        except web.HTTPRequestEntityTooLarge:
            return _last(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        headers = {name.lower(): value for name, value in request.headers.items()}
        try:
            async with asyncio.timeout(self._store_within):
                status = await self._inbox.receive(provider, tenant_id, body, headers)
        except TimeoutError:
            # It may be stored all the same; the next delivery is counted as a repetition then.
            log.warning("webhook_too_slow", extra={"provider": provider, "tenant": tenant_id})
            status = HTTPStatus.SERVICE_UNAVAILABLE
        return plain(status)


def answers_in_text(request: web.Request) -> bool:
    """Whether a machine asked, which has no use for a page."""
    return request.path.startswith(PREFIX)


def plain(status: int) -> web.Response:
    """An answer without a page; what was taken in is answered by nothing."""
    text = "" if status < HTTPStatus.MULTIPLE_CHOICES else f"{HTTPStatus(status).phrase}\n"
    # Discord wants the header also where there is no content.
    return web.Response(status=status, text=text, content_type="text/plain")


def _last(status: int) -> web.Response:
    answer = plain(status)
    # The rest of that body is not worth waiting for.
    answer.force_close()
    return answer
