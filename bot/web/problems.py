"""The one translator for HTTP: a refusal becomes a page that says what to do, a bug a reference."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

from bot.web.access import CORRELATION, ROUTE, route_of
from bot.web.language import asked_for
from bot.web.pages import Pages
from bot.web.webhooks import answers_in_text, plain
from cogs._ui.words import later
from models.correlation import correlated
from models.errors import ShopError
from models.transaction import away
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
    later("Part of it may be missing. Open your order with /orders list in Discord and press Invoice."),
)
# An order that is gone looks like a link that is: nobody learns from it what exists.
EXPIRED = Problem(
    410,
    later("This link has expired"),
    later("Open your order with /orders list in Discord and press Invoice to get a fresh one."),
)
_FOR_HOLDERS = later("Ask whoever sent it to you for a new one.")
# A report that was revoked, or whose shop is gone, looks the same.
SHARE_FORGED = Problem(
    403, FORGED.title, later("Part of it may be missing. Copy it whole, or ask whoever sent it to you.")
)
SHARE_EXPIRED = Problem(410, EXPIRED.title, _FOR_HOLDERS)
SLOW = Problem(
    503, later("This is still being counted"), later("There is much to count. Try again in half a minute.")
)
AWAY = Problem(
    503,
    later("The shop cannot reach its records"),
    later("Nothing is lost. Open the link again in a minute."),
)
BUSY = Problem(429, later("That was too much at once"), later("Wait a minute, then open the link once more."))
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


class StillCounting(Exception):
    """A report takes longer than a browser should wait; it will be there when it is asked for again."""


def pause(pages: Pages) -> Callable[[web.Request, int], web.Response]:
    """Makes the answer that asks to wait so many seconds."""

    def wait(request: web.Request, seconds: int) -> web.Response:
        page = _show(pages, request, BUSY)
        page.headers[hdrs.RETRY_AFTER] = str(seconds)
        return page

    return wait


def translator(pages: Pages) -> Middleware:
    """The middleware that owns the last word on every request, and gives it the id that it has in the log."""

    @web.middleware
    async def named(request: web.Request, handler: Handler) -> web.StreamResponse:
        request[ROUTE] = route_of(request)
        # Never one from outside: that would let a stranger write into the log, or hide in another's story.
        with correlated(None) as request[CORRELATION]:
            return await translate(request, handler)

    async def translate(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                return await handler(request)
        except LinkForged:
            return _show(pages, request, SHARE_FORGED if _is_share(request) else FORGED)
        except (LinkExpired, ShopError):
            return _show(pages, request, SHARE_EXPIRED if _is_share(request) else EXPIRED)
        except StillCounting:
            page = _show(pages, request, SLOW)
            page.headers["Retry-After"] = "30"
            return page
        except web.HTTPException as refusal:
            return _refused(pages, request, refusal)
        except Exception as error:  # noqa: BLE001 - the last word: it is logged and answered
            return _broken(pages, request, error)

    return named


def _broken(pages: Pages, request: web.Request, error: Exception) -> web.Response:
    if away(error):
        log.warning("http_database_away", extra={"route": request[ROUTE]})
        return _show(pages, request, AWAY)
    reference = request[CORRELATION]
    said = {"reference": reference, "route": request[ROUTE]}
    log.error("http_request_failed", extra=said, exc_info=error)
    return _show(pages, request, BROKEN, reference=reference)


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
    words = asked_for(request)
    return pages.page("problem.html", words, status=problem.status, problem=problem, reference=reference)


def _is_share(request: web.Request) -> bool:
    return str(request[ROUTE]).startswith("/share/")
