"""/admin people roles: the shop's own roles, what each allows, and who holds it."""

from typing import ClassVar

from cogs._ui.desk import Visit, click, command_answer, submit
from cogs._ui.permission_words import GROUPS, in_group
from cogs._ui.target import Target
from cogs.admin import _role_card as cards
from cogs.admin._rights import picked, show_rights
from cogs.admin._root import PEOPLE, Entry, Section, chosen
from models.errors import BadInput
from services.access import Permission


class Roles(Section):
    """Sets of permissions with a name."""

    needs: ClassVar[Permission | None] = Permission.ROLE_MANAGE
    entry = Entry("roles", "Roles of the shop and their permissions", PEOPLE)

    @command_answer
    async def enter(self, visit: Visit) -> None:
        await self.every(visit)

    @click("roles:list")
    async def every(self, visit: Visit) -> None:
        roles = await self.services.role_desk.every(await visit.shop())
        await visit.show(cards.role_list(roles, visit.words))

    @click("roles:open")
    async def opened(self, visit: Visit, role_id: str = "") -> None:
        await self._show(visit, role_id or chosen(visit))

    @click("roles:new")
    async def ask_name(self, visit: Visit) -> None:
        await visit.form(cards.name_form(None, visit.words))

    @submit("roles:new")
    async def create(self, visit: Visit) -> None:
        shop, name = await visit.shop(), visit.fields.get("name", "")
        role = await self.services.role_desk.create(shop, visit.member, name)
        held = await self.services.access.held(shop, visit.member)
        await visit.show(cards.keys_card(role, held, visit.words))

    @click("roles:rename")
    async def ask_new_name(self, visit: Visit, role_id: str) -> None:
        view = await self.services.role_desk.view(await visit.shop(), role_id)
        await visit.form(cards.name_form(view.role, visit.words))

    @submit("roles:rename")
    async def rename(self, visit: Visit, role_id: str, seen: str = "") -> None:
        shop, name, desk = await visit.shop(), visit.fields.get("name", ""), self.services.role_desk
        role = (await desk.view(shop, role_id)).role
        cards.name_form(role, visit.words).still(seen)
        await desk.rename(shop, visit.member, role_id, name, seen=role.name)
        await self._show(visit, role_id)

    @click("roles:keys")
    async def keys(self, visit: Visit, role_id: str) -> None:
        shop = await visit.shop()
        view = await self.services.role_desk.view(shop, role_id)
        held = await self.services.access.held(shop, visit.member)
        await visit.show(cards.keys_card(view.role, held, visit.words))

    @click("roles:set")
    async def set_keys(self, visit: Visit, role_id: str, shown: str) -> None:
        group = shown.rstrip("0123456789")
        if group not in GROUPS:
            raise BadInput("permission_keys", "not_allowed")
        shop = await visit.shop()
        role = await self.services.role_desk.set_keys(
            shop,
            visit.member,
            role_id,
            offered=in_group(group),
            chosen=visit.values,
            seen=shown.removeprefix(group),
        )
        held = await self.services.access.held(shop, visit.member)
        await visit.show(cards.keys_card(role, held, visit.words))

    @click("roles:ask")
    async def ask_again(self, visit: Visit, role_id: str) -> None:
        view = await self.services.role_desk.view(await visit.shop(), role_id)
        await visit.show(cards.sure_card(view, visit.words))

    @click("roles:delete")
    async def delete(self, visit: Visit, role_id: str) -> None:
        await self.services.role_desk.remove(await visit.shop(), visit.member, role_id)
        await self.every(visit)

    @click("roles:give")
    async def give(self, visit: Visit, role_id: str) -> None:
        shop, member = await visit.shop(), picked(visit)
        await self.services.role_desk.view(shop, role_id)
        user = await self.services.users.of_member(shop, visit.member, member)
        await self.services.role_desk.assign(shop, visit.member, role_id, user.key)
        await self._show(visit, role_id)

    @click("roles:take")
    async def take(self, visit: Visit, role_id: str) -> None:
        await self.services.role_desk.take(await visit.shop(), visit.member, role_id, chosen(visit))
        await self._show(visit, role_id)

    @click("roles:may")
    async def may(self, visit: Visit) -> None:
        member = picked(visit)
        await show_rights(visit, member.discord_id, Target("roles:list"), member)

    async def _show(self, visit: Visit, role_id: str) -> None:
        view = await self.services.role_desk.view(await visit.shop(), role_id)
        await visit.show(cards.role_card(view, visit.words))
