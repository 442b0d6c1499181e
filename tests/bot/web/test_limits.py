"""Who is counted, how much is too much, and who is never refused."""

import asyncio
import contextlib
import ipaddress
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from aiohttp import ClientSession, web
from redis.asyncio import Redis

from bot.web.app import make_app
from bot.web.limits import ALLOWED, Counted, Limits
from bot.web.listener import Listener
from bot.web.visitors import Network, Visitors
from models.base import Db
from services.invoices import Invoices
from services.links import Links
from tests.bot.web.conftest import PUBLIC, SECRET
from tests.invoicing import StoppedClock, an_order, open_shop, sell

HERE = ipaddress.ip_network("127.0.0.0/8")
OFFICE = ipaddress.ip_network("10.1.0.0/16")
WRONG, PAGES, ICONS = (ALLOWED[kind] for kind in (Counted.WRONG, Counted.PAGES, Counted.ICONS))
ICON = "/favicon.ico"
FORGED = "/invoice/forged"
ENOUGH = 8  # seconds for any one of these tests, also on a machine that is busy


@dataclass
class Site:
    """A listener behind a proxy that this test plays."""

    http: ClientSession
    url: str

    async def get(self, path: str, who: str | None = None) -> int:
        """The status of a page, asked for by somebody."""
        headers = {"X-Forwarded-For": who} if who else {}
        async with self.http.get(f"{self.url}{path}", headers=headers) as answer:
            assert (answer.status == 429) == ("Retry-After" in answer.headers)
            return answer.status

    async def often(self, many: int, path: str, who: str | None = None) -> set[int]:
        """The statuses of so many requests, one after the other."""
        return {await self.get(path, who) for _ in range(many)}


@contextlib.asynccontextmanager
async def site(db: Db, *trusted: Network, cache: Redis | None = None) -> AsyncIterator[Site]:
    """The real listener with these proxies."""
    links = Links([SECRET], PUBLIC, StoppedClock())
    app = make_app(db=db, cache=cache, links=links, invoices=Invoices(db), visitors=Visitors(trusted))
    listener = Listener(app)
    await listener.start()
    try:
        async with ClientSession() as http:
            yield Site(http, listener.url)
    finally:
        await listener.stop()


@pytest.fixture(autouse=True)
async def minute() -> None:
    """Enough is left of the minute by which is counted, for none to end within a test."""
    left = Limits().ends_in()
    if left < ENOUGH:
        await asyncio.sleep(left)


async def invoice(db: Db) -> str:
    """The path of an invoice that is there."""
    await open_shop(db)
    url = Links([SECRET], PUBLIC, StoppedClock()).invoice_url(await sell(db, an_order()))
    assert url is not None
    return url.removeprefix(PUBLIC)


async def test_whoever_guesses_has_to_pause_and_nobody_else(db: Db) -> None:
    """After so many forged links in a minute that address sees nothing; its neighbour opens an invoice."""
    good = await invoice(db)
    async with site(db, HERE) as at:
        assert await at.often(WRONG, FORGED, "203.0.113.5") == {403}
        assert await at.often(3, FORGED, "203.0.113.5") == {429}
        assert await at.get(good, "203.0.113.5") == 429
        assert await at.get(good, "203.0.113.6") == 200


async def test_what_a_client_writes_itself_into_the_header_changes_nothing(db: Db) -> None:
    """The proxy adds the address that it saw at the end: those before it are anybody's words."""
    async with site(db, HERE) as at:
        for n in range(WRONG):
            assert await at.get(FORGED, f"198.51.100.{n}, 203.0.113.5") == 403
        assert await at.get(FORGED, "198.51.100.200, 203.0.113.5") == 429
        assert await at.get(FORGED, "203.0.113.5, 198.51.100.200") == 403


async def test_without_a_trusted_proxy_nobody_pays_for_another(db: Db) -> None:
    """All of them seem to come from this machine: it may be a proxy, so nobody is counted."""
    good = await invoice(db)
    async with site(db) as at:
        assert await at.often(WRONG + 5, FORGED, "203.0.113.5") == {403}
        assert await at.get(good) == 200


async def test_pages_are_counted_also_when_they_are_right(db: Db) -> None:
    """Whoever reloads several times a second pauses; the others read on."""
    async with site(db, HERE) as at:
        assert await at.often(PAGES, "/healthz", "203.0.113.5") == {200}
        assert await at.get("/healthz", "203.0.113.5") == 429
        assert await at.get("/healthz", "203.0.113.6") == 200


