"""Calls to outside services: one session, a time limit on everything, and the errors as a small tree."""

import asyncio
import json
import logging
import random
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

import aiohttp
from yarl import URL

from models.errors import OutcomeUnknown, ProviderError, Unavailable, WrongKeys
from services.breaker import Breaker
from services.clock import Clock
from services.meters import Meters
from services.rules import Rules

_TRIES = 3
_PAUSE = 0.2
_LEAST = 0.1
_LONGEST_PAUSE = 2.0
_LARGEST = 2 * 1024 * 1024
_LONGEST_HEADER = 40
_SLOW_DOWN = "http_429"
_OUTCOMES: dict[type[ProviderError], str] = {WrongKeys: "wrong_keys", OutcomeUnknown: "unknown"}
_CUT_OFF = {408, 499}  # somebody in between gave up; what became of the request they do not say

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Call:
    """One request. `repeatable`: sending it twice does what sending it once does, so it is tried again.

    Every GET is; a POST is with a key by which the provider knows it again. `seconds` bounds one try.
    """

    provider: str
    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)
    repeatable: bool = False
    seconds: float = 15.0


@dataclass(frozen=True)
class Reply:
    """An answer below 500; redirects, 401, 403 and 429 have become errors already, and 409 to a GET."""

    provider: str
    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    certain: bool = True

    @property
    def ok(self) -> bool:
        """Whether the provider did what was asked."""
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES

    def json(self) -> dict[str, Any]:
        """The answer as a JSON object.

        Raises Unavailable when a proxy's page or nonsense came instead of it, OutcomeUnknown when the call
        may have changed something all the same.
        """
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            kind = Unavailable if self.certain else OutcomeUnknown
            raise kind(self.provider, f"http_{self.status}_no_json") from None
        return found


class _Lost(Exception):
    """This try brought no usable answer; `sent` tells whether the provider may have acted on it."""

    def __init__(self, why: str, *, sent: bool, pause: float | None = None) -> None:
        super().__init__(why)
        self.why = why
        self.sent = sent
        self.pause = pause


class Calls:
    """The way out to providers, over one shared session that is opened with the first call."""

    def __init__(
        self,
        clock: Clock,
        open_session: Callable[[], aiohttp.ClientSession] | None = None,
        *,
        within: float = Rules.call.total_seconds(),
        meters: Meters | None = None,
    ) -> None:
        """Take how many seconds all tries of one call may last together."""
        self._meters = meters or Meters()
        self._providers: dict[str, str] = {}
        self._within = within
        self._open = open_session or _session
        self._session: aiohttp.ClientSession | None = None
        self._clock = clock
        self.breaker = Breaker(clock)  # also for who speaks another protocol than HTTP

    async def close(self) -> None:
        """Close the session; a later call would open a new one."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def down(self, url: str) -> bool:
        """Whether calls to this address are not even tried at the moment."""
        return self.breaker.is_open(_place(url))

    def resting(self) -> dict[str, int]:
        """How many addresses of each provider are not asked at the moment; those of mail servers as smtp."""
        return dict(Counter(self._providers.get(place, "smtp") for place in self.breaker.resting()))

    async def send(self, call: Call) -> Reply:
        """Make the call, again where that is safe.

        Raises WrongKeys for 401 and 403, Unavailable when it certainly did nothing, OutcomeUnknown when
        nobody can tell. Any other answer below 500 is returned: what it means is for the adapter.
        """
        began, outcome = time.monotonic(), "cut_off"
        try:
            reply = await self._send(call)
            outcome = "ok" if reply.ok else "refused"
        except ProviderError as error:
            outcome = _OUTCOMES.get(type(error), "unavailable")
            raise
        else:
            return reply
        finally:
            self._meters.call(call.provider, outcome, time.monotonic() - began)

    async def _send(self, call: Call) -> Reply:
        place = _place(call.url)
        self._providers[place] = call.provider
        if not self.breaker.enter(place):
            raise Unavailable(call.provider, "circuit_open")
        sent, tries = False, _TRIES if call.repeatable else 1
        ends = time.monotonic() + self._within
        for attempt in range(tries):
            try:
                reply = await self._try(call, max(_LEAST, min(call.seconds, ends - time.monotonic())))
            except _Lost as lost:
                sent = sent or lost.sent
                last, pause = lost, _pause(attempt, lost.pause)
                # Nobody waits here as long as some ask for; who called tries again later.
                longest = min(_LONGEST_PAUSE, ends - time.monotonic())
                if attempt + 1 == tries or pause > longest:
                    break
                await asyncio.sleep(pause)
            else:
                self.breaker.succeeded(place)
                return self._checked(call, reply)
        if last.why != _SLOW_DOWN:
            # That is one shop's own fault; the others may go on.
            self.breaker.failed(place)
        log.warning("provider_unavailable", extra={"provider": call.provider, "why": last.why, "sent": sent})
        kind = OutcomeUnknown if sent and call.method != "GET" else Unavailable
        raise kind(call.provider, last.why)

    async def _try(self, call: Call, seconds: float) -> Reply:
        if self._session is None:
            self._session = self._open()
        limit = aiohttp.ClientTimeout(total=seconds)
        try:
            async with self._session.request(
                call.method,
                URL(call.url, encoded=True),
                data=call.body,
                headers=call.headers,
                timeout=limit,
                allow_redirects=False,
            ) as answer:
                body = await _read(answer)
                reply = Reply(call.provider, answer.status, answer.headers, body, call.method == "GET")
        except aiohttp.ClientConnectorError as error:
            raise _Lost(type(error).__name__, sent=False) from None
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            # The text of these may hold the address with what was asked.
            raise _Lost(type(error).__name__, sent=True) from None
        pause = _seconds(reply.headers.get("Retry-After"), self._clock.now())
        if reply.status == HTTPStatus.TOO_MANY_REQUESTS:
            raise _Lost(_SLOW_DOWN, sent=False, pause=pause)
        if reply.status in _CUT_OFF or reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise _Lost(f"http_{reply.status}", sent=True, pause=pause)
        return reply

    @staticmethod
    def _checked(call: Call, reply: Reply) -> Reply:
        if reply.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            raise WrongKeys(call.provider, f"http_{reply.status}")
        if reply.status == HTTPStatus.CONFLICT and reply.certain:
            raise Unavailable(call.provider, f"http_{reply.status}")
        if HTTPStatus.MULTIPLE_CHOICES <= reply.status < HTTPStatus.BAD_REQUEST:
            raise Unavailable(call.provider, f"http_{reply.status}")
        return reply


async def _read(answer: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for piece in answer.content.iter_any():
        body += piece
        if len(body) > _LARGEST:
            raise _Lost("too_large", sent=True)
    return bytes(body)


def _session() -> aiohttp.ClientSession:
    # No cookies: nobody's session may leak into another shop's call.
    return aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=True)


def _place(url: str) -> str:
    return str(URL(url).origin())


def _pause(attempt: int, asked: float | None) -> float:
    if asked is not None:
        return asked
    return float(_PAUSE * 2**attempt * random.uniform(0.5, 1.5))  # noqa: S311 - spread, not secrecy


def _seconds(text: str | None, now: datetime) -> float | None:
    """How long `Retry-After` asks to wait, in its two forms (RFC 9110); None where it is neither."""
    if text is None or len(text) > _LONGEST_HEADER:
        return None
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    until = until if until.tzinfo is not None else until.replace(tzinfo=UTC)
    return max(0.0, (until - now).total_seconds())
