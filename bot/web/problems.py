"""The one translator for HTTP: a refusal becomes a page that says what to do, a bug a reference."""

import asyncio
import logging
import secrets
from dataclasses import dataclass

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from bot.web.access import ROUTE, route_of
from bot.web.pages import Pages
from bot.web.webhooks import answers_in_text, plain
from cogs._ui.words import Words, later
from models.errors import ShopError
from services.links import LinkExpired, LinkForged

ANSWER_WITHIN = 10.0

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Problem:
    """What a page says when it cannot show what was asked for."""

    status: int
    title: str
    advice: str


FORGED = Problem(
    403,
    later("This link does not work"),
    later("Part of it may be missing. Open the order with /orders in Discord and choose Invoice again."),
)
# An order that is gone looks like a link that is: nobody learns from it what exists.
EXPIRED = Problem(
    410,
    later("This link has expired"),
    later("Open the order with /orders in Discord and choose Invoice to get a fresh one."),
)
MISSING = Problem(
    404, later("There is no page here"), later("Check the address, or open the link from Discord once more.")
)
WRONG_METHOD = Problem(
    405, later("This page can only be read"), later("Open the link from Discord in a browser.")
)
UNREADABLE = Problem(
    400, later("This request could not be read"), later("Open the link from Discord in a browser.")
)
BROKEN = Problem(
    500,
    later("Something went wrong here"),
    later("Try again in a minute. If it stays like this, tell the shop's staff the reference below."),
)
_BY_STATUS = {problem.status: problem for problem in (MISSING, WRONG_METHOD)}


def translator(pages: Pages) -> Middleware:
    """The middleware that owns the last word on every request."""

    @web.middleware
    async def translate(request: web.Request, handler: Handler) -> web.StreamResponse:
        request[ROUTE] = route_of(request)
        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                return await handler(request)
        except LinkForged:
            return _show(pages, request, FORGED)
        except (LinkExpired, ShopError):
            return _show(pages, request, EXPIRED)
        except web.HTTPException as refusal:
            return _refused(pages, request, refusal)
        except Exception:
            reference = secrets.token_hex(4)
            log.exception("http_request_failed", extra={"reference": reference, "route": request[ROUTE]})
            return _show(pages, request, BROKEN, reference=reference)

    return translate


def _refused(pages: Pages, request: web.Request, refusal: web.HTTPException) -> web.Response:
    known = _BY_STATUS.get(refusal.status, UNREADABLE)
    page = plain(refusal.status) if answers_in_text(request) else _show(pages, request, known)
    page.set_status(refusal.status)
    if "Allow" in refusal.headers:
        page.headers["Allow"] = refusal.headers["Allow"]
    return page


def _show(pages: Pages, request: web.Request, problem: Problem, reference: str | None = None) -> web.Response:
    if answers_in_text(request):
        # After a bug of ours the provider shall send it again.
        return plain(503 if problem is BROKEN else problem.status)
    words = Words.of(_language(request))
    return pages.page("problem.html", words, status=problem.status, problem=problem, reference=reference)


def _language(request: web.Request) -> str | None:
    """The browser's first choice; the quality values are in order in every browser."""
    first = request.headers.get("Accept-Language", "").split(",")[0].split(";")[0].strip()
    return first[:20] or None
