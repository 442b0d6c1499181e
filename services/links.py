"""Signed addresses that open one page for whoever holds them."""

import base64
import hashlib
import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, NamedTuple

from itsdangerous import BadSignature, Signer
from pydantic import BaseModel, ConfigDict
from pydantic import Field as Bound
from pydantic.alias_generators import to_camel

from models.order import Order
from services.clock import Clock

INVOICE_LIFE = timedelta(days=30)
SHARE_LIFE = timedelta(days=7)
MAX_TOKEN = 1024
# Exactly one spelling of a signature passes: the spare bits of its last character are zero.
_TOKEN = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]")
_LAST_SECOND = 2**53

_Id = Annotated[str, Bound(min_length=1, max_length=100)]


class LinkForged(Exception):
    """The token was not made by this shop for this purpose, or not whole."""


class LinkExpired(Exception):
    """The token was made by this shop, but its time is over."""


class InvoiceClaim(NamedTuple):
    """The order whose invoice the holder of a link may read."""

    tenant_id: str
    order_id: str


class ShareClaim(NamedTuple):
    """The report that the holder of a link may read, from a day to another, and the record of the link."""

    tenant_id: str
    report_type: str
    first: date
    last: date
    link_id: str


class _Payload(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)

    exp: Annotated[int, Bound(ge=0, le=_LAST_SECOND)]


class _Invoice(_Payload):
    order_id: _Id
    tenant_id: _Id


class _Days(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", populate_by_name=True)

    first: Annotated[date, Bound(alias="from")]
    last: Annotated[date, Bound(alias="to")]


class _Share(_Payload):
    report_type: _Id
    tenant_id: _Id
    period: _Days
    link_id: _Id


class Links:
    """Makes and reads the shop's links; each purpose has a signature of its own."""

    def __init__(self, secrets: Sequence[str], public_url: str | None, clock: Clock) -> None:
        """Take the secrets newest first: the newest signs, every one of them verifies."""
        if not all(secrets) or not secrets:
            raise ValueError("a secret to sign links is missing")
        self._invoices = _signer(secrets, "invoice")
        self._shares = _signer(secrets, "share")
        self._public_url = public_url.rstrip("/") if public_url else None
        self._clock = clock

    @property
    def public_url(self) -> str | None:
        """The address under which browsers and providers reach us, without a slash at its end."""
        return self._public_url

    def invoice_url(self, order: Order) -> str | None:
        """An address that shows the order's invoice for 30 days; None when no public URL is configured."""
        if self._public_url is None:
            return None
        payload = _Invoice(order_id=order.key, tenant_id=order.tenant_id, exp=self._expiry(INVOICE_LIFE))
        return f"{self._public_url}/invoice/{_sign(self._invoices, payload)}"

    def share_url(self, claim: ShareClaim, until: datetime) -> str | None:
        """An address that shows a report up to that second; None when no public URL is configured."""
        if self._public_url is None:
            return None
        payload = _Share(
            report_type=claim.report_type,
            tenant_id=claim.tenant_id,
            period=_Days(first=claim.first, last=claim.last),
            link_id=claim.link_id,
            exp=int(until.timestamp()),
        )
        return f"{self._public_url}/share/{_sign(self._shares, payload)}"

    def webhook_url(self, provider: str, tenant_id: str) -> str | None:
        """Where this provider delivers webhooks for a shop; None when no public URL is configured."""
        return None if self._public_url is None else f"{self._public_url}/webhooks/{provider}/{tenant_id}"

    def read_invoice(self, token: str) -> InvoiceClaim:
        """Whose invoice the token opens; raises LinkForged, or LinkExpired once now > exp."""
        payload = self._read(self._invoices, _Invoice, token)
        return InvoiceClaim(payload.tenant_id, payload.order_id)

    def read_share(self, token: str) -> ShareClaim:
        """Which report the token opens; raises LinkForged, or LinkExpired once now > exp."""
        payload = self._read(self._shares, _Share, token)
        days = payload.period
        return ShareClaim(payload.tenant_id, payload.report_type, days.first, days.last, payload.link_id)

    def _expiry(self, life: timedelta) -> int:
        return int((self._clock.now() + life).timestamp())

    def _read[P: _Payload](self, signer: Signer, shape: type[P], token: str) -> P:
        payload = _verified(signer, shape, token)
        if self._clock.now().timestamp() > payload.exp:
            raise LinkExpired
        return payload


def _signer(secrets: Sequence[str], purpose: str) -> Signer:
    return Signer(
        list(reversed(secrets)),
        salt=f"link.{purpose}",
        sep=".",
        key_derivation="hmac",
        digest_method=hashlib.sha256,
    )


def _sign(signer: Signer, payload: _Payload) -> str:
    body = base64.urlsafe_b64encode(payload.model_dump_json(by_alias=True).encode()).rstrip(b"=")
    return signer.sign(body).decode()


def _verified[P: _Payload](signer: Signer, shape: type[P], token: str) -> P:
    if len(token) > MAX_TOKEN or not _TOKEN.fullmatch(token):
        raise LinkForged
    try:
        body = signer.unsign(token)
        return shape.model_validate_json(base64.urlsafe_b64decode(body + b"=" * (-len(body) % 4)))
    except (BadSignature, ValueError):
        # The causes quote the token, and a log must not.
        raise LinkForged from None
