"""EasyPost: labels of many carriers, and where their parcels are (EasyPost API, version 2)."""

import hashlib
import hmac
import json
import unicodedata
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, ClassVar
from urllib.parse import quote as quoted

from pydantic import Field, SecretStr

from models.errors import Declined, OutcomeUnknown, Unavailable, WrongKeys
from services.calls import Call, Reply
from services.partner import ProviderKeys, Site
from services.payments.payload import parse
from services.payments.processor import BadPayload, BadSignature, Delivery
from services.payments.reading import code, text
from services.shipping._easypost_json import label, news, quote, shipment, track
from services.shipping.contract import Label, Quote, Sending, Shipper, Track, Tracked, Voided

_TEST_KEY = "EZTK"
_NOT_APPLICABLE = "not_applicable"
# Refusals that do not say that no label was bought: it was before, it is being, or the carrier kept silent.
_PERHAPS = frozenset(
    {
        "SHIPMENT.POSTAGE.EXISTS",
        "SHIPMENT.PURCHASE.IN_PROGRESS",
        "SHIPMENT.POSTAGE.TIMED_OUT",
        "SHIPMENT.POSTAGE.NO_RESPONSE",
    }
)


class EasyPostKeys(ProviderKeys):
    """What an EasyPost account is reached with; its test and live keys answer at the same address."""

    api_key: SecretStr = Field(
        title="API key",
        examples=["EZAK4a1b2c3d…"],
        min_length=1,
        description="EasyPost, API Keys; test keys begin with EZTK, live ones with EZAK",
    )
    webhook_secret: SecretStr = Field(
        default=SecretStr(""),
        title="Webhook secret",
        examples=["a long random text"],
        max_length=255,
        description="You choose it when you add the webhook at EasyPost; without it I hear no news",
    )

    @property
    def plays(self) -> bool:
        """Whether the key is one of EasyPost's test mode."""
        return self.api_key.get_secret_value().strip().startswith(_TEST_KEY)


