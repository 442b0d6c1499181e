"""Tells PayPal's own webhooks from forged ones by the certificate that signed them, without asking PayPal."""

import base64
import binascii
import re
import ssl
import warnings
import zlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from models.errors import Unavailable, WrongKeys
from services.calls import Call, Calls
from services.payments.processor import BadSignature, Delivery, Site

_NAME = "paypal"
_ALGORITHM = "SHA256withRSA"
_LARGEST = 64 * 1024
_LONGEST_CHAIN = 8
_KEPT = timedelta(hours=24)
_MOST_KEPT = 32
_LONGEST_HEADER = 1024
_URL = re.compile(r"https://api(?:-m)?(\.sandbox)?\.paypal\.com/v1/notifications/certs/[A-Za-z0-9_-]{1,100}")
_SUBJECTS = {
    False: "messageverificationcerts.paypal.com",
    True: "messageverificationcerts.sandbox.paypal.com",
}

type Fetch = Callable[[str], Awaitable[bytes]]


@dataclass(frozen=True)
class Transmission:
    """The headers that sign a delivery, well-formed and not checked any further."""

    id: str
    time: str
    algorithm: str
    cert_url: str
    signature: bytes
    sandbox: bool

    def message(self, webhook_id: str, body: bytes) -> bytes:
        """What PayPal signed: id, time, the webhook's configured id and the body's CRC-32 in decimal."""
        return f"{self.id}|{self.time}|{webhook_id}|{zlib.crc32(body)}".encode()


def transmission(delivery: Delivery, *, sandbox: bool) -> Transmission:
    """Read the headers; raises BadSignature for another algorithm, a foreign address or no base64.

    A live shop takes no certificate of PayPal's sandbox, nor the other way round: anybody may have a
    sandbox account. The address is pinned before anything is fetched from it.
    """
    if delivery.header("paypal-auth-algo") != _ALGORITHM:
        raise BadSignature("algorithm")
    url = delivery.header("paypal-cert-url")
    found = _URL.fullmatch(url)
    if found is None or bool(found.group(1)) is not sandbox:
        raise BadSignature("certificate address")
    return Transmission(
        id=_plain(delivery, "paypal-transmission-id"),
        time=_plain(delivery, "paypal-transmission-time"),
        algorithm=_ALGORITHM,
        cert_url=url,
        signature=_decoded(_plain(delivery, "paypal-transmission-sig")),
        sandbox=sandbox,
    )


def _plain(delivery: Delivery, name: str) -> str:
    value = delivery.header(name)
    # A separator of the signed text inside a part of it would let one text be read as another.
    if not (0 < len(value) <= _LONGEST_HEADER and value.isascii() and value.isprintable()) or "|" in value:
        raise BadSignature(name)
    return value


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise BadSignature("no base64") from None


def signed_by(key: object, signature: bytes, message: bytes) -> bool:
    """Whether this RSA key made the signature (PKCS#1 v1.5 with SHA-256)."""
    if not isinstance(key, RSAPublicKey):
        return False
    try:
        key.verify(signature, message, PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True


def system_roots() -> tuple[x509.Certificate, ...]:
    """The root certificates that this machine trusts for TLS, from the file that OpenSSL names.

    Those that break RFC 5280 are left out: cryptography warns of them and will refuse them one day.
    """
    found = []
    with warnings.catch_warnings():
        warnings.simplefilter("error", CryptographyDeprecationWarning)
        for each in ssl.create_default_context().get_ca_certs(binary_form=True):
            try:
                found.append(x509.load_der_x509_certificate(each))
            except (ValueError, CryptographyDeprecationWarning):
                continue
    return tuple(found)


def download_by(calls: Calls, seconds: float, instead: Site | None = None) -> Fetch:
    """A way to fetch a certificate file; it follows no redirect. `seconds` bounds one try.

    `instead` is where an installation that reaches PayPal under another address finds PayPal's hosts.
    """

    async def fetch(url: str) -> bytes:
        if instead is not None:
            base = instead.sandbox or instead.live if ".sandbox." in url else instead.live
            url = base + urlsplit(url).path
        reply = await calls.send(Call(_NAME, "GET", url, repeatable=True, seconds=seconds))
        if reply.status != HTTPStatus.OK:
            raise BadSignature("no such certificate")
        return reply.body

    return fetch


@dataclass(frozen=True)
class _Chain:
    leaf: x509.Certificate
    others: tuple[x509.Certificate, ...]
    fetched_at: datetime


class Certificates:
    """PayPal's signing certificates, each fetched at most once a day, and the roots they must lead to."""

    def __init__(
        self, fetch: Fetch, now: Callable[[], datetime], roots: Sequence[x509.Certificate] | None = None
    ) -> None:
        """Take a fetcher, a clock (UTC) and the roots to trust; None stands for `system_roots`."""
        self._fetch = fetch
        self._now = now
        self._roots = roots
        self._store: Store | None = None
        self._kept: dict[str, _Chain] = {}

    async def check(self, sent: Transmission, message: bytes, at: datetime) -> bool:
        """Whether the certificate that signed this leads to a trusted root at that time (UTC).

        Raises BadSignature when that certificate did not sign it, so that False always means a delivery
        which fits a certificate on PayPal's own host. Raises Unavailable when it cannot be fetched.
        """
        chain = await self._chain(sent.cert_url)
        if not signed_by(chain.leaf.public_key(), sent.signature, message):
            raise BadSignature("signature")
        return self._trusted(chain, _SUBJECTS[sent.sandbox], at)

    async def _chain(self, url: str) -> _Chain:
        kept = self._kept.get(url)
        if kept is not None and kept.fetched_at <= self._now() < kept.fetched_at + _KEPT:
            return kept
        try:
            pem = await self._fetch(url)
        except WrongKeys as refused:
            # Nothing here needs keys: a gateway in between refuses.
            raise Unavailable(_NAME, refused.code) from None
        leaf, *others = _read(pem)
        chain = _Chain(leaf, tuple(others), self._now())
        self._kept.pop(url, None)
        if len(self._kept) >= _MOST_KEPT:
            del self._kept[next(iter(self._kept))]
        self._kept[url] = chain
        return chain

    def _trusted(self, chain: _Chain, subject: str, at: datetime) -> bool:
        if self._store is None:
            roots = system_roots() if self._roots is None else self._roots
            if not roots:
                return False
            self._store = Store(list(roots))
        policy = PolicyBuilder().store(self._store).time(at)
        try:
            policy.build_server_verifier(x509.DNSName(subject)).verify(chain.leaf, list(chain.others))
        except (VerificationError, ValueError, x509.UnsupportedGeneralNameType):
            return False
        return True


def _read(pem: bytes) -> list[x509.Certificate]:
    if len(pem) > _LARGEST:
        raise Unavailable(_NAME, "certificate_too_large")
    try:
        found = x509.load_pem_x509_certificates(pem)
        found[0].public_key()
    except (ValueError, UnsupportedAlgorithm):
        # A proxy's page instead of PayPal's file.
        raise Unavailable(_NAME, "no_certificate") from None
    return found[:_LONGEST_CHAIN]
