"""The outermost step of every request: too much from one address is answered with a pause, unread."""

from collections.abc import Callable
from http import HTTPStatus

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

from bot.web.access import ROUTE, route_of
from bot.web.limits import Counted, Limits
from bot.web.visitors import Visitors
from bot.web.webhooks import answers_in_text

# What somebody gets wrong who guesses: an address, a token, a signature, a method, a body.
_WRONG = frozenset({400, 401, 403, 404, 405, 408, 413, 415})
# What browsers ask for by themselves, beside a page that a person opens; nobody gets anything wrong by it.
_ICONS = frozenset({"/favicon.ico", "/apple-touch-icon.png", "/apple-touch-icon-precomposed.png"})

type Pause = Callable[[web.Request, int], web.Response]


def gate(visitors: Visitors, limits: Limits, pause: Pause) -> Middleware:
    """The middleware; `pause` makes the answer that asks to wait so many seconds."""

    @web.middleware
    async def pass_through(request: web.Request, handler: Handler) -> web.StreamResponse:
        who = visitors.key_of(request)
        if who is None:
            return await handler(request)
        if await _too_much(limits, request, who):
            request[ROUTE] = route_of(request)
            answer = pause(request, limits.ends_in())
            answer.force_close()
            return answer
        served = await handler(request)
        _note(limits, request, who, served.status)
        return served

    return pass_through


async def _too_much(limits: Limits, request: web.Request, who: str) -> bool:
    if answers_in_text(request):
        return limits.over(Counted.WRONG, who) and not await limits.knows(who)
    kind = Counted.ICONS if _asks_for_icon(request) else Counted.PAGES
    return limits.over(Counted.WRONG, who) or limits.over(kind, who)


def _asks_for_icon(request: web.Request) -> bool:
    return request.method in {hdrs.METH_GET, hdrs.METH_HEAD} and request.path in _ICONS


def _note(limits: Limits, request: web.Request, who: str, status: int) -> None:
    if _asks_for_icon(request):
        limits.count(Counted.ICONS, who)
        return
    if status in _WRONG:
        limits.count(Counted.WRONG, who)
    if not answers_in_text(request):
        limits.count(Counted.PAGES, who)
    elif status < HTTPStatus.MULTIPLE_CHOICES and request.method == hdrs.METH_POST:
        limits.know(who)
