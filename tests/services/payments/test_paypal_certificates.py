"""Which of PayPal's deliveries are believed, and on whose word."""

import base64
import dataclasses
import zlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from models.errors import Unavailable
from services.calls import Calls
from services.payments._paypal_certificates import (
    Certificates,
    download_by,
    signed_by,
    system_roots,
    transmission,
)
from services.payments._paypal_keys import PayPalKeys
from services.payments.paypal import PayPal
from services.payments.processor import BadSignature, Delivery, Site
from tests.fakes.paypal import PayPal as FakePayPal
from tests.fakes.paypal_authority import LIVE, SANDBOX, authority, new_authority, sign
from tests.fakes.provider import Fault, Notice
from tests.services.conftest import TestClock
from tests.services.payments.asking import NOW, arrived
from tests.services.payments.vectors import Vector, vectors_of

KEYS = PayPalKeys(
    client_id=FakePayPal.CLIENT_ID,
    secret=SecretStr(FakePayPal.SECRET),
    webhook_id=FakePayPal.WEBHOOK_ID,
)
VECTORS = vectors_of("paypal")
URL = "paypal-cert-url"


class Hasty(PayPal):
    """Waits a moment only."""

    seconds: ClassVar[float] = 0.2


@pytest.fixture
async def paypal(clock: TestClock) -> AsyncIterator[FakePayPal]:
    """An app of a business account."""
    async with FakePayPal(now=clock.now) as fake:
        yield fake


@pytest.fixture
def adapter(paypal: FakePayPal, calls: Calls, clock: TestClock) -> PayPal:
    """The adapter, which trusts the stand-in's root."""
    return Hasty(calls, Site(paypal.url), now=clock.now, roots=paypal.roots, fetch=paypal.fetch)


@pytest.fixture
def notice(paypal: FakePayPal) -> Notice:
    """A real delivery."""
    return paypal.tell("SOMETHING.HAPPENED", "thing", {"id": "1", "note": "Rien reçu 😡"})


def changed(delivery: Delivery, **headers: str) -> Delivery:
    """The delivery with other headers, by names with underscores."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return dataclasses.replace(delivery, headers={**delivery.headers, **given})


def asked(paypal: FakePayPal) -> list[str]:
    """The paths that were asked for at the stand-in."""
    return [each.path for each in paypal.requests]


@pytest.mark.parametrize("vector", [each for each in VECTORS if each.key["type"] == "x509_pem"], ids=str)
async def test_deliveries_with_certificates_get_their_verdict(
    vector: Vector, paypal: FakePayPal, calls: Calls
) -> None:
    """PayPal's own delivery of 2017 and those of test authorities, each judged at its time."""

    async def fetch(_: str) -> bytes:
        return str(vector.key["value"]).encode()

    roots = x509.load_pem_x509_certificates(vector.key["trust_roots_pem"].encode())
    sandbox = ".sandbox." in vector.headers["PAYPAL-CERT-URL"]
    keys = KEYS.model_copy(
        update={
            "webhook_id": vector.context["webhook_id"],
            "environment": "sandbox" if sandbox else "live",
        }
    )
    adapter = PayPal(calls, Site(paypal.url), roots=roots, fetch=fetch)
    if vector.valid:
        await adapter.verify(keys, vector.delivery())
        # Nobody was asked: the certificate was enough.
        assert paypal.requests == []
    else:
        with pytest.raises(BadSignature):
            await adapter.verify(keys, vector.delivery())


@pytest.mark.parametrize("vector", [each for each in VECTORS if each.key["type"] != "x509_pem"], ids=str)
def test_old_deliveries_fit_the_key_that_is_known(vector: Vector) -> None:
    """Of these only the key survived, not the certificate."""
    sent = transmission(vector.delivery(), sandbox=True)
    message = sent.message(vector.context["webhook_id"], vector.body)
    key = load_pem_public_key(vector.key["value"].encode())
    assert signed_by(key, sent.signature, message) is vector.valid
    assert not signed_by(key, sent.signature, message + b"0")


