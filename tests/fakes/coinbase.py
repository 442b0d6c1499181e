"""Coinbase twice: Business, which makes checkouts, and Commerce, which is closed and still answers."""

import base64
import hashlib
import hmac
import json
import re
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from aiohttp import web
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.fakes.provider import FakeProvider, Notice

type Answer = tuple[int, dict[str, Any]]
type Handler = Callable[[web.Request], Awaitable[Answer]]

AMOUNT = re.compile(r"\d+(\.\d{1,2})?")
UUID4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


class Refusal(Exception):
    """An error as Coinbase answers it."""

    def __init__(self, status: int, kind: str) -> None:
        super().__init__(kind)
        self.status = status
        self.kind = kind


class CoinbaseBusiness(FakeProvider):
    """One business with one API key; verbs take a checkout's id, which is the shop's provider_ref.

    `private_key` and `pem` are the two forms in which Coinbase gives keys out; both are known here.
    """

    KEY_NAME = "organizations/0a1b/apiKeys/2c3d"
    WEBHOOK_SECRET = "2b1f4c0a-6a2e-4a53-8c55-70a6e0d7ce10"

    def __init__(self) -> None:
        super().__init__()
        self._edwards = ed25519.Ed25519PrivateKey.generate()
        self._curve = ec.generate_private_key(ec.SECP256R1())
        self.instant_refunds = False
        self.cut_off: str | None = None  # told instead of an answer
        self.behind = 0.0  # how many seconds its clock is behind ours
        self.checkouts: dict[str, dict[str, Any]] = {}
        self._answers: dict[str, tuple[str, Answer]] = {}

    @property
    def private_key(self) -> str:
        """The Ed25519 key: base64 of its seed and its public key."""
        seed = self._edwards.private_bytes_raw()
        return base64.b64encode(seed + self._edwards.public_key().public_bytes_raw()).decode()

    @property
    def pem(self) -> str:
        """The P-256 key as a PEM of several lines."""
        form = PrivateFormat.TraditionalOpenSSL
        return self._curve.private_bytes(Encoding.PEM, form, NoEncryption()).decode()

    @property
    def api(self) -> str:
        """Where the adapter's calls go."""
        return f"{self.url}/api/v1"

    @property
    def sandbox(self) -> str:
        """Where they go in the sandbox."""
        return f"{self.url}/sandbox/api/v1"

    def routes(self, router: web.UrlDispatcher) -> None:
        """Add the checkouts, once live and once as the sandbox."""
        for base in ("/api/v1/checkouts", "/sandbox/api/v1/checkouts"):
            router.add_get(base, self._endpoint(self._list))
            router.add_post(base, self._endpoint(self._once(self._create)))
            router.add_get(base + "/{id}", self._endpoint(self._get))
            router.add_post(base + "/{id}/deactivate", self._endpoint(self._once(self._deactivate)))
            router.add_post(base + "/{id}/refund", self._endpoint(self._once(self._refund)))

    # What people do.

    def start(self, ref: str) -> None:
        """The payer's money is on its way over the chain; nobody is told."""
        assert self.checkouts[ref]["status"] == "ACTIVE", "nobody can pay there"
        self.checkouts[ref]["status"] = "PROCESSING"

    def pay(self, ref: str) -> None:
        """The payer pays, and the chain confirms it."""
        if self.checkouts[ref]["status"] != "PROCESSING":
            self.start(ref)
        checkout = self.checkouts[ref]
        cents = _cents(checkout["amount"])
        checkout |= {
            "status": "COMPLETED",
            "transactionHash": "0x" + hashlib.sha256(ref.encode()).hexdigest(),
            "settlement": {
                "totalAmount": checkout["amount"],
                "feeAmount": _amount(cents // 100),
                "netAmount": _amount(cents - cents // 100),
                "currency": "USDC",
            },
        }
        self._tell(checkout, "checkout.payment.success")

    def decline(self, ref: str) -> None:
        """The payment fails, and with it the checkout."""
        self.checkouts[ref]["status"] = "FAILED"
        self._tell(self.checkouts[ref], "checkout.payment.failed")

    def expire(self, ref: str) -> None:
        """The checkout's time is over."""
        self.checkouts[ref]["status"] = "EXPIRED"
        self._tell(self.checkouts[ref], "checkout.payment.expired")

    def other_sale(self) -> str:
        """The same business sells something elsewhere. The checkout's id."""
        ref = str(self._new({"amount": "5.00", "currency": "USDC", "metadata": {"orderId": "12345"}})["id"])
        self.pay(ref)
        return ref

    def refund_in_dashboard(self, ref: str, cents: int) -> str:
        """Somebody gives money back at Coinbase. The refund's id."""
        refund = self._give_back(self.checkouts[ref], cents, "Customer requested refund")
        self.settle_refund(ref, refund["id"])
        return str(refund["id"])

    def settle_refund(self, ref: str, refund_id: str, status: str = "COMPLETED") -> None:
        """A refund went through, or FAILED."""
        checkout = self.checkouts[ref]
        refund = next(each for each in checkout["refunds"] if each["id"] == refund_id)
        refund["status"] = status
        done = sum(_cents(each["amount"]) for each in checkout["refunds"] if each["status"] == "COMPLETED")
        if done:
            checkout["refundedAmount"] = _amount(done)
            whole = done == _cents(checkout["amount"])
            checkout["status"] = "REFUNDED" if whole else "PARTIALLY_REFUNDED"
        verb = "success" if status == "COMPLETED" else "failed"
        self._tell(checkout, f"checkout.refund.{verb}")

    def sign(self, body: bytes, kind: str, moment: int | None = None) -> dict[str, str]:
        """The headers of a delivery with this body, signed in both of Hook0's ways."""
        t = str(int(time.time()) if moment is None else moment)
        headers = {"content-type": "application/json", "x-event-id": self.new_id("e-"), "x-event-type": kind}
        names = " ".join(headers)
        covered = ".".join((t, names, *headers.values(), "")).encode() + body
        v0, v1 = (_code(self.WEBHOOK_SECRET, each) for each in (f"{t}.".encode() + body, covered))
        return {**headers, "X-Hook0-Signature": f"t={t},v0={v0},h={names},v1={v1}"}

    # What Coinbase does.

    def _new(self, asked: dict[str, Any]) -> dict[str, Any]:
        ref = hashlib.sha256(self.new_id("c").encode()).hexdigest()[:24]
        checkout = {
            "network": "base",
            **asked,
            "id": ref,
            "url": f"https://payments.coinbase.com/payment-links/pl_{ref}",
            "address": "0x742d35Cc6634C0532925a3b844Bc454e4438f44e",
            "status": "ACTIVE",
        }
        self.checkouts[ref] = checkout
        return checkout

    def _give_back(self, checkout: dict[str, Any], cents: int, reason: str) -> dict[str, Any]:
        refund = {
            "id": self.new_id("rf"),
            "checkoutId": checkout["id"],
            "amount": _amount(cents),
            "currency": "USDC",
            "status": "PENDING",
            "reason": reason,
        }
        checkout.setdefault("refunds", []).append(refund)
        return refund

    def _tell(self, checkout: dict[str, Any], kind: str) -> None:
        body = json.dumps({**checkout, "eventType": kind}, separators=(",", ":")).encode()
        self.notify(Notice(body, self.sign(body, kind)))

    # What Coinbase answers.

    def _endpoint(self, answer: Handler) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            if not self._may(request):
                return web.json_response({"errorType": "unauthorized"}, status=401)
            try:
                status, found = await answer(request)
            except Refusal as refusal:
                status = refusal.status
                found = {"errorType": refusal.kind, "errorMessage": "No.", "correlationId": "c-1"}
            if self.cut_off is not None:
                status, found = 400, {"errorType": self.cut_off}
            return web.json_response(found, status=status)

        return handle

    def _may(self, request: web.Request) -> bool:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        parts = token.split(".")
        if scheme != "Bearer" or len(parts) != 3:
            return False
        header, claims = (json.loads(_unbase64(each)) for each in parts[:2])
        signed, code = f"{parts[0]}.{parts[1]}".encode(), _unbase64(parts[2])
        request_line = f"{request.method} {request.host}{request.path}"
        now = time.time() - self.behind
        in_time = claims["nbf"] <= now < claims["exp"] <= claims["nbf"] + 120
        named = header["kid"] == claims["sub"] == self.KEY_NAME and len(header["nonce"]) >= 16
        return self._signed(header["alg"], signed, code) and (
            in_time and named and claims["iss"] == "cdp" and claims["uri"] == request_line
        )

    def _signed(self, algorithm: str, signed: bytes, code: bytes) -> bool:
        try:
            if algorithm == "EdDSA":
                self._edwards.public_key().verify(code, signed)
            elif algorithm == "ES256" and len(code) == 64:
                r, s = int.from_bytes(code[:32]), int.from_bytes(code[32:])
                self._curve.public_key().verify(encode_dss_signature(r, s), signed, ec.ECDSA(SHA256()))
            else:
                return False
        except InvalidSignature:
            return False
        return True

    def _once(self, act: Callable[[dict[str, Any], str], Answer]) -> Handler:
        """Do it once for each idempotency key; the same key with other parameters is refused."""

        async def answer(request: web.Request) -> Answer:
            key = request.headers.get("X-Idempotency-Key", "")
            if not UUID4.fullmatch(key) or request.content_type != "application/json":
                raise Refusal(400, "invalid_request")
            asked = await request.json()
            whole = request.path + json.dumps(asked, sort_keys=True)
            if key not in self._answers:
                self._answers[key] = (whole, act(asked, request.match_info.get("id", "")))
            if self._answers[key][0] != whole:
                raise Refusal(422, "idempotency_error")
            return self._answers[key][1]

        return answer

    def _create(self, asked: dict[str, Any], _: str) -> Answer:
        metadata = asked.get("metadata", {})
        links = [asked.get(name, "https://") for name in ("successRedirectUrl", "failRedirectUrl")]
        good = (
            isinstance(asked.get("amount"), str)
            and AMOUNT.fullmatch(asked["amount"])
            and _cents(asked["amount"]) > 0
            and asked.get("currency") == "USDC"
            and asked.get("network", "base") == "base"
            and len(asked.get("description", "")) <= 500
            and MOMENT.fullmatch(asked.get("expiresAt", "2026-01-01T00:00:00Z"))
            and all(isinstance(each, str) for each in metadata.values())
            and all(each.startswith("https://") for each in links)
        )
        if not good:
            raise Refusal(400, "invalid_request")
        return 201, dict(self._new(asked))

    def _found(self, ref: str) -> dict[str, Any]:
        if ref not in self.checkouts:
            raise Refusal(404, "not_found")
        return self.checkouts[ref]

    def _deactivate(self, _: dict[str, Any], ref: str) -> Answer:
        checkout = self._found(ref)
        if checkout["status"] != "ACTIVE":
            raise Refusal(400, "checkout_not_active")
        checkout["status"] = "DEACTIVATED"
        return 200, dict(checkout)

    def _refund(self, asked: dict[str, Any], ref: str) -> Answer:
        checkout = self._found(ref)
        amount, currency = asked.get("amount"), asked.get("currency")
        if not isinstance(amount, str) or not AMOUNT.fullmatch(amount) or currency != "USDC":
            raise Refusal(400, "invalid_request")
        given = [each for each in checkout.get("refunds", []) if each["status"] != "FAILED"]
        left = _cents(checkout["amount"]) - sum(_cents(each["amount"]) for each in given)
        if checkout["status"] not in {"COMPLETED", "PARTIALLY_REFUNDED"} or not 0 < _cents(amount) <= left:
            raise Refusal(400, "refund_exceeds_balance")
        refund = self._give_back(checkout, _cents(amount), asked.get("reason", ""))
        if self.instant_refunds:
            self.settle_refund(ref, refund["id"])
        return 200, {"checkout": dict(checkout), "refund": dict(refund)}

    async def _get(self, request: web.Request) -> Answer:
        return 200, self._found(request.match_info["id"])

    async def _list(self, _: web.Request) -> Answer:
        return 200, {"checkouts": list(self.checkouts.values())}


class CoinbaseCommerce(FakeProvider):
    """One merchant's old charges; verbs take a charge's code, which is the shop's provider_ref."""

    API_KEY = "2ebe11e8-0bd1-4267-9b0f-e6e7b123c0bf"
    WEBHOOK_SECRET = "30291a20-0bd1-4267-9b0f-e6e7b123c0bf"

    def __init__(self) -> None:
        super().__init__()
        self.charges: dict[str, dict[str, Any]] = {}

    def routes(self, router: web.UrlDispatcher) -> None:
        """Add reading; Coinbase makes no charges any more."""
        router.add_get("/charges", self._list)
        router.add_get("/charges/{code}", self._get)

    def hold(self, order_id: str | None, amount: str = "19.99", currency: str = "USD") -> str:
        """A charge that was made while one could. Its code."""
        code = f"K{len(self.charges):07X}"
        self.charges[code] = {
            "code": code,
            "id": f"9b4a2f0e-0000-4000-8000-{len(self.charges):012d}",
            "name": "Gold role",
            "pricing": {"local": {"amount": amount, "currency": currency}},
            "metadata": {"order_id": order_id} if order_id else {},
            "payments": [],
            "timeline": [{"status": "NEW", "time": "2026-03-30T09:58:00Z"}],
        }
        return code

    def start(self, code: str) -> None:
        """The payer's money is seen on the chain."""
        self._step(code, "PENDING", "charge:pending")

    def pay(self, code: str) -> None:
        """The chain has confirmed the payer's money."""
        self.start(code)
        self._step(code, "COMPLETED", "charge:confirmed")

    def decline(self, code: str) -> None:
        """The payment fails."""
        self._step(code, "FAILED", "charge:failed")

    def expire(self, code: str) -> None:
        """The charge's hour is over."""
        self._step(code, "EXPIRED", "charge:failed")

    def leave_open(self, code: str, amount: str, why: str) -> None:
        """Money came that does not fit: why is UNDERPAID, OVERPAID or DELAYED."""
        local = {"amount": amount, "currency": self.charges[code]["pricing"]["local"]["currency"]}
        self.charges[code]["payments"].append({"status": "CONFIRMED", "value": {"local": local}})
        self._step(code, "UNRESOLVED", "charge:delayed" if why == "DELAYED" else "charge:failed", why)

    def sign(self, body: bytes) -> dict[str, str]:
        """The headers of a delivery with this body."""
        code = _code(self.WEBHOOK_SECRET, body)
        return {"Content-Type": "application/json", "X-CC-Webhook-Signature": code}

    def _step(self, code: str, status: str, kind: str, why: str | None = None) -> None:
        step = {"status": status, "time": datetime.now(UTC).isoformat()} | ({"context": why} if why else {})
        self.charges[code]["timeline"].append(step)
        event = {"id": self.new_id("24934862-"), "type": kind, "data": self.charges[code]}
        body = json.dumps({"id": self.new_id("d-"), "attempt_number": 1, "event": event}).encode()
        self.notify(Notice(body, self.sign(body)))

    def _may(self, request: web.Request) -> bool:
        version = request.headers.get("X-CC-Version")
        return request.headers.get("X-CC-Api-Key") == self.API_KEY and version == "2018-03-22"

    async def _get(self, request: web.Request) -> web.Response:
        charge = self.charges.get(request.match_info["code"])
        if not self._may(request):
            return web.json_response({"error": {"type": "authentication_error"}}, status=401)
        if charge is None:
            return web.json_response({"error": {"type": "not_found"}}, status=404)
        return web.json_response({"data": charge})

    async def _list(self, request: web.Request) -> web.Response:
        if not self._may(request):
            return web.json_response({"error": {"type": "authentication_error"}}, status=401)
        return web.json_response({"data": list(self.charges.values()), "pagination": {}})


def _cents(amount: str) -> int:
    whole, _, rest = amount.partition(".")
    return int(whole) * 100 + int(f"{rest:0<2}")


def _amount(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


def _code(secret: str, signed: bytes) -> str:
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def _unbase64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
