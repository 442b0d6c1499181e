"""Purchases that a payment provider confirms by signed webhooks, without staff."""

import re
from decimal import Decimal
from http import HTTPStatus

from bot.demo_acting import Acting, WentWrong, number_of
from bot.demo_providers import StandIn, StandIns
from bot.demo_telling import Telling
from bot.sandbox import Person, Sandbox, Seen

COURSE = "Pixel art course"
ROLE_PRODUCT, ROLE = "Supporter role", "Supporter"
_PASSWORD = "PIXEL-2048"  # noqa: S105 - of the sample course, which everybody may read
_TOO_LITTLE = Decimal("0.0005")
_COINS = re.compile(r"Send exactly this much BTC:\s+```\s*([0-9.]+)")
_PAY_NOW = re.compile(r"\[Pay now\](?:\((\S+)\)| -> (\S+))")
_ADDRESS = re.compile(r"```\n(\w+)\n```")


class OnlineScene(Acting):
    """What the purchases have in common; raises WentWrong, and what the sandbox raises."""

    def __init__(self, telling: Telling, discord: Sandbox, customer: Person, providers: StandIns) -> None:
        super().__init__(telling, discord)
        self._customer = customer
        self._providers = providers

    async def _order(self, query: str, product: str, method: str) -> Seen:
        seen = await self._run(self._customer, "/shop browse", query=query)
        seen = await self._choose(seen, "Choose a product", product, quietly=True)
        seen = await self._press(seen, "Buy now", quietly=True)
        seen = await self._choose(seen, "Choose how to pay", method, quietly=True)
        return await self._press(seen, "Confirm")

    async def _delivered(self, provider: StandIn) -> None:
        account = provider.account
        await self._until(lambda: len(account.answers) == len(account.notices), "the webhooks' answers")
        if set(account.answers) != {HTTPStatus.OK}:
            raise WentWrong(f"webhooks of {provider.title} were answered with {account.answers}")
        self._tell.fact(
            f"{provider.title} delivered {len(account.answers)} webhooks, and the shop took them."
        )


class BitcoinScene(OnlineScene):
    """The customer sends too little, is told what is missing, and sends that."""

    async def play(self) -> None:
        """From the shelf to the goods."""
        ben = self._customer
        self._tell.chapter("Ben, a friend of Ada's, pays in Bitcoin")
        placed = await self._order("course", COURSE, "Bitcoin")
        number = number_of(placed)
        self._tell.aside(
            "The image is a QR code for wallets. Ben types the amount himself and slips: he sends only "
            f"{_TOO_LITTLE} BTC. NOWPayments sees it on the blockchain and says so by webhook."
        )
        self._send(placed, _TOO_LITTLE)
        reminded = await self._dm(ben, number, "only a part", "the DM about the missing rest")
        _, rest = _due(reminded)
        self._tell.aside(f"Ben sends the rest, {rest} BTC, to the same address.")
        self._send(reminded, rest)
        paid = await self._dm(ben, number, "has received your payment", "the DM about the payment")
        if _PASSWORD not in paid.text:
            raise WentWrong(f"Ben has paid and was not given the {COURSE} but: {paid.text[:200]}")
        await self._delivered(self._providers.nowpayments)
        self._tell.fact(f"Ben has the {COURSE}, and the staff had nothing to do.")

    def _send(self, seen: Seen, coins: Decimal) -> None:
        address, _ = _due(seen)
        self._providers.send_coins(address, coins)


class CardScene(OnlineScene):
    """The customer pays by card, on Stripe's page."""

    async def play(self) -> None:
        """From the shelf to the role."""
        ada = self._customer
        self._tell.chapter("Ada becomes a supporter, and pays by card")
        placed = await self._order("supporter", ROLE_PRODUCT, "Card")
        page = _PAY_NOW.search(placed.text)
        if not page:
            raise WentWrong(f"Ada was shown no page to pay on but: {placed.text[:200]}")
        self._tell.does(ada, "follows Pay now to Stripe's page, and pays there with her card")
        self._providers.pay_by_card(page[1] or page[2])
        await self._until(lambda: ROLE in ada.role_names, f"the role {ROLE} on Ada")
        self._tell.fact(f"Ada has the role {ROLE}.")
        await self._delivered(self._providers.stripe)
        await self._press(placed, "Check again")


def _due(seen: Seen) -> tuple[str, Decimal]:
    """The address and the coins that a card asks for."""
    address, coins = _ADDRESS.search(seen.text), _COINS.search(seen.text)
    if not address or not coins or "[image]" not in seen.text:
        raise WentWrong(f"{seen.person.name} was shown no address to pay to but: {seen.text[:200]}")
    return address[1], Decimal(coins[1])
