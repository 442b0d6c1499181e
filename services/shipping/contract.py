"""What has to be sent, what a label costs, where a parcel is, and what every seller of labels can do.

Weights are whole grams and lengths whole millimetres, amounts minor units; times are in UTC.
"""

from abc import abstractmethod
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, NamedTuple

from models.address import Address
from services.partner import Partner, PartnerKind, ProviderKeys
from services.payments.processor import Delivery


class Box(NamedTuple):
    """How heavy and how large a parcel is; a flat envelope has a height, too."""

    weight_grams: int
    length_mm: int
    width_mm: int
    height_mm: int


class Content(NamedTuple):
    """What lies in a parcel, for customs; the price is that of one piece."""

    name: str
    quantity: int
    unit_price_cents: int


@dataclass(frozen=True)
class Sending:
    """A parcel that wants a label; `key` is ours, at most 36 characters."""

    key: str
    sender: Address
    to: Address
    box: Box
    contents: tuple[Content, ...]
    currency: str


class Rate(NamedTuple):
    """One way to send a parcel; `days` is how long it takes, about, where that is known."""

    ref: str
    carrier: str
    service: str
    cents: int
    currency: str
    days: int | None


@dataclass(frozen=True)
class Quote:
    """What a label would cost, cheapest first; `problems` say in a carrier's own words why it has no rate."""

    ref: str
    rates: tuple[Rate, ...]
    problems: tuple[str, ...] = ()


class Movement(StrEnum):
    """Where a parcel is, in the shop's words; stored."""

    UNKNOWN = "unknown"
    PRE_TRANSIT = "pre_transit"
    IN_TRANSIT = "in_transit"
    OUT_FOR_DELIVERY = "out_for_delivery"
    READY_FOR_PICKUP = "ready_for_pickup"
    DELIVERED = "delivered"
    RETURNING = "returning"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class Track:
    """Where a parcel is, at a moment of the partner's clock; `url` is for its receiver."""

    ref: str
    tracking_number: str
    carrier: str | None
    movement: Movement
    at: datetime | None = None
    url: str | None = None
    detail: str | None = None  # the partner's own short code, for staff


@dataclass(frozen=True)
class Label:
    """A label that was paid for; `url` shows an address, so that only staff may see it."""

    url: str
    carrier: str
    service: str
    cents: int
    currency: str
    track: Track


class Voided(StrEnum):
    """What became of the wish to have a label's money back."""

    SUBMITTED = "submitted"
    REFUNDED = "refunded"
    REJECTED = "rejected"


@dataclass(frozen=True)
class Tracked:
    """A delivery as read: the partner's id of the event, its type, and the news in it (none: ignore it)."""

    event_id: str
    kind: str
    news: tuple[Track, ...] = ()


class Shipper[K: ProviderKeys](Partner[K]):
    """Sells labels, and says where parcels are. Every method that calls out raises as Partner's do."""

    kind: ClassVar[PartnerKind] = PartnerKind.SHIPPING
    delivers: ClassVar[bool] = True

    @abstractmethod
    async def quote(self, keys: K, sending: Sending) -> Quote:
        """What a label would cost; asking buys nothing. Raises Declined for an address or box it refuses."""

    @abstractmethod
    async def buy(self, keys: K, quote_ref: str, rate_ref: str) -> Label:
        """Buy a label, in one try: after OutcomeUnknown only `bought` may be asked."""

    @abstractmethod
    async def bought(self, keys: K, quote_ref: str) -> Label | None:
        """The label that was bought for a quote, if one was."""

    @abstractmethod
    async def void(self, keys: K, quote_ref: str) -> Voided:
        """Ask for a label's money back; asked again it says what became of it."""

    @abstractmethod
    async def follow(self, keys: K, tracking_number: str, carrier: str | None) -> Track:
        """Have a parcel followed from now on that was sent in another way; again, it does what once does."""

    @abstractmethod
    async def where(self, keys: K, track_ref: str) -> Track:
        """Where a parcel is that is followed already."""

    @abstractmethod
    async def verify(self, keys: K, delivery: Delivery) -> None:
        """Check that a delivery was signed for these keys; raises BadSignature."""

    @abstractmethod
    def read_webhook(self, body: bytes) -> Tracked:
        """Read a verified delivery; raises BadPayload."""


type AnyShipper = Shipper[Any]
