"""NOWPayments as far as the shop needs it: invoices, payments on them, and signed notices of every step."""

import hashlib
import hmac
import json
import re
from collections.abc import Awaitable, Callable
from decimal import ROUND_CEILING, Decimal
from typing import Any

from aiohttp import web

from tests.fakes.provider import FakeProvider, Fault, Notice

type Answer = tuple[int, Any]
type Found = dict[str, Any]

SATOSHI = Decimal("0.00000001")
INVOICE = {
    "price_amount": (int, Decimal),
    "price_currency": str,
    "pay_currency": str,
    "order_id": str,
    "order_description": str,
    "ipn_callback_url": str,
    "success_url": str,
    "cancel_url": str,
    "partially_paid_url": str,
    "is_fixed_rate": bool,
    "is_fee_paid_by_user": bool,
}
NOTICE = (
    "payment_id",
    "parent_payment_id",
    "invoice_id",
    "payment_status",
    "pay_address",
    "payin_extra_id",
    "price_amount",
    "price_currency",
    "pay_amount",
    "actually_paid",
    "actually_paid_at_fiat",
    "pay_currency",
    "order_id",
    "order_description",
    "purchase_id",
    "outcome_amount",
    "outcome_currency",
    "payment_extra_ids",
    "fee",
)


class Refusal(Exception):
    """An error as NOWPayments answers it."""

    def __init__(self, status: int, code: str, message: str = "") -> None:
        super().__init__(code)
        self.answer: Answer = (
            status,
            {"status": False, "statusCode": status, "code": code, "message": message},
        )


