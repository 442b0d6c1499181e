"""The payment providers of the demo: the stand-ins that the tests use, on ports of this machine."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from bot.config import ProviderSettings

if TYPE_CHECKING:
    from tests.fakes.nowpayments import NowPayments
    from tests.fakes.provider import FakeProvider
    from tests.fakes.stripe import Stripe

_RATE_HOLDS = timedelta(minutes=20)


class NoStandIns(Exception):
    """This installation came without them; the text says what to do."""


@dataclass(frozen=True)
class StandIn:
    """A provider: its name, what customers call it, the shop's keys by their labels, its account there.

    `header` is what a request to its API needs.
    """

    title: str
    way_to_pay: str
    keys: dict[str, str]
    account: "FakeProvider"
    header: str


class StandIns:
    """Everyone whom money comes from in the demo."""

    def __init__(self, coins: "NowPayments", cards: "Stripe") -> None:
        self._coins = coins
        self._cards = cards
        self.nowpayments = StandIn(
            "NOWPayments",
            "Bitcoin (NOWPayments)",
            {"API key": coins.API_KEY, "IPN secret key": coins.IPN_SECRET},
            coins,
            f"x-api-key: {coins.API_KEY}",
        )
        self.stripe = StandIn(
            "Stripe",
            "Card (Stripe)",
            {"Secret key": cards.KEY, "Webhook signing secret": cards.WEBHOOK_SECRET},
            cards,
            f"Authorization: Bearer {cards.KEY}",
        )
        self.all = (self.nowpayments, self.stripe)

    @property
    def settings(self) -> ProviderSettings:
        """Where they answer."""
        return ProviderSettings(nowpayments_url=self._coins.url, stripe_url=self._cards.url)

    def send_coins(self, address: str, coins: Decimal) -> None:
        """A wallet pays to an address of NOWPayments, for the first time or again."""
        payments = self._coins.payments.values()
        first = next(each for each in payments if each["pay_address"] == address)
        ref = str(first["payment_id"])
        if first["actually_paid"]:
            self._coins.redeposit(ref, coins)
        else:
            self._coins.pay(ref, coins / first["pay_amount"])

    def pay_by_card(self, page: str) -> None:
        """Somebody fills in the page that Stripe shows at this address."""
        sessions = self._cards.sessions.items()
        self._cards.pay(next(ref for ref, each in sessions if each["url"] == page))


@contextlib.asynccontextmanager
async def stand_ins() -> AsyncIterator[StandIns]:
    """The providers, up for as long as the block; raises NoStandIns where tests/ is missing."""
    try:
        # The shop itself runs without tests/.
        from tests.fakes.nowpayments import NowPayments  # noqa: PLC0415 - see above
        from tests.fakes.stripe import Stripe  # noqa: PLC0415 - see above
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] != "tests":
            raise
        why = "the demo's payment providers are in the folder tests/, which is missing here: "
        raise NoStandIns(f"{why}run the demo in a complete copy of the project.") from error
    async with NowPayments() as coins, Stripe() as cards:
        coins.ends = {"valid_until": (datetime.now(UTC) + _RATE_HOLDS).isoformat()}
        yield StandIns(coins, cards)
