"""/orders: a customer's own orders, paying for them, getting what was bought, and calling them off."""

from typing import Any

import nextcord
from nextcord import InteractionContextType
from nextcord.ext import commands

from cogs._ui.card import Picture
from cogs._ui.desk import Desk, ShopCog, Visit, click, command_answer, submit, suggest
from cogs._ui.form import Form, Input
from cogs._ui.hosted_order import checked, with_page
from cogs._ui.items_card import attached, items_card
from cogs._ui.order_card import cancel_card, order_card
from cogs._ui.orders_card import order_label, orders_card
from cogs._ui.role_names import role_names
from cogs._ui.target import Target
from services import Services
from services.orders import OrderView
from services.pace import Cost

ORDER = nextcord.SlashOption(description="Which order?")


class Orders(ShopCog):
    """Orders as their customer sees them."""

    @nextcord.slash_command(
        name="orders", description="What you have ordered", contexts=[InteractionContextType.guild]
    )
    async def orders(self, _: nextcord.Interaction[Any]) -> None:
        """Only its subcommands do something."""

    @orders.subcommand(name="list", description="All your orders")
    @command_answer
    async def list_orders(self, visit: Visit) -> None:
        await self._show_page(visit, 0)

    @orders.subcommand(name="view", description="One of your orders")
    @command_answer
    async def view(self, visit: Visit, order: str = ORDER) -> None:
        await self._open(visit, order)

    @view.on_autocomplete("order")
    @suggest
    async def suggest_order(self, visit: Visit, order: str) -> None:
        found = await visit.services.orders.suggest(await visit.shop(), visit.member, order)
        await visit.choices([(order_label(each, visit.words), key) for each, key in found])

    @click("orders:page")
    async def page(self, visit: Visit, page: str) -> None:
        await self._show_page(visit, int(page) if page.isdecimal() else 0)

    @click("orders:choose")
    async def choose(self, visit: Visit) -> None:
        await self._open(visit, visit.choice)

    @click("orders:open")
    async def open_order(self, visit: Visit, order_id: str) -> None:
        await self._open(visit, order_id)

    @click("orders:check")
    async def check(self, visit: Visit, order_id: str) -> None:
        await visit.spend(Cost.CHECK)
        view, note = await checked(visit, order_id)
        await visit.show(order_card(view, visit.services.methods, visit.words, note=note))

    @click("orders:paid")
    async def ask_for_claim(self, visit: Visit, order_id: str) -> None:
        w, view = visit.words, await self._view(visit, order_id)
        if not view.can_claim:
            await self._show(visit, view)
            return
        reference = Input(
            "reference",
            w("Which name or note will we see?"),
            max_length=200,
            hint=w("The name you paid from, your handle, or what you wrote into the note."),
        )
        await visit.form(Form(w("I have paid"), Target("orders:claimed", order_id), [reference]))

    @submit("orders:claimed")
    async def claim(self, visit: Visit, order_id: str) -> None:
        shop, member = await visit.shop(), visit.member
        order = await visit.services.claims.claim(shop, member, order_id, visit.fields["reference"])
        await self._show(visit, await visit.services.orders.view(shop, member, order.key))

    @click("orders:cancel")
    async def ask_to_cancel(self, visit: Visit, order_id: str) -> None:
        view = await self._view(visit, order_id)
        if view.can_cancel:
            await visit.show(cancel_card(view, visit.words))
        else:
            await self._show(visit, view)

    @click("orders:cancelled")
    async def cancel(self, visit: Visit, order_id: str) -> None:
        view = await self._view(visit, order_id)
        if view.can_cancel:
            view = await visit.services.orders.cancel(await visit.shop(), visit.member, order_id)
        await self._show(visit, view)

    @click("orders:items")
    async def items(self, visit: Visit, order_id: str) -> None:
        await self._show_items(visit, await self._view(visit, order_id))

    @click("orders:file")
    async def file(self, visit: Visit, order_id: str) -> None:
        await self._show_items(visit, await self._view(visit, order_id), visit.choice)

    @click("orders:roles")
    async def ask_for_roles(self, visit: Visit, order_id: str) -> None:
        view = await self._view(visit, order_id)
        await visit.spend(Cost.ROLES)
        present = (await visit.guilds.seen(visit.guild_id)).roles
        await visit.services.delivery.rejoined(await visit.shop(), visit.member, present)
        await self._show(visit, view)
        await visit.say(visit.words("I am asking for your roles again. Please look again in a minute."))

    async def _show_items(self, visit: Visit, view: OrderView, wanted: str | None = None) -> None:
        tenant_id, name = view.order.tenant_id, await role_names(visit)
        held = await visit.services.keys.held(tenant_id, view.entitlements)
        card = items_card(view, visit.member, visit.words, name, held)
        # Files take longer than Discord waits for a first answer: what can be read comes before them.
        await visit.show(card)
        if attached(view, wanted):
            await visit.spend(Cost.FILES)
        contents = [
            (file.name, await visit.services.goods.content(tenant_id, file))
            for file in attached(view, wanted)
        ]
        files = [Picture(file, data, shown=False) for file, data in contents if data is not None]
        if files:
            card.pictures = [*card.pictures, *files]
            await visit.show(card)

    async def _show_page(self, visit: Visit, page: int) -> None:
        found = await visit.services.orders.of_member(await visit.shop(), visit.member, page)
        await visit.show(orders_card(found, visit.words))

    async def _open(self, visit: Visit, order_id: str) -> None:
        await self._show(visit, await self._view(visit, order_id))

    async def _view(self, visit: Visit, order_id: str) -> OrderView:
        return await visit.services.orders.view(await visit.shop(), visit.member, order_id)

    async def _show(self, visit: Visit, view: OrderView) -> None:
        view, note = await with_page(visit, view)
        await visit.show(order_card(view, visit.services.methods, visit.words, note=note))


def setup(bot: commands.Bot, services: Services, desk: Desk) -> None:
    """Add the orders to the bot."""
    bot.add_cog(Orders(bot, services, desk))
