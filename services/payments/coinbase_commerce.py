"""Charges of Coinbase Commerce that shops still hold; Coinbase has closed it, nothing new is made."""

import hmac
import re
from decimal import Decimal
from http import HTTPStatus
from typing import Any, ClassVar, Never
from urllib.parse import quote

from pydantic import Field, SecretStr

from models.errors import Declined, Unavailable, WrongKeys
from models.payment_method import PaymentMethod
from services.calls import Call, Reply
from services.payments.contract import MethodDescriptor
from services.payments.payload import parse
from services.payments.processor import (
    BadPayload,
    BadSignature,
    Charge,
    Delivery,
    Known,
    Money,
    News,
    Processor,
    ProviderKeys,
    RefundAsk,
    Site,
    Told,
    What,
)
from services.payments.reading import cents, child, children, code, decimal, optional_text, text

_NAME = "coinbase_commerce"
_VERSION = "2018-03-22"
_LONGEST_ID = 64
_CODE = re.compile(r"[0-9a-fA-F]{64}")
_CURRENCY = re.compile(r"[A-Z]{3}")
# Statuses of a charge's timeline; UNRESOLVED and RESOLVED are of the product before 2024.
_PAID = {"COMPLETED", "RESOLVED", "REFUNDED"}
_WHAT = {
    "PENDING": What.PENDING,
    "FAILED": What.FAILED,
    "EXPIRED": What.EXPIRED,
    "CANCELED": What.EXPIRED,
}
_BY_KIND = {"charge:pending": "PENDING", "charge:confirmed": "COMPLETED", "charge:failed": "FAILED"}


class CommerceKeys(ProviderKeys):
    """What a shop once got in Coinbase Commerce's settings."""

    api_key: SecretStr = Field(
        title="API key",
        examples=["2ebe11e8-…"],
        min_length=1,
        description="As Coinbase Commerce showed it in its settings, Security",
    )
    webhook_secret: SecretStr = Field(
        title="Webhook shared secret",
        examples=["30291a20-…"],
        min_length=1,
        description="As Coinbase Commerce showed it in its settings, Notifications",
    )


