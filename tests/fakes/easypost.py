"""EasyPost as far as the shop needs it: shipments with rates, labels, refunds, trackers, webhooks."""

import hashlib
import hmac
import json
import unicodedata
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from aiohttp import web

from tests.fakes.provider import FakeProvider, Notice

type Found = dict[str, Any]
type Answer = tuple[int, Found]

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
# Carrier, service, price of the parcel, price of each ounce, days.
OFFERS = [
    ("FedEx", "FEDEX_GROUND", Decimal("9.85"), Decimal("0.10"), 3),
    ("USPS", "GroundAdvantage", Decimal("5.47"), Decimal("0.20"), 4),
    ("UPSDAP", "Ground", Decimal("8.12"), Decimal("0.15"), None),
]
# What the codes of EasyPost's test mode stand for.
CODES = {
    "EZ1000000001": "pre_transit",
    "EZ2000000002": "in_transit",
    "EZ3000000003": "out_for_delivery",
    "EZ4000000004": "delivered",
    "EZ5000000005": "return_to_sender",
    "EZ6000000006": "failure",
    "EZ7000000007": "unknown",
}
ADDRESS = {"name", "street1", "street2", "city", "state", "zip", "country", "phone"}
SHIPMENT = {"to_address", "from_address", "parcel", "reference", "customs_info"}
CERTIFIED = {"contents_type", "customs_certify", "customs_signer", "eel_pfc", "restriction_type"}
ITEM = {"description", "quantity", "value", "currency", "weight", "origin_country"}


class Refusal(Exception):
    """An error as EasyPost answers it."""

    def __init__(self, status: int, code: str, message: str = "", field: str = "") -> None:
        super().__init__(code)
        errors = [{"field": field, "message": message, "suggestion": None}] if field else []
        self.answer: Answer = (status, {"error": {"code": code, "message": message, "errors": errors}})


