"""/admin setup: claims a server for a shop and leads through what it needs first."""

from cogs._ui.card import Button, Card, Field, plain
from cogs._ui.desk import Visit, click, command_answer, submit
from cogs._ui.form import Form, Input
from cogs._ui.target import Target
from cogs._ui.words import Words
from cogs.admin._reach import channel_warning
from cogs.admin._root import Entry, Section
from cogs.admin._settings import STEPS, Look, part_card
from models.errors import AlreadyExists, NoShop, NotFound
from services.access import Permission
from services.shops import Shop

_NAME_LENGTH = 100


class Setup(Section):
    """The first run, and any later one; before there is a shop, the server's own managers may come in."""

    needs = None
    entry = Entry("setup", "Open a shop here, or go through its setup again")

    @command_answer
    async def enter(self, visit: Visit) -> None:
        try:
            await visit.shop()
        except NoShop:
            await self._welcome(visit)
            return
        await self.step(visit, STEPS[0])

    async def _welcome(self, visit: Visit) -> None:
        if _may_claim(visit):
            await visit.show(_welcome(visit.words))
        else:
            await visit.say(_not_yours(visit.words))

    @click("setup:claim")
    async def ask_name(self, visit: Visit) -> None:
        await self._refuse_second(visit)
        if not _may_claim(visit):
            await visit.say(_not_yours(visit.words))
            return
        guild = visit.interaction.guild
        name = Input(
            "name", visit.words("Name of the shop"), guild.name if guild else "", max_length=_NAME_LENGTH
        )
        await visit.form(Form(visit.words("Open a shop"), Target("setup:claim"), [name]))

    @submit("setup:claim")
    async def claim(self, visit: Visit) -> None:
        await self._refuse_second(visit)
        if not _may_claim(visit):
            await visit.say(_not_yours(visit.words))
            return
        await self.services.shops.claim(visit.guild_id, visit.fields.get("name", ""), visit.member)
        await self.step(visit, STEPS[0])

    @click("setup:step")
    async def step(self, visit: Visit, step: str) -> None:
        await visit.require(Permission.SETUP_RUN)
        shop = await visit.shop()
        if step == "done":
            await visit.show(await self._summary(visit, shop))
            return
        card = part_card(step, await Look.at(visit, shop, "setup")) if step in STEPS else None
        if card is None:
            raise NotFound("part")
        card.footer = visit.words("Step {n} of {all}", n=STEPS.index(step) + 1, all=len(STEPS))
        await visit.show(card)

    async def _refuse_second(self, visit: Visit) -> None:
        try:
            await visit.shop()
        except NoShop:
            return
        raise AlreadyExists("guild")

    async def _summary(self, visit: Visit, shop: Shop) -> Card:
        w = visit.words
        products = await self.services.catalog.staff_page(shop)
        missing = _missing(visit, shop)
        if not self.services.methods.available(shop):
            missing.append(w("Customers cannot pay yet: set up a way to pay."))
        if not products.total:
            missing.append(w("There is nothing to buy yet: add your first product with `/admin product`."))
        done = w("Everything is ready. Customers start with `/shop browse`.")
        return Card(
            title=w("{name} is set up", name=plain(shop.name)),
            text="\n".join(f"• {each}" for each in missing) if missing else done,
            colour="warn" if missing else "good",
            fields=[
                Field(w("Next"), w("`/admin product` to fill the shelves, `/admin config` for the rest."))
            ],
            rows=[
                [
                    Button(w("Start over"), Target("setup:step", STEPS[0])),
                    Button(w("All products"), Target("product:list")),
                    Button(w("All settings"), Target("config:open")),
                    Button(w("Doctor"), Target("doctor:open")),
                ]
            ],
        )


def _missing(visit: Visit, shop: Shop) -> list[str]:
    w, missing = visit.words, []
    if not (shop.config.admin_role_ids or shop.config.staff_role_ids):
        missing.append(w("Nobody helps you yet: choose the roles of your staff."))
    if shop.config.staff_channel_id is None:
        missing.append(w("Nobody hears of payments: choose a staff channel."))
    guild, warning = visit.interaction.guild, channel_warning(visit, shop.config.staff_channel_id)
    if warning:
        missing.append(warning)
    if guild is not None and guild.me is not None and not guild.me.guild_permissions.manage_roles:
        missing.append(w("I may not grant roles: please give my role the permission Manage Roles."))
    return missing


def _may_claim(visit: Visit) -> bool:
    return visit.member.owns_guild or visit.interaction.permissions.manage_guild


def _not_yours(w: Words) -> str:
    return w(
        "This server has no shop yet. Its owner, or somebody with the permission Manage Server, "
        "can open one with `/admin setup`."
    )


def _welcome(w: Words) -> Card:
    return Card(
        title=w("Open a shop here"),
        text=w(
            "Give your shop a name, then choose who runs it, where the staff are called, "
            "how customers pay and in which currency. You can change everything later."
        ),
        rows=[[Button(w("Name the shop"), Target("setup:claim"), "primary")]],
    )