class NowPayments(FakeProvider):
    """One merchant's account. There is no idempotency: whoever asks twice gets two.

    `payment_id` in every verb is the shop's `charge_ref`. With `out_of_order` set, the notices of one
    walk arrive with the last first; asking for the payment always tells the last.
    """

    API_KEY = "7H4K9QX-2M8MPZ5-N1XYCDA-TESTKEY"
    IPN_SECRET = "n9Qx+TtqY0o2Hq3b0rJx1kq0b7mDq9eS"

    def __init__(self) -> None:
        super().__init__()
        self.rates = {"btc": Decimal(50000), "ltc": Decimal(100), "xrp": Decimal(2)}
        self.fiat = {"usd", "eur"}
        self.minimum = Decimal("0.00002")  # of any coin
        self.ends: Found = {
            "valid_until": "2026-11-30T12:00:00.000Z",
            "expiration_estimate_date": "2026-11-23T12:20:00.000Z",
        }
        self.out_of_order = False
        self.after_invoice: list[Fault] = []  # how requests go wrong that follow an invoice
        self.invoices: dict[str, Found] = {}
        self.payments: dict[str, Found] = {}

    def routes(self, router: web.UrlDispatcher) -> None:
        """Add the part of the API that the shop calls."""
        router.add_post("/invoice", self._endpoint(self._create_invoice))
        router.add_post("/invoice-payment", self._endpoint(self._create_payment))
        router.add_get("/payment/{id}", self._endpoint(self._payment_status))
        router.add_get("/merchant/coins", self._endpoint(self._coins))

    # What people do.

    def pay(self, payment_id: str, share: Decimal = Decimal(1)) -> None:
        """The payer sends this share of what is due, and the blockchain agrees."""
        payment = self.payments[payment_id]
        payment["actually_paid"] = (payment["pay_amount"] * share).quantize(SATOSHI)
        enough = payment["actually_paid"] >= payment["pay_amount"]
        end = "finished" if enough else "partially_paid"
        self.walk(payment_id, "confirming", "confirmed", "sending", end)

    def redeposit(self, payment_id: str, coins: Decimal, status: str = "finished") -> str:
        """The payer sends more to the same address, a payment of its own. Its id.

        What came is what was due, whatever the price says, as in the example of NOWPayments' documentation.
        """
        parent = self.payments[payment_id]
        came = {"parent_payment_id": int(payment_id), "pay_amount": coins, "actually_paid": coins}
        payment = self._new_payment({**parent, **came})
        parent["payment_extra_ids"] = [*(parent["payment_extra_ids"] or []), payment["payment_id"]]
        self.walk(str(payment["payment_id"]), "confirming", "confirmed", "sending", status)
        return str(payment["payment_id"])

    def choose(self, invoice_id: str, coin: str = "btc") -> str:
        """The payer begins another payment on the invoice's page. Its id."""
        return str(self._on_invoice(invoice_id, coin)["payment_id"])

    def expire(self, payment_id: str) -> None:
        """Nobody paid in time."""
        self.walk(payment_id, "expired")

    def fail_payment(self, payment_id: str) -> None:
        """Something went wrong for good."""
        self.walk(payment_id, "failed")

    def refund_in_dashboard(self, payment_id: str) -> None:
        """The merchant gives it all back."""
        self.walk(payment_id, "refunded")

    def other_sale(self) -> str:
        """The merchant sells something elsewhere, with the same account. The payment's id."""
        sale = {"price_amount": Decimal(5), "price_currency": "usd", "order_id": "A-77"}
        rest = {"order_description": "", "invoice_id": None}
        payment = self._new_payment({**sale, **rest, **self._due(Decimal(5), "btc")})
        self.pay(str(payment["payment_id"]))
        return str(payment["payment_id"])

    def walk(self, payment_id: str, *statuses: str) -> None:
        """The payment goes through these states, and a notice is made of each."""
        made = []
        for status in statuses:
            self.payments[payment_id]["payment_status"] = status
            made.append(self.notice({name: self.payments[payment_id][name] for name in NOTICE}))
        for each in reversed(made) if self.out_of_order else made:
            self.notify(each)

    def notice(self, found: Found) -> Notice:
        """A notice with this body, signed."""
        body = written(found, plain).encode()
        return Notice(body, self.sign(written(in_order(found), as_javascript).encode()))

    def sign(self, signed: bytes) -> dict[str, str]:
        """The headers of a notice whose text, as JavaScript writes it, is this."""
        code = hmac.new(self.IPN_SECRET.encode(), signed, hashlib.sha512).hexdigest()
        return {"Content-Type": "application/json", "x-nowpayments-sig": code}

    # What NOWPayments does.

    def _due(self, price: Decimal, coin: str) -> Found:
        amount = (price / self.rates[coin]).quantize(SATOSHI, ROUND_CEILING)
        return {"pay_currency": coin, "pay_amount": amount}

    def _on_invoice(self, invoice_id: str, coin: str) -> Found:
        invoice = self.invoices[invoice_id]
        due = self._due(invoice["price_amount"], coin)
        if due["pay_amount"] < self.minimum:
            raise Refusal(400, "AMOUNT_MINIMAL_ERROR", "Crypto amount is less than minimal")
        names = ("price_amount", "price_currency", "order_id", "order_description")
        kept = {name: invoice[name] for name in names}
        return self._new_payment({**kept, **due, "invoice_id": int(invoice_id)})

    def _new_payment(self, fields: Found) -> Found:
        ref = self.new_id("5")
        address: Found = {"pay_address": f"bc1q{ref}", "purchase_id": self.new_id("6")}
        address["payin_extra_id"] = "318559" if fields["pay_currency"] == "xrp" else None
        payment = {
            "parent_payment_id": None,
            "actually_paid": Decimal(0),
            **address,
            **fields,
            "payment_id": int(ref),
            "payment_status": "waiting",
            "actually_paid_at_fiat": Decimal(0),
            "outcome_amount": fields["pay_amount"],
            "outcome_currency": fields["pay_currency"],
            "payment_extra_ids": None,
            "fee": {"currency": "btc", "depositFee": SATOSHI * 12, "withdrawalFee": 0, "serviceFee": 0},
        }
        self.payments[ref] = payment
        self.walk(ref, "waiting")
        return payment

    # What NOWPayments answers.

    def _endpoint(
        self, answer: Callable[[web.Request], Awaitable[Answer]]
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            if request.headers.get("x-api-key") != self.API_KEY:
                status, found = Refusal(403, "INVALID_API_KEY", "Invalid api key").answer
            else:
                status, found = await self._refusing(answer, request)
            return web.Response(status=status, text=written(found, plain), content_type="application/json")

        return handle

    @staticmethod
    async def _refusing(answer: Callable[[web.Request], Awaitable[Answer]], request: web.Request) -> Answer:
        try:
            return await answer(request)
        except Refusal as refusal:
            return refusal.answer

    @staticmethod
    async def _asked(request: web.Request, known: Found, *required: str) -> Found:
        if request.content_type != "application/json":
            raise Refusal(400, "INVALID_REQUEST_PARAMS", "no JSON")
        found = json.loads(await request.read(), parse_float=Decimal)
        if not isinstance(found, dict) or any(name not in found for name in required):
            raise Refusal(400, "INVALID_REQUEST_PARAMS", f"required: {required}")
        for name, value in found.items():
            kind = known.get(name)
            if kind is None or not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
                raise Refusal(400, "INVALID_REQUEST_PARAMS", f"{name} is not allowed")
            if name.endswith("_url") and not str(value).startswith(("https://", "http://")):
                raise Refusal(400, "INVALID_REQUEST_PARAMS", f"{name} must be a valid uri")
        return found

    async def _create_invoice(self, request: web.Request) -> Answer:
        asked = await self._asked(request, INVOICE, "price_amount", "price_currency")
        if asked["price_currency"] not in self.fiat or not asked["price_amount"] > 0:
            raise Refusal(400, "INVALID_REQUEST_PARAMS", "price")
        self._coin(asked.get("pay_currency", "btc"))
        ref = self.new_id("4")
        price = Decimal(asked["price_amount"])
        self.invoices[ref] = {"order_id": None, "order_description": None, **asked, "price_amount": price}
        self.fail(*self.after_invoice)
        shown = {"id": ref, "token_id": "1", "order_id": asked.get("order_id"), "price_amount": f"{price:f}"}
        return 200, {**shown, "invoice_url": f"https://nowpayments.io/payment/?iid={ref}"}

    async def _create_payment(self, request: web.Request) -> Answer:
        asked = await self._asked(request, {"iid": (int, str), "pay_currency": str}, "iid", "pay_currency")
        invoice = self.invoices.get(str(asked["iid"]))
        if invoice is None:
            raise Refusal(404, "INVOICE_NOT_FOUND")
        coin = self._coin(asked["pay_currency"])
        if invoice.get("pay_currency", coin) != coin:
            raise Refusal(400, "INVALID_REQUEST_PARAMS", "pay_currency is that of the invoice")
        payment = self._on_invoice(str(asked["iid"]), coin)
        hidden = {"fee", "actually_paid", "actually_paid_at_fiat", "parent_payment_id", "payment_extra_ids"}
        shown = {name: value for name, value in payment.items() if name not in hidden}
        return 201, {**shown, "payment_id": str(payment["payment_id"]), "network": coin, **self.ends}

    async def _payment_status(self, request: web.Request) -> Answer:
        ref = request.match_info["id"]
        if not re.fullmatch("[0-9]+", ref):
            raise Refusal(400, "INVALID_REQUEST_PARAMS", "Payment id must be a number")
        if ref not in self.payments:
            raise Refusal(404, "PAYMENT_NOT_FOUND")
        return 200, {name: value for name, value in self.payments[ref].items() if name != "fee"}

    async def _coins(self, _: web.Request) -> Answer:
        return 200, {"selectedCurrencies": [coin.upper() for coin in self.rates]}

    def _coin(self, coin: str) -> str:
        if coin not in self.rates:
            raise Refusal(400, "CURRENCY_UNAVAILABLE", f"Currency {coin} is currently unavailable")
        return coin


def plain(number: Decimal) -> str:
    """A number in plain decimals, as the bodies have it."""
    return f"{number:f}"


def as_javascript(number: Decimal) -> str:
    """A number of at most 8 decimals as JSON.stringify prints it."""
    if 0 < number < Decimal("0.000001"):
        digits = f"{number.scaleb(8).normalize():f}".rstrip("0")
        return f"{digits[0]}{'.' if digits[1:] else ''}{digits[1:]}e{number.adjusted()}"
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def in_order(value: Any) -> Any:
    """The same with its names sorted at every level."""
    if isinstance(value, dict):
        return {name: in_order(value[name]) for name in sorted(value)}
    return [in_order(each) for each in value] if isinstance(value, list) else value


def written(value: Any, number: Callable[[Decimal], str]) -> str:
    """JSON without spaces, its numbers printed by `number`."""
    if isinstance(value, dict):
        every = (f"{written(name, number)}:{written(inner, number)}" for name, inner in value.items())
        return f"{{{','.join(every)}}}"
    if isinstance(value, list):
        return f"[{','.join(written(each, number) for each in value)}]"
    if isinstance(value, Decimal):
        return number(value)
    return json.dumps(value, ensure_ascii=False)
