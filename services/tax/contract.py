"""What tax is computed on, what comes of it, and what every tax service can do.

All amounts are in minor units and whole; tax is always on top of the price.
"""

from abc import abstractmethod
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, NamedTuple

from models.money import spread
from services.partner import Partner, PartnerKind, ProviderKeys


class Place(NamedTuple):
    """Where something is sent from or to; `country` is an ISO 3166-1 alpha-2 code."""

    country: str
    postal_code: str
    state: str
    city: str
    street: str


class TaxedLine(NamedTuple):
    """A line of an order as far as it matters for tax."""

    id: str
    sku: str
    name: str
    quantity: int
    unit_price_cents: int
    discount_cents: int
    digital: bool

    @property
    def net_cents(self) -> int:
        """What is left to pay for it after the discount."""
        return self.quantity * self.unit_price_cents - self.discount_cents


@dataclass(frozen=True)
class Basis:
    """What tax is computed on; without anything to send `to` is where the shop itself is, if it said so."""

    currency: str
    lines: tuple[TaxedLine, ...]
    shipping_cents: int
    origin: Place | None
    to: Place | None

    @property
    def net_cents(self) -> int:
        """Everything before tax."""
        return sum(line.net_cents for line in self.lines) + self.shipping_cents

    @property
    def nets(self) -> list[int]:
        """What each line comes to before tax, and at the end the shipping."""
        return [*(line.net_cents for line in self.lines), self.shipping_cents]


class Levy(NamedTuple):
    """The tax on each line, in their order, and on shipping."""

    lines: tuple[int, ...]
    shipping: int

    @property
    def cents(self) -> int:
        """All of it."""
        return sum(self.lines) + self.shipping


def levy(cents: int, weights: list[int]) -> Levy:
    """A whole order's tax spread by largest remainder; the last weight is that of shipping."""
    *lines, shipping = spread(cents, weights)
    return Levy(tuple(lines), shipping)


@dataclass(frozen=True)
class Sale:
    """A paid order, under the name by which it is known for ever."""

    key: str
    at: datetime
    basis: Basis
    levy: Levy


@dataclass(frozen=True)
class GivenBack:
    """Part of a sale's money that went back, each part above or equal to 0; `cents` is without the tax."""

    key: str
    at: datetime
    sale: Sale
    cents: int
    shipping_cents: int
    tax_cents: int


class TaxService[K: ProviderKeys](Partner[K]):
    """Computes tax, and is told of sales and of what went back so that it can be declared.

    Every method raises as Partner's do; telling the same twice does what telling it once does.
    """

    kind: ClassVar[PartnerKind] = PartnerKind.TAX

    @abstractmethod
    async def quote(self, keys: K, basis: Basis) -> Levy:
        """The tax on what somebody is about to order."""

    @abstractmethod
    async def record(self, keys: K, sale: Sale) -> None:
        """Take note of a paid order."""

    @abstractmethod
    async def give_back(self, keys: K, back: GivenBack) -> None:
        """Take note of money that went back to the payer; its sale is noted before."""


type AnyTaxService = TaxService[Any]