async def test_a_real_delivery_is_believed_without_asking(
    adapter: PayPal, paypal: FakePayPal, notice: Notice
) -> None:
    """One look at the certificate, which is kept, and no call to the API."""
    for _ in range(3):
        await adapter.verify(KEYS, arrived(notice))
    assert len(paypal.fetched) == 1
    assert asked(paypal) == ["/v1/notifications/certs/CERT-360caa42-fca2a594-1d93a270"]


async def test_a_certificate_is_kept_for_a_day(
    adapter: PayPal, paypal: FakePayPal, notice: Notice, clock: TestClock
) -> None:
    """After 24 hours it is fetched anew, and then kept again."""
    for hours in (0, 23, 2, 1):
        clock.forward(hours=hours)
        await adapter.verify(KEYS, arrived(notice))
    assert len(paypal.fetched) == 2


async def test_only_so_many_certificates_are_kept(paypal: FakePayPal, clock: TestClock) -> None:
    """The oldest leaves when there are too many."""
    kept = Certificates(paypal.fetch, clock.now, paypal.roots)
    for serial in range(40):
        await kept._chain(f"https://api.paypal.com/v1/notifications/certs/CERT-{serial}")
    assert len(kept._kept) == 32
    assert "https://api.paypal.com/v1/notifications/certs/CERT-39" in kept._kept


@pytest.mark.parametrize(
    "url",
    [
        "http://api.paypal.com/v1/notifications/certs/CERT-1",
        "HTTPS://api.paypal.com/v1/notifications/certs/CERT-1",
        "https://api.paypal.com.evil.example/v1/notifications/certs/CERT-1",
        "https://evil.example/v1/notifications/certs/CERT-1",
        "https://api.paypal.com@evil.example/v1/notifications/certs/CERT-1",
        "https://evil@api.paypal.com/v1/notifications/certs/CERT-1",
        "https://api.paypal.com:8443/v1/notifications/certs/CERT-1",
        "https://api-xpaypal.com/v1/notifications/certs/CERT-1",
        "https://apiXpaypalXcom/v1/notifications/certs/CERT-1",
        "https://www.paypal.com/v1/notifications/certs/CERT-1",
        "https://api.paypal.com/v1/notifications/certs/../../oauth2/token",
        "https://api.paypal.com/v1/notifications/certs/CERT-1?next=https://evil.example",
        "https://api.paypal.com/v1/notifications/certs/CERT-1#x",
        "https://api.paypal.com/v1/notifications/certs/CERT-1\n",
        "https://api.paypal.com/v1/notifications/certs/",
        "https://api.paypal.com/v1/other/CERT-1",
        "https://api.pаypal.com/v1/notifications/certs/CERT-1",  # noqa: RUF001 - the Cyrillic letter is the point
        "https://api.sandbox.paypal.com/v1/notifications/certs/CERT-1",
        "https://[::1",
        "",
    ],
)
async def test_nothing_is_fetched_from_any_other_address(
    adapter: PayPal, paypal: FakePayPal, notice: Notice, url: str
) -> None:
    """Four hosts, two for each environment, and one folder on them."""
    with pytest.raises(BadSignature):
        await adapter.verify(KEYS, changed(arrived(notice), paypal_cert_url=url))
    assert paypal.fetched == []
    assert paypal.requests == []


@pytest.mark.parametrize("host", ["api.paypal.com", "api-m.paypal.com"])
async def test_both_live_hosts_are_paypals(
    adapter: PayPal, paypal: FakePayPal, notice: Notice, host: str
) -> None:
    """The address is not signed: either host may be named."""
    url = f"https://{host}/v1/notifications/certs/CERT-1"
    await adapter.verify(KEYS, changed(arrived(notice), paypal_cert_url=url))
    assert paypal.fetched == [url]


