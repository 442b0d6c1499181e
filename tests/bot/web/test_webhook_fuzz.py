"""Whatever arrives at the webhooks' address: nothing breaks, and nothing is kept that nobody signed."""

import asyncio
import copy
import ipaddress
import json
import logging
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from aiohttp import ClientSession
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from yarl import URL

from bot.outside import Outside
from bot.web.app import LARGEST_BODY, make_app
from bot.web.limits import ALLOWED, Counted
from bot.web.listener import Listener
from bot.web.visitors import Visitors
from bot.wiring import build
from models.base import Db
from models.registry import create_indexes
from models.webhook import WebhookEvent, WebhookState
from services import Services
from services.links import Links
from services.payments import processors
from services.rules import Rules
from services.shops import Shop
from tests.bot.web.conftest import SECRET
from tests.fakes.paypal import PayPal
from tests.outside import OUTSIDE
from tests.services.conftest import OWNER, TestClock
from tests.services.payments.asking import NOW
from tests.services.signing import DISCORD_PUBLIC, PUBLIC, Senders, Signer

NAMES = (
    *("paypal", "cashapp_pay", "nowpayments", "coinbase_business", "coinbase_commerce", "stripe"),
    "discord",
)
STATUS = re.compile(rb"^HTTP/1\.[01] ([0-9]{3})", re.MULTILINE)
PATIENCE = 0.1
bounded = settings(deadline=None, suppress_health_check=list(HealthCheck))


@dataclass
class Door:
    """The listener with one shop behind it that has keys to everybody, and its twin that has them, too."""

    db: Db
    services: Services
    shop: Shop
    twin: Shop
    senders: dict[str, Signer]
    http: ClientSession
    url: str

    async def deliver(self, name: str, body: bytes, headers: dict[str, str], shop: Shop | None = None) -> int:
        """The answer to a delivery."""
        url = f"{self.url}/webhooks/{name}/{(shop or self.shop).id}"
        async with self.http.post(url, data=body, headers=headers) as answer:
            await answer.read()
            return answer.status

    async def raw(self, sent: bytes) -> list[int]:
        """The statuses that answer these bytes; none if there is no answer within a moment."""
        reader, writer = await asyncio.open_connection("127.0.0.1", URL(self.url).port)
        writer.write(sent)
        got = b""
        try:
            async with asyncio.timeout(PATIENCE):
                while piece := await reader.read(65536):
                    got += piece
                    if b"\r\n\r\n" in got and b"onnection: close" not in sent:
                        break
        except (TimeoutError, ConnectionError):
            pass
        writer.close()
        return [int(each) for each in STATUS.findall(got)]

    async def kept(self) -> int:
        """How many events are stored."""
        return int(await WebhookEvent.rows(self.db).count_documents({}))


@pytest.fixture
async def db(db: Db) -> Db:
    """A database that gives times back as the shop's does."""
    return Db(db.client, database=db.database.name)


@pytest.fixture
async def door(db: Db, caplog: pytest.LogCaptureFixture) -> AsyncIterator[Door]:
    """The real listener over the real inbox and a real database."""
    caplog.set_level(logging.INFO)
    clock = TestClock()
    clock.time = NOW
    async with PayPal(now=clock.now) as app, ClientSession() as http:
        senders = Senders(app)
        outside = Outside(OUTSIDE.vault, senders.sites, app.roots, DISCORD_PUBLIC)
        links = Links([SECRET], PUBLIC, clock)
        await create_indexes(db)
        services = build(db, clock, Rules(), links, outside)
        shops = []
        for number in ("900", "901"):
            shop = await services.shops.claim(number, "Aurora", OWNER)
            for each in senders.at(shop.id).values():
                if each.method is not None:
                    shop = await services.providers.configure(shop, OWNER, each.method, each.keys)
            shops.append(shop)
        here = Visitors([ipaddress.ip_network("127.0.0.0/8")])
        paper = services.invoices
        app_ = make_app(db=db, cache=None, links=links, invoices=paper, inbox=services.inbox, visitors=here)
        listener = Listener(app_)
        await listener.start()
        yield Door(db, services, shops[0], shops[1], senders.at(shops[0].id), http, listener.url)
        await listener.stop()
        await services.calls.close()


def nothing_broke(caplog: pytest.LogCaptureFixture) -> None:
    """No answer was a 5xx, also none that nobody waited for, and no bug was caught anywhere."""
    assert [each.getMessage() for each in caplog.records if each.exc_info] == []
    assert max((getattr(each, "status", 0) for each in caplog.records), default=0) < 500
    caplog.clear()


