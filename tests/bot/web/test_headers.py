import asyncio
import base64
import hashlib
import logging

import pytest

from tests.bot.web.conftest import Site
from tests.invoicing import an_order, sell


async def paths(site: Site) -> list[str]:
    """One address for each kind of answer."""
    order = await sell(site.db, an_order())
    return [site.path_of(order), "/invoice/forged", "/nowhere", "/healthz"]


async def raw(site: Site, request: bytes) -> bytes:
    """What the listener answers to these very bytes."""
    host, port = site.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(request)
    async with asyncio.timeout(10):
        answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer


async def test_every_answer_is_private_and_self_contained(site: Site) -> None:
    """Whatever is served is not stored, indexed, framed, sniffed or referred to."""
    for path in await paths(site):
        headers = (await site.get(path)).headers
        assert headers["Cache-Control"] == "private, no-store"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Robots-Tag"].startswith("noindex")
        assert "Server" not in headers
        policy = headers["Content-Security-Policy"].split("; ")
        for rule in ("default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'"):
            assert rule in policy


async def test_the_policy_admits_exactly_the_pages_stylesheet(site: Site) -> None:
    """The hash in the header is that of the style element, and nothing else is admitted."""
    for path in (await paths(site))[:3]:
        answer = await site.get(path)
        style = (await answer.text()).partition("<style>")[2].partition("</style>")[0]
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        policy = answer.headers["Content-Security-Policy"].split("; ")
        assert style
        assert policy[-1] == f"style-src 'sha256-{digest}'"
        assert len(policy) == 5


async def test_a_page_names_no_outside_resource(site: Site) -> None:
    """No script, link, image, frame, import or address stands in a page."""
    for path in (await paths(site))[:3]:
        text = (await (await site.get(path)).text()).lower()
        for outside in ("<script", "<link", "<img", "<iframe", "url(", "@import", "http:", "https:", "src="):
            assert outside not in text


@pytest.mark.parametrize(
    "request_line",
    [
        b"GET /invoice/TOKEN HTTP/9.9",
        b"GET  /invoice/TOKEN  HTTP/1.1",
        b"\x16\x03\x01TOKEN",
        b"GET /invoice/TOKEN HTTP/1.1\r\nbad header TOKEN",
        b"GET /invoice/TOKEN" + b"A" * 9000 + b" HTTP/1.1",
        b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: TOKEN" + b"A" * 9000,
        b"GET / HTTP/1.1\r\nHost: x" + b"".join(b"\r\nX-%d: TOKEN" % n for n in range(200)),
    ],
)
async def test_what_is_no_request_is_refused_without_being_quoted(
    site: Site, caplog: pytest.LogCaptureFixture, request_line: bytes
) -> None:
    """Broken and oversized requests get a short 400, and their text reaches neither answer nor log."""
    with caplog.at_level(logging.DEBUG):
        answer = await raw(site, request_line + b"\r\n\r\n")
    assert answer.startswith(b"HTTP/1.")
    assert b" 400 Bad Request\r\n" in answer
    assert b"TOKEN" not in answer
    assert b"aiohttp" not in answer.lower()
    assert b"python" not in answer.lower()
    assert b"Content-Security-Policy: default-src 'none'" in answer
    written = "".join(f"{logging.Formatter().format(record)} {vars(record)}" for record in caplog.records)
    assert "http_request_unreadable" in written
    assert "TOKEN" not in written
    assert {record.levelno for record in caplog.records if record.name != "asyncio"} == {logging.INFO}


async def test_the_listener_survives_nonsense(site: Site) -> None:
    """After every broken request the next good one is answered."""
    for nonsense in (
        b"\r\n\r\n\r\n",
        b"\x00" * 5000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n" * 50 + b"x\r\n\r\n",
    ):
        await raw(site, nonsense + b"GET / HTTP/1.0\r\n\r\n")
    assert (await site.get("/healthz")).status == 200