async def test_the_sandbox_speaks_to_sandbox_shops_only(calls: Calls, clock: TestClock) -> None:
    """A live shop believes nothing that PayPal's sandbox signed, and the other way round."""
    async with FakePayPal(sandbox=True, now=clock.now) as paypal:
        adapter = PayPal(calls, Site(paypal.url), now=clock.now, roots=paypal.roots, fetch=paypal.fetch)
        delivery = arrived(paypal.tell("SOMETHING.HAPPENED", "thing", {"id": "1"}))
        await adapter.verify(KEYS.model_copy(update={"environment": "sandbox"}), delivery)
        with pytest.raises(BadSignature):
            await adapter.verify(KEYS, delivery)


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("paypal_auth_algo", "SHA1withRSA"),
        ("paypal_auth_algo", "sha256withrsa"),
        ("paypal_auth_algo", ""),
        ("paypal_transmission_sig", "!!not base64!!"),
        ("paypal_transmission_sig", ""),
        ("paypal_transmission_sig", "ünïcode\ud800"),
        ("paypal_transmission_sig", base64.b64encode(b"x" * 256).decode()),
        ("paypal_transmission_sig", "A" * 100_000),
        ("paypal_transmission_time", "2026-11-23T11:59:58Z"),
        ("paypal_transmission_time", ""),
        ("paypal_transmission_id", "another"),
        ("paypal_transmission_id", "\x00"),
    ],
)
async def test_a_changed_header_is_refused_and_paypal_is_not_asked(
    adapter: PayPal, paypal: FakePayPal, notice: Notice, header: str, value: str
) -> None:
    """What the certificate did not sign is forged, whoever else might be asked."""
    with pytest.raises(BadSignature):
        await adapter.verify(KEYS, changed(arrived(notice), **{header: value}))
    assert "/v1/oauth2/token" not in asked(paypal)


async def test_another_body_or_webhook_is_refused(
    adapter: PayPal, paypal: FakePayPal, notice: Notice
) -> None:
    """The body's checksum and our own webhook's id are signed."""
    good = arrived(notice)
    for keys, bad in (
        (KEYS, dataclasses.replace(good, body=good.body + b" ")),
        (KEYS, dataclasses.replace(good, body=good.body.replace(b'"1"', b'"2"'))),
        (KEYS, dataclasses.replace(good, body=b"")),
        (KEYS, dataclasses.replace(good, headers={})),
        (KEYS.model_copy(update={"webhook_id": "1JE4291016473214C"}), good),
    ):
        with pytest.raises(BadSignature):
            await adapter.verify(keys, bad)
    assert "/v1/oauth2/token" not in asked(paypal)


async def test_parts_of_the_signed_text_cannot_be_shifted(
    adapter: PayPal, paypal: FakePayPal, notice: Notice
) -> None:
    """The same text cut at other places is not the same delivery, though its signature fits."""
    good = arrived(notice)
    told, when = good.header("paypal-transmission-id"), good.header("paypal-transmission-time")
    shifted = f"{told}|{when}", KEYS.webhook_id
    rest = str(zlib.crc32(good.body))
    code = base64.b64encode(sign("|".join([*shifted, KEYS.webhook_id, rest]).encode())).decode()
    forged = changed(
        good,
        paypal_transmission_id=shifted[0],
        paypal_transmission_time=shifted[1],
        paypal_transmission_sig=code,
    )
    with pytest.raises(BadSignature):
        await adapter.verify(KEYS, forged)
    assert paypal.fetched == []


def untrusted(paypal: FakePayPal, why: str) -> None:
    """Let the stand-in serve a certificate that fits the signature and leads nowhere."""
    right = authority()
    leaf = {
        "another authority": lambda: new_authority().leaf(),
        "another name": lambda: right.leaf("www.paypal.com"),
        "the sandbox's name": lambda: right.leaf(SANDBOX),
        "expired": lambda: right.leaf(end=NOW - timedelta(days=1)),
        "another purpose": lambda: right.leaf(usage=ExtendedKeyUsageOID.CLIENT_AUTH),
    }[why]()
    paypal.chain = right.chain(leaf)


UNTRUSTED = ["another authority", "another name", "the sandbox's name", "expired", "another purpose"]


