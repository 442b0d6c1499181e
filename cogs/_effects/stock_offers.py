"""Tells whoever waited that a unit is kept for them, or that nobody has to wait any more, by DM, once."""

from datetime import datetime

import nextcord

from cogs._effects.failing import failing
from cogs._ui import send
from cogs._ui.amounts import name_of
from cogs._ui.card import Button, Card, plain
from cogs._ui.target import Target
from cogs._ui.words import Words
from models.outbox import OutboxEffect
from services import Services
from services.waitlist import Wait

# Nobody is there to be told; the product's card and the cart show it all the same.
_SILENT = frozenset({"dm_closed", "unknown_user"})


class StockOffers:
    """Makes stock.offer happen."""

    def __init__(self, bot: nextcord.Client, services: Services) -> None:
        self._bot = bot
        self._services = services

    async def tell(self, effect: OutboxEffect) -> str:
        """Send one DM while the offer stands; a closed one is no failure, and there is no second one."""
        with failing():
            shop = await self._services.shops.of_tenant(effect.tenant_id)
            waiting_id, turn = effect.payload["waitingId"], effect.payload["turn"]
            wait = await self._services.waitlist.offer(shop.id, waiting_id, turn)
            if wait is None:
                return "outdated"
            who = wait.waiting.discord_user_id
            known = await self._services.customers.known(shop, who)
            if known is not None and known.dm_opt_out:
                return "not_wanted"
            words = Words.of((known.locale if known else None) or wait.waiting.locale)
            until = wait.waiting.offered_until
            card = _opened(shop.name, wait, words) if until is None else _card(shop.name, wait, until, words)
            card.accent = await self._services.themes.accent(shop.config, who)
            try:
                await send.dm(self._bot, who, card, guild_id=shop.guild_id, nonce=effect.key)
            except send.Unreachable as error:
                if error.reason not in _SILENT:
                    raise
                return error.reason
        return "sent"


def _card(shop_name: str, wait: Wait, until: datetime, w: Words) -> Card:
    key = wait.product.key
    return Card(
        title=w("{name} is back", name=plain(wait.product.name)),
        text=w(
            "**{shop}** keeps one **{name}** for you until {time} ({left}). "
            "After that it goes to the next in line.",
            shop=plain(shop_name),
            name=name_of(wait.product.name),
            time=w.when(until, "t"),
            left=w.when(until),
        ),
        rows=[
            [
                Button(w("Buy now"), Target("shop:buy", key), "success"),
                Button(w("I do not want it"), Target("shop:stop", key), emoji="🔕"),
            ]
        ],
        colour="good",
    )


def _opened(shop_name: str, wait: Wait, w: Words) -> Card:
    return Card(
        title=w("{name} is back", name=plain(wait.product.name)),
        text=w(
            "**{shop}** has enough of **{name}** for everybody now. You do not wait for it any more.",
            shop=plain(shop_name),
            name=name_of(wait.product.name),
        ),
        rows=[[Button(w("Buy now"), Target("shop:buy", wait.product.key), "success")]],
        colour="good",
    )
