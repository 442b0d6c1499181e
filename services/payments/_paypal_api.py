"""The way PayPal's REST API wants to be called, and the words in which it refuses."""

import json
import logging
from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import Any

from models.errors import Declined, OutcomeUnknown, WrongKeys
from services.calls import Call, Calls, Reply
from services.payments._paypal_certificates import Transmission
from services.payments._paypal_json import note
from services.payments._paypal_token import Account, Tokens
from services.payments.payload import parse
from services.payments.processor import BadPayload, BadSignature, Delivery
from services.payments.reading import code

_NAME = "paypal"
_RUNNING = frozenset({"ORDER_COMPLETION_IN_PROGRESS", "PREVIOUS_REQUEST_IN_PROGRESS"})

log = logging.getLogger(__name__)


class Api:
    """Calls with a token, and with a fresh one where PayPal has forgotten the first."""

    def __init__(self, calls: Calls, now: Callable[[], datetime], seconds: float) -> None:
        """Take the way out, a clock (UTC) and how many seconds one try may last."""
        self._calls = calls
        self._tokens = Tokens(calls, now, seconds)
        self._seconds = seconds

    def renew(self, account: Account) -> None:
        """Let the next call get a new token, so that it proves the keys."""
        self._tokens.drop(account)

    async def get(self, account: Account, path: str) -> dict[str, Any]:
        """What is there; empty when PayPal does not know it."""
        reply = await self._send(account, "GET", path, None, {})
        return {} if reply.status == HTTPStatus.NOT_FOUND else self.done(reply)

    async def post(
        self, account: Account, path: str, body: dict[str, Any] | bytes, request_id: str | None = None
    ) -> Reply:
        """Ask for something to be done once for this request id; without one it has to change nothing.

        Under a request id PayPal gives the first answer again: for 6 hours on orders, 45 days on payments.
        """
        headers = {"Content-Type": "application/json", "Prefer": "return=representation"}
        if request_id is not None:
            headers["PayPal-Request-Id"] = request_id
        data = json.dumps(body).encode() if isinstance(body, dict) else body
        return await self._send(account, "POST", path, data, headers)

    async def _send(
        self, account: Account, method: str, path: str, data: bytes | None, headers: dict[str, str]
    ) -> Reply:
        token = await self._tokens.get(account)
        try:
            return await self._calls.send(self._call(method, account.base + path, data, headers, token))
        except WrongKeys as refused:
            if refused.code != f"http_{HTTPStatus.UNAUTHORIZED}":
                raise
        self._tokens.drop(account, token)
        token = await self._tokens.get(account)
        return await self._calls.send(self._call(method, account.base + path, data, headers, token))

    def _call(self, method: str, url: str, data: bytes | None, headers: dict[str, str], token: str) -> Call:
        return Call(
            provider=_NAME,
            method=method,
            url=url,
            headers={"Accept": "application/json", **headers, "Authorization": f"Bearer {token}"},
            body=data,
            repeatable=True,
            seconds=self._seconds,
        )

    @staticmethod
    def done(reply: Reply) -> dict[str, Any]:
        """The answer to what PayPal did.

        Raises Declined with PayPal's issue when it refused, OutcomeUnknown while the same is under way.
        """
        answer = reply.json()
        if reply.ok:
            return answer
        issue = issue_of(answer)
        # PayPal's support asks for the debug id.
        told = {"status": reply.status, "issue": issue, "debug_id": note(answer.get("debug_id"))}
        log.info("paypal_refused", extra=told)
        if reply.status == HTTPStatus.CONFLICT or issue in _RUNNING:
            raise OutcomeUnknown(_NAME, code(reply, issue))
        raise Declined(_NAME, code(reply, issue))


def issue_of(answer: dict[str, Any]) -> str | None:
    """The first issue of a refusal, or its name where it has none; None for what is no code."""
    details = answer.get("details")
    first = details[0] if isinstance(details, list) and details else None
    issue = note(first.get("issue")) if isinstance(first, dict) else None
    return issue or note(answer.get("name"))


def question(webhook_id: str, sent: Transmission, delivery: Delivery) -> bytes:
    """The JSON text that asks PayPal about a delivery, the body in it byte for byte; raises BadSignature.

    Only what is a JSON object by itself may be put in: anything else could end the object early and name
    another webhook.
    """
    try:
        parse(delivery.body)
    except BadPayload:
        raise BadSignature("body") from None
    asked = {
        "auth_algo": sent.algorithm,
        "cert_url": sent.cert_url,
        "transmission_id": sent.id,
        "transmission_sig": delivery.header("paypal-transmission-sig"),
        "transmission_time": sent.time,
        "webhook_id": webhook_id,
    }
    return json.dumps(asked).encode()[:-1] + b', "webhook_event": ' + delivery.body + b"}"
