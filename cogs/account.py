"""/account: a customer's profile, addresses, notifications and data."""

import asyncio
from typing import Any

import nextcord
from nextcord import InteractionContextType
from nextcord.ext import commands

from cogs._ui.account_card import addresses_card, data_card, forget_card, notices_card, profile_card
from cogs._ui.address import address_form, typed_address
from cogs._ui.desk import Desk, ShopCog, Visit, click, command_answer, submit
from cogs._ui.form import Form, Input
from cogs._ui.own_theme_card import AS_THE_SHOP, own_theme_card
from cogs._ui.target import Target
from models.customer import Customer
from models.errors import BadInput
from services import Services
from services.customers import NOTICES
from services.pace import Cost
from services.person_data import as_file


class Account(ShopCog):
    """A customer's own record, in their own hands."""

    @nextcord.slash_command(
        name="account", description="What the shop knows about you", contexts=[InteractionContextType.guild]
    )
    async def account(self, _: nextcord.Interaction[Any]) -> None:
        """Only its subcommands do something."""

    @account.subcommand(name="profile", description="Your e-mail address and phone number")
    @command_answer
    async def profile(self, visit: Visit) -> None:
        await self._profile(visit)

    @account.subcommand(name="addresses", description="Where we can send your orders")
    @command_answer
    async def addresses(self, visit: Visit) -> None:
        await self._addresses(visit)

    @account.subcommand(name="notifications", description="What I tell you about, and where")
    @command_answer
    async def notifications(self, visit: Visit) -> None:
        await self._notices(visit)

    @account.subcommand(name="theme", description="The colours of your cards and invoices here")
    @command_answer
    async def theme(self, visit: Visit) -> None:
        await self._theme(visit)

    @account.subcommand(name="data", description="Everything the shop keeps about you, as a file")
    @command_answer
    async def data(self, visit: Visit) -> None:
        await self._data(visit)

    @click("account:profile")
    async def profile_by_click(self, visit: Visit) -> None:
        await self._profile(visit)

    @click("account:edit")
    async def edit(self, visit: Visit) -> None:
        customer, w = await self._customer(visit), visit.words
        email = Input("email", w("E-mail address"), customer.email or "", required=False, max_length=254)
        phone = Input("phone", w("Phone number"), customer.phone or "", required=False, max_length=40)
        await visit.form(Form(w("Your profile"), Target("account:edited"), [email, phone]))

    @submit("account:edited")
    async def edited(self, visit: Visit) -> None:
        typed = visit.fields
        customer = await visit.services.customers.set_profile(
            await visit.shop(), visit.member, typed["email"], typed["phone"]
        )
        mails = await self._mails(visit)
        await visit.show(profile_card(customer, visit.words, mails=mails, note=visit.words("Saved.")))

    @click("account:addresses")
    async def addresses_by_click(self, visit: Visit) -> None:
        await self._addresses(visit)

    @click("account:address")
    async def choose_address(self, visit: Visit) -> None:
        await self._addresses(visit, visit.choice)

    @click("account:enter")
    async def enter_address(self, visit: Visit) -> None:
        await visit.form(address_form(Target("account:entered"), visit.words))

    @submit("account:entered")
    async def address_entered(self, visit: Visit) -> None:
        shop, typed = await visit.shop(), typed_address(visit.fields, visit.words)
        customer = await visit.services.customers.add_address(shop, visit.member, typed)
        await visit.show(addresses_card(customer, visit.words, chosen=customer.addresses[-1].id))

    @click("account:first")
    async def offer_first(self, visit: Visit, address_id: str) -> None:
        customers, shop = visit.services.customers, await visit.shop()
        customer = await customers.set_default_address(shop, visit.member, address_id)
        await visit.show(addresses_card(customer, visit.words, chosen=address_id))

    @click("account:drop")
    async def drop(self, visit: Visit, address_id: str) -> None:
        customers, shop = visit.services.customers, await visit.shop()
        await visit.show(
            addresses_card(await customers.drop_address(shop, visit.member, address_id), visit.words)
        )

    @click("account:notices")
    async def notices_by_click(self, visit: Visit) -> None:
        await self._notices(visit)

    @click("account:notice")
    async def switch(self, visit: Visit, channel: str, event: str, on: str) -> None:
        if event not in NOTICES:
            raise BadInput("notice", "not_allowed")
        wanted = {event: on == "1"}
        customer = await visit.services.customers.set_notices(
            await visit.shop(),
            visit.member,
            dm=wanted if channel == "dm" else None,
            email=wanted if channel == "email" else None,
        )
        await visit.show(notices_card(customer, visit.words, mails=await self._mails(visit)))

    @click("account:messages")
    async def switch_messages(self, visit: Visit, allowed: str) -> None:
        customers, shop = visit.services.customers, await visit.shop()
        customer = await customers.set_notices(shop, visit.member, dm_opt_out=allowed != "1")
        await visit.show(notices_card(customer, visit.words, mails=await self._mails(visit)))

    @click("account:theme")
    async def theme_by_click(self, visit: Visit) -> None:
        await self._theme(visit)

    @click("account:wear")
    async def wear(self, visit: Visit) -> None:
        wanted = None if visit.choice == AS_THE_SHOP else visit.choice
        await visit.services.themes.choose(await visit.shop(), visit.member, wanted)
        await self._theme(visit, note=visit.words("Saved."))

    @click("account:data")
    async def data_by_click(self, visit: Visit) -> None:
        await self._data(visit)

    @click("account:forget")
    async def ask_to_forget(self, visit: Visit) -> None:
        await visit.show(forget_card(visit.words))

    @click("account:forgotten")
    async def forget(self, visit: Visit) -> None:
        fresh = await visit.services.erasure.ask(await visit.shop(), await self._customer(visit))
        await self._profile(visit)
        w = visit.words
        await visit.say(
            w("I have told the staff. They will get in touch if something is still owed.")
            if fresh
            else w("The staff know already. Please ask them how far it is.")
        )

    async def _customer(self, visit: Visit) -> Customer:
        return await visit.services.customers.of(await visit.shop(), visit.member)

    async def _mails(self, visit: Visit) -> bool:
        return await visit.services.mailing.offers(await visit.shop())

    async def _profile(self, visit: Visit) -> None:
        customer, mails = await self._customer(visit), await self._mails(visit)
        await visit.show(profile_card(customer, visit.words, mails=mails))

    async def _addresses(self, visit: Visit, chosen: str | None = None) -> None:
        await visit.show(addresses_card(await self._customer(visit), visit.words, chosen=chosen))

    async def _notices(self, visit: Visit) -> None:
        customer, mails = await self._customer(visit), await self._mails(visit)
        await visit.show(notices_card(customer, visit.words, mails=mails))

    async def _theme(self, visit: Visit, note: str | None = None) -> None:
        shop, themes = await visit.shop(), visit.services.themes
        mine = await themes.chosen(shop, visit.member)
        await visit.show(own_theme_card(await themes.all(shop), mine, visit.words, note=note))

    async def _data(self, visit: Visit) -> None:
        await visit.spend(Cost.DATA)
        export = await visit.services.person_data.export(await visit.shop(), visit.member)
        # A large one takes a moment, in which others are served.
        name, written = await asyncio.to_thread(as_file, export)
        await visit.show(data_card(name, written, visit.words))


def setup(bot: commands.Bot, services: Services, desk: Desk) -> None:
    """Add the account to the bot."""
    bot.add_cog(Account(bot, services, desk))