async def test_everybody_who_may_deliver_is_tried(door: Door) -> None:
    """A new provider has to say in tests/services/signing.py how it signs."""
    known = {each.name for each in processors().values()} | {"discord"}
    assert set(NAMES) == set(door.senders) == known


@pytest.mark.parametrize("name", NAMES)
async def test_what_they_really_send_is_taken_in(door: Door, name: str) -> None:
    """Each is accepted and kept but for Discord's PING: what follows tries the door, not a wall."""
    sender = door.senders[name]
    answers = {await door.deliver(name, each, sender.sign(each)) for each in sender.real}
    assert answers <= {200, 204}
    assert await door.kept() == len(sender.real) - (name == "discord")


# What was signed and says nothing, or the wrong thing.

ODD: list[Any] = [
    *(None, True, 0, -1, 2**31, 2**63, -(2**64), 10**400, 0.1, 1e308, float("nan"), float("inf")),
    *("", " ", "\0", "\ud800", "é", "x" * 300, "9" * 5000, "1e999", "-0", "2026-13-45T99:99:99Z", "$where"),
    *({}, [], {"$gt": ""}, {"": {"a.b": "\0"}}, [[[[[]]]]], {"a": ["x"] * 6000}),
]
VALUES = st.sampled_from(ODD) | st.text(max_size=5) | st.integers() | st.floats()
NONSENSE = st.sampled_from(
    [b"", b"null", b"[]", b"{}", b"[" * 30_000, b'{"a":' * 3000, b'{"id":"a","id":"b"}', b"\xff\xfe{\0}\0"]
) | st.binary(max_size=60)


@st.composite
def twisted(draw: st.DrawFn, real: bytes) -> bytes:
    """A real body with something odd in one to three places."""
    found = json.loads(real)
    for _ in range(draw(st.integers(1, 3))):
        _twist(draw, found)
    text = json.dumps(found, ensure_ascii=draw(st.booleans()))
    return text.encode("utf-8", "surrogatepass")


def _twist(draw: st.DrawFn, place: Any) -> None:
    while place:
        key = draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
        if isinstance(place[key], dict | list) and place[key] and draw(st.integers(0, 3)):
            place = place[key]
            continue
        if draw(st.integers(0, 4)):
            place[key] = copy.deepcopy(draw(VALUES))
        else:
            del place[key]
        return


@pytest.mark.parametrize("name", NAMES)
@settings(bounded, max_examples=200)
@given(data=st.data())
async def test_signed_nonsense_is_kept_or_refused_and_breaks_nothing(
    door: Door, caplog: pytest.LogCaptureFixture, name: str, data: st.DataObject
) -> None:
    """Whatever a provider signs is answered, and what is kept can be acted upon without a bug."""
    sender, before = door.senders[name], await door.kept()
    body = data.draw(st.sampled_from(sender.real).flatmap(twisted) | NONSENSE)
    status = await door.deliver(name, body, sender.sign(body))
    assert status in {200, 204, 400, 401}
    if status >= 400:
        assert await door.kept() == before
    else:
        assert await door.kept() - before in {0, 1}
    await door.services.inbox.drain()
    assert await door.db.database["webhookevents"].count_documents({"error": {"$regex": "Error"}}) == 0
    nothing_broke(caplog)


# What was changed on the way.


@pytest.mark.parametrize("name", NAMES)
@settings(bounded, max_examples=100)
@given(data=st.data())
async def test_what_was_changed_after_signing_is_not_kept(
    door: Door, caplog: pytest.LogCaptureFixture, name: str, data: st.DataObject
) -> None:
    """Bytes flipped, added or cut, or another body's signature: refused without a trace."""
    sender = door.senders[name]
    real = data.draw(st.sampled_from(sender.real))
    body = bytearray(real)
    for _ in range(data.draw(st.integers(0, 3))):
        body[data.draw(st.integers(0, len(body) - 1))] ^= data.draw(st.integers(1, 255))
    body += data.draw(st.binary(max_size=2))
    body = body[: len(body) - data.draw(st.integers(0, 2))]
    other = data.draw(st.sampled_from(sender.real))
    signed = data.draw(st.sampled_from([real, other]))
    before = await door.kept()
    status = await door.deliver(name, bytes(body), sender.sign(signed))
    if sender.same(bytes(body), signed):
        assert status in {200, 204}
    else:
        assert status in {400, 401}
        assert await door.kept() == before
    nothing_broke(caplog)


