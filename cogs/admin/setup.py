"""/admin setup: claims a server for a shop and leads through what it needs first."""

import asyncio
from typing import ClassVar
from weakref import WeakValueDictionary

from cogs._ui.card import Button, Card
from cogs._ui.desk import Visit, click, command_answer, submit
from cogs._ui.form import Form, Input
from cogs._ui.target import Target
from cogs._ui.words import Words
from cogs.admin import _first_cards as cards
from cogs.admin._claiming import may_claim, require_bot, require_claim
from cogs.admin._making import fitting, make_shop_channel, make_staff_channel
from cogs.admin._moving_card import choice
from cogs.admin._reach import CHANNEL_TROUBLES, known_channel
from cogs.admin._root import Entry, Section
from cogs.admin._settings import STEPS
from cogs.admin._steps import DONE, show_step
from models.errors import BadInput, ClaimNotAllowed, NoShop
from services.access import Permission
from services.setting_rights import TOLD
from services.shops import Shop

_NAME_LENGTH = 100


class Setup(Section):
    """The first run, and any later one; before there is a shop, the server's own managers may come in."""

    needs = None
    entry = Entry("setup", "Open a shop here, or go through its setup again")

    @command_answer
    async def enter(self, visit: Visit) -> None:
        await self.start(visit)

    @click("setup:start")
    async def start(self, visit: Visit) -> None:
        try:
            shop = await visit.shop()
        except NoShop:
            await self._welcome(visit)
            return
        await visit.require(Permission.SETUP_RUN)
        await self.step(visit, await self._unfinished(shop))

    async def _welcome(self, visit: Visit) -> None:
        if not may_claim(visit):
            raise ClaimNotAllowed
        require_bot(visit)
        card = _welcome(visit.words)
        mine = choice(await self.services.moving.movable(visit.member), visit.words)
        card.rows = [*card.rows, *([mine] if mine else [])]
        await visit.show(card)

    async def _unfinished(self, shop: Shop) -> str:
        """Where the way through was left; nobody has to see again what is chosen."""
        config = shop.config
        if not (config.admin_role_ids or config.staff_role_ids):
            return "roles"
        if config.staff_channel_id is None:
            return "channels"
        if not self.services.methods.available(shop):
            return "methods"
        return DONE if (await self.services.catalog.staff_page(shop)).total else "product"

    @click("setup:claim")
    async def ask_name(self, visit: Visit) -> None:
        await require_claim(visit)
        guild = visit.interaction.guild
        name = Input(
            "name", visit.words("Name of the shop"), guild.name if guild else "", max_length=_NAME_LENGTH
        )
        await visit.form(Form(visit.words("Open a shop"), Target("setup:claim"), [name]))

    @submit("setup:claim")
    async def claim(self, visit: Visit) -> None:
        await require_claim(visit)
        await self.services.shops.claim(visit.guild_id, visit.fields.get("name", ""), visit.member)
        await self.step(visit, STEPS[0])

    @click("setup:step")
    async def step(self, visit: Visit, step: str) -> None:
        await visit.require(Permission.SETUP_RUN)
        await show_step(visit, await visit.shop(), step)


class FirstSteps(Section):
    """What the wizard makes with one click: channels, and the first product; each can be left out."""

    needs = Permission.SETUP_RUN
    # Two clicks come to the same process, where the second one finds what the first one made.
    making: ClassVar[WeakValueDictionary[str, asyncio.Lock]] = WeakValueDictionary()

    @click("first:use")
    async def use(self, visit: Visit, channel_id: str) -> None:
        if channel_id not in {str(each.id) for each in fitting(visit)}:
            raise BadInput("channel", "not_allowed")
        await self._may_read(visit)
        await self._call_staff_in(visit, channel_id)

    @click("first:staff")
    async def staff_channel(self, visit: Visit) -> None:
        await self._may_read(visit)
        async with self._lock(visit):
            shop = await self._fresh(visit)
            if not known_channel(visit, shop.config.staff_channel_id):
                made = await make_staff_channel(visit, shop, Words.of(visit.interaction.guild_locale))
                await self._call_staff_in(visit, made)
                return
        await show_step(visit, shop, "channels")

    @click("first:shop")
    async def shop_channel(self, visit: Visit) -> None:
        await visit.require(Permission.STOREFRONT_MANAGE)
        locale = visit.interaction.guild_locale
        async with self._lock(visit):
            shop = await self._fresh(visit)
            front = await self.services.storefronts.of(shop)
            if front is None or not known_channel(visit, front.channel_id):
                made = await make_shop_channel(visit, Words.of(locale))
                front = await self.services.storefronts.place(shop, visit.member, made, locale)
        await show_step(visit, shop, "channels")
        await visit.say(visit.words("What you sell is shown in <#{channel}>.", channel=front.channel_id))

    @click("first:product")
    async def ask_product(self, visit: Visit) -> None:
        await visit.form(cards.product_form((await visit.shop()).currency, visit.words))

    @submit("first:product")
    async def product(self, visit: Visit) -> None:
        shop, member, catalog = await visit.shop(), visit.member, self.services.catalog
        for key in (Permission.PRODUCT_MANAGE, Permission.STOCK_MANAGE):
            await visit.require(key)
        facts, stock = cards.first_product(visit.fields, shop.currency)
        made = await catalog.create(shop, member, facts)
        if stock:
            await self.services.stock.restock(shop, member, made.key, stock, visit.words("First delivery"))
        await catalog.edit(shop, member, made.key, {"is_active": True})
        await show_step(visit, shop, "product")

    async def _may_read(self, visit: Visit) -> None:
        """Who says where the staff are told has to be allowed to read it; asked before a channel is made."""
        for key in sorted(TOLD):
            await visit.require(key)

    async def _call_staff_in(self, visit: Visit, channel_id: str) -> None:
        shop, configure = await self._fresh(visit), self.services.shops.configure
        shop = await configure(shop, visit.member, announcement_channel_id=channel_id)
        await self.services.worker.retry(shop.id, *CHANNEL_TROUBLES)
        await show_step(visit, shop, "channels")

    async def _fresh(self, visit: Visit) -> Shop:
        return await self.services.shops.of_guild(visit.guild_id)

    def _lock(self, visit: Visit) -> asyncio.Lock:
        return self.making.setdefault(visit.guild_id, asyncio.Lock())


def _welcome(w: Words) -> Card:
    return Card(
        title=w("Open a shop here"),
        text=w(
            "Give your shop a name, then choose who runs it, where the staff are called, "
            "how customers pay and in which currency. You can change everything later."
        ),
        rows=[[Button(w("Name the shop"), Target("setup:claim"), "primary")]],
    )
