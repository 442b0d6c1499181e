"""Stripe: cards and whatever else a shop's account takes, on a page that Stripe hosts (Checkout Sessions)."""

import asyncio
import logging
import re
import secrets
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, ClassVar
from urllib.parse import quote

from pydantic import Field, SecretStr, field_validator

from models.errors import Declined, OutcomeUnknown, Unavailable
from models.payment_method import PaymentMethod
from services.calls import Call, Reply
from services.payments import _stripe_form, _stripe_signature
from services.payments._stripe_json import (
    EVENTS,
    dispute_news,
    intent_news,
    refund_news,
    session_news,
    webhook_news,
)
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
    What,
)
from services.payments.reading import children, code, text

_NAME = "stripe"
_VERSION = "2026-10-28.endive"
_SESSIONS = "/v1/checkout/sessions"
_LONGEST_ADDRESS = 2000
_KEY = re.compile(r"(?:sk|rk)_(?:test|live)_[A-Za-z0-9_]{8,240}")
_SECRET = re.compile(r"whsec_[A-Za-z0-9_+/=-]{8,240}")
_SPENT = "idempotency_error"
# Stripe's "Supported currencies", without those that it counts otherwise than ISO 4217 does (ISK, MGA, UGX)
# and those with thousandths.
_CURRENCIES = (
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BIF BMD BND BOB BRL BSD BWP BYN BZD CAD CDF CHF CLP "
    "CNY COP CRC CVE CZK DJF DKK DOP DZD EGP ETB EUR FJD FKP GBP GEL GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR "
    "ILS INR JMD JPY KES KGS KHR KMF KRW KYD KZT LAK LBP LKR LRD LSL MAD MDL MKD MMK MNT MOP MUR MVR MWK MXN "
    "MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SEK SGD SHP "
    "SLE SOS SRD STD SZL THB TJS TOP TRY TTD TWD TZS UAH USD UYU UZS VND VUV WST XAF XCD XCG XOF XPF YER ZAR "
    "ZMW"
)

log = logging.getLogger(__name__)


class StripeKeys(ProviderKeys):
    """What a Stripe account and its webhook endpoint are reached with; a test key takes no real money."""

    secret_key: SecretStr = Field(
        title="Secret key",
        examples=["sk_live_51H8…"],
        description="Stripe dashboard, Developers, API keys; a restricted one: see the README",
    )
    webhook_secret: SecretStr = Field(
        title="Webhook signing secret",
        examples=["whsec_9mPq7cV1…"],
        description="Stripe dashboard, Developers, Webhooks: shown at the endpoint with that address",
    )

    @property
    def plays(self) -> bool:
        """Whether the key is one of Stripe's test mode."""
        return "_test_" in self.secret_key.get_secret_value()[: len("sk_test_")]

    @field_validator("secret_key")
    @classmethod
    def _is_a_key(cls, value: SecretStr) -> SecretStr:
        if not _KEY.fullmatch(value.get_secret_value()):
            raise ValueError("no secret key of Stripe's")
        return value

    @field_validator("webhook_secret")
    @classmethod
    def _is_a_secret(cls, value: SecretStr) -> SecretStr:
        if not _SECRET.fullmatch(value.get_secret_value()):
            raise ValueError("no webhook secret of Stripe's")
        return value


