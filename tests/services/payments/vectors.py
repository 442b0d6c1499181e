"""Signed deliveries with their verdicts, where the folder that holds them is at hand."""

import base64
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from services.payments.processor import Delivery

FILE = Path(__file__).parents[4] / "shared/vectors/webhooks.json"


@dataclass(frozen=True)
class Vector:
    """One delivery; `key` and `context` are the provider's own affair."""

    id: str
    key: Any
    context: dict[str, Any]
    headers: dict[str, str]
    body: bytes
    valid: bool

    def __str__(self) -> str:
        return self.id

    def delivery(self, url: str = "https://shop.example/webhooks") -> Delivery:
        """The delivery as the listener would hand it over."""
        now = datetime.fromtimestamp(self.context.get("now", 0), UTC)
        headers = {name.lower(): value for name, value in self.headers.items()}
        return Delivery(self.body, headers, self.context.get("notification_url", url), now)


def vectors_of(provider: str) -> list[Vector]:
    """The provider's vectors whose verdict is beyond dispute; none when the folder is not there.

    Raises LookupError for a name that the file does not know.
    """
    if not FILE.exists():
        return []
    found = json.loads(FILE.read_text(encoding="utf-8"))["vectors"]
    if all(each["provider"] != provider for each in found):
        raise LookupError(provider)
    return [
        Vector(
            each["id"],
            each["key"],
            each.get("context", {}),
            each["headers"],
            base64.b64decode(each["body_b64"]),
            each["expected"] == "valid",
        )
        for each in found
        if each["provider"] == provider and each.get("policy") != "either"
    ]
