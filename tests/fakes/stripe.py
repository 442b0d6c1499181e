"""Stripe as far as the shop needs it: Checkout Sessions, refunds, disputes, and how it remembers keys."""

import asyncio
import copy
import hashlib
import hmac
import json
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

from tests.fakes.provider import FakeProvider, Notice

type Answer = tuple[int, dict[str, Any]]
type Act = Callable[[dict[str, str]], dict[str, Any]]

VERSION = "2026-10-28.endive"
_PAGE_FIELDS = re.compile(
    r"mode|(?:success|cancel)_url|client_reference_id|expires_at|adaptive_pricing\[enabled\]"
    r"|(?:payment_intent_data\[)?metadata\]?\[[a-z_]{1,40}\]|payment_intent_data\[description\]"
    r"|line_items\[\d+\]\[(?:quantity|price_data\]\[(?:currency|unit_amount|product_data\]\[name))\]"
)
_REFUND_FIELDS = re.compile(r"payment_intent|amount|reason|metadata\[[a-z_]{1,40}\]")
_REASONS = {"duplicate", "fraudulent", "requested_by_customer"}


class Refusal(Exception):
    """An error as Stripe answers it; `kept` under the key where the endpoint had begun its work."""

    def __init__(
        self, status: int, code: str | None, param: str = "", kind: str = "invalid_request_error"
    ) -> None:
        super().__init__(code or kind)
        error = {"type": kind, "message": "See https://stripe.com/docs/error-codes", "param": param}
        self.answer: Answer = (status, {"error": error | ({"code": code} if code else {})})