class EasyPost(FakeProvider):
    """One account with its test and its live key, which see the same here.

    `bought` are the labels that were paid for: the shipment and what it cost. Carriers of `silent` say what
    stands there instead of a rate, those of `on_scan` take no money before they see a parcel. A `balance`
    that is not None pays for labels.
    """

    KEY = "EZTKtest-key-of-a-test-0001"
    LIVE_KEY = "EZAKlive-key-of-a-test-0001"
    WEBHOOK_SECRET = "a-secret-of-a-tést"

    def __init__(self, now: Callable[[], datetime] = lambda: NOW) -> None:
        super().__init__()
        self._now = now
        self.shipments: dict[str, Found] = {}
        self.trackers: dict[str, Found] = {}
        self.bought: list[tuple[str, Decimal]] = []
        self.silent: dict[str, str] = {}
        self.on_scan: set[str] = set()
        self.refused_zips = {"00000"}
        self.balance: Decimal | None = None
        self.currency = "USD"
        self._followed: dict[tuple[str, str], Found] = {}

    def routes(self, router: web.UrlDispatcher) -> None:
        """Add the part of the API that the shop calls."""
        router.add_post("/v2/shipments", self._endpoint(self._create))
        router.add_get("/v2/shipments/{id}", self._endpoint(self._show))
        router.add_post("/v2/shipments/{id}/buy", self._endpoint(self._buy))
        router.add_post("/v2/shipments/{id}/refund", self._endpoint(self._refund))
        router.add_post("/v2/trackers", self._endpoint(self._follow))
        router.add_get("/v2/trackers/{id}", self._endpoint(self._show_tracker))
        router.add_get("/v2/webhooks", self._endpoint(self._webhooks))

    # What a test does there.

    def move(self, tracking_code: str, status: str, kind: str = "tracker.updated") -> Notice:
        """A parcel is somewhere else: its tracker says so, and a webhook tells."""
        tracker = next(each for each in self.trackers.values() if each["tracking_code"] == tracking_code)
        tracker |= {"status": status, "status_detail": "status_update", "updated_at": self._stamp()}
        return self.tell(kind, tracker)

    def tell(self, kind: str, result: Found) -> Notice:
        """A webhook about something, signed as the real ones are."""
        event = {
            "id": self.new_id("evt_"),
            "object": "Event",
            "mode": "test",
            "description": kind,
            "created_at": self._stamp(),
            "result": result,
        }
        body = json.dumps(event, separators=(",", ":")).encode()
        return self.notify(Notice(body, self.sign(body)))

    def sign(self, body: bytes) -> dict[str, str]:
        """The headers of a delivery with this body."""
        secret = unicodedata.normalize("NFKD", self.WEBHOOK_SECRET).encode()
        code = hmac.new(secret, body, hashlib.sha256).hexdigest()
        return {"Content-Type": "application/json", "X-Hmac-Signature": f"hmac-sha256-hex={code}"}

    def settle_refund(self, shipment_id: str, status: str = "refunded") -> None:
        """The carrier decides on a refund: refunded or rejected."""
        self.shipments[shipment_id]["refund_status"] = status

    def asked(self, path: str) -> list[Any]:
        """The bodies of what was posted to a path."""
        found = [each for each in self.requests if each.method == "POST" and each.path == path]
        return [json.loads(each.body) for each in found]

    # What EasyPost answers.

    def _endpoint(
        self, answer: Callable[[web.Request], Awaitable[Answer]]
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            try:
                self._let_in(request)
                status, found = await answer(request)
            except Refusal as refusal:
                status, found = refusal.answer
            return web.json_response(found, status=status)

        return handle

    def _let_in(self, request: web.Request) -> None:
        if request.headers.get("Authorization") not in {f"Bearer {self.KEY}", f"Bearer {self.LIVE_KEY}"}:
            raise Refusal(401, "APIKEY.INACTIVE", "This api key is no longer active.")

    @staticmethod
    async def _asked(request: web.Request, name: str, known: set[str]) -> Found:
        if request.content_type != "application/json":
            raise Refusal(400, "BAD_REQUEST", "no JSON")
        found = (await request.json()).get(name)
        if not isinstance(found, dict) or not found.keys() <= known:
            raise Refusal(422, "PARAMETER.INVALID", f"{name}: {found}", name)
        return found

    async def _create(self, request: web.Request) -> Answer:
        asked = await self._asked(request, "shipment", SHIPMENT)
        for side in ("to_address", "from_address"):
            self._check_address(asked[side], side)
        abroad = asked["to_address"]["country"] != asked["from_address"]["country"]
        if abroad:
            _check_customs(asked.get("customs_info"), asked["parcel"]["weight"])
        if not all(0 < asked["parcel"][side] < 1200 for side in ("weight", "length", "width", "height")):
            raise Refusal(422, "PARCEL.DIMENSIONS.INVALID", "Invalid parcel dimensions", "parcel")
        made: Found = {
            **asked,
            "id": self.new_id("shp_"),
            "object": "Shipment",
            "mode": "test",
            "status": "unknown",
            "rates": [],
            "messages": [
                {"carrier": carrier, "type": "rate_error", "message": said}
                for carrier, said in self.silent.items()
            ],
            "selected_rate": None,
            "postage_label": None,
            "tracking_code": None,
            "tracker": None,
            "refund_status": None,
        }
        ounces = Decimal(str(asked["parcel"]["weight"]))
        made["rates"] = [
            self._rate(carrier, service, base + each * ounces * (4 if abroad else 1), days)
            for carrier, service, base, each, days in OFFERS
            if carrier not in self.silent
        ]
        self.shipments[made["id"]] = made
        return 201, made

    def _check_address(self, address: Found, side: str) -> None:
        if not address.keys() <= ADDRESS or not all(isinstance(value, str) for value in address.values()):
            raise Refusal(422, "PARAMETER.INVALID", f"{side}: {address}", side)
        if not all(address.get(part) for part in ("name", "street1", "city", "country")):
            raise Refusal(422, "ADDRESS.PARAMETERS.INVALID", f"Missing: {address}", side)
        if address.get("zip") in self.refused_zips:
            said = f"Address not found: {address['street1']}, {address['zip']}"
            raise Refusal(422, "ADDRESS.VERIFY.FAILURE", said, "zip")

    def _rate(self, carrier: str, service: str, price: Decimal, days: int | None) -> Found:
        return {
            "id": self.new_id("rate_"),
            "object": "Rate",
            "carrier": carrier,
            "service": service,
            "rate": f"{price:.2f}",
            "currency": self.currency,
            "delivery_days": days,
            "est_delivery_days": days,
        }

    async def _show(self, request: web.Request) -> Answer:
        return 200, self._shipment(request)

    def _shipment(self, request: web.Request) -> Found:
        found = self.shipments.get(request.match_info["id"])
        if found is None:
            raise Refusal(404, "NOT_FOUND", "The requested resource could not be found.")
        return found

    async def _buy(self, request: web.Request) -> Answer:
        shipment, asked = self._shipment(request), await self._asked(request, "rate", {"id"})
        if shipment["postage_label"] is not None:
            raise Refusal(422, "SHIPMENT.POSTAGE.EXISTS", "Postage already exists for this shipment.")
        rate = next((each for each in shipment["rates"] if each["id"] == asked.get("id")), None)
        if rate is None:
            raise Refusal(422, "SHIPMENT.RATE.INVALID", "The rate does not belong to this shipment.", "rate")
        price = Decimal(rate["rate"])
        if self.balance is not None and self.balance < price:
            raise Refusal(402, "PAYMENT_REQUIRED", "Insufficient funds. Please add funds to your account.")
        if self.balance is not None:
            self.balance -= price
        self.bought.append((shipment["id"], price))
        number = f"9400{len(self.bought):016d}"
        shipment |= {
            "selected_rate": rate,
            "postage_label": {
                "id": self.new_id("pl_"),
                "object": "PostageLabel",
                "label_file_type": "image/png",
                "label_url": f"https://easypost-files.example/postage_label/{shipment['id']}.png",
            },
            "tracking_code": number,
            "tracker": self._tracker(number, rate["carrier"], "pre_transit", shipment["id"]),
        }
        return 200, shipment

    async def _refund(self, request: web.Request) -> Answer:
        shipment = self._shipment(request)
        if shipment["postage_label"] is None:
            raise Refusal(422, "SHIPMENT.REFUND.UNAVAILABLE", "There is no postage to be refunded.")
        if shipment["refund_status"] not in {None, "rejected"}:
            raise Refusal(422, "SHIPMENT.REFUND.EXISTS", "A refund was requested before.")
        on_scan = shipment["selected_rate"]["carrier"] in self.on_scan
        shipment["refund_status"] = "not_applicable" if on_scan else "submitted"
        return 200, shipment

    def _tracker(self, code: str, carrier: str, status: str, shipment_id: str | None = None) -> Found:
        key = self.new_id("trk_")
        made: Found = {
            "id": key,
            "object": "Tracker",
            "mode": "test",
            "tracking_code": code,
            "status": status,
            "status_detail": "status_update",
            "created_at": self._stamp(),
            "updated_at": self._stamp(),
            "shipment_id": shipment_id,
            "carrier": carrier,
            "tracking_details": [],
            "public_url": f"https://track.easypost.example/{key}",
        }
        self.trackers[key] = self._followed[code, carrier] = made
        return made

    async def _follow(self, request: web.Request) -> Answer:
        asked = await self._asked(request, "tracker", {"tracking_code", "carrier"})
        code, carrier = asked.get("tracking_code"), asked.get("carrier", "USPS")
        if not isinstance(code, str) or not code.strip():
            raise Refusal(422, "TRACKER.CREATE.ERROR", "Tracking code is missing.", "tracking_code")
        known = self._followed.get((code, carrier))
        return 201, known or self._tracker(code, carrier, CODES.get(code, "unknown"))

    async def _show_tracker(self, request: web.Request) -> Answer:
        found = self.trackers.get(request.match_info["id"])
        if found is None:
            raise Refusal(404, "NOT_FOUND", "The requested resource could not be found.")
        return 200, found

    async def _webhooks(self, _: web.Request) -> Answer:
        return 200, {"webhooks": []}

    def _stamp(self) -> str:
        return self._now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _check_customs(customs: Any, ounces: float) -> None:
    """A form that a carrier would take: complete, certified, and its items no heavier than the parcel."""
    if (
        not isinstance(customs, dict)
        or customs.keys() != CERTIFIED | {"customs_items"}
        or not customs["customs_items"]
    ):
        raise Refusal(422, "SHIPMENT.CUSTOMS.INVALID", f"{customs}", "customs_info")
    items = customs["customs_items"]
    complete = all(each.keys() == ITEM and Decimal(each["value"]) > 0 < each["weight"] for each in items)
    weight = sum(Decimal(str(each["weight"])) for each in items)
    if not complete or not customs["customs_signer"] or weight > Decimal(str(ounces)):
        raise Refusal(422, "CUSTOMS_ITEM.INVALID", f"{items}", "customs_items")
