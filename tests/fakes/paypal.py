"""PayPal as the shop uses it: tokens, orders, captures, refunds, disputes, certificates and webhooks."""

import base64
import json
import re
import zlib
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import aiohttp
from aiohttp import web
from cryptography import x509

from models.base import utc_now
from tests.fakes.paypal_authority import LIVE, SANDBOX, authority, sign
from tests.fakes.provider import FakeProvider, Notice

type Answer = tuple[int, dict[str, Any]]
type Handle = Callable[[web.Request], Awaitable[web.Response]]

_NO_DECIMALS = {"HUF", "JPY", "TWD"}
_CONTEXT = {"user_action": {"PAY_NOW", "CONTINUE"}, "shipping_preference": {"NO_SHIPPING", "GET_FROM_FILE"}}
_QUESTION = {
    "auth_algo",
    "cert_url",
    "transmission_id",
    "transmission_sig",
    "transmission_time",
    "webhook_id",
    "webhook_event",
}


class Refusal(Exception):
    """An error as PayPal answers it."""

    def __init__(self, status: int, name: str, issue: str | None = None) -> None:
        super().__init__(issue or name)
        found: dict[str, Any] = {"name": name, "message": "A sentence.", "debug_id": "f5a4b3c2d1e0f"}
        if issue:
            found["details"] = [{"issue": issue, "description": "Another sentence."}]
        self.answer: Answer = (status, found)


def unprocessable(issue: str) -> Refusal:
    """What PayPal understood and will not do."""
    return Refusal(422, "UNPROCESSABLE_ENTITY", issue)