class Stripe(FakeProvider):
    """One account in test mode. A session's id names a sale in every verb, a PaymentIntent's its money.

    `now` is the time here; webhooks are signed as of then, moved by `skew`. Of the next POSTs `broken` end
    in a 500 that is remembered.
    """

    KEY = "sk_test_51HfakeFAKEfakeFAKE0042"
    WEBHOOK_SECRET = "whsec_3Zt0Yq9mPq7cV1nRk5XhWb2uLd8sJf4e"

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        super().__init__()
        self.now = now
        self.skew = timedelta()
        self.broken = 0
        self.closed_account = False
        self.slow_refunds = False
        self.forbidden: set[str] = set()
        self.sessions: dict[str, dict[str, Any]] = {}
        self.intents: dict[str, dict[str, Any]] = {}
        self.charges: dict[str, dict[str, Any]] = {}
        self.refunds: dict[str, dict[str, Any]] = {}
        self.disputes: dict[str, dict[str, Any]] = {}
        self._answers: dict[str, tuple[bytes, Answer | None]] = {}
        self._conflicts = 0
        self._idle = asyncio.Event()
        self._idle.set()

    def routes(self, router: web.UrlDispatcher) -> None:
        """Add the part of Stripe's API that the shop calls."""
        page = "/v1/checkout/sessions"
        router.add_post(page, self._endpoint(self._post(self._new_session, _PAGE_FIELDS)))
        router.add_post(page + "/{id}/expire", self._endpoint(self._expire_session))
        router.add_post("/v1/refunds", self._endpoint(self._post(self._give_back, _REFUND_FIELDS)))
        for path in (page, "/v1/payment_intents", "/v1/refunds", "/v1/disputes"):
            router.add_get(path, self._endpoint(self._list(path.rpartition("/")[2])))
            router.add_get(path + "/{id}", self._endpoint(self._retrieve(path.rpartition("/")[2])))

    def work_on(self, conflicts: int) -> None:
        """Let POSTs be under way until so many 409 were given, or until `finish`."""
        self._conflicts = conflicts
        self._idle.clear()

    def finish(self) -> None:
        """Let what is under way come to its end."""
        self._idle.set()

    # What people do.

    def pay(self, ref: str, *, cents: int | None = None) -> str:
        """The payer pays by card, what is asked for unless told otherwise. The PaymentIntent's id."""
        session = self._open(ref)
        if cents is not None:
            session["amount_total"] = cents
        intent = self._intent(session)
        self._succeed(intent)
        session |= {"status": "complete", "payment_status": "paid", "url": None}
        self._tell("checkout.session.completed", session)
        return str(intent["id"])

    def pay_later(self, ref: str) -> str:
        """The payer leaves it to a bank that takes days. The PaymentIntent's id."""
        session = self._open(ref)
        intent = self._intent(session)
        self._move(intent, "processing", "payment_intent.processing")
        session |= {"status": "complete", "url": None}
        self._tell("checkout.session.completed", session)
        return str(intent["id"])

    def settle(self, intent_id: str) -> None:
        """The bank's money has come."""
        session = self._session_of(intent_id)
        self._succeed(self.intents[intent_id])
        session["payment_status"] = "paid"
        self._tell("checkout.session.async_payment_succeeded", session)

    def bounce(self, intent_id: str) -> None:
        """The bank has refused after all."""
        self._refuse(self.intents[intent_id], "insufficient_funds")
        self._tell("checkout.session.async_payment_failed", self._session_of(intent_id))

    def decline(self, ref: str) -> str:
        """The payer's card is refused; the page says so and stays open. The PaymentIntent's id."""
        intent = self._intent(self._open(ref))
        self._refuse(intent, "card_declined")
        return str(intent["id"])

    def expire(self, ref: str) -> None:
        """Nobody paid in time."""
        session = self._open(ref)
        session |= {"status": "expired", "url": None}
        if session["payment_intent"]:
            self.intents[session["payment_intent"]]["status"] = "canceled"
        self._tell("checkout.session.expired", session)

    def other_sale(self, cents: int = 500) -> str:
        """The same account sells something by another till. The PaymentIntent's id."""
        ref = self.new_id("cs_other_")
        self.sessions[ref] = self._session(ref, cents, "usd", {"order_id": "65f0c0ffee65f0c0ffee65f1"}, 0)
        return self.pay(ref)

    def refund_in_dashboard(self, intent_id: str, cents: int) -> str:
        """Somebody gives money back outside the shop. The refund's id."""
        return str(self._new_refund(intent_id, cents, None, {})["id"])

    def settle_refund(self, refund_id: str, status: str = "succeeded") -> None:
        """The bank has decided on a refund: succeeded, failed, canceled or requires_action."""
        refund = self.refunds[refund_id]
        refund["status"] = status
        if status in {"failed", "canceled"}:
            refund["failure_reason"] = "lost_or_stolen_card" if status == "failed" else None
            self._charge_of(refund["payment_intent"])["amount_refunded"] -= refund["amount"]
        self._tell("refund.failed" if status == "failed" else "refund.updated", refund)

    def dispute(self, intent_id: str, reason: str = "fraudulent") -> str:
        """The payer's bank asks for the money. The dispute's id."""
        charge = self._charge_of(intent_id)
        dispute = {
            "id": self.new_id("du_"),
            "object": "dispute",
            "amount": charge["amount"],
            "currency": charge["currency"],
            "charge": charge["id"],
            "payment_intent": intent_id,
            "reason": reason,
            "status": "needs_response",
            "metadata": {},
            "balance_transactions": [],
        }
        self.disputes[str(dispute["id"])] = dispute
        self._tell("charge.dispute.created", dispute)
        self._withdraw(dispute)
        return str(dispute["id"])

    def settle_dispute(self, dispute_id: str, status: str) -> None:
        """The bank decides: won, lost, warning_closed or prevented; or it goes on: under_review."""
        dispute = self.disputes[dispute_id]
        dispute["status"] = status
        if status in {"won", "warning_closed"}:
            self._move_funds(dispute, dispute["amount"], "charge.dispute.funds_reinstated")
        closed = status in {"won", "lost", "warning_closed", "prevented"}
        self._tell("charge.dispute.closed" if closed else "charge.dispute.updated", dispute)

    def sign(self, body: bytes, *secrets: str) -> dict[str, str]:
        """The headers of a delivery with this body, signed with every secret that is in use."""
        at = int((self.now() + self.skew).timestamp())
        signed = str(at).encode() + b"." + body
        codes = [
            hmac.new(each.encode(), signed, hashlib.sha256).hexdigest()
            for each in secrets or (self.WEBHOOK_SECRET,)
        ]
        fields = [f"t={at}", *(f"v1={each}" for each in codes), f"v0={'0' * 64}"]
        return {"Content-Type": "application/json; charset=utf-8", "Stripe-Signature": ",".join(fields)}

    # What Stripe does.

    def _open(self, ref: str) -> dict[str, Any]:
        if self.sessions[ref]["status"] != "open":
            raise AssertionError("the page is closed, nobody can pay there")
        return self.sessions[ref]

    def _session_of(self, intent_id: str) -> dict[str, Any]:
        return next(each for each in self.sessions.values() if each["payment_intent"] == intent_id)

    def _charge_of(self, intent_id: str) -> dict[str, Any]:
        return self.charges[self.intents[intent_id]["latest_charge"]]

    def _session(
        self, ref: str, cents: int, currency: str, metadata: dict[str, str], ends_at: int
    ) -> dict[str, Any]:
        return {
            "id": ref,
            "object": "checkout.session",
            "amount_total": cents,
            "currency": currency,
            "metadata": metadata,
            "status": "open",
            "payment_status": "unpaid",
            "payment_intent": None,
            "expires_at": ends_at,
            "customer_details": {"email": "jane@example.com", "name": "Jane Doe"},
            # As long as Stripe's are: more than fits on a button.
            "url": f"https://checkout.stripe.com/c/pay/{ref}#fid{'kdWxOYHwnPyd1blpxYHZxWjA0' * 24}",
        }

    def _intent(self, session: dict[str, Any]) -> dict[str, Any]:
        """The session's PaymentIntent, which is there from the first try on."""
        if session["payment_intent"] is None:
            intent = {
                "id": self.new_id("pi_"),
                "object": "payment_intent",
                "amount": session["amount_total"],
                "amount_received": 0,
                "currency": session["currency"],
                "status": "requires_payment_method",
                "metadata": session.get("intent_metadata", {}),
                "latest_charge": None,
                "last_payment_error": None,
            }
            self.intents[str(intent["id"])] = intent
            session["payment_intent"] = intent["id"]
        return self.intents[session["payment_intent"]]

    def _move(self, intent: dict[str, Any], status: str, kind: str) -> None:
        intent["status"] = status
        self._tell(kind, intent)

    def _succeed(self, intent: dict[str, Any]) -> None:
        charge = {
            "id": self.new_id("ch_"),
            "object": "charge",
            "amount": intent["amount"],
            "amount_refunded": 0,
            "currency": intent["currency"],
            "payment_intent": intent["id"],
            "metadata": dict(intent["metadata"]),
        }
        self.charges[str(charge["id"])] = charge
        intent |= {"latest_charge": charge["id"], "amount_received": intent["amount"]}
        self._tell("charge.succeeded", charge)
        self._move(intent, "succeeded", "payment_intent.succeeded")

    def _refuse(self, intent: dict[str, Any], code: str) -> None:
        intent["last_payment_error"] = {"type": "card_error", "code": code, "message": "Your card …"}
        self._move(intent, "requires_payment_method", "payment_intent.payment_failed")

    def _new_refund(
        self, intent_id: str, cents: int, reason: str | None, metadata: dict[str, str]
    ) -> dict[str, Any]:
        charge = self._charge_of(intent_id)
        refund = {
            "id": self.new_id("re_"),
            "object": "refund",
            "amount": cents,
            "currency": charge["currency"],
            "charge": charge["id"],
            "payment_intent": intent_id,
            "reason": reason,
            "metadata": metadata,
            "status": "pending" if self.slow_refunds else "succeeded",
        }
        self.refunds[str(refund["id"])] = refund
        charge["amount_refunded"] += cents
        self._tell("refund.created", refund)
        self._tell("charge.refunded", charge)
        return refund

    def _withdraw(self, dispute: dict[str, Any]) -> None:
        if not dispute["status"].startswith("warning"):
            self._move_funds(dispute, -dispute["amount"], "charge.dispute.funds_withdrawn")

    def _move_funds(self, dispute: dict[str, Any], cents: int, kind: str) -> None:
        dispute["balance_transactions"].append({"id": self.new_id("txn_"), "amount": cents, "fee": 1500})
        self._tell(kind, dispute)

    def _tell(self, kind: str, found: dict[str, Any]) -> None:
        event = {
            "id": self.new_id("evt_"),
            "object": "event",
            "api_version": VERSION,
            "created": int(self.now().timestamp()),
            "livemode": False,
            "type": kind,
            "data": {"object": found},
        }
        body = json.dumps(event, indent=2).encode()
        self.notify(Notice(body, self.sign(body)))

    # What Stripe answers.

    def _endpoint(
        self, answer: Callable[[web.Request], Awaitable[tuple[Answer, bool]]]
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            repeated = False
            try:
                self._let_in(request)
                (status, found), repeated = await answer(request)
            except Refusal as refusal:
                status, found = refusal.answer
            headers = {"Request-Id": self.new_id("req_")} | (
                {"Idempotent-Replayed": "true"} if repeated else {}
            )
            return web.json_response(found, status=status, headers=headers)

        return handle

    def _let_in(self, request: web.Request) -> None:
        if request.headers.get("Authorization") != f"Bearer {self.KEY}":
            raise Refusal(401, None)
        if request.path.split("/")[-1] in self.forbidden:
            raise Refusal(403, None)
        if request.headers.get("Stripe-Version") != VERSION:
            raise Refusal(400, "invalid_version")

    def _post(
        self, act: Act, fields: re.Pattern[str]
    ) -> Callable[[web.Request], Awaitable[tuple[Answer, bool]]]:
        """Do it once for each key: the first answer is given again, unless nothing had begun."""

        async def answer(request: web.Request) -> tuple[Answer, bool]:
            body = await request.read()
            key = request.headers.get("Idempotency-Key", "")
            if not 0 < len(key) <= 255:
                raise AssertionError("a POST without a key cannot be repeated")
            place = request.path + key
            if place in self._answers:
                return self._again(*self._answers[place], body)
            asked = _form(request, body, fields)
            self._check(asked)
            self._answers[place] = (body, None)
            await self._idle.wait()
            found = self._begin(act, asked)
            self._answers[place] = (body, found)
            return found, False

        return answer

    def _again(self, first: bytes, answered: Answer | None, body: bytes) -> tuple[Answer, bool]:
        if first != body:
            raise Refusal(400, None, kind="idempotency_error")
        if answered is None:
            self._conflicts -= 1
            if self._conflicts == 0:
                self.finish()
            raise Refusal(409, "idempotency_key_in_use", kind="idempotency_error")
        return answered, True

    def _begin(self, act: Act, asked: dict[str, str]) -> Answer:
        if self.broken:
            self.broken -= 1
            return 500, {"error": {"type": "api_error", "message": "Something went wrong"}}
        try:
            return 200, copy.deepcopy(act(asked))
        except Refusal as refusal:
            return refusal.answer

    def _check(self, asked: dict[str, str]) -> None:
        """What Stripe refuses before it begins."""
        if asked.get("mode", "payment") != "payment":
            raise Refusal(400, "parameter_invalid", "mode")
        if "expires_at" in asked:
            left = timedelta(seconds=int(asked["expires_at"]) - self.now().timestamp())
            if not timedelta(minutes=30) <= left <= timedelta(hours=24):
                raise Refusal(400, None, "expires_at")
        if len(asked.get("client_reference_id", "")) > 200:
            raise Refusal(400, "parameter_invalid_string", "client_reference_id")

    def _new_session(self, asked: dict[str, str]) -> dict[str, Any]:
        if self.closed_account:
            raise Refusal(400, "account_invalid")
        price = "line_items[0][price_data]"
        for name in ("success_url", "line_items[0][quantity]", f"{price}[product_data][name]"):
            if not asked.get(name):
                raise Refusal(400, "parameter_missing", name)
        cents, currency = int(asked[f"{price}[unit_amount]"]), asked[f"{price}[currency]"]
        if not re.fullmatch("[a-z]{3}", currency):
            raise Refusal(400, "parameter_invalid", "currency")
        if cents < (50 if currency in {"usd", "eur", "jpy"} else 1):
            raise Refusal(400, "amount_too_small", "line_items")
        ref = self.new_id("cs_test_a1")
        ends_at = int(asked.get("expires_at") or self.now().timestamp() + 86400)
        total = cents * int(asked["line_items[0][quantity]"])
        session = self._session(ref, total, currency, _tags(asked, "metadata"), ends_at)
        session["client_reference_id"] = asked.get("client_reference_id")
        session["intent_metadata"] = _tags(asked, "payment_intent_data[metadata]")
        session["line"] = asked[f"{price}[product_data][name]"]
        self.sessions[ref] = session
        return session

    async def _expire_session(self, request: web.Request) -> tuple[Answer, bool]:
        session = self.sessions.get(request.match_info["id"])
        if session is None:
            raise Refusal(404, "resource_missing", "session")
        if session["status"] != "open":
            raise Refusal(400, None)
        self.expire(session["id"])
        return (200, session), False

    def _give_back(self, asked: dict[str, str]) -> dict[str, Any]:
        intent = self.intents.get(asked.get("payment_intent", ""))
        if intent is None:
            raise Refusal(404, "resource_missing", "payment_intent")
        if asked.get("reason", "duplicate") not in _REASONS:
            raise Refusal(400, "parameter_invalid", "reason")
        if intent["status"] != "succeeded":
            raise Refusal(400, "payment_intent_unexpected_state")
        charge = self._charge_of(intent["id"])
        left = charge["amount"] - charge["amount_refunded"]
        if left == 0:
            raise Refusal(400, "charge_already_refunded")
        cents = int(asked.get("amount", left))
        if not 0 < cents <= left:
            raise Refusal(400, None, "amount")
        return self._new_refund(intent["id"], cents, asked.get("reason"), _tags(asked, "metadata"))

    def _every(self, name: str) -> dict[str, dict[str, Any]]:
        found = {
            "sessions": self.sessions,
            "payment_intents": self.intents,
            "refunds": self.refunds,
            "disputes": self.disputes,
        }
        return found[name]

    def _list(self, name: str) -> Callable[[web.Request], Awaitable[tuple[Answer, bool]]]:
        async def answer(request: web.Request) -> tuple[Answer, bool]:
            of, limit = request.query.get("payment_intent"), int(request.query.get("limit", 10))
            if not 1 <= limit <= 100:
                raise Refusal(400, "parameter_invalid_integer", "limit")
            found = [
                each for each in self._every(name).values() if of is None or each["payment_intent"] == of
            ]
            data = found[::-1][:limit]
            return (200, {"object": "list", "data": data, "has_more": len(found) > limit}), False

        return answer

    def _retrieve(self, name: str) -> Callable[[web.Request], Awaitable[tuple[Answer, bool]]]:
        async def answer(request: web.Request) -> tuple[Answer, bool]:
            found = self._every(name).get(request.match_info["id"])
            if found is None:
                raise Refusal(404, "resource_missing", "id")
            if "payment_intent" in request.query.getall("expand[]", []) and found["payment_intent"]:
                found = {**found, "payment_intent": self.intents[found["payment_intent"]]}
            return (200, found), False

        return answer


def _form(request: web.Request, body: bytes, fields: re.Pattern[str]) -> dict[str, str]:
    if request.content_type != "application/x-www-form-urlencoded":
        raise Refusal(400, "invalid_content_type")
    pairs = parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=True)
    for name, value in pairs:
        if not fields.fullmatch(name):
            raise Refusal(400, "parameter_unknown", name)
        if not value:
            raise Refusal(400, "parameter_invalid_empty", name)
        if "metadata" in name and len(value) > 500:
            raise Refusal(400, "parameter_invalid_string", name)
    return dict(pairs)


def _tags(asked: dict[str, str], name: str) -> dict[str, str]:
    found = {re.fullmatch(re.escape(name) + r"\[(\w+)\]", each): value for each, value in asked.items()}
    return {match[1]: value for match, value in found.items() if match}
