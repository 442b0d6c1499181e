"""The way out: what is tried again, what is not, what is kept out, and when nobody is even asked."""

import asyncio
import gzip
import logging
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from email.utils import format_datetime

import pytest
from aiohttp import web

from models.errors import OutcomeUnknown, ProviderError, Unavailable, WrongKeys
from services.calls import Call, Calls
from tests.services.conftest import TestClock

type Answer = web.Response


class Odd:
    """A service that gives the answers it was told to give, the last one from then on."""

    def __init__(self) -> None:
        self.answers: list[Answer] = [web.Response(text="{}")]
        self.asked = 0
        self.reached = asyncio.Event()
        self.free = asyncio.Event()
        self.free.set()
        self.url = ""

    async def answer(self, request: web.Request) -> Answer:
        """Give the next answer, once nothing holds it up."""
        await request.read()
        self.asked += 1
        self.reached.set()
        await self.free.wait()
        told = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return web.Response(status=told.status, body=told.body, headers=told.headers)

    def hold(self) -> None:
        """Answer nobody until `free` is set; `reached` tells that somebody asked."""
        self.reached.clear()
        self.free.clear()

    def says(self, *statuses: int, **headers: str) -> None:
        """Answer with these, one after the other; `_` in a header's name stands for `-`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers = [web.Response(status=each, text="{}", headers=named) for each in statuses]

    def call(self, method: str = "POST", *, repeatable: bool = True, seconds: float = 5.0) -> Call:
        """A call to it."""
        secret = {"Authorization": "Bearer s3cret"}
        return Call("odd", method, f"{self.url}/hush?q=s3cret", secret, b"s3cret", repeatable, seconds)


@pytest.fixture
async def odd() -> AsyncIterator[Odd]:
    """The service."""
    service, app = Odd(), web.Application()
    app.router.add_route("*", "/{path:.*}", service.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    service.url = f"http://127.0.0.1:{site.port}"
    yield service
    await runner.cleanup()


@pytest.mark.parametrize("wait", ["3600", "in an hour"])
async def test_who_asks_for_a_long_pause_is_left_alone(
    calls: Calls, odd: Odd, clock: TestClock, wait: str
) -> None:
    """In seconds or as a date: one request, and nothing was done."""
    date = format_datetime(clock.now() + timedelta(hours=1), usegmt=True)
    odd.says(429, Retry_After=date if wait == "in an hour" else wait)
    with pytest.raises(Unavailable):
        await calls.send(odd.call())
    assert odd.asked == 1


@pytest.mark.parametrize("wait", ["0", "a moment ago", "soon", "-1", "9" * 50, ""])
async def test_a_pause_that_is_short_or_makes_no_sense_is_followed_by_another_try(
    calls: Calls, odd: Odd, clock: TestClock, wait: str
) -> None:
    """A date that is past asks for no pause at all."""
    past = format_datetime(clock.now() - timedelta(minutes=1), usegmt=True)
    odd.says(429, Retry_After=past if wait == "a moment ago" else wait)
    odd.answers.append(web.Response(text="{}"))
    assert (await calls.send(odd.call())).ok
    assert odd.asked == 2


@pytest.mark.parametrize("status", [408, 499, 500, 502, 503, 504, 520])
@pytest.mark.parametrize(
    ("method", "repeatable", "asked", "error"),
    [
        ("POST", True, 3, OutcomeUnknown),
        ("POST", False, 1, OutcomeUnknown),
        ("GET", True, 3, Unavailable),
    ],
)
async def test_an_answer_that_decides_nothing_is_asked_for_again_where_that_is_safe(
    calls: Calls,
    odd: Odd,
    status: int,
    method: str,
    repeatable: bool,
    asked: int,
    error: type[ProviderError],
) -> None:
    """Also where somebody in between gave up waiting: the service may have acted."""
    odd.says(status, Retry_After="0")
    with pytest.raises(error) as failed:
        await calls.send(odd.call(method, repeatable=repeatable))
    assert failed.value.code == f"http_{status}"
    assert odd.asked == asked


async def test_after_a_lost_answer_a_refusal_to_hurry_decides_nothing(calls: Calls, odd: Odd) -> None:
    """The first try may have worked, whatever was said to the next ones."""
    odd.says(500, 429, Retry_After="0")
    with pytest.raises(OutcomeUnknown):
        await calls.send(odd.call())


async def test_a_way_to_another_place_is_not_taken(calls: Calls, odd: Odd) -> None:
    """The keys stay with the address they were meant for."""
    odd.says(307, Location=f"{odd.url}/elsewhere")
    with pytest.raises(Unavailable):
        await calls.send(odd.call())
    assert odd.asked == 1


@pytest.mark.parametrize("packed", [False, True])
async def test_an_answer_without_end_is_given_up(calls: Calls, odd: Odd, packed: bool) -> None:
    """Also one that unpacks to far more than came."""
    body = b" " * (3 * 1024 * 1024)
    headers = {"Content-Encoding": "gzip"} if packed else {}
    odd.answers = [web.Response(body=gzip.compress(body) if packed else body, headers=headers)]
    with pytest.raises(Unavailable) as failed:
        await calls.send(odd.call("GET"))
    assert failed.value.code == "too_large"


async def test_nothing_that_was_sent_is_quoted(
    calls: Calls, odd: Odd, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither the address with its question, nor header or body, in errors, logs or representations."""
    caplog.set_level(logging.DEBUG)
    odd.says(500, Retry_After="0")
    with pytest.raises(OutcomeUnknown) as failed:
        await calls.send(odd.call())
    nowhere = Call("odd", "POST", "http://127.0.0.1:1/hush?q=s3cret", {"X": "s3cret"}, b"s3cret")
    with pytest.raises(Unavailable) as unreached:
        await calls.send(nowhere)
    odd.says(200)
    reply = await calls.send(odd.call())
    ours = [each.__dict__ for each in caplog.records if each.name.startswith("services.")]
    assert "s3cret" not in f"{failed.value!r} {failed.value.__cause__!r} {unreached.value!r} {reply!r} {ours}"


