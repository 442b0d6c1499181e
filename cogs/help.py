"""/help: what can be done here, for customers, and for staff what their permissions allow."""

from collections.abc import Sequence

import nextcord
from nextcord import InteractionContextType
from nextcord.ext import commands

from cogs._ui.card import Button, Card, Field, plain
from cogs._ui.desk import Desk, ShopCog, Visit, click, command_answer
from cogs._ui.target import Target
from cogs._ui.text import width
from cogs._ui.words import Words, later
from services import Services
from services.access import Permission

_MOST = 1024
_BUYING = (
    later("`/shop browse`: look around, and choose what you like"),
    later("`/shop product`: open one that you know by name"),
    later(
        "`/cart view`: what you have chosen so far; `/cart add`, `/cart remove` and `/cart clear` change it"
    ),
    later("`/checkout`: order it; I ask for what is missing"),
)
_OWN = (
    later("`/orders list`: pay, get your items, open the invoice, or cancel"),
    later("`/orders view`: open one order by its number"),
    later("`/account profile`: how the shop can reach you"),
    later("`/account addresses`: where your orders are sent"),
    later("`/account notifications`: what I tell you about"),
    later("`/account theme`: the colours of my answers and of your invoices"),
    later("`/account data`: everything the shop keeps about you"),
)
_FUND = (later("`/fund info`: the community fund; `/fund donate` gives something to it"),)
_COUNTER = (
    (Permission.PAYMENT_APPROVE, later("`/admin payments`: approve or reject payments, and look into them")),
    (Permission.PAYMENT_REFUND, later("`/admin refund`: give money back")),
    (Permission.ORDER_VIEW, later("`/admin order`: find orders and look at them")),
    (Permission.ORDER_SHIP, later("`/admin ship`: what has to be sent: parcels, labels, tracking")),
    (Permission.ORDER_MANAGE, later("`/admin queue`: what is paid and has not arrived, and why")),
    (
        Permission.CUSTOMER_MANAGE,
        later("`/admin customer`: find customers, note something, merge two records"),
    ),
    (Permission.WEBHOOK_MANAGE, later("`/admin webhooks`: what payment providers told, and another try")),
    (Permission.DISCOUNT_MANAGE, later("`/admin discount`: make discounts and hand them out")),
    (Permission.PRODUCT_MANAGE, later("`/admin product`: add and change products")),
    (Permission.STOCK_MANAGE, later("`/admin stock`: count what is there")),
    (Permission.DATA_IMPORT, later("`/admin import`: products, stock, keys and more from a CSV file")),
    (Permission.DATA_EXPORT, later("`/admin export`: the shop's records as CSV files")),
    (Permission.STOREFRONT_MANAGE, later("`/admin storefront`: the shop as a message in a channel")),
    (Permission.FUND_MANAGE, later("`/admin fund`: the community fund, its rules and its books")),
    (Permission.USER_MANAGE, later("`/admin people user`: users, their roles, and who runs the shop")),
    (Permission.ROLE_MANAGE, later("`/admin people roles`: roles of the shop and what they allow")),
    (Permission.IDENTITY_MANAGE, later("`/admin people identity`: accounts of one person")),
    (Permission.PANEL_VIEW, later("`/admin panel`: everything the shop keeps, to look at and to change")),
    (Permission.ALERT_VIEW, later("`/admin alerts`: what needs a look")),
    (Permission.AUDIT_VIEW, later("`/admin audit`: who changed what, and when")),
    (Permission.ANALYTICS_VIEW, later("`/admin analytics`: how the shop is doing, in figures and pictures")),
    (Permission.CONFIG_MANAGE, later("`/admin config`: channels, roles, payment, shipping and tax")),
    (
        Permission.PROVIDER_MANAGE,
        later("`/admin providers`: payments that confirm themselves, e-mail, tax, shipping"),
    ),
    (Permission.DOCTOR_RUN, later("`/admin doctor`: what is wrong, and what to do about it")),
    (Permission.FLAG_MANAGE, later("`/admin flags`: switch parts of the shop on and off")),
    (Permission.THEME_MANAGE, later("`/admin themes`: the colours of cards and invoices")),
    (Permission.SETUP_RUN, later("`/admin setup`: set the shop up step by step")),
)


class Help(ShopCog):
    """What the shop can do for whoever asks."""

    @nextcord.slash_command(
        name="help", description="What you can do in this shop", contexts=[InteractionContextType.guild]
    )
    @command_answer
    async def help(self, visit: Visit) -> None:
        await self.by_click(visit)

    @click("help:open")
    async def by_click(self, visit: Visit) -> None:
        shop = await visit.shop()
        allowed = await visit.services.access.permissions_of(shop, visit.member)
        fund = (await visit.services.fund.rules(shop)).enabled
        await visit.show(_card(shop.name, allowed, visit.words, fund=fund))


def _card(shop_name: str, allowed: frozenset[Permission], w: Words, *, fund: bool) -> Card:
    own = (*_OWN, *(_FUND if fund else ()))
    fields = [
        Field(w("Buy something"), _lines(_BUYING, w)),
        Field(w("What is yours"), _lines(own, w)),
    ]
    counter = [text for permission, text in _COUNTER if permission in allowed]
    if counter:
        fields += behind_counter([w(text) for text in counter], w)
    return Card(
        title=w("Welcome to {shop}", shop=plain(shop_name)),
        text=w("Everything here is a click away, and only you see my answers."),
        fields=fields,
        rows=[
            [
                Button(w("Browse the shop"), Target("shop:page", 0, ""), "primary"),
                Button(w("My cart"), Target("cart:view"), emoji="🛒"),
                Button(w("My orders"), Target("orders:page", 0)),
            ]
        ],
    )


def behind_counter(lines: Sequence[str], w: Words) -> list[Field]:
    """What staff can do, in as many fields as Discord's limit on one asks for."""
    parts: list[list[str]] = [[]]
    for line in lines:
        if width("\n".join([*parts[-1], line])) > _MOST:
            parts.append([])
        parts[-1].append(line)
    return [Field("" if at else w("Behind the counter"), "\n".join(part)) for at, part in enumerate(parts)]


def _lines(texts: tuple[str, ...] | list[str], w: Words) -> str:
    return "\n".join(w(text) for text in texts)


def setup(bot: commands.Bot, services: Services, desk: Desk) -> None:
    """Add the help to the bot."""
    bot.add_cog(Help(bot, services, desk))
