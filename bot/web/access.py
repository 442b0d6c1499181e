"""The access log: which page was asked for and how it went, never by which token or by whom."""

from aiohttp import web
from aiohttp.abc import AbstractAccessLogger


def route_of(request: web.BaseRequest) -> str:
    """The route as the routing table writes it, such as /invoice/{token}; tokens are not in it."""
    if isinstance(request, web.Request) and request.match_info.route.resource is not None:
        return request.match_info.route.resource.canonical
    return "unknown"


class AccessLog(AbstractAccessLogger):
    """Writes one line for each answer."""

    def log(self, request: web.BaseRequest, response: web.StreamResponse, time: float) -> None:
        """Note method, route, status and how long it took."""
        fields = {
            "method": request.method,
            "route": route_of(request),
            "status": response.status,
            "milliseconds": round(time * 1000),
        }
        self.logger.info("http_request", extra=fields)
