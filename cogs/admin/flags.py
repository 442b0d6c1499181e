"""/admin flags: the parts of the shop that can be switched, each with what it gates."""

from typing import Any

from cogs._ui.desk import Visit, click, command_answer, submit
from cogs.admin import _flag_card as cards
from cogs.admin._root import Entry, Section, chosen
from models.errors import BadInput, NotFound
from models.flag import Flag
from services.access import Permission
from services.features import FEATURES, settings_of
from services.flags import FlagState

_LONGEST_VERSION = 16


class FlagDesk(Section):
    """The installation's own flags are shown here and set where it is run."""

    needs = Permission.FLAG_MANAGE
    entry = Entry("flags", "Switch parts of the shop on and off")

    @command_answer
    async def enter(self, visit: Visit) -> None:
        await self.all(visit)

    @click("flags:list")
    async def all(self, visit: Visit) -> None:
        await visit.show(cards.flag_list(await self.services.flags.states(await visit.shop()), visit.words))

    @click("flags:open")
    async def opened(self, visit: Visit) -> None:
        flag = _flag(chosen(visit))
        await self._show(visit, await self.services.flags.state(await visit.shop(), flag))

    @click("flags:on")
    async def switch_on(self, visit: Visit, name: str) -> None:
        await self._switch(visit, name, on=True)

    @click("flags:off")
    async def switch_off(self, visit: Visit, name: str) -> None:
        await self._switch(visit, name, on=False)

    @click("flags:menu")
    async def choose(self, visit: Visit, name: str, version: str) -> None:
        settings = settings_of(FEATURES[_flag(name)].payload)
        words = set(visit.values)
        menu = next((each for each in settings if words and words <= set(each.options)), None)
        if menu is None:
            raise BadInput("choice", "not_allowed")
        await self._fill(visit, name, {menu.name: tuple(visit.values)}, version)

    @click("flags:numbers")
    async def ask_numbers(self, visit: Visit, name: str, _version: str) -> None:
        state = await self.services.flags.state(await visit.shop(), _flag(name))
        if all(each.options for each in settings_of(state.feature.payload)):
            raise NotFound("flag")
        await visit.form(cards.numbers_form(state, visit.words))

    @submit("flags:numbers")
    async def numbers(self, visit: Visit, name: str, version: str) -> None:
        settings = settings_of(FEATURES[_flag(name)].payload)
        typed = {each.name: _count(each.name, visit) for each in settings if not each.options}
        await self._fill(visit, name, typed, version)

    async def _switch(self, visit: Visit, name: str, *, on: bool) -> None:
        shop, flags = await visit.shop(), self.services.flags
        await self._show(visit, await flags.switch(shop, visit.member, _flag(name), on=on))

    async def _fill(self, visit: Visit, name: str, fields: dict[str, Any], version: str) -> None:
        known = version.isascii() and version.isdigit() and len(version) <= _LONGEST_VERSION
        seen = int(version) if known else -1
        state = await self.services.flags.fill(await visit.shop(), visit.member, _flag(name), fields, seen)
        await self._show(visit, state)

    async def _show(self, visit: Visit, state: FlagState) -> None:
        change = await self.services.flags.last_change(await visit.shop(), state)
        await visit.show(cards.flag_card(state, change, visit.words))


def _flag(name: str) -> Flag:
    """The part that a click names; raises NotFound for a forged one."""
    if name not in set(Flag):
        raise NotFound("flag")
    return Flag(name)


def _count(name: str, visit: Visit) -> int | None:
    typed = visit.fields.get(name, "")
    if not typed:
        return None
    if not (typed.isascii() and typed.isdigit() and len(typed) <= 10):  # noqa: PLR2004 - the form takes no more
        raise BadInput(name, "not_a_number")
    return int(typed)