@pytest.mark.parametrize("why", UNTRUSTED)
async def test_where_the_chain_ends_nowhere_paypal_is_asked(
    adapter: PayPal, paypal: FakePayPal, notice: Notice, why: str
) -> None:
    """What PayPal knows it has sent is believed, with the body as it came; anything else is not."""
    untrusted(paypal, why)
    await adapter.verify(KEYS, arrived(notice))
    question = paypal.requests[-1]
    assert question.path == "/v1/notifications/verify-webhook-signature"
    assert b'"webhook_event": ' + notice.body + b"}" in question.body
    forged = Notice(b'{"id":"WH-1","event_type":"X"}', paypal.sign(b'{"id":"WH-1","event_type":"X"}'))
    with pytest.raises(BadSignature):
        await adapter.verify(KEYS, arrived(forged))
    assert asked(paypal).count("/v1/notifications/verify-webhook-signature") == 2


async def test_without_roots_paypal_is_asked(
    paypal: FakePayPal, calls: Calls, clock: TestClock, notice: Notice
) -> None:
    """A machine that trusts nobody can still tell."""
    adapter = PayPal(calls, Site(paypal.url), now=clock.now, roots=(), fetch=paypal.fetch)
    await adapter.verify(KEYS, arrived(notice))
    assert asked(paypal)[-1] == "/v1/notifications/verify-webhook-signature"


@pytest.mark.parametrize(
    "body",
    [
        b'{"id":"1"}, "webhook_id": "SOMEBODY_ELSES"',
        b'{"id":"1"}, "webhook_id": "X", "webhook_event": {}',
        b'"text"',
        b"[]",
        b"",
        b"{",
        b'{"a":1,"a":2}',
        b'{"a":NaN}',
        b"\xff\xfe",
    ],
)
async def test_a_body_cannot_break_out_of_the_question(
    adapter: PayPal, paypal: FakePayPal, body: bytes
) -> None:
    """A body that is no object by itself is never put into the question: it could answer for it."""
    untrusted(paypal, "expired")
    with pytest.raises(BadSignature):
        await adapter.verify(KEYS, arrived(Notice(body, paypal.sign(body))))
    assert "/v1/notifications/verify-webhook-signature" not in asked(paypal)


@pytest.mark.parametrize("fault", [each for each in Fault if each is not Fault.BUSY_UNTIL])
async def test_a_question_without_an_answer_is_unavailable(
    adapter: PayPal, paypal: FakePayPal, notice: Notice, fault: Fault
) -> None:
    """Neither believed nor refused: PayPal will deliver it again."""
    untrusted(paypal, "expired")
    await adapter.verify(KEYS, arrived(notice))
    paypal.fail(*[fault] * 6)
    with pytest.raises(Unavailable):
        await adapter.verify(KEYS, arrived(notice))


async def test_wrong_keys_do_not_make_a_delivery_forged(
    adapter: PayPal, paypal: FakePayPal, notice: Notice
) -> None:
    """Whoever cannot ask does not know."""
    untrusted(paypal, "expired")
    with pytest.raises(Unavailable):
        await adapter.verify(KEYS.model_copy(update={"secret": SecretStr("old")}), arrived(notice))


async def test_a_site_of_ones_own_serves_the_certificates_too(
    paypal: FakePayPal, calls: Calls, clock: TestClock, notice: Notice
) -> None:
    """The address stays pinned to PayPal's; only the way there is the configured one."""
    site = Site("http://127.0.0.1:9", paypal.url)
    adapter = PayPal(calls, Site(paypal.url), now=clock.now, roots=paypal.roots)
    await adapter.verify(KEYS, arrived(notice))
    fetch = download_by(calls, 0.2, site)
    assert await fetch("https://api.sandbox.paypal.com/v1/notifications/certs/CERT-1") == paypal.chain
    with pytest.raises(Unavailable):
        await fetch("https://api.paypal.com/v1/notifications/certs/CERT-1")
    with pytest.raises(BadSignature):
        await adapter.verify(
            KEYS, changed(arrived(notice), paypal_cert_url=f"{paypal.url}/v1/notifications/certs/CERT-1")
        )


