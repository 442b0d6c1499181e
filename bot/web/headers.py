"""What every answer tells a browser: keep it private, load nothing, show it in no frame."""

from aiohttp import hdrs, web

from bot.web.access import CORRELATION

NOTHING = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "private, no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def protect(response: web.StreamResponse) -> None:
    """Add the headers; a page that brings its own Content-Security-Policy keeps it."""
    response.headers.update(_HEADERS)
    response.headers.setdefault("Content-Security-Policy", NOTHING)


async def finish(request: web.Request, response: web.StreamResponse) -> None:
    """Protect an answer on its way out and drop aiohttp's own name and version from it."""
    protect(response)
    if CORRELATION in request:
        response.headers["X-Correlation-Id"] = request[CORRELATION]
    response.headers.popall(hdrs.SERVER, None)
