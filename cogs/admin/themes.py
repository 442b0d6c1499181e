"""/admin themes: how the shop's cards and invoices look, with themes of its own."""

import asyncio
from typing import ClassVar

from cogs._ui.desk import Visit, click, command_answer, submit
from cogs._ui.swatch import page_picture
from cogs.admin import _theme_card as cards
from cogs.admin._root import Entry, Section, chosen
from services.access import Permission
from services.shops import Shop
from services.theme_desk import ThemeView

_LONGEST_VERSION = 16


class ThemesDesk(Section):
    """Every change shows the theme anew; a button of an older card is told that somebody was faster."""

    needs: ClassVar[Permission | None] = Permission.THEME_MANAGE
    entry = Entry("themes", "Choose and make the colours of cards and invoices")

    @command_answer
    async def enter(self, visit: Visit) -> None:
        await self.all(visit)

    @click("themes:list")
    async def all(self, visit: Visit) -> None:
        views = await self.services.theme_desk.views(await self._fresh(visit))
        await visit.show(cards.theme_list(views, visit.words))

    @click("themes:open")
    async def opened(self, visit: Visit) -> None:
        await self.show(visit, chosen(visit))

    @click("themes:show")
    async def show(self, visit: Visit, key: str) -> None:
        shop = await self._fresh(visit)
        await self._show(visit, await self.services.theme_desk.view(shop, key))

    @click("themes:wear")
    async def wear(self, visit: Visit, key: str) -> None:
        await self.services.theme_desk.wear(await self._fresh(visit), visit.member, key)
        await self.show(visit, key)

    @click("themes:bare")
    async def bare(self, visit: Visit) -> None:
        await self.services.theme_desk.wear(await self._fresh(visit), visit.member, None)
        await self.all(visit)

    @click("themes:new")
    async def ask_new(self, visit: Visit, key: str) -> None:
        await visit.form(cards.new_form(await self._view(visit, key), visit.words))

    @submit("themes:new")
    async def make(self, visit: Visit, key: str) -> None:
        shop, name = await visit.shop(), visit.fields.get("name", "")
        await self._show(visit, await self.services.theme_desk.make(shop, visit.member, name, key))

    @click("themes:name")
    async def ask_name(self, visit: Visit, key: str, _version: str) -> None:
        await visit.form(cards.name_form(await self._view(visit, key), visit.words))

    @submit("themes:name")
    async def rename(self, visit: Visit, key: str, version: str) -> None:
        shop, name = await visit.shop(), visit.fields.get("name", "")
        desk = self.services.theme_desk
        await self._show(visit, await desk.rename(shop, visit.member, key, name, _number(version)))

    @click("themes:surfaces")
    async def ask_surfaces(self, visit: Visit, key: str, _version: str) -> None:
        await visit.form(cards.colours_form(await self._view(visit, key), cards.SURFACES, visit.words))

    @click("themes:others")
    async def ask_others(self, visit: Visit, key: str, _version: str) -> None:
        await visit.form(cards.colours_form(await self._view(visit, key), cards.OTHERS, visit.words))

    @submit("themes:surfaces")
    async def surfaces(self, visit: Visit, key: str, version: str) -> None:
        await self._colour(visit, key, version, cards.SURFACES)

    @submit("themes:others")
    async def others(self, visit: Visit, key: str, version: str) -> None:
        await self._colour(visit, key, version, cards.OTHERS)

    async def _colour(self, visit: Visit, key: str, version: str, names: tuple[str, ...]) -> None:
        typed = {name: visit.fields.get(name, "") for name in names}
        shop, desk = await visit.shop(), self.services.theme_desk
        await self._show(visit, await desk.colour(shop, visit.member, key, typed, _number(version)))

    @click("themes:base")
    async def rebase(self, visit: Visit, key: str, version: str) -> None:
        shop, base = await visit.shop(), chosen(visit)
        desk = self.services.theme_desk
        await self._show(visit, await desk.rebase(shop, visit.member, key, base, _number(version)))

    @click("themes:drop")
    async def ask_drop(self, visit: Visit, key: str, _version: str) -> None:
        await visit.show(cards.drop_card(await self._view(visit, key), visit.words))

    @click("themes:dropped")
    async def drop(self, visit: Visit, key: str, version: str) -> None:
        await self.services.theme_desk.delete(await visit.shop(), visit.member, key, _number(version))
        await self.all(visit)

    async def _fresh(self, visit: Visit) -> Shop:
        # The visit's own was read before the change.
        return await self.services.shops.of_guild(visit.guild_id)

    async def _view(self, visit: Visit, key: str) -> ThemeView:
        return await self.services.theme_desk.view(await visit.shop(), key)

    async def _show(self, visit: Visit, view: ThemeView) -> None:
        views = await self.services.theme_desk.views(await visit.shop())
        others = [each for each in views if each.theme.key != view.theme.key]
        # Drawing takes milliseconds in which nobody else would be answered.
        picture = await asyncio.to_thread(page_picture, view.palette)
        await visit.show(cards.theme_card(view, others, picture, visit.words))


def _number(version: str) -> int:
    """The state that a button was made for; one that never was for a forged one."""
    known = version.isascii() and version.isdigit() and len(version) <= _LONGEST_VERSION
    return int(version) if known else -1
