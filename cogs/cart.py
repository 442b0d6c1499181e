"""/cart: what a customer has chosen so far, and every way to change it."""

from typing import Any

import nextcord
from nextcord import InteractionContextType
from nextcord.ext import commands

from cogs._ui.cart_card import cart_card, kept_card
from cogs._ui.desk import Desk, ShopCog, Visit, click, command_answer, submit, suggest
from cogs._ui.discount_code import code_form
from cogs._ui.form import Form, Input
from cogs._ui.target import Target
from models.errors import BadInput
from models.required import required
from services import Services
from services.carts import MAX_QUANTITY, CartView
from services.pace import Cost

PRODUCT = nextcord.SlashOption(description="Which product?")
QUANTITY = nextcord.SlashOption(
    description="How many? One, if you do not say",
    required=False,
    default=1,
    min_value=1,
    max_value=MAX_QUANTITY,
)
_DIGITS = 4


class Cart(ShopCog):
    """The cart as its customer sees it."""

    @nextcord.slash_command(
        name="cart", description="What you have chosen so far", contexts=[InteractionContextType.guild]
    )
    async def cart(self, _: nextcord.Interaction[Any]) -> None:
        """Only its subcommands do something."""

    @cart.subcommand(name="view", description="Look at your cart and change it")
    @command_answer
    async def view(self, visit: Visit) -> None:
        await self._view(visit)

    @cart.subcommand(name="add", description="Put something into your cart")
    @command_answer
    async def add(self, visit: Visit, product: str = PRODUCT, quantity: int = QUANTITY) -> None:
        shop = await visit.shop()
        found = await visit.services.catalog.resolve(shop, product)
        cart = await visit.services.carts.add(shop, visit.member, found.key, quantity)
        await self._show(visit, cart, found.key)

    @add.on_autocomplete("product")
    @suggest
    async def suggest_product(self, visit: Visit, product: str) -> None:
        await visit.choices(await visit.services.catalog.suggest(await visit.shop(), product))

    @cart.subcommand(name="remove", description="Take something out of your cart")
    @command_answer
    async def remove(self, visit: Visit, product: str = PRODUCT) -> None:
        shop, wanted = await visit.shop(), product.strip().casefold()
        cart = await visit.services.carts.view(shop, visit.member)
        names = {line.item.product_id: line.item.name for line in cart.lines}
        key = next((key for key, name in names.items() if wanted in {key, name.casefold()}), None)
        removed = await visit.services.carts.remove(shop, visit.member, required(key, "line"))
        await self._show(visit, removed)

    @remove.on_autocomplete("product")
    @suggest
    async def suggest_line(self, visit: Visit, product: str) -> None:
        cart = await visit.services.carts.view(await visit.shop(), visit.member)
        names = [(line.item.name, line.item.product_id) for line in cart.lines]
        await visit.choices([each for each in names if product.casefold() in each[0].casefold()])

    @cart.subcommand(name="clear", description="Take everything out of your cart")
    @command_answer
    async def clear(self, visit: Visit) -> None:
        await self._clear(visit)

    @click("cart:view")
    async def show_again(self, visit: Visit) -> None:
        await self._view(visit)

    @click("cart:clear")
    async def clear_by_click(self, visit: Visit) -> None:
        await self._clear(visit)

    @click("cart:line")
    async def choose(self, visit: Visit) -> None:
        cart = await visit.services.carts.view(await visit.shop(), visit.member)
        await self._show(visit, cart, visit.choice)

    @click("cart:less")
    async def less(self, visit: Visit, product_id: str) -> None:
        await self._change(visit, product_id, -1)

    @click("cart:more")
    async def more(self, visit: Visit, product_id: str) -> None:
        await self._change(visit, product_id, 1)

    @click("cart:remove")
    async def take_out(self, visit: Visit, product_id: str) -> None:
        cart = await visit.services.carts.remove(await visit.shop(), visit.member, product_id)
        await self._show(visit, cart)

    @click("cart:renew")
    async def renew(self, visit: Visit) -> None:
        await self._show(visit, await visit.services.carts.renew(await visit.shop(), visit.member))

    @click("cart:code")
    async def ask_code(self, visit: Visit) -> None:
        await visit.form(code_form("cart", visit.words))

    @submit("cart:code")
    async def enter_code(self, visit: Visit) -> None:
        await visit.spend(Cost.CODE)
        carts, typed = visit.services.carts, visit.fields.get("code", "")
        await self._show(visit, await carts.enter_code(await visit.shop(), visit.member, typed))

    @click("cart:uncode")
    async def drop_code(self, visit: Visit) -> None:
        await self._show(visit, await visit.services.carts.drop_code(await visit.shop(), visit.member))

    @click("cart:ask")
    async def ask(self, visit: Visit, product_id: str) -> None:
        w = visit.words
        number = Input("quantity", w("How many would you like?"), max_length=_DIGITS, placeholder="3")
        await visit.form(Form(w("Quantity"), Target("cart:set", product_id), [number]))

    @submit("cart:set")
    async def set_quantity(self, visit: Visit, product_id: str) -> None:
        text = visit.fields["quantity"]
        if not text.isdecimal():
            raise BadInput("quantity", "not_a_number")
        shop, carts = await visit.shop(), visit.services.carts
        cart = await carts.set_quantity(shop, visit.member, product_id, int(text))
        await self._show(visit, cart, product_id)

    async def _change(self, visit: Visit, product_id: str, delta: int) -> None:
        shop, carts = await visit.shop(), visit.services.carts
        cart = await carts.change_quantity(shop, visit.member, product_id, delta)
        await self._show(visit, cart, product_id)

    async def _view(self, visit: Visit) -> None:
        shop = await visit.shop()
        cart = await visit.services.carts.view(shop, visit.member)
        kept = await visit.services.waitlist.of_member(shop, visit.member)
        await visit.show(kept_card(cart, kept, visit.words))

    async def _clear(self, visit: Visit) -> None:
        await self._show(visit, await visit.services.carts.clear(await visit.shop(), visit.member))

    async def _show(self, visit: Visit, cart: CartView, chosen: str | None = None) -> None:
        await visit.show(cart_card(cart, visit.words, chosen=chosen))


def setup(bot: commands.Bot, services: Services, desk: Desk) -> None:
    """Add the cart to the bot."""
    bot.add_cog(Cart(bot, services, desk))
