"""Remembers every request the bot sent, for tests that look over its shoulder."""

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any


@dataclass(slots=True)
class Request:
    """One request; `template` is Discord's path with {names}, or None for an address the stand-in lacks."""

    method: str
    path: str
    template: str | None
    params: dict[str, str]
    query: dict[str, str]
    body: Any = None
    files: list[str] = field(default_factory=list)
    status: int | None = None
    answer: Any = None


class Recorder:
    """Requests in the order of their arrival; `limited` counts those that came too soon."""

    def __init__(self, *, keep: bool) -> None:
        self._keep = keep
        self.requests: list[Request] = []
        self.in_flight = 0
        self.count = 0
        self.limited = 0

    def start(self, request: Request) -> None:
        self.in_flight += 1
        self.count += 1
        if self._keep or request.template is None:
            self.requests.append(request)

    def end(self, request: Request, status: int, answer: Any) -> None:
        self.in_flight -= 1
        self.limited += status == HTTPStatus.TOO_MANY_REQUESTS
        request.status = status
        request.answer = answer

    @property
    def unknown(self) -> list[Request]:
        """Requests to addresses the stand-in does not have."""
        return [request for request in self.requests if request.template is None]

    def to(self, method: str, template: str) -> list[Request]:
        return [one for one in self.requests if one.method == method and one.template == template]
