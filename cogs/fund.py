"""/fund: what is in the community fund, and giving to it outside a purchase."""

from typing import Any

import nextcord
from nextcord import InteractionContextType
from nextcord.ext import commands

from cogs._ui.desk import Desk, ShopCog, Visit, click, command_answer, submit
from cogs._ui.fund_card import amount_card, info_card, pay_card, review_card
from cogs._ui.gift_step import custom_form
from cogs._ui.hosted_order import with_page
from cogs._ui.order_card import order_card
from cogs._ui.refusals import sentence
from cogs._ui.target import Target
from models.errors import BadInput, CartChanged, FundClosed, NotFound
from models.order import Order, OrderStatus
from services import Services
from services.donations import Gift
from services.gifts import read_gift, suits
from services.pace import Cost

_LATEST = 10
_LONGEST_AMOUNT = 9


class Fund(ShopCog):
    """Each button carries what was chosen so far; nothing is kept until Confirm."""

    @nextcord.slash_command(
        name="fund", description="The fund of this community", contexts=[InteractionContextType.guild]
    )
    async def fund(self, _: nextcord.Interaction[Any]) -> None:
        """Only its subcommands do something."""

    @fund.subcommand(name="info", description="What is in the fund, what came in and went out")
    @command_answer
    async def info(self, visit: Visit) -> None:
        await self.by_click(visit)

    @fund.subcommand(name="donate", description="Give something to the fund")
    @command_answer
    async def donate(
        self,
        visit: Visit,
        amount: str = nextcord.SlashOption(description="How much?", required=False, default=""),
    ) -> None:
        shop = await visit.shop()
        rules = await visit.services.fund.open_rules(shop)
        if not amount.strip():
            await self._ask_amount(visit, anonymous=False)
            return
        try:
            cents = read_gift(rules, amount, shop.currency)
        except BadInput as wrong:
            await self._ask_amount(visit, anonymous=False, note=sentence(wrong, visit.words))
        else:
            await self._ask_way(visit, Gift("", cents, "", anonymous=False))

    @click("fund:info")
    async def by_click(self, visit: Visit) -> None:
        shop = await visit.shop()
        rules = await visit.services.fund.rules(shop)
        book = await visit.services.fund_desk.book(shop, size=_LATEST)
        if not (rules.enabled or book.total):
            raise FundClosed
        await visit.show(info_card(book, rules, visit.words))

    @click("fund:donate")
    async def ask(self, visit: Visit) -> None:
        await self._ask_amount(visit, anonymous=False)

    @click("fund:hide")
    async def hide(self, visit: Visit, hidden: str) -> None:
        await self._ask_amount(visit, anonymous=hidden == "1")

    @click("fund:custom")
    async def ask_custom(self, visit: Visit, hidden: str) -> None:
        shop = await visit.shop()
        rules = await visit.services.fund.open_rules(shop)
        to = Target("fund:custom", "1" if hidden == "1" else "0")
        await visit.form(custom_form(rules, shop.currency, to, visit.words))

    @submit("fund:custom")
    async def custom(self, visit: Visit, hidden: str) -> None:
        shop = await visit.shop()
        rules = await visit.services.fund.open_rules(shop)
        cents = read_gift(rules, visit.fields.get("amount", ""), shop.currency)
        await self._ask_way(visit, Gift("", cents, "", anonymous=hidden == "1"))

    @click("fund:amount")
    async def amount(self, visit: Visit, cents: str, hidden: str) -> None:
        await self._ask_way(visit, _gift("", cents, hidden, ""))

    @click("fund:pay")
    async def pay(self, visit: Visit, cents: str, hidden: str) -> None:
        donations, shop = visit.services.donations, await visit.shop()
        gift = _gift(donations.new_key(), cents, hidden, visit.choice)
        rules = await visit.services.fund.open_rules(shop)
        if gift.method not in {each.value for each in donations.ways(shop)}:
            # Its provider may have stopped answering since the menu was shown.
            await self._ask_way(visit, gift, sentence(NotFound("payment_method"), visit.words))
        elif not suits(rules, gift.cents, anonymous=gift.anonymous):
            await self._changed(visit)
        else:
            await visit.show(review_card(rules, gift, shop.currency, visit.words))

    @click("fund:confirm")
    async def confirm(self, visit: Visit, key: str, cents: str, hidden: str, method: str) -> None:
        gift, shop = _gift(key, cents, hidden, method), await visit.shop()
        visit.room(Cost.ORDER)
        try:
            order = await visit.services.donations.place(shop, visit.member, gift)
        except CartChanged:
            await self._changed(visit)
        except NotFound as gone:
            if gone.kind != "payment_method":
                raise
            await self._ask_way(visit, gift, sentence(gone, visit.words))
        else:
            visit.note(Cost.ORDER, order.key)
            await self._placed(visit, order)

    async def _placed(self, visit: Visit, order: Order) -> None:
        view = await visit.services.orders.view(await visit.shop(), visit.member, order.key)
        view, stopped = await with_page(visit, view)
        fresh = view.order.status is OrderStatus.PENDING_PAYMENT and not view.payment.claims
        thanks = [visit.words("Thank you! Now only the payment is missing.")] if fresh else []
        note = "\n".join([*thanks, *([stopped] if stopped else [])])
        await visit.show(order_card(view, visit.services.methods, visit.words, note=note or None))

    async def _ask_amount(self, visit: Visit, *, anonymous: bool, note: str | None = None) -> None:
        shop = await visit.shop()
        rules = await visit.services.fund.open_rules(shop)
        hidden = anonymous and rules.anonymity_allowed
        await visit.show(amount_card(rules, shop.currency, visit.words, anonymous=hidden, note=note))

    async def _ask_way(self, visit: Visit, gift: Gift, note: str | None = None) -> None:
        shop, donations = await visit.shop(), visit.services.donations
        rules = await visit.services.fund.open_rules(shop)
        if not suits(rules, gift.cents, anonymous=gift.anonymous):
            await self._changed(visit)
            return
        ways = donations.ways(shop)
        await visit.show(pay_card(rules, ways, gift, shop.currency, visit.words, note=note))

    async def _changed(self, visit: Visit) -> None:
        said = visit.words(
            "That cannot be given like this any more. Nothing was placed; please choose again."
        )
        await self._ask_amount(visit, anonymous=False, note=said)


def _gift(key: str, cents: str, hidden: str, method: str) -> Gift:
    """What a button carries; raises BadInput for what no button of ours does."""
    if not (cents.isascii() and cents.isdigit() and len(cents) <= _LONGEST_AMOUNT):
        raise BadInput("amount", "not_allowed")
    return Gift(key, int(cents), method, anonymous=hidden == "1")


def setup(bot: commands.Bot, services: Services, desk: Desk) -> None:
    """Add the fund to the bot."""
    bot.add_cog(Fund(bot, services, desk))
