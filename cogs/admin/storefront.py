"""/admin storefront: the shop's permanent message, where it stands and what keeps it from standing there."""

from cogs._ui.card import Button, Card, PickChannel, Row
from cogs._ui.desk import Visit, click, command_answer
from cogs._ui.target import Target
from cogs._ui.words import Words, later
from cogs.admin._reach import is_id, known_channel, writing_warning
from cogs.admin._root import Entry, Section, chosen
from models.errors import BadInput
from models.flag import Flag
from models.storefront import Storefront
from services.access import Permission

_PROBLEMS = {
    "channel_gone": later("Its channel was deleted. Please choose another one."),
    "missing_permission": later(
        "I cannot write there. I try again every few minutes, or when you press Show it now."
    ),
}
_LATER = later("Discord did not take it. I try again in a minute.")


class StorefrontDesk(Section):
    """One message in one channel; the worker shows it a moment after each change."""

    needs = Permission.STOREFRONT_MANAGE
    entry = Entry("storefront", "Put the shop into a channel, where it stays in step with the stock")

    @command_answer
    async def enter(self, visit: Visit) -> None:
        await self.opened(visit)

    @click("storefront:open")
    async def opened(self, visit: Visit, _front: str = "") -> None:
        await self._show(visit, await self.services.storefronts.of(await visit.shop()))

    @click("storefront:channel")
    async def choose(self, visit: Visit) -> None:
        channel = chosen(visit)
        # A channel of another server is nobody's to fill from here.
        if not is_id(channel) or not known_channel(visit, channel):
            raise BadInput("channel", "not_allowed")
        await self._place(visit, channel)

    @click("storefront:again")
    async def again(self, visit: Visit) -> None:
        front = await self.services.storefronts.of(await visit.shop())
        if front is None or front.channel_id is None:
            await self._show(visit, front)
        else:
            await self._place(visit, front.channel_id)

    @click("storefront:remove")
    async def remove(self, visit: Visit) -> None:
        shop = await visit.shop()
        front = await self.services.storefronts.of(shop)
        if front is not None and front.channel_id is not None:
            front = await self.services.storefronts.take_down(shop, visit.member)
        await self._show(visit, front)

    async def _place(self, visit: Visit, channel_id: str) -> None:
        locale = visit.interaction.guild_locale
        front = await self.services.storefronts.place(await visit.shop(), visit.member, channel_id, locale)
        await self._show(visit, front)

    async def _show(self, visit: Visit, front: Storefront | None) -> None:
        if await self.services.flags.on((await visit.shop()).id, Flag.STOREFRONT):
            await visit.show(_card(visit, front))
        else:
            await visit.show(_off_card(front, visit.words))


def _card(visit: Visit, front: Storefront | None) -> Card:
    w, channel_id = visit.words, front.channel_id if front else None
    told = w(
        "A message that everybody sees, with your first products and buttons for browsing, cart and orders. "
        "It changes by itself, seconds after stock, prices or names do."
    )
    warning = writing_warning(visit, channel_id)
    lines = [told, "", _state(front, w), *([f"⚠️ {warning}"] if warning else [])]
    pick = PickChannel(w("Channel"), Target("storefront:channel"), defaults=known_channel(visit, channel_id))
    rows: list[Row] = [pick]
    if front is not None and channel_id is not None:
        rows.append(_buttons(visit.guild_id, front, w))
    troubled = warning is not None or (front is not None and front.problem is not None)
    return Card(
        title=w("Storefront"), text="\n".join(lines), rows=rows, colour="warn" if troubled else "plain"
    )


def _off_card(front: Storefront | None, w: Words) -> Card:
    said = [w("The storefront is switched off. Switch it on with `/admin flags` first.")]
    rows: list[Row] = []
    if front is not None and front.channel_id is not None:
        said.append(w("It will stand in {channel} again.", channel=f"<#{front.channel_id}>"))
        rows = [[Button(w("Remove it"), Target("storefront:remove"), "danger")]]
    return Card(title=w("Storefront"), text="\n".join(said), rows=rows, colour="warn")


def _state(front: Storefront | None, w: Words) -> str:
    if front is None or front.channel_id is None:
        return w("It stands nowhere yet. Choose its channel.")
    channel = f"<#{front.channel_id}>"
    if front.problem is not None:
        said = w("It should stand in {channel}.", channel=channel)
        return f"{said} {w(_PROBLEMS.get(front.problem, _LATER))}"
    if front.message_id is None:
        return w("It is on its way to {channel}.", channel=channel)
    return w("It stands in {channel}.", channel=channel)


def _buttons(guild_id: str, front: Storefront, w: Words) -> list[Button]:
    buttons = [
        Button(w("Show it now"), Target("storefront:again"), "primary"),
        Button(w("Look again"), Target("storefront:open")),
        Button(w("Remove it"), Target("storefront:remove"), "danger"),
    ]
    if front.message_id is not None:
        url = f"https://discord.com/channels/{guild_id}/{front.channel_id}/{front.message_id}"
        buttons.append(Button(w("Go there"), url=url))
    return buttons
