"""Bitcoin and other coins by NOWPayments: an invoice page, and the address of one coin on it."""

import hashlib
import hmac
import json
import logging
import re
from collections.abc import Iterable
from dataclasses import replace
from decimal import ROUND_DOWN, ROUND_UP, Decimal
from http import HTTPStatus
from typing import Any, ClassVar
from urllib.parse import quote

from pydantic import Field, SecretStr

from models.errors import Declined, OutcomeUnknown, Unavailable, WrongKeys
from models.money import decimal_text
from models.payment_method import PaymentMethod
from services.calls import Call, Reply
from services.payments._nowpayments_json import canonical, older_canonical
from services.payments._nowpayments_payment import (
    DEAD,
    MOVED,
    alive,
    belongs,
    deposit,
    ends_at,
    event_id,
    forgiven,
    neighbours,
    notice_news,
    payments_news,
    reference,
)
from services.payments.contract import MethodDescriptor
from services.payments.payload import parse
from services.payments.processor import (
    BadPayload,
    BadSignature,
    Charge,
    Delivery,
    Deposit,
    Known,
    News,
    Opened,
    Processor,
    ProviderKeys,
    RefundAsk,
    Site,
    Told,
)
from services.payments.reading import code, text

_NAME = "nowpayments"
_SIGNATURE = re.compile(r"[0-9a-fA-F]{128}")
_LONGEST_NAME = 100
_LONGEST_KIND = 60
_MOST_PAYMENTS = 20
_SATOSHI = Decimal("0.00000001")

log = logging.getLogger(__name__)


class NowPaymentsKeys(ProviderKeys):
    """What a NOWPayments account is reached with, and how the shop takes coins."""

    api_key: SecretStr = Field(
        title="API key",
        examples=["7H4K9QX-…"],
        min_length=1,
        description="NOWPayments dashboard, Settings, API keys",
    )
    ipn_secret: SecretStr = Field(
        title="IPN secret key",
        examples=["n9Qx+TtqY0o2…"],
        min_length=1,
        description="NOWPayments dashboard, Settings, Instant payment notifications",
    )
    coin: str = Field(
        default="btc",
        title="Coin",
        examples=["btc"],
        pattern=r"^[a-z0-9]{2,20}$",
        description="As NOWPayments writes it: btc, ltc, usdttrc20, …",
    )
    forgive_percent: Decimal = Field(
        default=Decimal(0),
        title="Forgive a shortfall of up to (percent)",
        examples=["1"],
        ge=0,
        le=5,
        description="What a wallet's fee ate counts as paid up to this share of the price, 0 to 5",
    )