class EasyPost(Shipper[EasyPostKeys]):
    """Labels by EasyPost; a quote's reference is its shipment, a parcel's its tracker.

    It knows no keys of idempotency, but a shipment has one label at most, and tells whether it was bought.
    """

    name: ClassVar[str] = "easypost"
    company: ClassVar[str] = "EasyPost"
    position: ClassVar[int] = 10
    icon: ClassVar[str] = "📦"
    title: ClassVar[str] = "EasyPost"
    about: ClassVar[str] = "Sells labels of many carriers and says where parcels are."
    keys: ClassVar[type[ProviderKeys]] = EasyPostKeys
    site: ClassVar[Site] = Site("https://api.easypost.com")
    subscribe: ClassVar[tuple[str, ...] | None] = ("tracker.updated",)
    seconds: ClassVar[float] = 15.0

    async def quote(self, keys: EasyPostKeys, sending: Sending) -> Quote:
        """Make a shipment (`POST /v2/shipments`), which costs nothing, so that it may be repeated."""
        try:
            found = await self._post(keys, "/shipments", {"shipment": shipment(sending)}, repeatable=True)
            return quote(found, sending.currency)
        except OutcomeUnknown as lost:
            # Whether there is one shipment more makes no difference.
            raise Unavailable(self.name, lost.code) from None
        except BadPayload:
            raise Unavailable(self.name, "unreadable") from None

    async def buy(self, keys: EasyPostKeys, quote_ref: str, rate_ref: str) -> Label:
        """Buy a shipment (`POST /v2/shipments/{id}/buy`), in one try.

        Raises OutcomeUnknown, too, for a refusal that leaves open whether there is a label.
        """
        path = f"{_shipment_path(quote_ref)}/buy"
        found = await self._post(keys, path, {"rate": {"id": rate_ref}}, repeatable=False)
        try:
            bought = label(found)
        except BadPayload:
            raise OutcomeUnknown(self.name, "unreadable") from None
        if bought is None:
            raise OutcomeUnknown(self.name, "no_label")
        return bought

    async def bought(self, keys: EasyPostKeys, quote_ref: str) -> Label | None:
        """Look at the shipment.

        Raises Declined for one that EasyPost does not know: with other keys it may.
        """
        try:
            return label(await self._get(keys, _shipment_path(quote_ref)))
        except BadPayload:
            raise Unavailable(self.name, "unreadable") from None

    async def void(self, keys: EasyPostKeys, quote_ref: str) -> Voided:
        """Ask for the money back (`POST /v2/shipments/{id}/refund`), unless that was done before.

        Raises Declined for a label whose carrier takes money only when it sees the parcel: none was paid.
        """
        path = _shipment_path(quote_ref)
        became = self._became(await self._get(keys, path), Unavailable)
        if became is not None:
            return became
        try:
            found = await self._post(keys, f"{path}/refund", None, repeatable=False)
        except Declined:
            # Somebody else may have asked a moment ago.
            became = self._became(await self._get(keys, path), Unavailable)
            if became is None:
                raise
            return became
        became = self._became(found, OutcomeUnknown)
        if became is None:
            raise OutcomeUnknown(self.name, "no_refund")
        return became

    async def follow(self, keys: EasyPostKeys, tracking_number: str, carrier: str | None) -> Track:
        """Make a tracker (`POST /v2/trackers`); for the same parcel it is the same one for months."""
        told = {"tracking_code": tracking_number, **({"carrier": carrier} if carrier else {})}
        found = await self._post(keys, "/trackers", {"tracker": told}, repeatable=True)
        try:
            return track(found)
        except BadPayload:
            raise OutcomeUnknown(self.name, "unreadable") from None

    async def where(self, keys: EasyPostKeys, track_ref: str) -> Track:
        """Look at the tracker (`GET /v2/trackers/{id}`)."""
        try:
            return track(await self._get(keys, f"/trackers/{quoted(track_ref, safe='')}"))
        except BadPayload:
            raise Unavailable(self.name, "unreadable") from None

    async def verify(self, keys: EasyPostKeys, delivery: Delivery) -> None:
        """HMAC-SHA256 of the body in hex (EasyPost's `validate_webhook`); no secret, no delivery."""
        secret = unicodedata.normalize("NFKD", keys.webhook_secret.get_secret_value())
        if not secret:
            raise BadSignature("no secret")
        code_of_body = hmac.new(secret.encode(), delivery.body, hashlib.sha256).hexdigest()
        given = delivery.header("x-hmac-signature").encode("utf-8", "replace")
        if not hmac.compare_digest(f"hmac-sha256-hex={code_of_body}".encode(), given):
            raise BadSignature("signature")

    def read_webhook(self, body: bytes) -> Tracked:
        """Read `tracker.created` and `tracker.updated`; all else is no news."""
        event = parse(body)
        kind = text(event, "description")
        return Tracked(text(event, "id"), kind, news(kind, event))

    async def test(self, keys: EasyPostKeys) -> None:
        """Ask for a webhook of the account: unlike shipments it tells nothing of anybody."""
        await self._get(keys, "/webhooks?page_size=1")

    def _became(self, found: dict[str, Any], unreadable: type[Unavailable | OutcomeUnknown]) -> Voided | None:
        """What became of a shipment's refund, None where nobody asked for it."""
        status = found.get("refund_status")
        if status == _NOT_APPLICABLE:
            raise Declined(self.name, status)
        try:
            return Voided(status) if status else None
        except ValueError:
            raise unreadable(self.name, "unreadable") from None

    async def _get(self, keys: EasyPostKeys, path: str) -> dict[str, Any]:
        return await self._send(keys, "GET", path, None, repeatable=True)

    async def _post(
        self, keys: EasyPostKeys, path: str, told: Mapping[str, Any] | None, *, repeatable: bool
    ) -> dict[str, Any]:
        return await self._send(keys, "POST", path, told, repeatable=repeatable)

    async def _send(
        self, keys: EasyPostKeys, method: str, path: str, told: Mapping[str, Any] | None, *, repeatable: bool
    ) -> dict[str, Any]:
        key = keys.api_key.get_secret_value().strip()
        if not (key.isascii() and key.isprintable()):
            raise WrongKeys(self.name, "api_key")
        headers, data = {"Authorization": f"Bearer {key}"}, None
        if told is not None:
            headers["Content-Type"], data = "application/json", json.dumps(told).encode()
        url = f"{self.base(keys)}/v2{path}"
        call = Call(self.name, method, url, headers, data, repeatable, self.seconds)
        return self._done(await self._calls.send(call))

    def _done(self, reply: Reply) -> dict[str, Any]:
        """The answer to what was done.

        Raises Declined with EasyPost's code when it refused; Unavailable or, where it may have been done,
        OutcomeUnknown when a proxy's page or nonsense came instead.
        """
        try:
            found = parse(reply.body)
        except BadPayload:
            raise (Unavailable if reply.certain else OutcomeUnknown)(self.name, "unreadable") from None
        if reply.ok:
            return found
        error = found.get("error")
        word = code(reply, error.get("code") if isinstance(error, dict) else None)
        if reply.status == HTTPStatus.CONFLICT or word in _PERHAPS:
            raise OutcomeUnknown(self.name, word)
        raise Declined(self.name, word)


def _shipment_path(quote_ref: str) -> str:
    return f"/shipments/{quoted(quote_ref, safe='')}"


PARTNER = EasyPost
