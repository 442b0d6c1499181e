"""PayPal: a page that PayPal hosts, collected once the payer has approved (Orders v2, Payments v2)."""

import secrets
from collections.abc import Callable, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any, ClassVar
from urllib.parse import quote

from cryptography import x509

from models.base import utc_now
from models.errors import Declined, OutcomeUnknown, Unavailable, WrongKeys
from models.payment_method import PaymentMethod
from services.calls import Calls
from services.payments._paypal_api import Api, issue_of, question
from services.payments._paypal_certificates import (
    Certificates,
    Fetch,
    Transmission,
    download_by,
    transmission,
)
from services.payments._paypal_json import (
    EVENTS,
    amount_of,
    capture_news,
    order_news,
    refund_news,
    webhook_news,
)
from services.payments._paypal_keys import PayPalKeys
from services.payments._paypal_token import Account
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
from services.payments.reading import children, text

_NAME = "paypal"
_LONGEST_TEXT = 127
# What PayPal's "currency codes" page lists for accounts everywhere.
_CURRENCIES = (
    "AUD BRL CAD CHF CNY CZK DKK EUR GBP HKD HUF ILS JPY MXN MYR NOK NZD PHP PLN SEK SGD THB TWD USD"
)
_ORDERS = "/v2/checkout/orders"
_VERIFY = "/v1/notifications/verify-webhook-signature"
# The payer's side refuses: the page stays, and another try may work (OpenAPI file checkout_orders_v2).
_REFUSED = frozenset(
    {
        "COMPLIANCE_VIOLATION",
        "INSTRUMENT_DECLINED",
        "MAX_NUMBER_OF_PAYMENT_ATTEMPTS_EXCEEDED",
        "PAYER_ACCOUNT_LOCKED_OR_CLOSED",
        "PAYER_ACCOUNT_RESTRICTED",
        "PAYER_CANNOT_PAY",
        "REDIRECT_PAYER_FOR_ALTERNATE_FUNDING",
        "TRANSACTION_BLOCKED_BY_PAYEE",
        "TRANSACTION_LIMIT_EXCEEDED",
        "TRANSACTION_REFUSED",
    }
)
_LAST_TRY = "MAX_NUMBER_OF_PAYMENT_ATTEMPTS_EXCEEDED"
_NOT_YET = frozenset({"ORDER_NOT_APPROVED", "PAYER_ACTION_REQUIRED"})


