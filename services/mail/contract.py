"""What a way to send e-mail has to offer, and what an e-mail is made of."""

import re
from abc import abstractmethod
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from pydantic import Field

from models.errors import Declined
from services.partner import Partner, PartnerKind, ProviderKeys

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
# What every mail server takes without extensions: a dot-atom (RFC 5321) at a host's name in ASCII.
ADDRESS = rf"^{_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+{_LABEL}$"
_PARTS = re.compile(ADDRESS)
_LONGEST_LOCAL, _LONGEST = 64, 254


class AddressRefused(Declined):
    """There is nobody at the receiver's address, or whoever keeps it does not want this e-mail."""


def usable_address(text: str) -> str | None:
    """The address as it goes into an e-mail, a host's name in other scripts spelt in ASCII; None for none."""
    local, _, host = text.strip().rpartition("@")
    try:
        address = f"{local}@{host.encode('idna').decode('ascii')}"
    except UnicodeError:
        return None
    fits = len(local) <= _LONGEST_LOCAL and len(address) <= _LONGEST
    return address if fits and _PARTS.fullmatch(address) else None


@dataclass(frozen=True)
class Letter:
    """What an e-mail says, plain and as HTML."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True)
class Mail:
    """One e-mail to one address. `key` is the same for every try at it; names hold no control characters."""

    key: str
    date: datetime
    to: str = field(repr=False)
    sender_name: str = field(repr=False)
    letter: Letter = field(repr=False)
    reply_to: str | None = field(default=None, repr=False)

    def message_id(self, sender: str) -> str:
        """The id by which a mailbox knows a repeated e-mail again."""
        return f"<{self.key}@{sender.rpartition('@')[2]}>"


class MailKeys(ProviderKeys):
    """What every way to send e-mail needs."""

    sender: str = Field(
        title="Sender address",
        examples=["shop@example.com"],
        pattern=ADDRESS,
        max_length=_LONGEST,
        description="Customers see it; the service has to know that it is yours",
    )


class MailPartner[K: MailKeys](Partner[K]):
    """One way to send e-mail."""

    kind: ClassVar[PartnerKind] = PartnerKind.MAIL

    @abstractmethod
    async def send(self, keys: K, mail: Mail) -> None:
        """Hand an e-mail over.

        Raises AddressRefused, Declined, WrongKeys, Unavailable when it was not taken, and OutcomeUnknown when
        it may have been; sent again it has the same id.
        """
