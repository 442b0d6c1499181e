"""Webhook events of Discord: signed by the application, told of purchases, answered within three seconds."""

import re
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from http import HTTPStatus
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from models.errors import NoShop, NotFound
from models.platform_entitlement import EntitlementKind
from services.discord_purchases import DiscordEntitlements, EntitlementNews, moment, read_entitlement
from services.memories import Memories
from services.payments.payload import parse
from services.payments.processor import BadPayload, BadSignature, Delivery
from services.remembered import Remembered
from services.shops import Shop, Shops

_PING, _EVENT = 0, 1
_OF_ENTITLEMENT = "ENTITLEMENT_"
_SIGNATURE = re.compile(r"[0-9a-fA-F]{128}")
_REMEMBERED = timedelta(seconds=5)


@dataclass(frozen=True)
class DiscordTold:
    """An event as read; Discord gives events no id, so it is made of what they are about."""

    event_id: str
    kind: str
    news: tuple[EntitlementNews, ...] = ()


class DiscordSource:
    """Discord as a source of webhooks (docs: Webhook Events, "Preparing for Events").

    Discord sends wrong signatures on purpose and gives the address up when one of them passes.
    """

    refused = HTTPStatus.UNAUTHORIZED
    accepted = HTTPStatus.NO_CONTENT

    def __init__(
        self, public_key: str | None, memories: Memories, *, shops: Shops, entitlements: DiscordEntitlements
    ) -> None:
        """Take the application's public key in hex; without one nothing is accepted. Raises ValueError."""
        self._key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key)) if public_key else None
        self._shops = shops
        self._entitlements = entitlements
        self._remembered: Remembered[str, Shop] = memories.make("shops", _REMEMBERED)

    async def verify(self, tenant_id: str, delivery: Delivery) -> None:
        """Check the signature over timestamp and body; raises NotFound or BadSignature."""
        if self._key is None:
            raise NotFound("provider")
        try:
            await self._remembered.get(tenant_id, partial(self._shops.of_tenant, tenant_id))
        except NoShop:
            raise NotFound("shop") from None
        signature = delivery.header("X-Signature-Ed25519")
        if not _SIGNATURE.fullmatch(signature):
            raise BadSignature("no hex")
        # The listener hands over bytes that are no UTF-8 in this way.
        sent_at = delivery.header("X-Signature-Timestamp").encode("utf-8", "surrogateescape")
        try:
            self._key.verify(bytes.fromhex(signature), sent_at + delivery.body)
        except InvalidSignature:
            raise BadSignature("mismatch") from None

    def read(self, body: bytes) -> DiscordTold | None:
        """Read an event; None for a PING. Raises BadPayload."""
        found = parse(body)
        if _whole(found.get("type")) == _PING:
            return None
        event = found.get("event")
        if _whole(found.get("type")) != _EVENT or not isinstance(event, dict):
            raise BadPayload("no event")
        kind, sent_at, data = (event.get(name) for name in ("type", "timestamp", "data"))
        if not isinstance(kind, str) or not isinstance(sent_at, str) or not kind:
            raise BadPayload("no type or timestamp")
        data = data if isinstance(data, dict) else {}
        change = kind.removeprefix(_OF_ENTITLEMENT)
        # Discord may add kinds, and gives up addresses that refuse too much.
        if change == kind or change not in set(EntitlementKind):
            return DiscordTold(f"{kind}:{_subject(data)}:{sent_at}", kind)
        news = read_entitlement(change, data, moment(sent_at))
        return DiscordTold(f"{kind}:{news.entitlement_id}:{sent_at}", kind, (news,))

    async def act(self, tenant_id: str, body: bytes) -> str:
        """Note what happened to an entitlement, for the shop of its guild or else the address's."""
        told = self.read(body)
        news = told.news if told is not None else ()
        outcomes = [await self._entitlements.take(each, tenant_id=tenant_id) for each in news]
        return ",".join(outcomes) or "nothing"


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _subject(data: dict[str, Any]) -> str:
    user = data.get("user")
    return str(user.get("id", "")) if isinstance(user, dict) else ""
