import asyncio

import pytest
from aiohttp import ClientSession, web

from bot.web.listener import Listener


async def greet(_request: web.Request) -> web.Response:
    return web.Response(text="hello")


async def linger(_request: web.Request) -> web.Response:
    await asyncio.sleep(0.3)
    return web.Response(text="done")


def an_app() -> web.Application:
    app = web.Application()
    app.router.add_get("/", greet)
    app.router.add_get("/slow", linger)
    return app


async def test_port_zero_takes_a_free_port() -> None:
    """The address names the port that was really opened, and two listeners get two."""
    first, second = Listener(an_app()), Listener(an_app())
    await first.start()
    await second.start()
    assert first.url != second.url
    async with ClientSession() as http:
        for listener in (first, second):
            assert await (await http.get(listener.url)).text() == "hello"
    await first.stop()
    await second.stop()


async def test_a_listener_on_every_address_names_one_that_can_be_opened() -> None:
    """The address is for people, so it is not the wildcard."""
    listener = Listener(an_app(), "0.0.0.0")  # noqa: S104 - the case under test
    await listener.start()
    assert listener.url.startswith("http://127.0.0.1:")
    await listener.stop()


async def test_a_taken_port_is_an_error_at_the_start() -> None:
    """The second listener on a port fails as a whole and can be stopped all the same."""
    first = Listener(an_app())
    await first.start()
    second = Listener(an_app(), port=int(first.url.rpartition(":")[2]))
    with pytest.raises(OSError, match="address already in use"):
        await second.start()
    await second.stop()
    await first.stop()


async def test_a_request_under_way_is_answered_before_the_listener_stops() -> None:
    """Stopping closes the door, not the conversation."""
    listener = Listener(an_app())
    await listener.start()
    async with ClientSession() as http:
        answer = asyncio.create_task(http.get(f"{listener.url}/slow"))
        await asyncio.sleep(0.1)
        await listener.stop()
        assert await (await answer).text() == "done"


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "])
async def test_a_client_that_never_finishes_its_request_is_cut_off(sent: bytes) -> None:
    """A connection that sends nothing, or headers without end, is closed after the idle time."""
    listener = Listener(an_app(), idle=0.3)
    await listener.start()
    reader, writer = await asyncio.open_connection("127.0.0.1", int(listener.url.rpartition(":")[2]))
    writer.write(sent)
    async with asyncio.timeout(20):
        assert await reader.read() == b""
    writer.close()
    await listener.stop()
