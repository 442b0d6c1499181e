"""Bytes that no browser sends, thrown at the real program: it answers in a word and goes on."""

import asyncio
import contextlib
import re
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from aiohttp import ClientSession

from bot.sandbox import Sandbox
from tests.bot.conftest import Program, Start
from tests.bot.web.raw import answer, connection

MARK = "MARKED-TEXT"
CUT_OFF = 0  # who is still sending may not get to read the answer
PATIENCE = 8.0  # seconds, also on a machine that is busy
STATUS = re.compile(rb"HTTP/1\.[01] ([0-9]{3}) ")
CLOSE = b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
EMPTY = CLOSE[:-2] + b"Content-Length: 0\r\n\r\n"
LENGTH = b"POST /webhooks/stripe/t HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
CHUNKED = LENGTH + b"Transfer-Encoding: chunked\r\n"
GET = b"GET /invoice/" + MARK.encode() + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"


@dataclass
class Running:
    """The program, and where it listens."""

    program: Program
    url: str

    async def lives(self) -> bool:
        """Whether it answers an ordinary request at once."""
        begun = time.monotonic()
        async with ClientSession() as http, http.get(f"{self.url}/healthz") as said:
            return said.status == 200 and time.monotonic() - begun < PATIENCE


@pytest.fixture
async def running(
    start: Start, stand_in: Sandbox, mongo_uri: str, redis_url: str, database_name: str, tmp_path: Path
) -> AsyncIterator[Running]:
    """`run.py` on this test's database."""
    settings = {
        "DISCORD__TOKEN": stand_in.token, "DISCORD__API_URL": stand_in.api_url,
        "DATABASE__URI": mongo_uri, "DATABASE__NAME": database_name, "REDIS__URL": redis_url,
        "SECURITY__SECRETS": "a-secret-of-forty-characters-or-even-more",
        "DATA_DIR": str(tmp_path), "WEB__PORT": "0", "WEB__MAX_CONNECTIONS": "60",
    }  # fmt: skip
    async with start(**settings) as program:
        await program.until_said("listener_started")
        port = re.search(r"listener_started port=(\d+)", program.said)
        assert port
        yield Running(program, f"http://127.0.0.1:{port[1]}")


