"""SendGrid as far as the shop needs it: Mail Send with its checks, sandbox mode and errors."""

import json
from typing import Any

from aiohttp import web

from tests.fakes.provider import FakeProvider


class SendGrid(FakeProvider):
    """One account with one verified sender; `sent` keeps what was taken, `asked` what was only checked."""

    KEY = "SG.a-key-of-a-test.0123456789"
    SENDER = "shop@aurora.example"

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[dict[str, Any]] = []
        self.asked: list[dict[str, Any]] = []
        self.unknown: set[str] = set()
        self.busy = 0

    def routes(self, router: web.UrlDispatcher) -> None:
        """Add Mail Send."""
        router.add_post("/v3/mail/send", self._send)

    async def _send(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"Bearer {self.KEY}":
            return _errors(401, "The provided authorization grant is invalid, expired, or revoked", None)
        if self.busy:
            self.busy -= 1
            left = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1800000000"}
            return web.json_response({"errors": [{"message": "too many requests"}]}, status=429, headers=left)
        body = json.loads(await request.read())
        wrong = self._refused(body)
        if wrong is not None:
            return wrong
        if body.get("mail_settings", {}).get("sandbox_mode", {}).get("enable"):
            self.asked.append(body)
            return web.Response(status=200)
        self.sent.append(body)
        return web.Response(status=202, headers={"X-Message-Id": self.new_id("sg")})

    def _refused(self, body: dict[str, Any]) -> web.Response | None:
        if body["from"]["email"] != self.SENDER:
            return _errors(403, "The from address does not match a verified Sender Identity.", "from")
        types = [each["type"] for each in body["content"]]
        if types != sorted(types, reverse=True):
            return _errors(400, "The text/plain content must come before text/html.", "content")
        if any("\n" in str(value) for value in (body["subject"], body["from"].get("name", ""))):
            return _errors(400, "The subject must not hold line breaks.", "subject")
        to = body["personalizations"][0]["to"][0]["email"]
        if to in self.unknown:
            return _errors(400, f"Does not contain a valid address: {to}", "personalizations.0.to.0.email")
        return None


def _errors(status: int, message: str, field: str | None) -> web.Response:
    said = {"message": message, "field": field, "help": None}
    return web.json_response({"errors": [said]}, status=status)