class NowPayments(Processor[NowPaymentsKeys]):
    """Invoices of NOWPayments; `provider_ref` is the invoice's id, `charge_ref` a payment's.

    An invoice has as many payments as its payer begins, and an address takes money again: each is a payment
    of its own. Nothing here has an idempotency key, so no POST is ever repeated: an invoice whose answer was
    lost is shown to nobody and lapses.
    """

    name: ClassVar[str] = _NAME
    company: ClassVar[str] = "NOWPayments"
    position: ClassVar[int] = 13
    descriptor: ClassVar[MethodDescriptor] = MethodDescriptor(
        value=PaymentMethod.BTC_NOWPAYMENTS,
        display_name="Bitcoin",
        kind="processor",
        icon="🪙",
        description="From your wallet, to an address that your order shows.",
    )
    about: ClassVar[str] = (
        "Bitcoin, or another coin of your choice, through NOWPayments; refunds are made by hand."
    )
    keys: ClassVar[type[ProviderKeys]] = NowPaymentsKeys
    site: ClassVar[Site] = Site("https://api.nowpayments.io/v1", "https://api-sandbox.nowpayments.io/v1")
    repeatable_refunds: ClassVar[bool] = False
    subscribe: ClassVar[tuple[str, ...] | None] = ()
    seconds: ClassVar[float] = 15.0

    async def create(self, keys: NowPaymentsKeys, charge: Charge) -> Opened:
        """Make an invoice and the address on it.

        Without the address its page can be paid all the same, as long as notices tell of it.
        """
        answer = self._done(await self._send(keys, "POST", "/invoice", _invoice(keys, charge)))
        try:
            page = Opened(provider_ref=reference(answer, "id"), page_url=text(answer, "invoice_url"))
        except BadPayload:
            raise OutcomeUnknown(self.name, "no_invoice") from None
        asked = json.dumps({"iid": _number(page.provider_ref), "pay_currency": keys.coin})
        try:
            payment = self._done(await self._send(keys, "POST", "/invoice-payment", asked))
            charge_ref = reference(payment, "payment_id")
        except (Unavailable, OutcomeUnknown, BadPayload):
            if charge.notify_url is None:
                # Nobody could be asked about what is paid there.
                raise OutcomeUnknown(self.name, "no_payment") from None
            return page
        return replace(page, charge_ref=charge_ref, deposit=deposit(payment), ends_at=ends_at(payment))

    async def verify(self, keys: NowPaymentsKeys, delivery: Delivery) -> None:
        """HMAC-SHA512 over the body as JavaScript would write it, names sorted (NOWPayments' Node SDK)."""
        given = delivery.header("x-nowpayments-sig")
        secret = keys.ipn_secret.get_secret_value().strip().encode("utf-8", "replace")
        # Of nothing but spaces nothing is left, and anybody could sign with that.
        if not secret or not _SIGNATURE.fullmatch(given):
            raise BadSignature("signature")
        try:
            signed, older = canonical(delivery.body), older_canonical(delivery.body)
        except ValueError:
            raise BadSignature("no_json") from None
        if _fits(secret, signed, given):
            return
        if _fits(secret, older, given) or _fits(secret, delivery.body, given):
            # The account signs as another of NOWPayments' own samples does, so polling has to do it all.
            log.warning("nowpayments_signed_otherwise")
        raise BadSignature("signature")

    def read_webhook(self, body: bytes) -> Told:
        """Read a payment as it stands; those that carry no order of ours are no news."""
        payment = parse(body)
        event, kind = event_id(payment), text(payment, "payment_status")[:_LONGEST_KIND]
        news = notice_news(payment)
        return Told(event, kind, (news,) if news else ())

    async def follow_up(self, keys: NowPaymentsKeys, known: Known, news: News) -> tuple[News, ...]:
        """Believe in money that came or went only when asking for the payment finds it, too.

        A payment that died is no news while another of the order is alive.
        """
        ref = news.charge_ref
        others = tuple(each for each in known.charge_refs if each != ref)
        if ref is not None and news.what in MOVED:
            # What is forgiven depends on everything that came.
            return await self._told(keys, known, (*others, ref) if keys.forgive_percent else (ref,))
        if news.what in DEAD and others:
            return () if await self._lives(keys, known, others) else (news,)
        return (news,)

    async def poll(self, keys: NowPaymentsKeys, known: Known) -> tuple[News, ...]:
        """Every payment that is known, and those made later to their addresses."""
        return await self._told(keys, known, known.charge_refs)

    async def refund(self, keys: NowPaymentsKeys, ask: RefundAsk) -> News:  # noqa: ARG002 - the contract
        """Raise Declined: NOWPayments gives money back from its dashboard only."""
        raise Declined(self.name, "by_hand")

    async def test(self, keys: NowPaymentsKeys) -> None:
        """Ask which coins the account takes."""
        self._done(await self._send(keys, "GET", "/merchant/coins"))

    def bip21(self, deposit: Deposit, label: str) -> str | None:
        """A BIP-21 link for Bitcoin; other coins have their own, which fewer wallets agree on."""
        if deposit.coins.ticker != "btc":
            return None
        address, amount = quote(deposit.address, safe=""), deposit.coins.amount
        if amount != amount.quantize(_SATOSHI, ROUND_DOWN):
            amount = amount.quantize(_SATOSHI, ROUND_UP)  # wallets refuse more decimals
        return f"bitcoin:{address}?amount={amount:f}&label={quote(label, safe='')}"

    async def _told(self, keys: NowPaymentsKeys, known: Known, refs: Iterable[str]) -> tuple[News, ...]:
        try:
            news = payments_news(await self._look(keys, known, refs), known)
        except BadPayload:
            raise Unavailable(self.name, "unreadable") from None
        return forgiven(news, known.amount, keys.forgive_percent)

    async def _lives(self, keys: NowPaymentsKeys, known: Known, refs: Iterable[str]) -> bool:
        try:
            return alive(await self._look(keys, known, refs), known)
        except BadPayload:
            raise Unavailable(self.name, "unreadable") from None

    async def _look(self, keys: NowPaymentsKeys, known: Known, refs: Iterable[str]) -> list[dict[str, Any]]:
        """These payments and all others to their addresses; what is unknown or not for us is left out.

        Raises BadPayload.
        """
        found: list[dict[str, Any]] = []
        asked = list(dict.fromkeys(refs))
        for ref in asked:  # grows where money came more than once
            reply = await self._send(keys, "GET", f"/payment/{quote(ref, safe='')}")
            if reply.status == HTTPStatus.NOT_FOUND:
                continue
            payment = self._done(reply)
            if belongs(payment, known):
                found.append(payment)
                others = [each for each in neighbours(payment) if each not in asked]
                asked += others[: max(0, _MOST_PAYMENTS - len(asked))]
        return found

    async def _send(self, keys: NowPaymentsKeys, method: str, path: str, body: str | None = None) -> Reply:
        key = keys.api_key.get_secret_value().strip()
        if not (key.isascii() and key.isprintable()):
            raise WrongKeys(self.name, "api_key")
        headers = {"x-api-key": key} | ({} if body is None else {"Content-Type": "application/json"})
        data = None if body is None else body.encode()
        call = Call(self.name, method, self.base(keys) + path, headers, data, method == "GET", self.seconds)
        return await self._calls.send(call)

    def _done(self, reply: Reply) -> dict[str, Any]:
        """The answer, its numbers exact; raises Declined with NOWPayments' code when it refused."""
        answer = reply.json()
        if not reply.ok:
            raise Declined(self.name, code(reply, answer.get("code")))
        try:
            return parse(reply.body)
        except BadPayload:
            raise (Unavailable if reply.certain else OutcomeUnknown)(self.name, "unreadable") from None


def _invoice(keys: NowPaymentsKeys, charge: Charge) -> str:
    """An invoice for one coin, since what is due is counted in that one."""
    asked = {
        "price_currency": charge.amount.currency.lower(),
        "pay_currency": keys.coin,
        "order_id": charge.order_id,
        "order_description": f"{charge.shop_name[:_LONGEST_NAME]} {charge.order_number}",
        "success_url": charge.return_url,
        "cancel_url": charge.return_url,
        "partially_paid_url": charge.return_url,
        "is_fixed_rate": True,
    }
    if charge.notify_url is not None:
        asked["ipn_callback_url"] = charge.notify_url
    # A number, and written digit by digit: Python would make it a float.
    price = decimal_text(charge.amount.cents, charge.amount.currency)
    return f'{{"price_amount": {price}, {json.dumps(asked)[1:]}'


def _number(ref: str) -> int | str:
    return int(ref) if ref.isascii() and ref.isdigit() else ref


def _fits(secret: bytes, signed: bytes, given: str) -> bool:
    return hmac.compare_digest(hmac.digest(secret, signed, hashlib.sha512), bytes.fromhex(given))


PROCESSOR = NowPayments