async def test_what_one_shop_may_hear_no_other_does(door: Door) -> None:
    """Square signs the shop's own address; the twin, which has the same keys, keeps nothing of it."""
    sender = door.senders["cashapp_pay"]
    assert await door.deliver("cashapp_pay", sender.real[0], sender.sign(sender.real[0]), door.twin) == 400
    assert await door.kept() == 0


# What is hardly HTTP.

TOKENS = st.sampled_from([b"POST"] * 6 + [b"GET", b"HEAD", b"OPTIONS", b"post", b"", b"P\x00ST", b"PRI"])
ENDS = st.sampled_from(
    [
        b"",
        b"?",
        b"?a=%00",
        b"#x",
        b"/",
        b"//",
        b"%2f..%2f..",
        b"%00",
        b"%ff",
        b"%",
        b"..;/",
        b"\xc3\xa9",
        b"%0d%0aX:y",
    ]
)
VERSIONS = st.sampled_from(
    [b"HTTP/1.1"] * 6 + [b"HTTP/1.0", b"HTTP/2.0", b"HTTP/9.9", b"http/1.1", b"", b"\xff"]
)
HEADERS = st.tuples(
    st.sampled_from(
        [
            *(b"X-Signature-Ed25519", b"X-Signature-Timestamp", b"x-square-hmacsha256-signature"),
            *(b"x-nowpayments-sig", b"X-Hook0-Signature", b"X-CC-Webhook-Signature", b"PAYPAL-CERT-URL"),
            *(b"PAYPAL-AUTH-ALGO", b"PAYPAL-TRANSMISSION-SIG", b"Stripe-Signature", b"Expect", b"Host"),
            *(b"Connection", b"Upgrade", b"Content-Type", b"Content-Encoding", b"Cookie", b"Range", b"X:Y"),
            *(b"", b" ", b"\xff", b"A" * 5000),
        ]
    ),
    st.binary(max_size=40)
    | st.sampled_from(
        [
            *(
                b"100-continue",
                b"close",
                b"upgrade, http2-settings",
                b"h2c",
                b"gzip",
                b"br, \xff",
                b"00" * 64,
            ),
            *(b"t=1,v0=00", b"t=99999999999999999999,v1=", b"SHA256withRSA", b"a" * 5000),
            b"https://api.paypal.com/v1/notifications/certs/CERT-1\x00",
        ]
    ),
)
LENGTHS = st.sampled_from(
    [None] * 3
    + [
        b"0",
        b"1",
        b"-1",
        b"+5",
        b"0x10",
        b"5,5",
        b"99999",
        b"262145",
        b"9" * 30,
        b"",
        b"\xb2",
        b"5\r\nContent-Length: 6",
    ]
)
CHUNKS = st.sampled_from(
    [None] * 4
    + [
        b"0\r\n\r\n",
        b"5\r\nhello\r\n0\r\n\r\n",
        b"5;x=y\r\nhello\r\n0\r\nX: y\r\n\r\n",
        b"zz\r\nhello",
        b"-1\r\n",
        b"FFFFFFFFFFFFFFFFF\r\n",
        b"5\r\nhel",
        b"",
    ]
)


@st.composite
def requests(draw: st.DrawFn) -> bytes:
    """A request of good and bad parts; its path starts like a webhook's."""
    name = draw(st.sampled_from([*(each.encode() for each in NAMES), b"venmo", b"", b"%70aypal", b"\xff"]))
    tenant = draw(st.sampled_from([b"TENANT"] * 4 + [b"nobody", b"", b"%54ENANT", b"a" * 200, b"$ne"]))
    path = b"/webhooks/" + name + b"/" + tenant + draw(ENDS)
    chunks, length, body = draw(CHUNKS), draw(LENGTHS), draw(st.binary(max_size=40))
    lines = [b" ".join((draw(TOKENS), path, draw(VERSIONS)))]
    lines += [b"Host: x", *(b": ".join(each) for each in draw(st.lists(HEADERS, max_size=6)))]
    if chunks is not None:
        lines.append(b"Transfer-Encoding: chunked")
        body = chunks
    if chunks is None or length is not None:
        lines.append(b"Content-Length: " + (b"%d" % len(body) if length is None else length))
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


