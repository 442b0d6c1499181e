"""Cash App Pay on a page that Square hosts (Checkout API's payment links, Payments and Refunds API)."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterable
from http import HTTPStatus
from itertools import chain
from typing import Any, ClassVar
from urllib.parse import quote

from pydantic import Field, SecretStr

from models.errors import Declined, OutcomeUnknown, Unavailable, WrongKeys
from models.payment_method import PaymentMethod
from services.calls import Call, Reply
from services.payments._square_json import (
    dispute_news,
    our_order,
    payment_news,
    payments_news,
    refund_news,
    refund_refs,
)
from services.payments.contract import MethodDescriptor
from services.payments.payload import parse
from services.payments.processor import (
    BadPayload,
    BadSignature,
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
from services.payments.reading import child, children, code, text

_NAME = "cashapp_pay"
_VERSION = "2026-09-16"
_SEPARATOR = ":"
_LONGEST_NAME = 100
_LONGEST_REASON = 192


class SquareKeys(ProviderKeys):
    """What a Square application and its webhook subscription are reached with."""

    access_token: SecretStr = Field(
        title="Access token",
        examples=["EAAAl…"],
        min_length=1,
        description="Square developer console, Credentials",
    )
    location_id: str = Field(
        title="Location ID",
        examples=["L88917AVBK2S5"],
        min_length=1,
        max_length=60,
        pattern=r"^[A-Za-z0-9_-]+$",
        description="The Square location that takes the money; it has to count in US dollars",
    )
    signature_key: SecretStr = Field(
        title="Webhook signature key",
        examples=["Ibxx_5AKakO-…"],
        min_length=1,
        description="Shown at the webhook subscription for payment, refund and dispute events",
    )


class CashAppPay(Processor[SquareKeys]):
    """Square payment links that offer Cash App; whatever the payer takes instead counts as well.

    `provider_ref` is "ORDER:LINK" in Square's ids: the order tells what was paid, the link can be deleted.
    Webhooks name neither reliably; they are recognised by our order's id, which Square copies from the
    link's `payment_note` to the payment's `note`, and refunds and disputes by the payment they are about.
    """

    name: ClassVar[str] = _NAME
    company: ClassVar[str] = "Square"
    position: ClassVar[int] = 12
    descriptor: ClassVar[MethodDescriptor] = MethodDescriptor(
        value=PaymentMethod.CASHAPP_PAY,
        display_name="Cash App Pay",
        kind="processor",
        icon="💚",
        supports_refund=True,
        description="With Cash App, on a page hosted by Square.",
    )
    about: ClassVar[str] = "Cash App on a page hosted by Square; for US Square accounts, in US dollars."
    keys: ClassVar[type[ProviderKeys]] = SquareKeys
    site: ClassVar[Site] = Site("https://connect.squareup.com", "https://connect.squareupsandbox.com")
    currencies: ClassVar[frozenset[str] | None] = frozenset({"USD"})
    subscribe: ClassVar[tuple[str, ...] | None] = (
        "payment.created",
        "payment.updated",
        "refund.created",
        "refund.updated",
        "dispute.created",
        "dispute.state.updated",
    )
    seconds: ClassVar[float] = 15.0

    async def create(self, keys: SquareKeys, charge: Charge) -> Opened:
        """Make a payment link over one line; it never lapses by itself, see `close`."""
        reply = await self._send(keys, "POST", "/v2/online-checkout/payment-links", _link(keys, charge))
        answer = self._done(reply)
        try:
            link = child(answer, "payment_link")
            ref = _SEPARATOR.join((text(link, "order_id"), text(link, "id")))
            return Opened(provider_ref=ref, page_url=text(link, "url"))
        except BadPayload:
            raise OutcomeUnknown(self.name, "no_link") from None

    async def verify(self, keys: SquareKeys, delivery: Delivery) -> None:
        """Base64 of HMAC-SHA256 over the configured address and the body (Square's WebhooksHelper)."""
        signed = delivery.url.encode("utf-8", "replace") + delivery.body
        key = keys.signature_key.get_secret_value().encode()
        expected = base64.b64encode(hmac.digest(key, signed, hashlib.sha256))
        given = delivery.header("x-square-hmacsha256-signature").encode("utf-8", "replace")
        if not hmac.compare_digest(expected, given):
            raise BadSignature("signature")

    def read_webhook(self, body: bytes) -> Told:
        """Read `payment.*`, `refund.*` and `dispute.*`; sales that carry no order of ours are no news."""
        event = parse(body)
        event_id, kind = text(event, "event_id"), text(event, "type")
        return Told(event_id, kind, _news(kind, event))

    async def poll(self, keys: SquareKeys, known: Known) -> tuple[News, ...]:
        """The order's payments with their refunds; a canceled order without money has lapsed.

        A try that failed is told only while nothing came after it.
        """
        order_ref, _ = _split(known.provider_ref)
        order = await self._ask(keys, "order", order_ref)
        try:
            tenders = children(order, "tenders")
            refs = [text(each, "payment_id" if each.get("payment_id") else "id") for each in tenders]
            payments = [await self._ask(keys, "payment", ref) for ref in _unique(refs, known.charge_refs)]
            news = payments_news([each for each in payments if each], order_ref, known)
            given_back = [refund_refs(each) for each in payments]
            for ref in _unique(*given_back, known.refund_refs):
                refund = await self._ask(keys, "refund", ref)
                news += [refund_news(refund)] if refund else []
        except BadPayload:
            raise Unavailable(self.name, "unreadable") from None
        if order.get("state") == "CANCELED" and all(each.what is What.FAILED for each in news):
            return (News(What.EXPIRED, order_id=known.order_id, provider_ref=known.provider_ref),)
        return tuple(news)

    async def refund(self, keys: SquareKeys, ask: RefundAsk) -> News:
        """Give back some of one payment; Square often completes it later."""
        body = {
            "idempotency_key": ask.key,
            "payment_id": ask.charge_ref,
            "amount_money": {"amount": ask.amount.cents, "currency": ask.amount.currency},
        }
        if ask.reason:
            body["reason"] = ask.reason[:_LONGEST_REASON]
        answer = self._done(await self._send(keys, "POST", "/v2/refunds", body))
        try:
            return refund_news(child(answer, "refund"))
        except BadPayload:
            raise OutcomeUnknown(self.name, "no_refund") from None

    async def close(self, keys: SquareKeys, known: Known) -> None:
        """Delete the link, by which Square cancels its order."""
        _, link = _split(known.provider_ref)
        if not link:
            return
        reply = await self._send(keys, "DELETE", f"/v2/online-checkout/payment-links/{quote(link, safe='')}")
        if reply.status != HTTPStatus.NOT_FOUND:
            self._done(reply)

    async def test(self, keys: SquareKeys) -> None:
        """Ask for the location: it has to exist and to count in US dollars."""
        reply = await self._send(keys, "GET", f"/v2/locations/{quote(keys.location_id, safe='')}")
        if reply.status == HTTPStatus.NOT_FOUND:
            raise WrongKeys(self.name, "location_id")
        location = self._done(reply).get("location")
        if not isinstance(location, dict) or location.get("currency", "USD") != "USD":
            raise Declined(self.name, "location_currency")

    async def _ask(self, keys: SquareKeys, name: str, ref: str) -> dict[str, Any]:
        """The order, payment or refund; empty when Square does not know it."""
        reply = await self._send(keys, "GET", f"/v2/{name}s/{quote(ref, safe='')}")
        if reply.status == HTTPStatus.NOT_FOUND:
            return {}
        found = self._done(reply).get(name)
        if not isinstance(found, dict):
            raise Unavailable(self.name, f"no_{name}")
        return found

    async def _send(
        self, keys: SquareKeys, method: str, path: str, body: dict[str, Any] | None = None
    ) -> Reply:
        token = keys.access_token.get_secret_value()
        if not (token.isascii() and token.isprintable()):
            raise WrongKeys(self.name, "access_token")
        headers = {"Authorization": f"Bearer {token}", "Square-Version": _VERSION}
        if body is not None:
            headers["Content-Type"] = "application/json"
        data = None if body is None else json.dumps(body).encode()
        # Every POST here carries an idempotency key, and a link that is deleted twice is deleted.
        call = Call(self.name, method, self.base(keys) + path, headers, data, True, self.seconds)  # noqa: FBT003 - the field after the body is `repeatable`
        return await self._calls.send(call)

    def _done(self, reply: Reply) -> dict[str, Any]:
        """The answer to what Square did.

        Raises Declined with Square's code when it refused, OutcomeUnknown while the same is under way.
        """
        answer = reply.json()
        if reply.ok:
            return answer
        errors = answer.get("errors")
        first = errors[0] if isinstance(errors, list) and errors else None
        word = code(reply, first.get("code") if isinstance(first, dict) else None)
        if reply.status == HTTPStatus.CONFLICT:
            raise OutcomeUnknown(self.name, word)
        raise Declined(self.name, word)


def _link(keys: SquareKeys, charge: Charge) -> dict[str, Any]:
    line = {
        "name": f"{charge.shop_name[:_LONGEST_NAME]} {charge.order_number}",
        "quantity": "1",
        "base_price_money": {"amount": charge.amount.cents, "currency": charge.amount.currency},
    }
    return {
        "idempotency_key": charge.key,
        "order": {
            "location_id": keys.location_id,
            "reference_id": charge.order_id,
            "line_items": [line],
        },
        "checkout_options": {
            "redirect_url": charge.return_url,
            "accepted_payment_methods": {"cash_app_pay": True},
            "allow_tipping": False,
            "ask_for_shipping_address": False,
        },
        "payment_note": charge.order_id,
    }


def _news(kind: str, event: dict[str, Any]) -> tuple[News, ...]:
    subject, _, verb = kind.partition(".")
    if subject not in {"payment", "refund", "dispute"} or verb not in {"created", "updated", "state.updated"}:
        return ()
    found = child(child(child(event, "data"), "object"), subject)
    if subject == "dispute":
        return (dispute_news(found),)
    if subject == "refund":
        told = refund_news(found)
        return (told,) if told.charge_ref else ()
    order_id = our_order(found)
    return (payment_news(found, order_id),) if order_id else ()


def _unique(*refs: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(chain.from_iterable(refs)))


def _split(provider_ref: str) -> tuple[str, str]:
    order_ref, _, link = provider_ref.partition(_SEPARATOR)
    return order_ref, link


PROCESSOR = CashAppPay
