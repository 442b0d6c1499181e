"""What every outside company has in common that works for a shop with keys of the shop's own.

A payment processor, a mail service, a tax service or a carrier: one file each, found by being there (see
services/partners.py). What it does beyond this is said by the contract of its kind.
"""

from abc import ABC, abstractmethod
from enum import StrEnum
from typing import Any, ClassVar, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict

from services.calls import Calls


class PartnerKind(StrEnum):
    """What a partner does, in order of display; the value is stored."""

    PAYMENT = "payment"
    MAIL = "mail"
    TAX = "tax"
    SHIPPING = "shipping"


class ProviderKeys(BaseModel):
    """A shop's keys to one partner; a SecretStr field is stored encrypted and shown masked.

    Each field's `title` is its label and its first example is shown where it is entered, its `description`
    says where to find it; `json_schema_extra={"lines": True}` gives it room for several lines. A form has
    room for five.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, str_strip_whitespace=True
    )

    environment: Literal["live", "sandbox"] = "live"

    @property
    def plays(self) -> bool:
        """Whether nothing real comes of what is done with these keys, such as payments in play money."""
        return self.environment == "sandbox"


class Site(NamedTuple):
    """Where a partner answers."""

    live: str
    sandbox: str | None = None


class Partner[K: ProviderKeys](ABC):
    """One outside company.

    Every method that calls out raises Declined, WrongKeys, Unavailable or OutcomeUnknown (models/errors.py).
    """

    kind: ClassVar[PartnerKind]
    name: ClassVar[str]  # in the settings, and in the webhook's address; the same is never used twice
    company: ClassVar[str]  # who answers, as staff know it
    position: ClassVar[int]  # among those of its kind
    icon: ClassVar[str]
    title: ClassVar[str]  # what it is called in lists
    about: ClassVar[str]  # one line on what it does
    keys: ClassVar[type[ProviderKeys]]
    site: ClassVar[Site]
    currencies: ClassVar[frozenset[str] | None] = None
    opens: ClassVar[bool] = True  # whether it can be taken into use at all
    # Whether it delivers webhooks; who does has a value of its name in WebhookProvider (models/webhook.py).
    delivers: ClassVar[bool] = False
    # The types of events to which staff subscribe the webhook's address at the partner; empty where nothing
    # is registered because the address goes along with every call, None where the adapter does not say.
    subscribe: ClassVar[tuple[str, ...] | None] = None
    refused: ClassVar[int] = 400  # the answer to a bad signature
    accepted: ClassVar[int] = 200  # the answer to a stored event

    def __init__(self, calls: Calls, site: Site) -> None:
        self._calls = calls
        self._site = site

    def base(self, keys: K) -> str:
        """Where this shop's calls go."""
        return (self._site.sandbox or self._site.live) if keys.environment == "sandbox" else self._site.live

    def down(self) -> bool:
        """Whether the partner has failed so often of late that it is not even asked."""
        return self._calls.down(self._site.live)

    @abstractmethod
    async def test(self, keys: K) -> None:
        """Ask for something harmless that needs the keys."""


type AnyPartner = Partner[Any]
