"""What every stand-in for a provider can do: answer over HTTP, go wrong on request, deliver webhooks."""

import asyncio
import itertools
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self

import aiohttp
from aiohttp import web
from aiohttp.typedefs import Handler


class Fault(StrEnum):
    """How the next requests go wrong."""

    SLOW = "slow"  # answers after a pause, when the caller has given up
    LOST = "lost"  # does what was asked, then drops the connection
    PAGE = "page"  # a proxy's HTML page with 502, nothing was done
    PAGE_OK = "page_ok"  # a proxy's HTML page with 200, nothing was done
    BUSY = "busy"  # 429 without Retry-After
    BUSY_UNTIL = "busy_until"  # 429 with Retry-After: 1
    DOWN = "down"  # 500, nothing was done
    LATE_ERROR = "late_error"  # does what was asked, then answers 500
    RUNNING = "running"  # does what was asked, then answers 409: the same is still under way
    SHUT = "shut"  # 401, whatever the key


@dataclass(frozen=True)
class Request:
    """A request that reached the provider."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Notice:
    """A webhook as this provider sends it; sent again it is byte for byte the same."""

    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class FakeProvider(ABC):
    """A provider on a port of this machine: `async with Fake() as fake`; subclasses add routes.

    `notices` keeps every webhook that an event of this provider makes, whether it was delivered or not:
    tests deliver them themselves, in any order and as often as they like; `webhook_url` set, they are also
    delivered at once. `answers` are the statuses that deliveries were answered with.
    """

    PAUSE = 30.0

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.notices: list[Notice] = []
        self.answers: list[int] = []
        self.webhook_url: str | None = None
        self._faults: list[Fault] = []
        self._at = ""
        self._arrived, self._gate = asyncio.Event(), asyncio.Event()
        self._gate.set()
        self._serial = itertools.count(1)
        self._app = web.Application(middlewares=[self._wrong])
        self._runner = web.AppRunner(self._app, access_log=None, shutdown_timeout=0.1)
        self._told: set[asyncio.Task[int]] = set()
        self.url = ""
        self.routes(self._app.router)

    @abstractmethod
    def routes(self, router: web.UrlDispatcher) -> None:
        """Add what the provider answers."""

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{site.port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._told:
            task.cancel()
        await asyncio.gather(*self._told, return_exceptions=True)
        await self._runner.cleanup()

    def fail(self, *faults: Fault, at: str = "") -> None:
        """Let the next requests go wrong, one each in this order; those whose path ends otherwise do not."""
        self._faults.extend(faults)
        self._at = at

    def recover(self) -> None:
        """Let everything go well again."""
        self._faults.clear()

    def stall(self) -> None:
        """Let requests that arrive from now on wait, before anything is done about them."""
        self._arrived.clear()
        self._gate.clear()

    async def stalled(self) -> None:
        """Return when a request waits."""
        await self._arrived.wait()

    def resume(self) -> None:
        """Let what waits go on."""
        self._gate.set()

    def new_id(self, prefix: str) -> str:
        """An id that this provider has not given yet."""
        return f"{prefix}{next(self._serial):012d}"

    def notify(self, notice: Notice) -> Notice:
        """Keep a webhook, and deliver it where a webhook address is set."""
        self.notices.append(notice)
        if self.webhook_url is not None:
            task = asyncio.create_task(self.deliver(notice))
            self._told.add(task)
            task.add_done_callback(self._told.discard)
        return notice

    async def deliver(self, notice: Notice, url: str | None = None) -> int:
        """Deliver a webhook now; the status of the answer."""
        async with (
            aiohttp.ClientSession() as session,
            session.post(url or self.webhook_url or "", data=notice.body, headers=notice.headers) as answer,
        ):
            self.answers.append(answer.status)
            return answer.status

    @web.middleware
    async def _wrong(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        body = await request.read()
        self.requests.append(Request(request.method, request.path_qs, request.headers.copy(), body))
        self._arrived.set()
        await self._gate.wait()
        if not self._faults or not request.path.endswith(self._at):
            return await handler(request)
        fault = self._faults.pop(0)
        if fault is Fault.SLOW:
            await asyncio.sleep(self.PAUSE)
        if fault in {Fault.LOST, Fault.LATE_ERROR, Fault.RUNNING}:
            await handler(request)
        if fault in {Fault.LOST, Fault.SLOW} and request.transport is not None:
            request.transport.close()
        return _bad_answer(fault)


def _bad_answer(fault: Fault) -> web.Response:
    page = "<html><body><h1>502 Bad Gateway</h1></body></html>"
    match fault:
        case Fault.PAGE:
            return web.Response(status=502, text=page, content_type="text/html")
        case Fault.PAGE_OK:
            return web.Response(text=page, content_type="text/html")
        case Fault.BUSY:
            return web.Response(status=429)
        case Fault.BUSY_UNTIL:
            return web.Response(status=429, headers={"Retry-After": "1"})
        case _:
            status = {Fault.SHUT: 401, Fault.RUNNING: 409}.get(fault, 500)
            return web.json_response({"message": fault.name.lower()}, status=status)
