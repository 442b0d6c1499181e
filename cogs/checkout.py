"""/checkout: one question after the other, the review, and Confirm, which places the order once."""

import nextcord
from nextcord import InteractionContextType
from nextcord.ext import commands

from cogs._ui import amounts
from cogs._ui.address import address_form, typed_address
from cogs._ui.cart_card import cart_card
from cogs._ui.checkout_card import checkout_card
from cogs._ui.desk import Desk, ShopCog, Visit, click, command_answer, submit
from cogs._ui.discount_code import code_form
from cogs._ui.gift_step import custom_form
from cogs._ui.hosted_order import with_page
from cogs._ui.order_card import order_card
from cogs._ui.refusals import sentence
from cogs._ui.target import Target
from models.errors import BadInput, CartChanged, CartEmpty, NotFound, StepMissing, TaxUnknown
from models.order import Order, OrderStatus
from models.payment import PaymentStatus
from models.session import SessionStep
from services import Services
from services.checkout import CheckoutView
from services.orders import OrderView
from services.pace import Cost

_LONGEST_AMOUNT = 9


class Checkout(ShopCog):
    """From a cart to an order."""

    @nextcord.slash_command(
        name="checkout", description="Order what is in your cart", contexts=[InteractionContextType.guild]
    )
    @command_answer
    async def checkout(self, visit: Visit) -> None:
        await self._go_on(visit)

    @click("checkout:open")
    async def by_click(self, visit: Visit) -> None:
        await self._go_on(visit)

    @click("checkout:address")
    async def choose_address(self, visit: Visit) -> None:
        checkout, shop = visit.services.checkout, await visit.shop()
        await self._show(visit, await checkout.choose_address(shop, visit.member, visit.choice))

    @click("checkout:enter")
    async def enter_address(self, visit: Visit) -> None:
        await visit.form(address_form(Target("checkout:entered"), visit.words))

    @submit("checkout:entered")
    async def address_entered(self, visit: Visit) -> None:
        checkout, shop = visit.services.checkout, await visit.shop()
        typed = typed_address(visit.fields, visit.words)
        await self._show(visit, await checkout.enter_address(shop, visit.member, typed))

    @click("checkout:shipping")
    async def choose_shipping(self, visit: Visit) -> None:
        checkout, shop = visit.services.checkout, await visit.shop()
        await self._show(visit, await checkout.choose_shipping(shop, visit.member, visit.choice))

    @click("checkout:give")
    async def give(self, visit: Visit, cents: str) -> None:
        if not (cents.isascii() and cents.isdigit() and len(cents) <= _LONGEST_AMOUNT):
            raise BadInput("amount", "not_allowed")
        checkout, shop = visit.services.checkout, await visit.shop()
        await self._show(visit, await checkout.give(shop, visit.member, int(cents)))

    @click("checkout:custom")
    async def ask_amount(self, visit: Visit) -> None:
        shop = await visit.shop()
        rules = await visit.services.fund.open_rules(shop)
        await visit.form(custom_form(rules, shop.currency, Target("checkout:custom"), visit.words))

    @submit("checkout:custom")
    async def enter_amount(self, visit: Visit) -> None:
        checkout, typed = visit.services.checkout, visit.fields.get("amount", "")
        await self._show(visit, await checkout.choose_gift(await visit.shop(), visit.member, typed))

    @click("checkout:hide")
    async def hide(self, visit: Visit, hidden: str) -> None:
        checkout, shop = visit.services.checkout, await visit.shop()
        await self._show(visit, await checkout.hide(shop, visit.member, anonymous=hidden == "1"))

    @click("checkout:payment")
    async def choose_payment(self, visit: Visit) -> None:
        checkout, shop = visit.services.checkout, await visit.shop()
        try:
            view = await checkout.choose_payment(shop, visit.member, visit.choice)
        except NotFound as gone:
            # Its provider may have stopped answering since the menu was shown.
            await self._again(visit, sentence(gone, visit.words))
        else:
            await self._show(visit, view)

    @click("checkout:code")
    async def ask_code(self, visit: Visit) -> None:
        await visit.form(code_form("checkout", visit.words))

    @submit("checkout:code")
    async def enter_code(self, visit: Visit) -> None:
        await visit.spend(Cost.CODE)
        typed = visit.fields.get("code", "")
        await visit.services.carts.enter_code(await visit.shop(), visit.member, typed)
        await self._go_on(visit)

    @click("checkout:uncode")
    async def drop_code(self, visit: Visit) -> None:
        await visit.services.carts.drop_code(await visit.shop(), visit.member)
        await self._go_on(visit)

    @click("checkout:reopen")
    async def reopen(self, visit: Visit, step: str) -> None:
        known = step if step in set(SessionStep) else SessionStep.REVIEW
        checkout, shop = visit.services.checkout, await visit.shop()
        await self._show(visit, await checkout.reopen(shop, visit.member, SessionStep(known)))

    @click("checkout:renew")
    async def renew(self, visit: Visit) -> None:
        await visit.services.carts.renew(await visit.shop(), visit.member)
        await self._again(visit, None)

    @click("checkout:confirm")
    async def confirm(self, visit: Visit, session_id: str, version: str) -> None:
        shop, w = await visit.shop(), visit.words
        seen = int(version) if version.isdecimal() else -1
        visit.room(Cost.ORDER)
        try:
            order = await visit.services.placement.place(shop, visit.member, session_id, seen)
        except CartChanged as moved:
            changed = amounts.changes(moved.changes, shop.currency, w)
            said = w("Something has changed, so nothing was ordered yet. Please look once more:")
            await self._again(visit, f"{said}\n{changed}")
        except (StepMissing, TaxUnknown) as missing:
            await self._again(visit, sentence(missing, w))
        else:
            visit.note(Cost.ORDER, order.key)
            await self._placed(visit, order)

    async def _placed(self, visit: Visit, order: Order) -> None:
        view = await visit.services.orders.view(await visit.shop(), visit.member, order.key)
        view, stopped = await with_page(visit, view)
        note = [] if _is_old(view) else [visit.words("Thank you! Your order is placed.")]
        said = "\n".join([*note, *([stopped] if stopped else [])])
        await visit.show(order_card(view, visit.services.methods, visit.words, note=said or None))

    async def _go_on(self, visit: Visit) -> None:
        await self._show(visit, await visit.services.checkout.view(await visit.shop(), visit.member))

    async def _again(self, visit: Visit, note: str | None) -> None:
        """The checkout as it stands now; the empty cart when a change left nothing in it."""
        shop = await visit.shop()
        try:
            view = await visit.services.checkout.view(shop, visit.member)
        except CartEmpty:
            cart = await visit.services.carts.view(shop, visit.member)
            await visit.show(cart_card(cart, visit.words, note=note))
        else:
            await self._show(visit, view, note)

    async def _show(self, visit: Visit, view: CheckoutView, note: str | None = None) -> None:
        down = visit.services.methods.down(await visit.shop())
        await visit.show(checkout_card(view, visit.words, note=note, down=down))


def _is_old(view: OrderView) -> bool:
    """Whether an old review's Confirm showed an order of which something has become since."""
    moved = {PaymentStatus.PROCESSING, PaymentStatus.UNDERPAID, PaymentStatus.FAILED}
    cancelled = view.order.status is OrderStatus.CANCELLED
    return cancelled or view.payment.claims > 0 or view.payment.status in moved or bool(view.payment.receipts)


def setup(bot: commands.Bot, services: Services, desk: Desk) -> None:
    """Add the checkout to the bot."""
    bot.add_cog(Checkout(bot, services, desk))
