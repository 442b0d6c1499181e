"""USDC by checkouts of Coinbase Business, the successor of Coinbase Commerce."""

import hashlib
import json
import time
import uuid
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, ClassVar
from urllib.parse import quote, urlsplit

from pydantic import Field, SecretStr

from models.errors import Declined, OutcomeUnknown, Unavailable, WrongKeys
from models.money import decimal_text
from models.payment_method import PaymentMethod
from services.calls import Call, Reply
from services.payments import _hook0
from services.payments._cdp_token import BadKey, token
from services.payments._checkout_json import checkout_news, our_order, refund_news
from services.payments.contract import MethodDescriptor
from services.payments.payload import parse
from services.payments.processor import (
    BadPayload,
    Charge,
    Delivery,
    Known,
    News,
    Opened,
    Processor,
    ProviderKeys,
    RefundAsk,
    Site,
    Told,
)
from services.payments.reading import child, code, text

_NAME = "coinbase_business"
_LONGEST_TEXT = 500
_LONGEST_KIND = 100
_ALIVE = {"ACTIVE", "PROCESSING"}
# A try that was cut off, told in place of its result when it is asked for again under the same key
# (docs.cdp.coinbase.com, "API Errors" and "Idempotency").
_UNDECIDED = {"request_canceled", "timed_out"}


class BusinessKeys(ProviderKeys):
    """A secret API key of the Coinbase Developer Platform, and the secret of the webhook subscription."""

    key_name: str = Field(
        title="API key name",
        examples=["organizations/…/apiKeys/…"],
        min_length=1,
        max_length=300,
        description="The name or ID of a secret API key that may create and refund checkouts",
    )
    private_key: SecretStr = Field(
        title="Private key",
        examples=["-----BEGIN EC PRIVATE KEY-----…"],
        min_length=1,
        description="As Coinbase shows it once: a PEM, or one line of base64",
        json_schema_extra={"lines": True},
    )
    webhook_secret: SecretStr = Field(
        title="Webhook secret",
        examples=["2b1f4c0a-…"],
        min_length=1,
        description="In the answer to creating the subscription for all checkout.* events",
    )