async def test_a_browser_that_asks_for_an_icon_beside_each_page_has_done_nothing_wrong(db: Db) -> None:
    """A whole school opens invoices behind one address; somebody who asks for nothing but icons pauses."""
    good = await invoice(db)
    async with site(db, HERE) as at:
        for _ in range(WRONG + 1):
            assert await at.get(good, "203.0.113.5") == 200
            assert await at.get(ICON, "203.0.113.5") == 404
        assert await at.often(ICONS - WRONG - 1, ICON, "203.0.113.5") == {404}
        assert await at.get(ICON, "203.0.113.5") == 429
        assert await at.get(good, "203.0.113.5") == 200
        # Whoever guesses pauses with everything.
        await at.often(WRONG, FORGED, "203.0.113.6")
        assert await at.get(ICON, "203.0.113.6") == 429


async def test_two_processes_count_together(db: Db, redis_url: str) -> None:
    """What one sees wrong is too much for the other as well, once it hears of it; after that both refuse."""
    async with Redis.from_url(redis_url) as cache:
        await cache.flushdb()
        async with site(db, HERE, cache=cache) as one, site(db, HERE, cache=cache) as other:
            assert await one.often(WRONG, FORGED, "203.0.113.77") == {403}
            seen = [await other.get(FORGED, "203.0.113.77") for _ in range(20)]
            assert seen[-1] == 429
            assert await one.get(FORGED, "203.0.113.77") == 429


async def test_the_minute_ends_and_an_old_one_is_forgotten() -> None:
    """In the next minute everybody begins anew, and what was counted before takes no room."""
    now = [1_000_000.0]
    limits = Limits(now=lambda: now[0])
    for _ in range(WRONG):
        limits.count(Counted.WRONG, "a")
    assert limits.over(Counted.WRONG, "a")
    assert not limits.over(Counted.PAGES, "a")
    now[0] += limits.ends_in()
    assert not limits.over(Counted.WRONG, "a")


async def test_a_flood_of_addresses_takes_bounded_room() -> None:
    """Whoever has a whole network of IPv6 fills no memory with it."""
    limits = Limits()
    for n in range(50_000):
        limits.count(Counted.WRONG, str(n))
        limits.know(str(n))
    assert len(limits._counts) <= 20_000
    assert len(limits._known) <= 20_000
    # Without a Redis there is nobody to tell, now or later.
    assert not limits._unwritten
    assert not limits._unwritten_known


async def test_with_redis_away_each_process_counts_for_itself() -> None:
    """Nothing waits and nothing breaks; a known provider stays one, and in doubt nobody is refused."""
    async with Redis.from_url("redis://127.0.0.1:1/0") as away:
        limits = Limits(away)
        for _ in range(WRONG):
            limits.count(Counted.WRONG, "a")
        await limits.written()
        assert limits.over(Counted.WRONG, "a")
        assert await limits.knows("never seen")


@pytest.mark.parametrize(
    ("forwarded", "found"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("203.0.113.9:4711", "203.0.113.9"),
        ("9.9.9.9, 203.0.113.9, 10.1.2.3", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("[2001:db8:1:2::9]:443", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("192.168.7.7", "192.168.7.7"),
        ("10.1.2.3, 127.0.0.1", "None"),
        ("unknown", "None"),
        ("203.0.113.9, <script>", "None"),
        ("", "None"),
        (",,,", "None"),
    ],
)
async def test_the_last_address_that_is_no_proxy_of_ours_is_who_asks(forwarded: str, found: str) -> None:
    """As the usual proxies write it; what cannot be read counts for nobody."""
    visitors = Visitors([HERE, OFFICE])

    async def who(request: web.Request) -> web.Response:
        return web.Response(text=str(visitors.key_of(request)))

    app = web.Application()
    app.router.add_get("/", who)
    listener = Listener(app)
    await listener.start()
    async with (
        ClientSession() as http,
        http.get(listener.url, headers={"X-Forwarded-For": forwarded}) as said,
    ):
        assert await said.text() == found
    await listener.stop()


@pytest.mark.parametrize(
    ("remote", "forwarded", "found"),
    [
        ("8.8.8.8", [], "8.8.8.8"),
        ("2001:4860:4860::8888", [], "2001:4860:4860::/64"),
        ("8.8.8.8", ["9.9.9.9"], None),
        ("192.168.0.2", [], None),
        ("::1", [], None),
        ("127.0.0.1", ["9.9.9.9", "8.8.8.8"], "8.8.8.8"),
        ("10.1.0.1", ["8.8.8.8, 10.2.0.1"], "10.2.0.1"),
        ("", ["8.8.8.8"], None),
    ],
)
def test_whoever_may_be_a_proxy_that_nobody_named_is_not_counted(
    remote: str, forwarded: list[str], found: str | None
) -> None:
    """Everybody may be behind it: a stranger's forged links must not shut out a whole shop's customers."""
    assert Visitors([HERE, OFFICE]).counted(remote, forwarded) == found
