"""Discord as a sender of webhook events: signed with the application's key, as often as one likes."""

import json
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.fakes.provider import Notice


class DiscordEvents:
    """Signs what Discord would deliver; `public_key` is what the developer portal shows."""

    APPLICATION_ID = "1234560123453231555"

    def __init__(self) -> None:
        self._key = Ed25519PrivateKey.generate()
        self.public_key = self._key.public_key().public_bytes_raw().hex()

    def signed(self, body: bytes, timestamp: str = "1795435198") -> Notice:
        """A delivery of any body."""
        signature = self._key.sign(timestamp.encode() + body).hex()
        return Notice(body, {"X-Signature-Ed25519": signature, "X-Signature-Timestamp": timestamp})

    def ping(self) -> Notice:
        """What Discord sends when the address is entered, and from time to time."""
        return self.signed(self._outer(type=0))

    def event(self, kind: str, data: Any, at: datetime | str) -> Notice:
        """An event; a moment is told as Discord does it, in UTC without an offset."""
        if isinstance(at, datetime):
            at = at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")
        return self.signed(self._outer(type=1, event={"type": kind, "timestamp": at, "data": data}))

    def _outer(self, **more: Any) -> bytes:
        return json.dumps({"version": 1, "application_id": self.APPLICATION_ID, **more}).encode()
