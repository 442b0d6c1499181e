"""What a way to pay has to say of itself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from models.payment_method import PaymentMethod

type MethodKind = Literal["p2p", "processor", "manual"]


@dataclass(frozen=True)
class MethodDescriptor:
    """A way to pay as menus and the admin's tooltips show it."""

    value: PaymentMethod
    display_name: str
    kind: MethodKind
    icon: str
    description: str
    supports_refund: bool = False

    @property
    def requires_processor(self) -> bool:
        """Whether a partner's keys must be entered before anybody can pay so."""
        return self.kind == "processor"

    @property
    def supports_automatic_confirmation(self) -> bool:
        """Whether a webhook can confirm a payment without staff."""
        return self.kind == "processor"


@dataclass(frozen=True)
class Setting:
    """One value that staff enter to set a method up."""

    key: str
    label: str
    required: bool
    example: str
    valid: Callable[[str], bool] = lambda _: True
    length: int = 500


@dataclass(frozen=True)
class Due:
    """What a link has to carry: amount in minor units and the reference for the payer's note."""

    amount_cents: int
    currency: str
    reference: str


@dataclass(frozen=True)
class Prefilled:
    """A link for a button (http or https only, as Discord demands), a text for a QR picture, or neither."""

    link: str | None = None
    qr_text: str | None = None


@dataclass(frozen=True)
class ByHand:
    """A method that moves money outside the shop; staff confirm what they see arrive."""

    position: int
    descriptor: MethodDescriptor
    settings: tuple[Setting, ...]
    note_supported: bool
    prefill: Callable[[Mapping[str, str], Due], Prefilled]
    currencies: frozenset[str] | None = None

    def accepts(self, values: Mapping[str, str], currency: str) -> bool:
        """Whether it is set up far enough to be offered for this currency."""
        complete = all(values.get(setting.key) for setting in self.settings if setting.required)
        return complete and (self.currencies is None or currency in self.currencies)


@dataclass(frozen=True)
class Instructions:
    """Everything a payer needs to pay one order by hand; amount in minor units."""

    method: PaymentMethod
    recipient: str | None
    recipient_name: str | None
    extra_text: str | None
    amount_cents: int
    currency: str
    reference: str
    link: str | None
    qr_text: str | None
    note_supported: bool


NAME = Setting(
    "recipient_name",
    "Name the payer will see",
    required=False,
    example="Aurora Community",
    length=80,  # it has to fit into a QR code in every script
)
TEXT = Setting("text", "Anything else to know", required=False, example="We check payments every evening.")