async def test_certificates_are_downloaded_over_the_shops_own_way_out(
    paypal: FakePayPal, calls: Calls, clock: TestClock
) -> None:
    """The default fetcher brings the file; an unknown one makes the delivery a forgery."""
    fetch = download_by(calls, 0.2)
    assert await fetch(f"{paypal.url}/v1/notifications/certs/CERT-1") == paypal.chain
    with pytest.raises(BadSignature):
        await fetch(f"{paypal.url}/v1/notifications/certs/none")
    for fault in (Fault.PAGE, Fault.SHUT, Fault.PAGE_OK):
        paypal.fail(*[fault] * 3)
        with pytest.raises(Unavailable):
            await Certificates(fetch, clock.now, paypal.roots)._chain(
                f"{paypal.url}/v1/notifications/certs/CERT-1"
            )
        paypal.recover()


@pytest.mark.parametrize(
    "pem", [b"", b"<html>", b"x" * 65_537, b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
)
async def test_what_is_no_certificate_is_unavailable_and_not_kept(
    adapter: PayPal, paypal: FakePayPal, notice: Notice, pem: bytes
) -> None:
    """A proxy's page in its place says nothing about the delivery."""
    right, paypal.chain = paypal.chain, pem
    with pytest.raises(Unavailable):
        await adapter.verify(KEYS, arrived(notice))
    paypal.chain = right
    await adapter.verify(KEYS, arrived(notice))


async def test_too_large_a_file_is_refused_even_when_it_holds_certificates(
    adapter: PayPal, paypal: FakePayPal, notice: Notice
) -> None:
    """64 KiB at most."""
    paypal.chain *= 65_536 // len(paypal.chain) + 1
    with pytest.raises(Unavailable):
        await adapter.verify(KEYS, arrived(notice))


def test_a_key_of_another_kind_signs_nothing() -> None:
    """PayPal signs with RSA."""
    assert not signed_by(ec.generate_private_key(ec.SECP256R1()).public_key(), b"x", b"y")


def test_the_machines_own_roots_are_readable() -> None:
    """The default store holds certificates that can be built into a policy."""
    roots = system_roots()
    assert all(isinstance(each, x509.Certificate) for each in roots)
    assert x509.verification.Store(list(roots)) if roots else True


async def test_a_chain_is_judged_at_the_deliverys_own_time(
    adapter: PayPal, paypal: FakePayPal, notice: Notice
) -> None:
    """The same file counts before its end, and is asked about after it."""
    paypal.chain = authority().chain(authority().leaf(LIVE, end=NOW))
    await adapter.verify(KEYS, arrived(notice, now=NOW - timedelta(seconds=1)))
    assert "/v1/oauth2/token" not in asked(paypal)
    await adapter.verify(KEYS, arrived(notice, now=NOW + timedelta(seconds=1)))
    assert "/v1/oauth2/token" in asked(paypal)


HEADERS = st.sampled_from(
    [URL, "paypal-auth-algo", "paypal-transmission-id", "paypal-transmission-time", "paypal-transmission-sig"]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.binary(max_size=200),
    headers=st.dictionaries(HEADERS, st.text(max_size=60) | st.just("SHA256withRSA") | st.just("AAAA")),
    good=st.booleans(),
)
async def test_a_forged_delivery_is_a_bad_signature_and_nothing_else(
    body: bytes, headers: dict[str, str], *, good: bool
) -> None:
    """Whatever comes, signed with nothing or with noise under a good address, the answer is a refusal."""

    async def fetch(_: str) -> bytes:
        return authority().chain(authority().leaf())

    clock: Any = lambda: datetime(2026, 11, 23, tzinfo=UTC)  # noqa: E731 - a clock that stands still
    adapter = PayPal(None, PayPal.site, now=clock, roots=(), fetch=fetch)  # type: ignore[arg-type] # calls nobody
    right = {
        URL: "https://api.paypal.com/v1/notifications/certs/CERT-1",
        "paypal-auth-algo": "SHA256withRSA",
        "paypal-transmission-id": "1",
        "paypal-transmission-time": "2",
        "paypal-transmission-sig": "AAAA",
    }
    with pytest.raises(BadSignature):
        await adapter.verify(KEYS, Delivery(body, {**(right if good else {}), **headers}, "", NOW))
