"""What a check of the doctor's is given, and what it may find."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Any, ClassVar

from redis.asyncio import Redis

from models.base import Db
from services.calls import Calls
from services.clock import Clock
from services.doctor.place import Place
from services.links import Links
from services.mailing import Mailing
from services.payments.methods import PaymentMethods
from services.providers import Providers
from services.rules import Rules
from services.shops import Shop
from services.vault import Vault


class Section(StrEnum):
    """What a finding is about."""

    DISCORD = "discord"
    SHOP = "shop"
    WORK = "work"
    MACHINE = "machine"


class Severity(IntEnum):
    """How bad it is, the worst first: something does not work, soon will not, or could be better."""

    WRONG = 0
    WARNING = 1
    HINT = 2


class Mend(StrEnum):
    """What can be mended by a click; see mending.py."""

    INDEXES = "indexes"
    CHANNELS = "channels"
    EFFECTS = "effects"
    STOREFRONT = "storefront"


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it should be: a word, and the values of its sentence.

    `about` tells several findings of one word apart, and a mend what to mend.
    """

    code: str
    severity: Severity
    values: Mapping[str, Any] = field(default_factory=dict)
    mend: Mend | None = None
    about: str = ""


@dataclass(frozen=True)
class Instruments:
    """What the doctor looks with; `discord_url` is where Discord answers, None where nobody says."""

    db: Db
    clock: Clock
    rules: Rules
    calls: Calls
    links: Links
    vault: Vault
    providers: Providers
    methods: PaymentMethods
    mailing: Mailing
    redis: Redis | None = None
    discord_url: str | None = None


@dataclass(frozen=True)
class Case:
    """The shop that is looked at, and its server as the bot sees it."""

    shop: Shop
    place: Place
    tools: Instruments


class Check(ABC):
    """One look; `finds` are the words of everything it may find.

    What it raises becomes a finding and keeps no other from looking, and so does taking too long.
    """

    name: ClassVar[str]
    section: ClassVar[Section]
    finds: ClassVar[frozenset[str]]

    @abstractmethod
    async def run(self, case: Case) -> list[Finding]:
        """Look, and change nothing."""