BAD: dict[str, tuple[bytes, set[int]]] = {
    "no method": (b"\r\n\r\n / HTTP/1.1\r\nHost: x\r\n\r\n", {400}),
    "lower-case method": (b"get /" + CLOSE, {400, 404, 405}),
    "made-up method": (b"FROBNICATE /healthz" + CLOSE, {400, 405}),
    "TRACE": (b"TRACE /healthz" + CLOSE, {405}),
    "CONNECT": (b"CONNECT 169.254.169.254:80" + CLOSE, {400, 404, 405}),
    "another server's address": (
        b"GET http://169.254.169.254/latest" + CLOSE, {400, 404},
    ),
    "a web socket": (GET + b"Upgrade: websocket\r\nConnection: upgrade, close\r\n\r\n", {400, 403}),
    "an odd expectation": (GET + b"Expect: " + MARK.encode() + b"\r\n\r\n", {403, 417}),
    "very long URL": (b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", {CUT_OFF, 400}),
    "very long header": (GET + b"X: " + b"a" * 100_000 + b"\r\n\r\n", {CUT_OFF, 400}),
    "very many headers": (GET + b"".join(b"X-%d: a\r\n" % n for n in range(5000)) + b"\r\n", {CUT_OFF, 400}),
    "a folded header": (GET + b"X: a\r\n " + MARK.encode() + b"\r\n\r\n", {400, 403}),
    "a header without a name": (GET + b": a\r\n\r\n", {400}),
    "a null in a header": (GET + b"X: a\0b\r\n\r\n", {400}),
    "a bare CR in a header": (GET + b"X: a\rSet-Cookie: b=c\r\n\r\n", {400}),
    "two hosts": (GET + b"Host: y\r\n\r\n", {400, 403}),
    "two lengths": (LENGTH + b"Content-Length: 3\r\nContent-Length: 5\r\n\r\nabcde", {400}),
    "length and chunks": (CHUNKED + b"Content-Length: 3\r\n\r\n0\r\n\r\n", {400, 404}),
    "a negative length": (LENGTH + b"Content-Length: -1\r\n\r\n", {400}),
    "a signed length": (LENGTH + b"Content-Length: +3\r\n\r\nabc", {400}),
    "a length of words": (LENGTH + b"Content-Length: three\r\n\r\nabc", {400}),
    "a length beyond all numbers": (LENGTH + b"Content-Length: " + b"9" * 40 + b"\r\n\r\n", {400, 413}),
    "a chunk of no size": (CHUNKED + b"\r\n\r\nxyz\r\n0\r\n\r\n", {400}),
    "a chunk of negative size": (CHUNKED + b"\r\n-5\r\nhello\r\n0\r\n\r\n", {400}),
    "a chunk beyond all numbers": (CHUNKED + b"\r\n" + b"F" * 40 + b"\r\nhello\r\n0\r\n\r\n", {400}),
    "a chunk that lies": (CHUNKED + b"\r\n3\r\nhello\r\n0\r\n\r\n", {400}),
    "chunks twice": (CHUNKED + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", {400}),
    "an unknown coding": (LENGTH + b"Transfer-Encoding: gzip\r\n\r\nabc", {400, 404}),
    "a body that is too large": (
        LENGTH + b"Content-Length: 400000\r\n\r\n" + b"a" * 400_000, {CUT_OFF, 413},
    ),
    "chunks that are too large": (CHUNKED + b"\r\n" + b"4000\r\n" + b"a" * 0x4000 + b"\r\n", {408, 413}),
    "a parent folder": (b"GET /invoice/../healthz" + CLOSE, {404}),
    "an escaped parent folder": (
        b"GET /invoice/%2e%2e%2f%2e%2e%2fetc%2fpasswd" + CLOSE, {403},
    ),
    "a null in the path": (b"GET /invoice/a%00b" + CLOSE, {403}),
    "a line break in the path": (
        b"GET /share/a%0d%0aSet-Cookie:%20b=c/data.csv" + CLOSE, {403},
    ),
    "bytes that are no text in the path": (
        b"GET /invoice/%ff%fe" + CLOSE, {403},
    ),
    "a tenant that is a path": (
        b"POST /webhooks/stripe/..%2f..%2fx" + EMPTY,
        {404},
    ),
    "an operator as tenant": (
        b"POST /webhooks/stripe/%7b$ne:1%7d" + EMPTY,
        {404},
    ),
}  # fmt: skip


async def test_nonsense_is_answered_in_a_word_and_leaves_nothing_behind(running: Running) -> None:
    """Each gets its refusal and none a 5xx; nothing of it stands in an answer, and no trace in the log."""
    wrong = {}
    for name, (sent, allowed) in BAD.items():
        said = await answer(running.url, sent)
        statuses = {int(each) for each in STATUS.findall(said)} or {CUT_OFF}
        if not statuses <= allowed or MARK.encode() in said or b"Set-Cookie" in said:
            wrong[name] = said[:200]
        assert await running.lives(), name
    assert wrong == {}
    assert "Traceback" not in running.program.said
    assert MARK not in running.program.said


async def test_what_is_pipelined_is_answered_in_order_and_not_without_end(running: Running) -> None:
    """Fifty requests in one packet are fifty answers; ten thousand that nobody reads fill no memory."""
    one = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    last = b"GET /nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    said = await answer(running.url, one * 50 + last)
    assert [int(each) for each in STATUS.findall(said)] == [200] * 50 + [404]
    process = psutil.Process(running.program._process.pid)
    before = process.memory_info().rss
    async with connection(running.url) as raw:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(2):
                await raw.send(one * 10_000)
        assert await running.lives()
        assert process.memory_info().rss - before < 64 * 1024 * 1024


async def test_slow_and_silent_clients_keep_nobody_out(running: Running) -> None:
    """Three times as many as there is room for wait with half a request, also with half a body."""
    halves = [b"", b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ", LENGTH + b"Content-Length: 50\r\n\r\nhalf"]
    async with contextlib.AsyncExitStack() as stack:
        for n in range(180):
            raw = await stack.enter_async_context(connection(running.url))
            await raw.send(halves[n % 3])
        for _ in range(20):
            assert await running.lives()
    assert "connections_full" in running.program.said
    assert "Traceback" not in running.program.said


async def test_a_body_that_never_comes_is_given_up(running: Running) -> None:
    """Soon after a provider's would have arrived, whatever its length says."""
    async with connection(running.url) as raw:
        await raw.send(LENGTH + b"Content-Length: 50\r\n\r\nhalf")
        begun = time.monotonic()
        assert await raw.status() == 408
        assert time.monotonic() - begun < PATIENCE