class CoinbaseCommerce(Processor[CommerceKeys]):
    """Reads charges, makes none. `provider_ref` and `charge_ref` are a charge's code, such as 66BEOV2A."""

    name: ClassVar[str] = _NAME
    company: ClassVar[str] = "Coinbase Commerce"
    position: ClassVar[int] = 15
    descriptor: ClassVar[MethodDescriptor] = MethodDescriptor(
        value=PaymentMethod.COINBASE_COMMERCE,
        display_name="Coinbase Commerce",
        kind="processor",
        icon="🪙",
        description="Closed by Coinbase since 2026-03-31: it only verifies charges that a shop still holds.",
    )
    keys: ClassVar[type[ProviderKeys]] = CommerceKeys
    site: ClassVar[Site] = Site("https://api.commerce.coinbase.com")
    opens: ClassVar[bool] = False
    subscribe: ClassVar[tuple[str, ...] | None] = tuple(_BY_KIND)
    repeatable_refunds: ClassVar[bool] = False
    seconds: ClassVar[float] = 15.0

    async def create(self, keys: CommerceKeys, charge: Charge) -> Never:  # noqa: ARG002 - the contract
        """Raise Declined: Coinbase closed the product on 2026-03-31."""
        raise Declined(self.name, "closed")

    async def verify(self, keys: CommerceKeys, delivery: Delivery) -> None:
        """Hexadecimal HMAC-SHA256 over the body (coinbase-commerce-python's webhook.py)."""
        given = delivery.header("x-cc-webhook-signature")
        if not _CODE.fullmatch(given):
            raise BadSignature("no code")
        key = keys.webhook_secret.get_secret_value().encode()
        if not hmac.compare_digest(hmac.digest(key, delivery.body, "sha256"), bytes.fromhex(given)):
            raise BadSignature("signature")

    def read_webhook(self, body: bytes) -> Told:
        """Read `charge:*`; a charge without an order of ours is no news."""
        event = child(parse(body), "event")
        event_id, kind = text(event, "id"), text(event, "type")
        if not kind.startswith("charge:"):
            return Told(event_id, kind)
        charge = child(event, "data")
        order_id = _our_order(charge)
        if order_id is None:
            return Told(event_id, kind)
        return Told(event_id, kind, _news(charge, order_id, _BY_KIND.get(kind)))

    async def poll(self, keys: CommerceKeys, known: Known) -> tuple[News, ...]:
        """What the charge's timeline says now."""
        reply = await self._get(keys, f"/charges/{quote(known.provider_ref, safe='')}")
        if reply.status == HTTPStatus.NOT_FOUND:
            return ()
        try:
            return _news(child(self._done(reply), "data"), known.order_id)
        except BadPayload:
            raise Unavailable(self.name, "unreadable") from None

    async def refund(self, keys: CommerceKeys, ask: RefundAsk) -> Never:  # noqa: ARG002 - the contract
        """Raise Declined: there never was an interface for that."""
        raise Declined(self.name, "by_hand")

    async def test(self, keys: CommerceKeys) -> None:
        """Ask for the account's charges."""
        self._done(await self._get(keys, "/charges"))

    async def _get(self, keys: CommerceKeys, path: str) -> Reply:
        key = keys.api_key.get_secret_value()
        if not (key.isascii() and key.isprintable()):
            raise WrongKeys(self.name, "api_key")
        headers = {"X-CC-Api-Key": key, "X-CC-Version": _VERSION}
        url = self.base(keys) + path
        return await self._calls.send(
            Call(self.name, "GET", url, headers, repeatable=True, seconds=self.seconds)
        )

    def _done(self, reply: Reply) -> dict[str, Any]:
        """The answer; raises Declined with Coinbase's `error.type` when it refused."""
        answer = reply.json()
        if reply.ok:
            return answer
        error = answer.get("error")
        raise Declined(self.name, code(reply, error.get("type") if isinstance(error, dict) else None))


def _our_order(charge: dict[str, Any]) -> str | None:
    metadata = charge.get("metadata")
    found = metadata.get("order_id") if isinstance(metadata, dict) else None
    return found if isinstance(found, str) and 0 < len(found) <= _LONGEST_ID else None


def _news(charge: dict[str, Any], order_id: str, status: str | None = None) -> tuple[News, ...]:
    """What the timeline tells, or `status` where there is none."""
    ref = text(charge, "code")
    steps = children(charge, "timeline")
    told = [text(each, "status") for each in steps] or ([status] if status else [])
    last = told[-1] if told else "NEW"
    if _PAID & set(told):
        return (News(What.PAID, order_id, ref, ref, _money(child(charge, "pricing"))),)
    if last == "UNRESOLVED":
        return (_unresolved(charge, order_id, optional_text(steps[-1], "context")),)
    return (News(_WHAT[last], order_id, ref),) if last in _WHAT else ()


def _unresolved(charge: dict[str, Any], order_id: str, why: str | None) -> News:
    """Money that came late, too little or too much, and its amount where Coinbase tells it."""
    ref, note = text(charge, "code"), why.lower() if why else None
    amounts = [_money(child(each, "value")) for each in children(charge, "payments")]
    if not amounts:
        return News(What.PENDING, order_id, ref, note=note)
    currency = amounts[0].currency
    if any(each.currency != currency for each in amounts):
        raise BadPayload("payments")
    total = Money(sum(each.cents for each in amounts), currency)
    what = What.UNDERPAID if why == "UNDERPAID" else What.PAID
    return News(what, order_id, ref, ref, total, note=note)


def _money(found: dict[str, Any]) -> Money:
    local = child(found, "local")
    currency = text(local, "currency")
    if not _CURRENCY.fullmatch(currency):
        raise BadPayload("currency")
    amount: Decimal = decimal(local, "amount")
    return Money(cents(amount, currency), currency)


PROCESSOR = CoinbaseCommerce