class PayPal(Processor[PayPalKeys]):
    """Orders v2 with intent CAPTURE: `provider_ref` is the order's id, `charge_ref` a capture's.

    No money moves before `follow_up` has answered APPROVED with a capture. PayPal has no way to close an
    order, so a page stays payable until PayPal forgets it: whether a late approval is still to be
    collected is for the caller to decide.
    """

    name: ClassVar[str] = _NAME
    company: ClassVar[str] = "PayPal"
    position: ClassVar[int] = 11
    descriptor: ClassVar[MethodDescriptor] = MethodDescriptor(
        value=PaymentMethod.PAYPAL,
        display_name="PayPal",
        kind="processor",
        icon="🅿️",
        supports_refund=True,
        description="PayPal balance, bank account or card on a page hosted by PayPal.",
    )
    keys: ClassVar[type[ProviderKeys]] = PayPalKeys
    site: ClassVar[Site] = Site("https://api-m.paypal.com", "https://api-m.sandbox.paypal.com")
    currencies: ClassVar[frozenset[str] | None] = frozenset(_CURRENCIES.split())
    subscribe: ClassVar[tuple[str, ...] | None] = EVENTS
    seconds: ClassVar[float] = 15.0

    def __init__(
        self,
        calls: Calls,
        site: Site,
        *,
        now: Callable[[], datetime] = utc_now,
        roots: Sequence[x509.Certificate] | None = None,
        fetch: Fetch | None = None,
    ) -> None:
        """Take a clock (UTC), the roots that PayPal's certificates must lead to and how they are fetched.

        Without roots those that this machine trusts for TLS count; should PayPal's not be among them,
        PayPal is asked about each delivery instead. Certificates are fetched from PayPal's own hosts, or
        from `site` where that is another.
        """
        super().__init__(calls, site)
        self._api = Api(calls, now, self.seconds)
        instead = None if site == type(self).site else site
        fetch = fetch or download_by(calls, self.seconds, instead)
        self._certificates = Certificates(fetch, now, roots)

    async def create(self, keys: PayPalKeys, charge: Charge) -> Opened:
        """Make an order, to be approved on PayPal's page."""
        order = self._api.done(await self._api.post(self._account(keys), _ORDERS, _order(charge), charge.key))
        try:
            links = {str(each.get("rel")): each.get("href") for each in children(order, "links")}
            page = links.get("payer-action") or links.get("approve")
            ref = text(order, "id")
        except BadPayload:
            raise OutcomeUnknown(self.name, "no_order") from None
        if not isinstance(page, str) or not page.startswith(("https://", "http://")):
            raise OutcomeUnknown(self.name, "no_link")
        return Opened(provider_ref=ref, page_url=page)

    async def verify(self, keys: PayPalKeys, delivery: Delivery) -> None:
        """Check the signature by PayPal's certificate; where that leads to no trusted root, ask PayPal.

        Raises BadSignature, or Unavailable when PayPal cannot be reached for the check: answered with 503
        the delivery comes again.
        """
        sent = transmission(delivery, sandbox=keys.environment == "sandbox")
        message = sent.message(keys.webhook_id, delivery.body)
        if await self._certificates.check(sent, message, delivery.now):
            return
        if not await self._vouched_for(keys, sent, delivery):
            raise BadSignature("certificate")

    def read_webhook(self, body: bytes) -> Told:
        """Read approvals, captures, refunds and disputes; what carries another business's id is no news."""
        event = parse(body)
        event_id, kind = text(event, "id"), text(event, "event_type")
        return Told(event_id, kind, webhook_news(kind, event))

    async def follow_up(self, keys: PayPalKeys, known: Known, news: News) -> tuple[News, ...]:
        """Collect what the payer approved; any other news counts as it is.

        An order that was collected before tells what came of it; one that is not approved (any more) is no
        news. A page that PayPal has forgotten is EXPIRED.
        """
        if news.what is not What.APPROVED:
            return (news,)
        ref = news.provider_ref or known.provider_ref
        path = f"{_ORDERS}/{quote(ref, safe='')}/capture"
        # A request id of its own: a refusal replayed under an older one would outlive the payer's second
        # approval, and PayPal captures an order only once anyway.
        reply = await self._api.post(self._account(keys), path, {}, f"capture-{ref}-{secrets.token_hex(8)}")
        if reply.ok:
            return self._collected(reply.json(), known, ref)
        issue = issue_of(reply.json())
        if issue == "ORDER_ALREADY_CAPTURED":
            order = await self._api.get(self._account(keys), f"{_ORDERS}/{quote(ref, safe='')}")
            return self._collected(order, known, ref)
        failed = News(What.FAILED, order_id=known.order_id, provider_ref=ref, note=issue)
        expired = News(What.EXPIRED, order_id=known.order_id, provider_ref=ref)
        if issue in _REFUSED:
            # After too many tries the page can be paid no more.
            return (failed, expired) if issue == _LAST_TRY else (failed,)
        if reply.status == HTTPStatus.NOT_FOUND:
            return (expired,)
        if issue not in _NOT_YET:
            self._api.done(reply)
        return ()

    async def poll(self, keys: PayPalKeys, known: Known) -> tuple[News, ...]:
        """The order with its captures and refunds, and those known ones that it does not list."""
        order = await self._api.get(self._account(keys), f"{_ORDERS}/{quote(known.provider_ref, safe='')}")
        try:
            news = [*order_news(order, known.order_id, known.provider_ref)]
            for ref in _unseen(known.charge_refs, [each.charge_ref for each in news]):
                capture = await self._api.get(
                    self._account(keys), f"/v2/payments/captures/{quote(ref, safe='')}"
                )
                news += [capture_news(capture, known.order_id)] if capture else []
            for ref in _unseen(known.refund_refs, [each.refund_ref for each in news]):
                refund = await self._api.get(
                    self._account(keys), f"/v2/payments/refunds/{quote(ref, safe='')}"
                )
                news += [refund_news(refund)] if refund else []
        except BadPayload:
            raise Unavailable(self.name, "unreadable") from None
        return tuple(news)

    async def refund(self, keys: PayPalKeys, ask: RefundAsk) -> News:
        """Give back this much of a capture.

        PayPal takes no amount for all that is left, which may be less than what is booked here afterwards:
        somebody may have given back a part on PayPal's own site.
        """
        path = f"/v2/payments/captures/{quote(ask.charge_ref, safe='')}/refund"
        body = {"amount": amount_of(ask.amount)}
        answer = self._api.done(await self._api.post(self._account(keys), path, body, ask.key))
        try:
            return refund_news(answer, ask.charge_ref)
        except BadPayload:
            raise OutcomeUnknown(self.name, "no_refund") from None

    async def test(self, keys: PayPalKeys) -> None:
        """Get a new token by the keys and ask for the webhook, which has to exist."""
        self._api.renew(self._account(keys))
        path = f"/v1/notifications/webhooks/{quote(keys.webhook_id, safe='')}"
        if not await self._api.get(self._account(keys), path):
            raise WrongKeys(self.name, "webhook_id")

    def _collected(self, order: dict[str, Any], known: Known, ref: str) -> tuple[News, ...]:
        try:
            news = order_news(order, known.order_id, ref)
        except BadPayload:
            news = ()
        # APPROVED here would ask for the same capture again.
        if not any(each.charge_ref for each in news):
            raise OutcomeUnknown(self.name, "no_capture")
        return tuple(each for each in news if each.what is not What.APPROVED)

    async def _vouched_for(self, keys: PayPalKeys, sent: Transmission, delivery: Delivery) -> bool:
        """What PayPal itself says of a delivery; raises Unavailable when it says nothing."""
        body = question(keys.webhook_id, sent, delivery)
        try:
            reply = await self._api.post(self._account(keys), _VERIFY, body)
            return self._api.done(reply).get("verification_status") == "SUCCESS"
        except (Declined, WrongKeys, OutcomeUnknown) as failed:
            # Asking changes nothing, and a question that was not answered says nothing of the delivery.
            raise Unavailable(self.name, failed.code) from None

    def _account(self, keys: PayPalKeys) -> Account:
        return Account(self.base(keys), keys.client_id, keys.secret.get_secret_value())


def _order(charge: Charge) -> dict[str, Any]:
    shop_name = " ".join(charge.shop_name.split())
    unit = {
        "custom_id": charge.order_id,
        "description": f"{charge.order_number} {shop_name}"[:_LONGEST_TEXT],
        "amount": amount_of(charge.amount),
    }
    context = {
        "brand_name": shop_name[:_LONGEST_TEXT],
        "user_action": "PAY_NOW",
        "shipping_preference": "NO_SHIPPING",
        "return_url": charge.return_url,
        "cancel_url": charge.return_url,
    }
    source = {"paypal": {"experience_context": context}}
    return {"intent": "CAPTURE", "purchase_units": [unit], "payment_source": source}


def _unseen(known: tuple[str, ...], seen: list[str | None]) -> list[str]:
    return [ref for ref in dict.fromkeys(known) if ref not in seen]


PROCESSOR = PayPal
