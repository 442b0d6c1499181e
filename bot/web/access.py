"""The access log: which page was asked for and how it went, never by which token or by whom."""

from aiohttp import web
from aiohttp.abc import AbstractAccessLogger

from models.correlation import correlated

ROUTE = web.RequestKey("route", str)
CORRELATION = web.RequestKey("correlation", str)


def route_of(request: web.Request) -> str:
    """The route as the routing table writes it, such as /invoice/{token}; tokens are not in it."""
    resource = request.match_info.route.resource
    return "unknown" if resource is None else resource.canonical


class AccessLog(AbstractAccessLogger):
    """Writes one line for each answer."""

    def log(self, request: web.BaseRequest, response: web.StreamResponse, time: float) -> None:
        """Note method, route, status and how long it took."""
        fields = {
            "method": request.method,
            "route": request.get(ROUTE, "unreadable"),
            "status": response.status,
            "milliseconds": round(time * 1000),
        }
        with correlated(request.get(CORRELATION)):
            self.logger.info("http_request", extra=fields)