async def test_a_service_that_is_down_rests_and_is_then_tried_by_one(
    calls: Calls, odd: Odd, clock: TestClock
) -> None:
    """While that one waits for its answer the others are told at once; a good answer lets everybody in."""
    odd.says(500, Retry_After="0")
    for _ in range(3):
        with pytest.raises(OutcomeUnknown):
            await calls.send(odd.call(repeatable=False))
    assert calls.down(odd.url)
    with pytest.raises(Unavailable) as resting:
        await calls.send(odd.call())
    assert (resting.value.code, odd.asked) == ("circuit_open", 3)
    clock.forward(seconds=31)
    assert not calls.down(odd.url)
    odd.says(200)
    odd.hold()
    first = asyncio.create_task(calls.send(odd.call()))
    await odd.reached.wait()
    with pytest.raises(Unavailable):
        await calls.send(odd.call())
    odd.free.set()
    assert (await first).ok
    assert (await calls.send(odd.call())).ok
    assert odd.asked == 5


@pytest.mark.parametrize("status", [429, 401, 404])
async def test_one_shops_own_fault_rests_nobody(calls: Calls, odd: Odd, status: int) -> None:
    """Too many questions, wrong keys, unknown things: the service is there for the others."""
    odd.says(status, Retry_After="3600")
    for _ in range(4):
        with suppress(Unavailable, WrongKeys):
            await calls.send(odd.call())
    assert not calls.down(odd.url)
    assert odd.asked == 4


async def test_a_probe_that_was_called_off_keeps_nobody_out_for_ever(
    calls: Calls, odd: Odd, clock: TestClock
) -> None:
    """Who was let through after a rest may be cancelled: after another rest the next one is."""
    odd.says(500)
    for _ in range(3):
        with pytest.raises(OutcomeUnknown):
            await calls.send(odd.call(repeatable=False))
    clock.forward(seconds=31)
    odd.says(200)
    odd.hold()
    probe = asyncio.create_task(calls.send(odd.call()))
    await odd.reached.wait()
    probe.cancel()
    odd.free.set()
    with pytest.raises(Unavailable):
        await calls.send(odd.call())
    clock.forward(seconds=31)
    assert (await calls.send(odd.call())).ok


async def test_after_closing_a_new_session_is_opened(calls: Calls, odd: Odd) -> None:
    """A late call works all the same, and closing twice is no error."""
    assert (await calls.send(odd.call())).ok
    await calls.close()
    await calls.close()
    assert (await calls.send(odd.call())).ok