class Stripe(Processor[StripeKeys]):
    """Checkout Sessions: `provider_ref` is the session's id, `charge_ref` its PaymentIntent's.

    Stripe gives the first answer to an idempotency key again for at least a day, be it a refusal or a 500
    ("Idempotent requests" and "Advanced error handling" of its reference).
    """

    name: ClassVar[str] = _NAME
    company: ClassVar[str] = "Stripe"
    position: ClassVar[int] = 10
    descriptor: ClassVar[MethodDescriptor] = MethodDescriptor(
        value=PaymentMethod.STRIPE,
        display_name="Card",
        kind="processor",
        icon="💳",
        supports_refund=True,
        description="Cards and more on a page hosted by Stripe.",
    )
    keys: ClassVar[type[ProviderKeys]] = StripeKeys
    site: ClassVar[Site] = Site("https://api.stripe.com")
    currencies: ClassVar[frozenset[str] | None] = frozenset(_CURRENCIES.split())
    subscribe: ClassVar[tuple[str, ...] | None] = EVENTS
    seconds: ClassVar[float] = 15.0
    pauses: ClassVar[tuple[float, ...]] = (0.5, 1.5)  # while the same request is still running

    async def create(self, keys: StripeKeys, charge: Charge) -> Opened:
        """Make a session that lapses with the order's hold, or after the half hour that Stripe demands.

        Where the key is spent (other parameters went before, as when the half hour counts from another
        moment; or a failure that Stripe repeats) another page is made. That cannot charge anybody twice:
        what was made under the key was shown to nobody and lapses.
        """
        asked = _stripe_form.page(charge)
        reply = await self._first(keys, asked, charge.key)
        if reply is None:
            again = f"{charge.key}-{secrets.token_hex(8)}"
            reply = await self._post(keys, _SESSIONS, asked, again)
        session = self._done(reply)
        try:
            return Opened(
                provider_ref=text(session, "id"), page_url=_address(session), ends_at=_ends_at(session)
            )
        except BadPayload:
            raise OutcomeUnknown(self.name, "no_session") from None

    async def _first(self, keys: StripeKeys, asked: bytes, key: str) -> Reply | None:
        """The answer under a page's own key; None where that key is good for no page any more."""
        try:
            reply = await self._post(keys, _SESSIONS, asked, key)
        except OutcomeUnknown as lost:
            if lost.code != f"http_{HTTPStatus.INTERNAL_SERVER_ERROR}":
                raise
            return None
        repeated = reply.headers.get("Idempotent-Replayed") == "true"
        spent = not reply.ok and (repeated or _error(reply.json()).get("type") == _SPENT)
        return None if spent else reply

    async def verify(self, keys: StripeKeys, delivery: Delivery) -> None:
        """`Stripe-Signature`, at most 300 seconds old."""
        _stripe_signature.check(keys.webhook_secret.get_secret_value(), delivery)

    def read_webhook(self, body: bytes) -> Told:
        """Read `checkout.session.*`, refunds and disputes; what carries no order of ours is no news."""
        event = parse(body)
        event_id, kind = text(event, "id"), text(event, "type")
        return Told(event_id, kind, webhook_news(kind, event))

    async def poll(self, keys: StripeKeys, known: Known) -> tuple[News, ...]:
        """The session with its payment, those of earlier pages, and the refunds and disputes of each."""
        found = await self._get(keys, f"{_of(known.provider_ref)}?expand%5B%5D=payment_intent")
        try:
            news = [*session_news(found, known.order_id)] if found else []
            told = {each.charge_ref for each in news}
            for ref in dict.fromkeys(known.charge_refs):
                intent = {} if ref in told else await self._get(keys, f"/v1/payment_intents/{_quoted(ref)}")
                news += intent_news(intent, known.order_id) if intent else ()
            for ref in [each.charge_ref for each in news if each.what is What.PAID and each.charge_ref]:
                news += await self._afterwards(keys, known.order_id, ref)
        except BadPayload:
            raise Unavailable(self.name, "unreadable") from None
        return tuple(news)

    async def _afterwards(self, keys: StripeKeys, order_id: str, ref: str) -> list[News]:
        """What became of a payment's money: at most 100 refunds and disputes each, newest first."""
        of = f"payment_intent={_quoted(ref)}&limit=100"
        refunds = children(await self._get(keys, f"/v1/refunds?{of}"), "data")
        disputes = children(await self._get(keys, f"/v1/disputes?{of}"), "data")
        news = [refund_news(each, order_id) for each in refunds]
        return news + [dispute_news(each, order_id) for each in disputes]

    async def refund(self, keys: StripeKeys, ask: RefundAsk) -> News:
        """Give back some of one payment; a bank's own ways may take days."""
        refund = self._done(await self._post(keys, "/v1/refunds", _stripe_form.refund(ask), ask.key))
        try:
            return refund_news(refund, ask.known.order_id)
        except BadPayload:
            raise OutcomeUnknown(self.name, "no_refund") from None

    async def close(self, keys: StripeKeys, known: Known) -> None:
        """Expire the session, unless it has ended; raises Declined while it is open all the same."""
        reply = await self._post(keys, f"{_of(known.provider_ref)}/expire", b"")
        if reply.ok:
            reply.json()  # a proxy's page in its place has closed nothing
            return
        if (await self._get(keys, _of(known.provider_ref))).get("status") == "open":
            self._done(reply)

    async def test(self, keys: StripeKeys) -> None:
        """Ask for the last of everything that polls ask for, so that a restricted key proves its rights."""
        for path in (_SESSIONS, "/v1/payment_intents", "/v1/refunds", "/v1/disputes"):
            self._done(await self._send(keys, "GET", f"{path}?limit=1"))

    async def _get(self, keys: StripeKeys, path: str) -> dict[str, Any]:
        """What is there; empty when Stripe does not know it."""
        reply = await self._send(keys, "GET", path)
        return {} if reply.status == HTTPStatus.NOT_FOUND else self._done(reply)

    async def _post(self, keys: StripeKeys, path: str, body: bytes, key: str | None = None) -> Reply:
        """Ask for something to be done once; raises OutcomeUnknown while the same is still under way."""
        for pause in (*self.pauses, None):
            reply = await self._send(keys, "POST", path, body, key)
            if reply.status != HTTPStatus.CONFLICT:
                return reply
            if pause is not None:
                await asyncio.sleep(pause)
        raise OutcomeUnknown(self.name, "http_409")

    async def _send(
        self, keys: StripeKeys, method: str, path: str, body: bytes | None = None, key: str | None = None
    ) -> Reply:
        headers = {
            "Authorization": f"Bearer {keys.secret_key.get_secret_value()}",
            "Stripe-Version": _VERSION,
        }
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        if key is not None:
            headers["Idempotency-Key"] = key
        # A POST carries a key, or closes a page, which twice is once.
        url = self.base(keys) + path
        return await self._calls.send(
            Call(self.name, method, url, headers, body, repeatable=True, seconds=self.seconds)
        )

    def _done(self, reply: Reply) -> dict[str, Any]:
        """The answer to what Stripe did.

        Raises Declined with Stripe's code when it refused, OutcomeUnknown when the key stands for something
        else, of which nobody can tell what it did.
        """
        answer = reply.json()
        if reply.ok:
            return answer
        error = _error(answer)
        word = code(reply, error.get("code") or error.get("type"))
        # Stripe's support asks for the request's id.
        told = {"status": reply.status, "code": word, "request": reply.headers.get("Request-Id")}
        log.info("stripe_refused", extra=told)
        if error.get("type") == _SPENT:
            raise OutcomeUnknown(self.name, _SPENT)
        raise Declined(self.name, word)


def _of(ref: str) -> str:
    return f"{_SESSIONS}/{_quoted(ref)}"


def _quoted(ref: str) -> str:
    return quote(ref, safe="")


def _error(answer: dict[str, Any]) -> dict[str, Any]:
    found = answer.get("error")
    return found if isinstance(found, dict) else {}


def _address(session: dict[str, Any]) -> str:
    """The page; what follows its `#` belongs to it, and makes it long."""
    found = session.get("url")
    if not isinstance(found, str) or not found.startswith(("https://", "http://")):
        raise BadPayload("url")
    if len(found) > _LONGEST_ADDRESS:
        raise BadPayload("url")
    return found


def _ends_at(session: dict[str, Any]) -> datetime:
    found = session.get("expires_at")
    if type(found) is not int or not 0 < found < 10**11:
        raise BadPayload("expires_at")
    return datetime.fromtimestamp(found, UTC)


PROCESSOR = Stripe
