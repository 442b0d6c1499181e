"""What an adapter to a payment processor has to offer: one file each, found by being there.

An adapter translates between the processor's protocol and the shop's words. It decides nothing and stores
nothing: what follows from its news is settled in services/settlement.py, the same for every processor.
"""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar, NamedTuple

from services.partner import Partner, PartnerKind, ProviderKeys, Site
from services.payments.contract import MethodDescriptor

__all__ = [
    "AnyProcessor",
    "BadPayload",
    "BadSignature",
    "Charge",
    "Coins",
    "Delivery",
    "Deposit",
    "Known",
    "Money",
    "News",
    "Opened",
    "Processor",
    "ProviderKeys",
    "RefundAsk",
    "Site",
    "Told",
    "What",
]


class BadSignature(Exception):
    """Not signed by the provider for this shop; its text is a word for the log."""


class BadPayload(Exception):
    """The provider signed something that cannot be read."""


class Money(NamedTuple):
    """An amount in minor units of an ISO 4217 currency (upper case)."""

    cents: int
    currency: str


class Coins(NamedTuple):
    """An amount of a crypto currency; the ticker in lower case, such as btc."""

    amount: Decimal
    ticker: str


class What(StrEnum):
    """What happened to a payment, in the shop's words."""

    PENDING = "pending"
    APPROVED = "approved"
    PAID = "paid"
    UNDERPAID = "underpaid"
    FAILED = "failed"
    EXPIRED = "expired"
    REFUNDED = "refunded"
    REFUND_PENDING = "refund_pending"
    REFUND_FAILED = "refund_failed"
    DISPUTED = "disputed"
    DISPUTE_WON = "dispute_won"
    DISPUTE_LOST = "dispute_lost"


@dataclass(frozen=True)
class News:
    """One thing that a provider says about one payment; told twice or in any order it means the same.

    PENDING: money is on its way, keep the goods. APPROVED: the payer agreed, `follow_up` collects.
    PAID and UNDERPAID: `amount` arrived under `charge_ref`. FAILED: this try failed, the payer may try again.
    EXPIRED: the page can no longer be paid. REFUNDED and its like: `amount` went back under `refund_ref`.
    """

    what: What
    order_id: str | None = None  # ours, where the provider repeats it
    provider_ref: str | None = None  # what create() returned
    charge_ref: str | None = None  # the provider's id of the money that moved
    amount: Money | None = None
    coins: Coins | None = None  # what arrived in crypto
    coins_due: Coins | None = None  # what should have arrived
    refund_ref: str | None = None
    dispute_ref: str | None = None
    note: str | None = None  # the provider's own short code, for staff
    total: bool = False  # amount is all that was ever refunded of this charge, not this refund alone


@dataclass(frozen=True)
class Told:
    """A delivery as read: the provider's id of the event, its type, and the news in it (none: ignore it)."""

    event_id: str
    kind: str
    news: tuple[News, ...] = ()


@dataclass(frozen=True)
class Delivery:
    """A webhook as it arrived: raw body, headers by lower-case name, the configured address, time in UTC."""

    body: bytes
    headers: Mapping[str, str]
    url: str
    now: datetime

    def header(self, name: str) -> str:
        """A header's value; raises BadSignature when it is missing."""
        value = self.headers.get(name.lower())
        if value is None:
            raise BadSignature(f"no {name}")
        return value


@dataclass(frozen=True)
class Charge:
    """What a hosted page has to be made for.

    `key` is the same for every try at this page (at most 36 characters). `notify_url` is where this provider
    delivers webhooks for this shop, None when the installation has no public address. Times in UTC.
    """

    key: str
    order_id: str
    order_number: str
    shop_name: str
    amount: Money
    return_url: str
    notify_url: str | None
    now: datetime
    ends_at: datetime


@dataclass(frozen=True)
class Deposit:
    """A crypto address to pay to; `memo` is a tag that some coins need."""

    address: str
    coins: Coins
    memo: str | None = None


@dataclass(frozen=True)
class Opened:
    """A page that can be paid on: `provider_ref` finds the payment again, `charge_ref` where it is known."""

    provider_ref: str
    page_url: str
    ends_at: datetime | None = None
    charge_ref: str | None = None
    deposit: Deposit | None = None


@dataclass(frozen=True)
class Known:
    """What the shop knows of a payment when it asks a provider about it."""

    order_id: str
    provider_ref: str
    charge_refs: tuple[str, ...]
    refund_refs: tuple[str, ...]
    amount: Money


@dataclass(frozen=True)
class RefundAsk:
    """Money to give back; `key` is the same for every try at this refund (at most 36 characters)."""

    key: str
    known: Known
    charge_ref: str
    amount: Money
    whole: bool
    reason: str


class Processor[K: ProviderKeys](Partner[K]):
    """One payment processor: a partner that takes money; in lists it stands for the method that it serves.

    Every method that calls out raises Declined, WrongKeys, Unavailable or OutcomeUnknown (models/errors.py).
    """

    kind: ClassVar[PartnerKind] = PartnerKind.PAYMENT
    delivers: ClassVar[bool] = True
    descriptor: ClassVar[MethodDescriptor]
    repeatable_refunds: ClassVar[bool] = True  # whether the provider knows a refund again by its key

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if "descriptor" in cls.__dict__:
            cls.icon, cls.title = cls.descriptor.icon, cls.descriptor.display_name
        if "descriptor" in cls.__dict__ and "about" not in cls.__dict__:
            cls.about = cls.descriptor.description

    @abstractmethod
    async def create(self, keys: K, charge: Charge) -> Opened:
        """Make a page (or an address) on which this charge can be paid."""

    @abstractmethod
    async def verify(self, keys: K, delivery: Delivery) -> None:
        """Check a delivery's signature and age.

        Raises BadSignature, and Unavailable when it could not be checked now: the provider sends it again.
        """

    @abstractmethod
    def read_webhook(self, body: bytes) -> Told:
        """Read a verified delivery; raises BadPayload and nothing else."""

    async def follow_up(self, keys: K, known: Known, news: News) -> tuple[News, ...]:  # noqa: ARG002 - the contract
        """What has to be done or asked before this news counts, such as a capture; its result."""
        return (news,)

    @abstractmethod
    async def poll(self, keys: K, known: Known) -> tuple[News, ...]:
        """Everything the provider says of this payment now."""

    @abstractmethod
    async def refund(self, keys: K, ask: RefundAsk) -> News:
        """Give money back: REFUNDED, REFUND_PENDING or REFUND_FAILED with its `refund_ref`."""

    async def close(self, keys: K, known: Known) -> None:
        """Let the page be paid no longer, where the provider can do that."""

    def bip21(self, deposit: Deposit, label: str) -> str | None:  # noqa: ARG002 - the contract
        """A text that a wallet reads from a QR picture; None when there is none for this coin."""
        return None


type AnyProcessor = Processor[Any]
