"""/shop: look around, look closer, put something into the cart or buy it at once."""

from typing import Any

import nextcord
from nextcord import InteractionContextType
from nextcord.ext import commands

from cogs._ui.checkout_card import checkout_card
from cogs._ui.desk import Desk, ShopCog, Visit, click, command_answer, submit, suggest
from cogs._ui.form import Form, Input
from cogs._ui.products import Place, catalogue_card, product_card, searchable
from cogs._ui.role_names import role_names
from cogs._ui.target import Target
from models.errors import OutOfStock
from services import Services

QUERY = nextcord.SlashOption(
    description="A word of what you are looking for", required=False, default="", max_length=100
)
NAME = nextcord.SlashOption(description="Which product?")


class Storefront(ShopCog):
    """The catalogue as customers see it."""

    @nextcord.slash_command(
        name="shop", description="See what is for sale", contexts=[InteractionContextType.guild]
    )
    async def shop(self, _: nextcord.Interaction[Any]) -> None:
        """Only its subcommands do something."""

    @shop.subcommand(name="browse", description="Look around the shop")
    @command_answer
    async def browse(self, visit: Visit, query: str = QUERY) -> None:
        await self._show_page(visit, Place(0, searchable(query)))

    @shop.subcommand(name="product", description="Look at one product")
    @command_answer
    async def product(self, visit: Visit, name: str = NAME) -> None:
        found = await visit.services.catalog.resolve(await visit.shop(), name)
        await self._show_product(visit, found.key, Place())

    @product.on_autocomplete("name")
    @suggest
    async def suggest_product(self, visit: Visit, name: str) -> None:
        await visit.choices(await visit.services.catalog.suggest(await visit.shop(), name))

    @click("shop:page")
    async def page(self, visit: Visit, page: str, query: str) -> None:
        await self._show_page(visit, Place.read(page, query))

    @click("shop:search")
    async def search(self, visit: Visit) -> None:
        w = visit.words
        wanted = Input("query", w("What are you looking for?"), max_length=100)
        await visit.form(Form(w("Search the shop"), Target("shop:found"), [wanted]))

    @submit("shop:found")
    async def found(self, visit: Visit) -> None:
        await self._show_page(visit, Place(0, searchable(visit.fields["query"])))

    @click("shop:open")
    async def open_product(self, visit: Visit, page: str, query: str) -> None:
        await self._show_product(visit, visit.choice, Place.read(page, query))

    @click("shop:add")
    async def add(self, visit: Visit, product_id: str, page: str, query: str) -> None:
        cart = await visit.services.carts.add(await visit.shop(), visit.member, product_id)
        mine = next((line.item.quantity for line in cart.lines if line.item.product_id == product_id), 0)
        note = visit.words.count(
            mine, "Added. You have {n} of these in your cart.", "Added. You have {n} of these in your cart."
        )
        await self._show_product(
            visit, product_id, Place.read(page, query), in_cart=len(cart.lines), note=note
        )

    @click("shop:buy")
    async def buy(self, visit: Visit, product_id: str) -> None:
        shop = await visit.shop()
        try:
            await visit.services.carts.add(shop, visit.member, product_id)
        except OutOfStock:
            # The last ones may be in this very cart already: then there is something to check out.
            cart = await visit.services.carts.view(shop, visit.member)
            if not any(line.item.product_id == product_id for line in cart.lines):
                raise
        await visit.show(checkout_card(await visit.services.checkout.view(shop, visit.member), visit.words))

    @click("shop:tell")
    async def tell(self, visit: Visit, product_id: str, page: str, query: str) -> None:
        await self._ask(visit, product_id, Place.read(page, query))

    @click("shop:await")
    async def tell_of_choice(self, visit: Visit, page: str, query: str) -> None:
        await self._ask(visit, visit.choice, Place.read(page, query))

    @click("shop:stop")
    async def stop_waiting(self, visit: Visit, product_id: str, page: str = "0", query: str = "") -> None:
        left = await visit.services.waitlist.withdraw(await visit.shop(), visit.member, product_id)
        note = visit.words("You do not wait for this any more.") if left else None
        await self._show_product(visit, product_id, Place.read(page, query), note=note)

    async def _ask(self, visit: Visit, product_id: str, place: Place) -> None:
        w = visit.words
        wait = await visit.services.waitlist.ask(await visit.shop(), visit.member, product_id)
        note = None if wait is not None else w("It is back already: you can buy it now.")
        await self._show_product(visit, product_id, place, note=note)

    async def _show_page(self, visit: Visit, place: Place) -> None:
        shop = await visit.shop()
        page = await visit.services.catalog.page(shop, visit.member, place.query, place.page)
        await visit.show(catalogue_card(page, shop, visit.words, await role_names(visit)))

    async def _show_product(
        self, visit: Visit, product_id: str, place: Place, *, in_cart: int = 0, note: str | None = None
    ) -> None:
        entry = await visit.services.catalog.entry(await visit.shop(), visit.member, product_id)
        if entry.wait is not None and not visit.in_dm:
            await visit.services.waitlist.renew(visit.member, entry.wait)
        name = await role_names(visit)
        await visit.show(product_card(entry, visit.words, name, place, in_cart=in_cart, note=note))


def setup(bot: commands.Bot, services: Services, desk: Desk) -> None:
    """Add the storefront to the bot."""
    bot.add_cog(Storefront(bot, services, desk))
