"""What happened to a payment: money in, money back, disputes, and its history."""

from enum import StrEnum

from models.base import Field, Part, Utc


class Receipt(Part):
    """Money that a provider says has arrived; in minor units, in crypto as a decimal string."""

    ref: str = Field(max_length=255, description="The provider's id of this money")
    amount_cents: int = Field(ge=0)
    currency: str
    at: Utc
    coins: str | None = Field(default=None, description="What arrived in crypto, as a decimal string")
    ticker: str | None = None
    surplus: bool = Field(default=False, description="Arrived when the order was paid already")


class RefundState(StrEnum):
    """How far a refund is."""

    ASKED = "asked"
    PENDING = "pending"
    DONE = "done"
    FAILED = "failed"
    UNKNOWN = "unknown"


class RefundLine(Part):
    """Pieces of one line of the order that go back; in minor units of the payment's currency."""

    product_id: str
    quantity: int = Field(ge=1)
    cents: int = Field(ge=0, description="What is given back for them, tax included")
    tax_cents: int = Field(default=0, ge=0, description="How much of that is tax")


class Refund(Part):
    """Money given back; amount in minor units."""

    key: str = Field(description="The same for every try; the provider knows the refund again by it")
    amount_cents: int = Field(ge=0)
    charge_ref: str = Field(description="Which receipt it comes from")
    state: RefundState = RefundState.ASKED
    by_hand: bool = Field(default=False, description="Sent outside the shop and only recorded here")
    lines: list[RefundLine] = Field(default_factory=list, description="What it is for; none: by amount")
    shipping_cents: int = Field(default=0, ge=0, description="How much of it is for shipping")
    gift_cents: int = Field(default=0, ge=0, description="How much of it was given to the community fund")
    restock: bool = Field(default=False, description="Whether its lines go back on the shelf once it is made")
    reason: str = ""
    actor_id: str | None = Field(default=None, description="Who asked; nobody when the provider did")
    asked_at: Utc
    done_at: Utc | None = None
    provider_ref: str | None = None
    error: str | None = None


class Dispute(Part):
    """A payer who wants the money back from the provider."""

    ref: str
    state: str = Field(description="open, won or lost")
    at: Utc
    reason: str | None = None


class PaymentEvent(Part):
    """One entry of a payment's history; `what` is a stable word."""

    at: Utc
    what: str
    actor_id: str | None = None
    note: str | None = None
