"""/admin people user: find or choose somebody, read what they are here, give and take roles, make admins."""

from typing import ClassVar

from nextcord import SlashOption

from cogs._ui.desk import Visit, click, command_answer, submit
from cogs._ui.target import Target
from cogs.admin import _user_card as cards
from cogs.admin._paging import number, searchable
from cogs.admin._rights import picked, show_rights
from cogs.admin._root import PEOPLE, Entry, Section, chosen
from services.access import Permission


class Users(Section):
    """The people behind the counter, and whoever may come to stand there."""

    needs: ClassVar[Permission | None] = Permission.USER_MANAGE
    entry = Entry("user", "Find a user, give roles, make admins", PEOPLE)

    @command_answer
    async def enter(
        self,
        visit: Visit,
        find: str = SlashOption(description="Name or Discord id", required=False, default=""),
    ) -> None:
        await self._find(visit, find.strip())

    @click("user:list")
    async def page(self, visit: Visit, page: str = "0", query: str = "") -> None:
        found = await self.services.users.find(await visit.shop(), query, number(page))
        await visit.show(cards.user_list(found, query, visit.words))

    @click("user:search")
    async def ask_words(self, visit: Visit, query: str = "") -> None:
        await visit.form(cards.search_form(query, visit.words))

    @submit("user:search")
    async def search(self, visit: Visit) -> None:
        await self._find(visit, visit.fields.get("query", ""))

    async def _find(self, visit: Visit, typed: str) -> None:
        """The one that fits, or the list of those that do."""
        query = searchable("user:list", typed)
        found = await self.services.users.find(await visit.shop(), query)
        if query and found.total == 1:
            await self._show(visit, found.users[0].key)
        else:
            await visit.show(cards.user_list(found, query, visit.words))

    @click("user:member")
    async def of_member(self, visit: Visit) -> None:
        member = picked(visit)
        user = await self.services.users.of_member(await visit.shop(), visit.member, member)
        await self._show(visit, user.key)

    @click("user:open")
    async def opened(self, visit: Visit, user_id: str = "") -> None:
        await self._show(visit, user_id or chosen(visit))

    @click("user:give")
    async def give(self, visit: Visit, user_id: str) -> None:
        shop, role_id = await visit.shop(), chosen(visit)
        await self.services.role_desk.assign(shop, visit.member, role_id, user_id)
        await self._show(visit, user_id)

    @click("user:take")
    async def take(self, visit: Visit, user_id: str) -> None:
        shop, role_id = await visit.shop(), chosen(visit)
        await self.services.role_desk.take(shop, visit.member, role_id, user_id)
        await self._show(visit, user_id)

    @click("user:admin")
    async def make_admin(self, visit: Visit, user_id: str) -> None:
        shop = await visit.shop()
        user = await self.services.users.get(shop, user_id)
        await self.services.ownership.make_admin(shop, visit.member, user.discord_id or "")
        await self._show(visit, user_id, anew=True)

    @click("user:unadmin")
    async def unmake_admin(self, visit: Visit, user_id: str) -> None:
        shop = await visit.shop()
        user = await self.services.users.get(shop, user_id)
        await self.services.ownership.unmake_admin(shop, visit.member, user.discord_id or "")
        await self._show(visit, user_id, anew=True)

    @click("user:may")
    async def may(self, visit: Visit, user_id: str) -> None:
        user = await self.services.users.get(await visit.shop(), user_id)
        await show_rights(visit, user.discord_id or "", Target("user:open", user.key))

    async def _show(self, visit: Visit, user_id: str, *, anew: bool = False) -> None:
        shop = await (self.services.shops.of_guild(visit.guild_id) if anew else visit.shop())
        view = await self.services.users.view(shop, user_id)
        roles = [role for role, _ in await self.services.role_desk.every(shop)]
        await visit.show(cards.user_card(view, roles, visit.words))