@settings(bounded, max_examples=600)
@given(sent=requests() | st.binary(max_size=200).map(lambda junk: junk + b"\r\n\r\n"))
async def test_no_request_breaks_the_listener_or_leaves_anything(
    door: Door, caplog: pytest.LogCaptureFixture, sent: bytes
) -> None:
    """Good and bad parts of requests in any order, sent as bytes: answered below 500 or cut off."""
    answers = await door.raw(sent.replace(b"TENANT", door.shop.id.encode()))
    assert max(answers, default=0) < 500
    assert await door.kept() == 0
    async with door.http.get(f"{door.url}/healthz") as answer:
        assert answer.status == 200
    nothing_broke(caplog)


async def test_a_body_is_taken_up_to_its_bound_and_not_beyond(door: Door) -> None:
    """256 KiB, signed, are kept; one byte more is refused, by its length or as it comes in chunks."""
    sender, (path, head) = door.senders["discord"], ("discord", sender_head(door))
    real = sender.real[-1]
    largest = real + b" " * (LARGEST_BODY - len(real))
    assert await door.deliver(path, largest, sender.sign(largest)) == 204
    assert await door.kept() == 1
    more = largest + b" "
    assert await door.deliver(path, more, sender.sign(more)) == 413
    pieces = b"".join(
        b"%x\r\n%s\r\n" % (len(more[at:][:9999]), more[at:][:9999]) for at in range(0, len(more), 9999)
    )
    assert await door.raw(head + b"Transfer-Encoding: chunked\r\n\r\n" + pieces + b"0\r\n\r\n") == [413]
    assert await door.kept() == 1


def sender_head(door: Door) -> bytes:
    """How a request to Discord's address begins."""
    return f"POST /webhooks/discord/{door.shop.id} HTTP/1.1\r\nHost: x\r\n".encode()


async def test_a_body_that_never_ends_is_not_waited_for(door: Door, caplog: pytest.LogCaptureFixture) -> None:
    """A slow body is answered with 408, one whose sender leaves with nothing; neither leaves a trace."""
    reader, writer = await asyncio.open_connection("127.0.0.1", URL(door.url).port)
    writer.write(sender_head(door) + b"Content-Length: 10\r\n\r\n{")
    async with asyncio.timeout(5):
        assert (await reader.readline()).startswith(b"HTTP/1.1 408")
    writer.close()
    assert await door.raw(sender_head(door) + b"Content-Length: 10\r\n\r\n{") == []
    assert await door.kept() == 0
    nothing_broke(caplog)


async def test_events_that_were_acted_upon_in_vain_say_why(door: Door) -> None:
    """What is real but about nobody's order waits or is ignored; none is lost."""
    for name, sender in door.senders.items():
        for each in sender.real:
            await door.deliver(name, each, sender.sign(each))
    await door.services.inbox.drain()
    states = {each.state for each in await WebhookEvent.find_all(door.db, {})}
    assert states <= {WebhookState.WAITING, WebhookState.IGNORED, WebhookState.DONE}


async def test_a_provider_is_never_refused_for_how_much_it_delivers(door: Door) -> None:
    """A burst of what is signed, among as many that a mistyped key turns away: all of it is taken in."""
    sender = door.senders["stripe"]
    body = sender.real[0]
    headers = {**sender.sign(body), "X-Forwarded-For": "203.0.113.9"}
    wrong = {**headers, "Stripe-Signature": "t=1,v1=00"}
    assert await door.deliver("stripe", body, headers) == 200
    many = 2 * ALLOWED[Counted.WRONG]
    turned = [door.deliver("stripe", body, wrong, door.twin) for _ in range(many)]
    taken = [door.deliver("stripe", body, headers) for _ in range(many)]
    answers = await asyncio.gather(*turned, *taken)
    assert set(answers[:many]) == {400}
    assert set(answers[many:]) == {200}


async def test_a_stranger_who_signs_nothing_has_to_pause(door: Door) -> None:
    """Guessed signatures and shops that are not there: after a minute's worth they are not even read."""
    headers = {"X-Forwarded-For": "203.0.113.10", "Stripe-Signature": "t=1,v1=00"}
    for shop in (door.shop, None):
        for _ in range(ALLOWED[Counted.WRONG] // 2):
            tenant = shop.id if shop else "nobody"
            async with door.http.post(
                f"{door.url}/webhooks/stripe/{tenant}", data=b"{}", headers=headers
            ) as no:
                assert no.status in {400, 404}
    assert await door.deliver("stripe", b"{}", headers) == 429
    assert await door.kept() == 0
