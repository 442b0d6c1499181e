"""Square as far as Cash App Pay needs it: payment links, orders, payments, refunds and disputes."""

import base64
import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from tests.fakes.provider import FakeProvider, Notice

type Answer = tuple[int, dict[str, Any]]

VERSION = "2026-09-16"


class Refusal(Exception):
    """An error as Square answers it."""

    def __init__(self, status: int, code: str, field: str = "") -> None:
        super().__init__(code)
        self.answer: Answer = (
            status,
            {"errors": [{"category": "INVALID_REQUEST_ERROR", "code": code, "field": field}]},
        )


class Square(FakeProvider):
    """One seller's account. A provider_ref of the shop, "ORDER:LINK", names a sale in every verb.

    `registered_url` is where the webhook subscription points to: it is signed, whatever address is called.
    """

    TOKEN = "EAAAl-sandbox-token"
    LOCATION = "L88917AVBK2S5"
    SIGNATURE_KEY = "Ibxx_5AKakO-3qeNVR61Dw"

    def __init__(self, registered_url: str = "https://shop.example/webhooks/cashapp_pay/t1") -> None:
        super().__init__()
        self.registered_url = registered_url
        self.currency = "USD"
        self.instant_refunds = False
        self.links: dict[str, dict[str, Any]] = {}
        self.orders: dict[str, dict[str, Any]] = {}
        self.payments: dict[str, dict[str, Any]] = {}
        self.refunds: dict[str, dict[str, Any]] = {}
        self.disputes: dict[str, dict[str, Any]] = {}
        self._answers: dict[str, tuple[str, Answer]] = {}

    def routes(self, router: web.UrlDispatcher) -> None:
        """Add the part of Square's API that the shop calls."""
        link = "/v2/online-checkout/payment-links"
        router.add_post(link, self._endpoint(self._create_link))
        router.add_delete(link + "/{id}", self._endpoint(self._delete_link))
        router.add_post("/v2/refunds", self._endpoint(self._create_refund))
        router.add_get("/v2/locations/{id}", self._endpoint(self._location))
        for name in ("order", "payment", "refund"):
            router.add_get(f"/v2/{name}s/{{id}}", self._endpoint(self._retrieve(name)))

    # What people do.

    def pay(self, ref: str, *, cents: int | None = None, brand: str | None = "CASH_APP") -> str:
        """The payer pays; a `brand` of None is a card. The payment's id."""
        payment = self._new_payment(ref, cents, brand)
        self._tell("payment", "payment.created", payment)
        for status in ("APPROVED", "COMPLETED"):
            self._move(payment, status)
        order = self.orders[payment["order_id"]]
        order["state"] = "OPEN"
        order.setdefault("tenders", []).append({"id": payment["id"], "payment_id": payment["id"]})
        return str(payment["id"])

    def decline(self, ref: str) -> str:
        """The payer tries and Cash App refuses; the link stays open. The payment's id."""
        payment = self._new_payment(ref, None, "CASH_APP")
        self._move(payment, "FAILED")
        return str(payment["id"])

    def expire(self, ref: str) -> None:
        """Somebody deletes the link in the dashboard; Square tells nobody who listens to payments."""
        self._cancel(ref.partition(":")[2])

    def other_sale(self, cents: int = 500) -> str:
        """The seller sells something at the counter, with the same account. The payment's id."""
        order_id = self.new_id("CNTR")
        self.orders[order_id] = {"id": order_id, "location_id": self.LOCATION, "state": "COMPLETED"}
        payment = self._payment(order_id, cents, "Latte", None)
        self._move(payment, "COMPLETED")
        return str(payment["id"])

    def refund_in_dashboard(self, payment_id: str, cents: int) -> str:
        """The seller gives money back outside the shop. The refund's id."""
        refund = self._new_refund(payment_id, cents, "Requested by customer")
        return str(refund["id"])

    def settle_refund(self, refund_id: str, status: str = "COMPLETED") -> None:
        """The bank has decided on a refund: COMPLETED, REJECTED or FAILED."""
        refund = self.refunds[refund_id]
        refund["status"] = status
        self._tell("refund", "refund.updated", refund)
        if status == "COMPLETED":
            payment = self.payments[refund["payment_id"]]
            back = payment.setdefault("refunded_money", {"amount": 0, "currency": self.currency})
            back["amount"] += refund["amount_money"]["amount"]
            self._move(payment, payment["status"])

    def dispute(self, payment_id: str, reason: str = "NOT_AS_DESCRIBED") -> str:
        """The payer's bank asks for the money. The dispute's id."""
        dispute = {
            "id": self.new_id("DSP"),
            "amount_money": dict(self.payments[payment_id]["amount_money"]),
            "reason": reason,
            "state": "EVIDENCE_REQUIRED",
            "disputed_payment": {"payment_id": payment_id},
            "location_id": self.LOCATION,
            "version": 1,
        }
        self.disputes[str(dispute["id"])] = dispute
        self._tell("dispute", "dispute.created", dispute)
        return str(dispute["id"])

    def settle_dispute(self, dispute_id: str, state: str) -> None:
        """The bank decides: WON, LOST; or it goes on: PROCESSING."""
        dispute = self.disputes[dispute_id]
        dispute["state"] = state
        dispute["version"] += 1
        self._tell("dispute", "dispute.state.updated", dispute)

    def sign(self, body: bytes) -> dict[str, str]:
        """The headers of a delivery with this body."""
        signed = self.registered_url.encode() + body
        code = hmac.new(self.SIGNATURE_KEY.encode(), signed, hashlib.sha256).digest()
        return {
            "Content-Type": "application/json",
            "X-Square-Hmacsha256-Signature": base64.b64encode(code).decode(),
        }

    # What Square does.

    def _new_payment(self, ref: str, cents: int | None, brand: str | None) -> dict[str, Any]:
        order_id, _, link_id = ref.partition(":")
        if link_id not in self.links:
            raise AssertionError("the link is gone, nobody can pay there")
        due = self.orders[order_id]["total_money"]["amount"]
        return self._payment(order_id, due if cents is None else cents, self.links[link_id]["note"], brand)

    def _payment(self, order_id: str, cents: int, note: str, brand: str | None) -> dict[str, Any]:
        amount = {"amount": cents, "currency": self.currency}
        payment: dict[str, Any] = {
            "id": self.new_id("PAY"),
            "order_id": order_id,
            "location_id": self.LOCATION,
            "amount_money": amount,
            "total_money": dict(amount),
            "status": "PENDING",
            "source_type": "WALLET" if brand else "CARD",
            "note": note,
            "version": 1,
        }
        if brand:
            buyer = {"buyer_full_name": "Jane Doe", "buyer_cashtag": "$janedoe"}
            payment["wallet_details"] = {"status": "AUTHORIZED", "brand": brand, "cash_app_details": buyer}
        self.payments[payment["id"]] = payment
        return payment

    def _move(self, payment: dict[str, Any], status: str) -> None:
        payment["status"] = status
        payment["version"] += 1
        self._tell("payment", "payment.updated", payment)

    def _new_refund(self, payment_id: str, cents: int, reason: str | None) -> dict[str, Any]:
        payment = self.payments[payment_id]
        refund = {
            "id": f"{payment_id}_{self.new_id('R')}",
            "status": "PENDING",
            "location_id": self.LOCATION,
            "payment_id": payment_id,
            "order_id": self.new_id("RORD"),
            "amount_money": {"amount": cents, "currency": self.currency},
            "reason": reason,
        }
        self.refunds[str(refund["id"])] = refund
        payment.setdefault("refund_ids", []).append(refund["id"])
        self._tell("refund", "refund.created", refund)
        if self.instant_refunds:
            self.settle_refund(str(refund["id"]))
        return refund

    def _cancel(self, link_id: str) -> str | None:
        order = self.orders[self.links.pop(link_id)["order_id"]]
        if order.get("tenders"):
            return None
        order["state"] = "CANCELED"
        return str(order["id"])

    def _tell(self, name: str, kind: str, found: dict[str, Any]) -> None:
        event = {
            "merchant_id": "6SSW7HV8K2ST5",
            "type": kind,
            "event_id": self.new_id("evt-"),
            "created_at": "2026-11-23T11:59:58.174Z",
            "data": {"type": name, "id": found["id"], "object": {name: found}},
        }
        body = json.dumps(event, separators=(",", ":")).encode()
        self.notify(Notice(body, self.sign(body)))

    # What Square answers.

    def _endpoint(
        self, answer: Callable[[web.Request], Awaitable[Answer]]
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            if request.headers.get("Authorization") != f"Bearer {self.TOKEN}":
                status, found = Refusal(401, "UNAUTHORIZED").answer
            elif request.headers.get("Square-Version") != VERSION:
                status, found = Refusal(400, "INVALID_SQUARE_VERSION_FORMAT").answer
            else:
                status, found = await self._refusing(answer, request)
            return web.json_response(found, status=status)

        return handle

    @staticmethod
    async def _refusing(answer: Callable[[web.Request], Awaitable[Answer]], request: web.Request) -> Answer:
        try:
            return await answer(request)
        except Refusal as refusal:
            return refusal.answer

    async def _once(self, request: web.Request, longest: int, act: Callable[[Any], Answer]) -> Answer:
        """Do it once for each idempotency key; the same key with other parameters is refused."""
        if request.content_type != "application/json":
            raise Refusal(400, "INVALID_CONTENT_TYPE")
        asked = await request.json()
        key = asked.get("idempotency_key")
        if not isinstance(key, str) or not 0 < len(key) <= longest:
            raise Refusal(400, "VALUE_TOO_LONG" if key else "MISSING_REQUIRED_PARAMETER", "idempotency_key")
        whole = json.dumps(asked, sort_keys=True)
        before = self._answers.get(request.path + key)
        if before is None:
            before = self._answers[request.path + key] = (whole, act(asked))
        if before[0] != whole:
            raise Refusal(400, "IDEMPOTENCY_KEY_REUSED", "idempotency_key")
        return before[1]

    def _amount(self, money: Any, field: str) -> int:
        if not isinstance(money, dict) or type(money.get("amount")) is not int or money["amount"] < 1:
            raise Refusal(400, "INVALID_VALUE", field)
        if money.get("currency") != self.currency:
            raise Refusal(400, "CURRENCY_MISMATCH", field)
        return int(money["amount"])

    async def _create_link(self, request: web.Request) -> Answer:
        return await self._once(request, 192, self._new_link)

    def _new_link(self, asked: dict[str, Any]) -> Answer:
        order, options = asked.get("order", {}), asked.get("checkout_options", {})
        if order.get("location_id") != self.LOCATION:
            raise Refusal(400, "INVALID_LOCATION", "order.location_id")
        if len(order.get("reference_id", "")) > 40 or len(asked.get("payment_note", "")) > 500:
            raise Refusal(400, "VALUE_TOO_LONG")
        if options.get("accepted_payment_methods", {}).get("cash_app_pay") is not True:
            raise Refusal(400, "INVALID_VALUE", "accepted_payment_methods")
        total = 0
        for line in order.get("line_items") or []:
            if not isinstance(line.get("quantity"), str) or not 0 < len(line.get("name", "")) <= 512:
                raise Refusal(400, "INVALID_VALUE", "order.line_items")
            total += int(line["quantity"]) * self._amount(line.get("base_price_money"), "base_price_money")
        if not total:
            raise Refusal(400, "MISSING_REQUIRED_PARAMETER", "order.line_items")
        link_id, order_id = self.new_id("LINK"), self.new_id("ORD")
        money = {"amount": total, "currency": self.currency}
        self.orders[order_id] = {
            **order,
            "id": order_id,
            "state": "DRAFT",
            "total_money": money,
            "version": 1,
        }
        self.links[link_id] = {"order_id": order_id, "note": asked.get("payment_note", "")}
        url = f"https://square.link/u/{link_id}"
        return 200, {"payment_link": {"id": link_id, "version": 1, "order_id": order_id, "url": url}}

    async def _delete_link(self, request: web.Request) -> Answer:
        link_id = request.match_info["id"]
        if link_id not in self.links:
            raise Refusal(404, "NOT_FOUND")
        canceled = self._cancel(link_id)
        return 200, {"id": link_id} | ({"cancelled_order_id": canceled} if canceled else {})

    async def _create_refund(self, request: web.Request) -> Answer:
        return await self._once(request, 45, self._give_back)

    def _give_back(self, asked: dict[str, Any]) -> Answer:
        payment = self.payments.get(asked.get("payment_id", ""))
        if payment is None:
            raise Refusal(404, "NOT_FOUND", "payment_id")
        cents = self._amount(asked.get("amount_money"), "amount_money")
        gone = sum(self._unfailed(each) for each in payment.get("refund_ids", ()))
        if payment["status"] != "COMPLETED" or gone + cents > payment["total_money"]["amount"]:
            raise Refusal(400, "REFUND_AMOUNT_INVALID", "amount_money")
        if len(asked.get("reason", "")) > 192:
            raise Refusal(400, "VALUE_TOO_LONG", "reason")
        return 200, {"refund": dict(self._new_refund(payment["id"], cents, asked.get("reason")))}

    def _unfailed(self, refund_id: str) -> int:
        refund = self.refunds[refund_id]
        return 0 if refund["status"] in {"REJECTED", "FAILED"} else int(refund["amount_money"]["amount"])

    def _retrieve(self, name: str) -> Callable[[web.Request], Awaitable[Answer]]:
        async def answer(request: web.Request) -> Answer:
            every = {"order": self.orders, "payment": self.payments, "refund": self.refunds}[name]
            if request.match_info["id"] not in every:
                raise Refusal(404, "NOT_FOUND")
            return 200, {name: every[request.match_info["id"]]}

        return answer

    async def _location(self, request: web.Request) -> Answer:
        if request.match_info["id"] != self.LOCATION:
            raise Refusal(404, "NOT_FOUND")
        return 200, {"location": {"id": self.LOCATION, "currency": self.currency, "status": "ACTIVE"}}