class PayPal(FakeProvider):
    """One app of a business account. An order's id is what the shop calls a provider_ref.

    Certificates are served here, though their address is PayPal's own: hand `fetch` and `roots` to the
    adapter. `now` is the clock by which tokens end. `refuses`, a status and an issue, is the answer to
    everything new while it is set.
    """

    CLIENT_ID = "AeA1QIZXiflr1-sandbox"
    SECRET = "EGnHDxD_qRPdaLdZz8iCr8N7_sandbox"
    WEBHOOK_ID = "8PT597110X687430LKGECATA"

    def __init__(self, *, sandbox: bool = False, now: Callable[[], datetime] = utc_now) -> None:
        super().__init__()
        self.sandbox = sandbox
        self.now = now
        self.token_seconds = 32400
        self.tokens: dict[str, datetime] = {}
        self.orders: dict[str, dict[str, Any]] = {}
        self.captures: dict[str, dict[str, Any]] = {}
        self.refunds: dict[str, dict[str, Any]] = {}
        self.disputes: dict[str, dict[str, Any]] = {}
        self.chain = authority().chain(authority().leaf(SANDBOX if sandbox else LIVE))
        self.fetched: list[str] = []
        self.pending_captures = False
        self.pending_refunds = False
        self.refuses: tuple[int, str] | None = None
        self.token_answer: dict[str, Any] | None = None
        self._declined: set[str] = set()
        self._refunded: dict[str, str] = {}
        self._answers: dict[tuple[str, str], tuple[bytes, Answer]] = {}

    def routes(self, router: web.UrlDispatcher) -> None:
        """Add the part of PayPal's API that the shop calls."""
        router.add_post("/v1/oauth2/token", self._token)
        router.add_get("/v1/notifications/certs/{id}", self._certificate)
        router.add_post("/v1/notifications/verify-webhook-signature", self._endpoint(self._verify))
        router.add_get("/v1/notifications/webhooks/{id}", self._endpoint(self._webhook))
        router.add_post("/v2/checkout/orders", self._endpoint(self._once(self._create)))
        router.add_get("/v2/checkout/orders/{id}", self._endpoint(self._read("orders")))
        router.add_post("/v2/checkout/orders/{id}/capture", self._endpoint(self._once(self._capture)))
        router.add_get("/v2/payments/captures/{id}", self._endpoint(self._read("captures")))
        router.add_post("/v2/payments/captures/{id}/refund", self._endpoint(self._once(self._refund)))
        router.add_get("/v2/payments/refunds/{id}", self._endpoint(self._read("refunds")))

    # What the adapter is given.

    @property
    def roots(self) -> tuple[x509.Certificate, ...]:
        """The root that its certificates lead to."""
        return (authority().root,)

    async def fetch(self, url: str) -> bytes:
        """Fetch a certificate whose address is PayPal's from here."""
        self.fetched.append(url)
        path = "/" + url.split("/", 3)[3]
        async with aiohttp.ClientSession() as session, session.get(self.url + path) as answer:
            return await answer.read()

    # What people do.

    def pay(self, ref: str) -> None:
        """The payer approves on PayPal's page; no money moves before the shop captures it."""
        order = self.orders[ref]
        if order["status"] not in {"CREATED", "PAYER_ACTION_REQUIRED", "APPROVED"}:
            raise AssertionError("this order can be paid no more")
        order["status"] = "APPROVED"
        self._declined.discard(ref)
        self.tell("CHECKOUT.ORDER.APPROVED", "checkout-order", order)

    def decline(self, ref: str) -> None:
        """The payer approves, and their bank will refuse when the shop captures."""
        self.pay(ref)
        self._declined.add(ref)

    def expire(self, ref: str) -> None:
        """Hours pass and PayPal forgets the order; it tells nobody."""
        del self.orders[ref]

    def void(self, ref: str) -> None:
        """The order is cancelled at PayPal, which some accounts can ask for."""
        self.orders[ref]["status"] = "VOIDED"

    def settle(self, capture_id: str, status: str = "COMPLETED") -> None:
        """A pending capture ends: COMPLETED or DECLINED."""
        capture = self.captures[capture_id]
        capture["status"] = status
        capture.pop("status_details", None)
        kind = "COMPLETED" if status == "COMPLETED" else "DENIED"
        self.tell(f"PAYMENT.CAPTURE.{kind}", "capture", capture)

    def refund_in_dashboard(self, capture_id: str, cents: int) -> str:
        """The seller gives money back outside the shop. The refund's id."""
        refund = self._new_refund(self.captures[capture_id], cents, "COMPLETED")
        return str(refund["id"])

    def settle_refund(self, refund_id: str, status: str = "COMPLETED") -> None:
        """A pending refund ends: COMPLETED, FAILED or CANCELLED."""
        refund = self.refunds[refund_id]
        refund["status"] = status
        kind = "CAPTURE.REFUNDED" if status == "COMPLETED" else "REFUND.FAILED"
        self.tell(f"PAYMENT.{kind}", "refund", refund)

    def reverse(self, capture_id: str) -> str:
        """A bank takes back all that is left of a capture. The refund's id."""
        capture = self.captures[capture_id]
        refund = self._new_refund(capture, self._left(capture), "COMPLETED", "PAYMENT.CAPTURE.REVERSED")
        return str(refund["id"])

    def dispute(self, capture_id: str, reason: str = "MERCHANDISE_OR_SERVICE_NOT_RECEIVED") -> str:
        """The payer opens a case. The dispute's id."""
        capture = self.captures[capture_id]
        dispute = {
            "dispute_id": self.new_id("PP-D-"),
            "disputed_transactions": [
                {"seller_transaction_id": capture_id, "custom": capture.get("custom_id", "")}
            ],
            "reason": reason,
            "status": "OPEN",
            "dispute_amount": dict(capture["amount"]),
            "dispute_life_cycle_stage": "INQUIRY",
            "messages": [{"posted_by": "BUYER", "content": "Rien reçu 😡"}],
        }
        self.disputes[str(dispute["dispute_id"])] = dispute
        self.tell("CUSTOMER.DISPUTE.CREATED", "dispute", dispute)
        return str(dispute["dispute_id"])

    def settle_dispute(self, dispute_id: str, outcome: str = "RESOLVED_BUYER_FAVOUR") -> None:
        """PayPal decides; the money follows by `reverse`."""
        dispute = self.disputes[dispute_id]
        dispute["status"] = "RESOLVED"
        dispute["dispute_outcome"] = {"outcome_code": outcome}
        if outcome == "RESOLVED_BUYER_FAVOUR":
            dispute["dispute_outcome"]["amount_refunded"] = dict(dispute["dispute_amount"])
        self.tell("CUSTOMER.DISPUTE.RESOLVED", "dispute", dispute)

    def tell(self, kind: str, resource_type: str, resource: dict[str, Any]) -> Notice:
        """Send a webhook about something."""
        event = {
            "id": self.new_id("WH-"),
            "event_version": "1.0",
            "create_time": "2026-11-23T11:59:47.345Z",
            "resource_type": resource_type,
            "resource_version": "2.0",
            "event_type": kind,
            "summary": "Something happened",
            "resource": resource,
        }
        body = json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()
        return self.notify(Notice(body, self.sign(body)))

    def sign(self, body: bytes) -> dict[str, str]:
        """The headers of a delivery with this body."""
        told, when = self.new_id("f0e2d9a0-c7a4-11f0-"), "2026-11-23T11:59:57Z"
        code = sign(f"{told}|{when}|{self.WEBHOOK_ID}|{zlib.crc32(body)}".encode())
        host = "api.sandbox.paypal.com" if self.sandbox else "api.paypal.com"
        return {
            "Content-Type": "application/json",
            "PAYPAL-TRANSMISSION-ID": told,
            "PAYPAL-TRANSMISSION-TIME": when,
            "PAYPAL-TRANSMISSION-SIG": base64.b64encode(code).decode(),
            "PAYPAL-CERT-URL": f"https://{host}/v1/notifications/certs/CERT-360caa42-fca2a594-1d93a270",
            "PAYPAL-AUTH-ALGO": "SHA256withRSA",
        }

    # What PayPal does.

    @staticmethod
    def _value(cents: int, currency: str) -> dict[str, str]:
        digits = 0 if currency == "JPY" else 2
        value = Decimal(cents).scaleb(-digits)
        return {
            "currency_code": currency,
            "value": f"{value:.0f}" if currency in _NO_DECIMALS else f"{value}",
        }

    @staticmethod
    def _cents(amount: Any) -> int:
        if not isinstance(amount, dict) or not isinstance(amount.get("value"), str):
            raise Refusal(400, "INVALID_REQUEST", "MISSING_REQUIRED_PARAMETER")
        currency, value = amount.get("currency_code"), amount["value"]
        if not isinstance(currency, str) or not re.fullmatch(r"[A-Z]{3}", currency):
            raise unprocessable("INVALID_CURRENCY_CODE")
        if not re.fullmatch(r"[0-9]{1,15}(\.[0-9]{1,2})?", value):
            raise unprocessable("DECIMAL_PRECISION")
        if currency in _NO_DECIMALS and "." in value:
            raise unprocessable("DECIMALS_NOT_SUPPORTED")
        cents = int(Decimal(value).scaleb(0 if currency == "JPY" else 2))
        if cents <= 0:
            raise unprocessable("CANNOT_BE_ZERO_OR_NEGATIVE")
        return cents

    def _left(self, capture: dict[str, Any]) -> int:
        gone = [each for each in self.refunds.values() if self._refunded[each["id"]] == capture["id"]]
        counted = [each for each in gone if each["status"] in {"COMPLETED", "PENDING"}]
        return self._cents(capture["amount"]) - sum(self._cents(each["amount"]) for each in counted)

    def _new_refund(
        self, capture: dict[str, Any], cents: int, status: str, kind: str = "PAYMENT.CAPTURE.REFUNDED"
    ) -> dict[str, Any]:
        currency = capture["amount"]["currency_code"]
        whole = self._cents(capture["amount"])
        refund_id = self.new_id("1JU")
        refund = {
            "id": refund_id,
            "status": status,
            "amount": self._value(cents, currency),
            "note_to_payer": "Défaut, remboursé €",
            "seller_payable_breakdown": {
                "total_refunded_amount": self._value(whole - self._left(capture) + cents, currency)
            },
            "links": [
                {"href": f"{self.url}/v2/payments/refunds/{refund_id}", "rel": "self"},
                {"href": f"{self.url}/v2/payments/captures/{capture['id']}", "rel": "up"},
            ],
        }
        self.refunds[refund_id] = refund
        self._refunded[refund_id] = capture["id"]
        capture["status"] = "PARTIALLY_REFUNDED" if self._left(capture) else "REFUNDED"
        order = self.orders.get(capture["supplementary_data"]["related_ids"]["order_id"])
        if order is not None:
            order["purchase_units"][0]["payments"].setdefault("refunds", []).append(refund)
        self.tell("PAYMENT.REFUND.PENDING" if status == "PENDING" else kind, "refund", refund)
        return refund

    # What PayPal answers.

    async def _token(self, request: web.Request) -> web.Response:
        if self.token_answer is not None:
            return web.json_response(self.token_answer)
        basic = base64.b64encode(f"{self.CLIENT_ID}:{self.SECRET}".encode()).decode()
        if request.headers.get("Authorization") != f"Basic {basic}":
            return web.json_response({"error": "invalid_client"}, status=401)
        if (await request.post()).get("grant_type") != "client_credentials":
            return web.json_response({"error": "unsupported_grant_type"}, status=400)
        token = self.new_id("A21AA")
        self.tokens[token] = self.now() + timedelta(seconds=self.token_seconds)
        return web.json_response(
            {"access_token": token, "token_type": "Bearer", "expires_in": self.token_seconds}
        )

    async def _certificate(self, request: web.Request) -> web.Response:
        if not request.match_info["id"].startswith("CERT-"):
            return web.json_response({"name": "RESOURCE_NOT_FOUND"}, status=404)
        return web.Response(body=self.chain, content_type="application/x-pem-file")

    def _endpoint(self, answer: Callable[[web.Request], Awaitable[Answer]]) -> Handle:
        async def handle(request: web.Request) -> web.Response:
            scheme, _, token = request.headers.get("Authorization", "").partition(" ")
            ends = self.tokens.get(token)
            if scheme != "Bearer" or ends is None or ends <= self.now():
                return web.json_response({"error": "invalid_token"}, status=401)
            try:
                status, found = await answer(request)
            except Refusal as refusal:
                status, found = refusal.answer
            return web.json_response(found, status=status)

        return handle

    def _once(self, act: Callable[[web.Request, Any], Answer]) -> Callable[[web.Request], Awaitable[Answer]]:
        """Do it once for each request id; a refusal is not kept, and another body is not the same request."""

        async def answer(request: web.Request) -> Answer:
            key, body = request.headers.get("PayPal-Request-Id", ""), await request.read()
            if request.content_type != "application/json":
                raise Refusal(415, "UNSUPPORTED_MEDIA_TYPE")
            if not 0 < len(key) <= 108:
                raise Refusal(400, "INVALID_REQUEST", "PAYPAL_REQUEST_ID_REQUIRED")
            before = self._answers.get((request.path, key))
            if before is not None and before[0] != body:
                raise Refusal(400, "DUPLICATE_REQUEST_ID")
            if before is not None:
                return 200, before[1][1]
            if self.refuses is not None:
                status, issue = self.refuses
                raise Refusal(status, "RESOURCE_CONFLICT" if status == 409 else "REFUSED", issue)
            status, done = act(request, json.loads(body))
            if request.headers.get("Prefer") != "return=representation":
                done = {name: done[name] for name in ("id", "status", "links")}
            # Kept as it was told, whatever becomes of it.
            kept = (status, json.loads(json.dumps(done)))
            self._answers[request.path, key] = (body, kept)
            return kept

        return answer

    def _read(self, name: str) -> Callable[[web.Request], Awaitable[Answer]]:
        async def answer(request: web.Request) -> Answer:
            return 200, self._find(name, request)

        return answer

    def _find(self, name: str, request: web.Request) -> dict[str, Any]:
        every = {"orders": self.orders, "captures": self.captures, "refunds": self.refunds}[name]
        found = every.get(request.match_info["id"])
        if found is None:
            raise Refusal(404, "RESOURCE_NOT_FOUND", "INVALID_RESOURCE_ID")
        return found

    def _create(self, request: web.Request, asked: dict[str, Any]) -> Answer:
        unit = self._checked(asked)
        order_id = self.new_id("5O1")
        self.orders[order_id] = {
            "id": order_id,
            "intent": "CAPTURE",
            "status": "PAYER_ACTION_REQUIRED",
            "purchase_units": [{"reference_id": "default", **unit}],
            "payer": {"email_address": "buyer@example.com"},
            "links": [
                {"href": f"{self.url}{request.path}/{order_id}", "rel": "self", "method": "GET"},
                {"href": f"{self.url}/checkoutnow?token={order_id}", "rel": "payer-action", "method": "GET"},
            ],
        }
        return 201, self.orders[order_id]

    def _checked(self, asked: dict[str, Any]) -> dict[str, Any]:
        units = asked.get("purchase_units")
        if asked.get("intent") != "CAPTURE" or not isinstance(units, list) or len(units) != 1:
            raise Refusal(400, "INVALID_REQUEST", "INVALID_PARAMETER_VALUE")
        unit: dict[str, Any] = units[0]
        self._cents(unit.get("amount"))
        context = asked.get("payment_source", {}).get("paypal", {}).get("experience_context", {})
        if any(context.get(name) not in words for name, words in _CONTEXT.items()):
            raise Refusal(400, "INVALID_REQUEST", "INVALID_PARAMETER_VALUE")
        if not all(
            str(context.get(name)).startswith(("https://", "http://"))
            for name in ("return_url", "cancel_url")
        ):
            raise Refusal(400, "INVALID_REQUEST", "INVALID_PARAMETER_SYNTAX")
        for text in (unit.get("custom_id"), unit.get("description"), context.get("brand_name")):
            if not isinstance(text, str) or not 0 < len(text) <= 127 or "\n" in text:
                raise Refusal(400, "INVALID_REQUEST", "INVALID_STRING_LENGTH")
        return unit

    def _capture(self, request: web.Request, _: dict[str, Any]) -> Answer:
        order = self._find("orders", request)
        if order["status"] == "COMPLETED":
            raise unprocessable("ORDER_ALREADY_CAPTURED")
        if order["status"] != "APPROVED":
            raise unprocessable("ORDER_NOT_APPROVED")
        if order["id"] in self._declined:
            raise unprocessable("INSTRUMENT_DECLINED")
        unit = order["purchase_units"][0]
        capture: dict[str, Any] = {
            "id": self.new_id("3C6"),
            "status": "PENDING" if self.pending_captures else "COMPLETED",
            "amount": dict(unit["amount"]),
            "final_capture": True,
            "custom_id": unit["custom_id"],
            "supplementary_data": {"related_ids": {"order_id": order["id"]}},
        }
        if self.pending_captures:
            capture["status_details"] = {"reason": "ECHECK"}
        self.captures[capture["id"]] = capture
        order["status"] = "COMPLETED"
        unit["payments"] = {"captures": [capture]}
        self.tell(f"PAYMENT.CAPTURE.{capture['status']}", "capture", capture)
        return 201, order

    def _refund(self, request: web.Request, asked: dict[str, Any]) -> Answer:
        capture = self._find("captures", request)
        left, amount = self._left(capture), asked.get("amount")
        cents = left if amount is None else self._cents(amount)
        if capture["status"] not in {"COMPLETED", "PARTIALLY_REFUNDED", "REFUNDED"}:
            raise unprocessable("PENDING_CAPTURE")
        if not left:
            raise unprocessable("CAPTURE_FULLY_REFUNDED")
        if amount is not None and amount["currency_code"] != capture["amount"]["currency_code"]:
            raise unprocessable("REFUND_CAPTURE_CURRENCY_MISMATCH")
        if cents > left:
            raise unprocessable("REFUND_AMOUNT_EXCEEDED")
        refund = self._new_refund(capture, cents, "PENDING" if self.pending_refunds else "COMPLETED")
        return 201, refund

    async def _verify(self, request: web.Request) -> Answer:
        """Compare with what was really sent, byte for byte, as PayPal does from its own records."""
        raw = await request.read()
        asked = json.loads(raw)
        if set(asked) != _QUESTION:
            raise Refusal(400, "VALIDATION_ERROR")
        event = raw[raw.index(b'"webhook_event":') + len(b'"webhook_event":') : raw.rindex(b"}")].strip()
        headers = (asked["transmission_id"], asked["transmission_time"], asked["transmission_sig"])
        real = any(event == each.body and headers == _signed(each) for each in self.notices)
        good = real and asked["webhook_id"] == self.WEBHOOK_ID
        return 200, {"verification_status": "SUCCESS" if good else "FAILURE"}

    async def _webhook(self, request: web.Request) -> Answer:
        if request.match_info["id"] != self.WEBHOOK_ID:
            raise Refusal(404, "INVALID_RESOURCE_ID")
        return 200, {"id": self.WEBHOOK_ID, "url": "https://shop.example/webhooks/paypal/t1"}


def _signed(notice: Notice) -> tuple[str, str, str]:
    names = ("ID", "TIME", "SIG")
    first, second, third = (notice.headers[f"PAYPAL-TRANSMISSION-{name}"] for name in names)
    return first, second, third
