"""Many connections, slow ones and endless ones: whoever has a real request is served."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession, web

from bot.web.listener import Listener
from tests.bot.web.raw import Raw, connection

LARGE = 24 * 1024 * 1024
HEAD = b"GET / HTTP/1.1\r\nHost: x\r\n"


async def greet(_request: web.Request) -> web.Response:
    return web.Response(text="hello")


async def linger(_request: web.Request) -> web.Response:
    await asyncio.sleep(1)
    return web.Response(text="done")


async def pour(_request: web.Request) -> web.Response:
    return web.Response(body=b"x" * LARGE)


@contextlib.asynccontextmanager
async def listening(*, most: int = 20, idle: float = 10, read_within: float = 60) -> AsyncIterator[str]:
    """A listener with these limits; its address."""
    app = web.Application()
    app.router.add_get("/", greet)
    app.router.add_get("/slow", linger)
    app.router.add_get("/large", pour)
    listener = Listener(app, most=most, idle=idle, read_within=read_within)
    await listener.start()
    try:
        yield listener.url
    finally:
        await listener.stop()


@contextlib.asynccontextmanager
async def crowd(url: str, many: int, sent: bytes = b"") -> AsyncIterator[list[Raw]]:
    """So many connections that have sent this and no more."""
    async with contextlib.AsyncExitStack() as stack:
        raws = []
        for _ in range(many):
            raw = await stack.enter_async_context(connection(url))
            await raw.send(sent)
            raws.append(raw)
        yield raws


async def test_those_who_send_nothing_make_room_for_those_who_ask() -> None:
    """A hundred connections wait where twenty have room: everybody who asks is answered at once."""
    async with listening(most=20) as url, crowd(url, 100, HEAD) as waiting, ClientSession() as http:
        for _ in range(10):
            begun = time.monotonic()
            assert await (await http.get(url, headers={"Connection": "close"})).text() == "hello"
            assert time.monotonic() - begun < 5
        alive = [raw for raw in waiting if not await raw.over()]
        assert 0 < len(alive) <= 20
        # Those that have waited longest are gone.
        assert alive == waiting[-len(alive) :]


async def test_nobody_is_sent_off_with_a_request_under_way() -> None:
    """With a request on every connection the newcomer has to come again; the others get their answers."""
    async with listening(most=5) as url, ClientSession() as http:
        asked = [asyncio.create_task(http.get(f"{url}/slow")) for _ in range(5)]
        await asyncio.sleep(0.3)
        async with connection(url) as newcomer:
            await newcomer.send(HEAD + b"\r\n")
            assert await newcomer.rest() == b""
        assert [await (await each).text() for each in asked] == ["done"] * 5


async def test_the_address_that_holds_most_makes_room() -> None:
    """Who opened dozens loses one of theirs, not the one connection of somebody who came before them."""
    async with listening(most=20) as url:
        port = int(url.rpartition(":")[2])
        reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=("127.0.0.2", 0))
        async with crowd(url, 60):
            neighbour = Raw(reader, writer)
            await neighbour.send(HEAD + b"\r\n")
            assert await neighbour.status() == 200
        writer.close()


@pytest.mark.parametrize("piece", [b"X-Slow: a\r\n", b"a"])
async def test_headers_that_trickle_do_not_keep_a_connection(piece: bytes) -> None:
    """A line or a byte now and then is no progress: time counts from when the connection began to wait."""
    async with listening(idle=0.6) as url, connection(url) as raw:
        await raw.send(HEAD)
        begun = time.monotonic()
        while not await raw.over():
            assert time.monotonic() - begun < 5
            await raw.send(piece)


@pytest.mark.parametrize("bite", [0, 16_384])
async def test_an_answer_that_is_not_taken_in_is_broken_off(bite: int) -> None:
    """Who reads nothing, or a little now and then, does not hold the answer in memory for ever."""
    async with listening(read_within=0.5) as url, connection(url) as raw:
        await raw.send(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        read, begun = 0, time.monotonic()
        while time.monotonic() - begun < 3:
            if bite:
                with contextlib.suppress(ConnectionError):
                    read += len(await raw.reader.read(bite))
            await asyncio.sleep(0.1)
        async with asyncio.timeout(10):
            assert read + len(await raw.rest()) < LARGE


async def test_an_answer_that_is_taken_in_comes_whole() -> None:
    """However large: the limit is for those who do not read."""
    async with listening(read_within=5) as url, ClientSession() as http:
        assert len(await (await http.get(f"{url}/large")).read()) == LARGE