class CoinbaseBusiness(Processor[BusinessKeys]):
    """Checkouts in USDC on Base: only for shops that count in US dollars, one USDC being one dollar.

    `provider_ref` and `charge_ref` are the checkout's id, since a checkout takes a single payment.
    """

    name: ClassVar[str] = _NAME
    company: ClassVar[str] = "Coinbase Business"
    position: ClassVar[int] = 14
    descriptor: ClassVar[MethodDescriptor] = MethodDescriptor(
        value=PaymentMethod.COINBASE_BUSINESS,
        display_name="USDC with Coinbase",
        kind="processor",
        icon="🔵",
        supports_refund=True,
        description="In USDC, worth as much as US dollars, on a page hosted by Coinbase.",
    )
    about: ClassVar[str] = (
        "USDC at par with the US dollar; for businesses of the US and Singapore at Coinbase."
    )
    keys: ClassVar[type[ProviderKeys]] = BusinessKeys
    # The sandbox lies under a path of its own and takes the same keys (docs.cdp.coinbase.com, "Sandbox").
    site: ClassVar[Site] = Site(
        "https://business.coinbase.com/api/v1", "https://business.coinbase.com/sandbox/api/v1"
    )
    currencies: ClassVar[frozenset[str] | None] = frozenset({"USD"})
    subscribe: ClassVar[tuple[str, ...] | None] = (
        "checkout.payment.success",
        "checkout.payment.failed",
        "checkout.payment.expired",
        "checkout.refund.success",
        "checkout.refund.failed",
    )
    seconds: ClassVar[float] = 15.0

    async def create(self, keys: BusinessKeys, charge: Charge) -> Opened:
        """Make a checkout that lapses when the order's hold does.

        Its end is part of what the key stands for: asked again with a later one, a second checkout is
        made, and the first, which nobody was shown, lapses.
        """
        body = _checkout(charge)
        key = f"create:{charge.key}:{body['expiresAt']}"
        reply = await self._send(keys, "POST", "/checkouts", body, key)
        answer = self._done(reply)
        try:
            return Opened(
                provider_ref=text(answer, "id"), page_url=text(answer, "url"), ends_at=charge.ends_at
            )
        except BadPayload:
            raise OutcomeUnknown(self.name, "no_checkout") from None

    async def verify(self, keys: BusinessKeys, delivery: Delivery) -> None:
        """Hook0's signature, at most 300 seconds old."""
        _hook0.check(keys.webhook_secret.get_secret_value(), delivery)

    def read_webhook(self, body: bytes) -> Told:
        """Read `checkout.*`, whose body is the checkout as it stands.

        The body names no event, so its digest does: Hook0 delivers the same bytes again.
        """
        checkout = parse(body)
        kind = text(checkout, "eventType")[:_LONGEST_KIND]
        event_id = f"{kind}:{hashlib.sha256(body).hexdigest()}"
        order_id = our_order(checkout)
        if not kind.startswith("checkout.") or order_id is None:
            return Told(event_id, kind)
        return Told(event_id, kind, checkout_news(checkout, order_id))

    async def poll(self, keys: BusinessKeys, known: Known) -> tuple[News, ...]:
        """What the checkout says now, and earlier ones that took money for this order."""
        news: list[News] = []
        for ref in dict.fromkeys((known.provider_ref, *known.charge_refs)):
            reply = await self._send(keys, "GET", _of(ref))
            if reply.status == HTTPStatus.NOT_FOUND:
                continue
            try:
                news += checkout_news(self._done(reply), known.order_id)
            except BadPayload:
                raise Unavailable(self.name, "unreadable") from None
        return tuple(news)

    async def refund(self, keys: BusinessKeys, ask: RefundAsk) -> News:
        """Give back some of a checkout in USDC; `charge_ref` is the checkout."""
        body = {"amount": decimal_text(ask.amount.cents, ask.amount.currency), "currency": "USDC"}
        if ask.reason:
            body["reason"] = ask.reason[:_LONGEST_TEXT]
        path = f"{_of(ask.charge_ref)}/refund"
        answer = self._done(await self._send(keys, "POST", path, body, f"refund:{ask.key}"))
        try:
            return refund_news(child(answer, "refund"), ask.known.order_id, ask.charge_ref)
        except BadPayload:
            raise OutcomeUnknown(self.name, "no_refund") from None

    async def close(self, keys: BusinessKeys, known: Known) -> None:
        """Deactivate the checkout, unless it has ended; raises Declined while a payment is under way."""
        ref = known.provider_ref
        reply = await self._send(keys, "POST", f"{_of(ref)}/deactivate", {}, f"close:{ref}")
        if reply.status == HTTPStatus.NOT_FOUND:
            return
        if reply.ok:
            reply.json()  # a proxy's page in its place has closed nothing
            return
        now = await self._send(keys, "GET", _of(ref))
        if not now.ok or now.json().get("status") in _ALIVE:
            self._done(reply)

    async def test(self, keys: BusinessKeys) -> None:
        """Ask for the shop's checkouts."""
        self._done(await self._send(keys, "GET", "/checkouts"))

    async def _send(
        self,
        keys: BusinessKeys,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        key: str | None = None,
    ) -> Reply:
        """Make one call; a POST is repeatable by its idempotency key, made from `key`."""
        url = self.base(keys) + path
        headers = {"Authorization": f"Bearer {self._token(keys, method, url)}"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if key is not None:
            headers["X-Idempotency-Key"] = _uuid4(key)
        data = None if body is None else json.dumps(body).encode()
        call = Call(self.name, method, url, headers, data, repeatable=True, seconds=self.seconds)
        return await self._calls.send(call)

    def _token(self, keys: BusinessKeys, method: str, url: str) -> str:
        place = urlsplit(url)
        secret = keys.private_key.get_secret_value()
        try:
            return token(keys.key_name, secret, method, place.netloc + place.path, int(time.time()))
        except BadKey:
            raise WrongKeys(self.name, "private_key") from None

    def _done(self, reply: Reply) -> dict[str, Any]:
        """The answer to what Coinbase did.

        Raises Declined with its `errorType` when it refused, OutcomeUnknown where that says neither.
        """
        answer = reply.json()
        if reply.ok:
            return answer
        word = code(reply, answer.get("errorType"))
        if reply.status == HTTPStatus.CONFLICT or word in _UNDECIDED:
            raise (Unavailable if reply.certain else OutcomeUnknown)(self.name, word)
        raise Declined(self.name, word)


def _of(ref: str) -> str:
    return f"/checkouts/{quote(ref, safe='')}"


def _uuid4(key: str) -> str:
    """The version 4 UUID that Coinbase asks for, the same for the same key."""
    digest = hashlib.sha256(f"{_NAME}:{key}".encode()).digest()
    return str(uuid.UUID(bytes=digest[:16], version=4))


def _checkout(charge: Charge) -> dict[str, Any]:
    found: dict[str, Any] = {
        "amount": decimal_text(charge.amount.cents, charge.amount.currency),
        "currency": "USDC",
        "network": "base",
        "description": f"{charge.shop_name} {charge.order_number}"[:_LONGEST_TEXT],
        "metadata": {"order_id": charge.order_id, "order_number": charge.order_number},
        "expiresAt": _rfc3339(charge.ends_at),
    }
    if charge.return_url.startswith("https://"):
        # Coinbase refuses any other way back.
        found |= {"successRedirectUrl": charge.return_url, "failRedirectUrl": charge.return_url}
    return found


def _rfc3339(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


PROCESSOR = CoinbaseBusiness
