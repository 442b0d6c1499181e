"""Who may deliver webhooks: what the inbox asks of a provider, and how payment processors answer."""

from collections.abc import Iterator, Mapping
from typing import Protocol

from services.hosted import Hosted
from services.payments.processor import AnyProcessor, Delivery, Told
from services.providers import Providers


class Reading(Protocol):
    """A delivery as read: the provider's id of the event, its type, and what is to be acted upon, if at all.

    Two bodies with equal `news` say the same.
    """

    @property
    def event_id(self) -> str:
        """The provider's id of the event."""

    @property
    def kind(self) -> str:
        """The provider's type of event."""

    @property
    def news(self) -> tuple[object, ...]:
        """What is to be acted upon; nothing: the event is kept and ignored."""


class Source(Protocol):
    """One provider that delivers webhooks."""

    @property
    def refused(self) -> int:
        """The status that answers a bad signature."""

    @property
    def accepted(self) -> int:
        """The status that answers what was stored."""

    async def verify(self, tenant_id: str, delivery: Delivery) -> None:
        """Check that the provider sent it to this shop.

        Raises NotFound when the shop or its keys are unknown, BadSignature, and ProviderError when it cannot
        be told at the moment.
        """

    def read(self, body: bytes) -> Reading | None:
        """Read a verified delivery; None when there is nothing to keep. Raises BadPayload."""

    async def act(self, tenant_id: str, body: bytes) -> str:
        """Do what a stored delivery says, again if need be; what came of it in a word.

        Raises Unmatched when nothing here fits it yet, and ShopError when it cannot be done now.
        """


class ProcessorSource:
    """A payment processor as a source: its news become payments' states."""

    def __init__(self, adapter: AnyProcessor, providers: Providers, hosted: Hosted) -> None:
        self._adapter = adapter
        self._providers = providers
        self._hosted = hosted
        self.refused = adapter.refused
        self.accepted = adapter.accepted

    async def verify(self, tenant_id: str, delivery: Delivery) -> None:
        """Check the signature with the shop's keys; raises NotFound, BadSignature or ProviderError."""
        keys = await self._providers.keys(tenant_id, self._adapter.name)
        await self._adapter.verify(keys, delivery)

    def read(self, body: bytes) -> Told:
        """Read a verified delivery; raises BadPayload."""
        return self._adapter.read_webhook(body)

    async def act(self, tenant_id: str, body: bytes) -> str:
        """Settle each piece of news; raises Unmatched, NotFound or ProviderError."""
        name, told = self._adapter.name, self._adapter.read_webhook(body)
        outcomes = [await self._hosted.take(tenant_id, name, news) for news in told.news]
        return ",".join(outcomes) or "nothing"


class SignedBy(Mapping[str, str]):
    """Headers that remember which of them a check has read: those are the ones that sign."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._headers = headers
        self.read: dict[str, str] = {}

    def __getitem__(self, name: str) -> str:
        value = self.read[name] = self._headers[name]
        return value

    def __iter__(self) -> Iterator[str]:
        return iter(self._headers)

    def __len__(self) -> int:
        return len(self._headers)
