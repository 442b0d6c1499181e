"""/admin people identity: accounts of a person, linked and unlinked, and secrets that only go in."""

from typing import ClassVar

from nextcord import SlashOption

from cogs._ui.desk import Visit, click, command_answer, submit
from cogs.admin import _identity_card as cards
from cogs.admin._paging import number, searchable
from cogs.admin._rights import picked
from cogs.admin._root import PEOPLE, Entry, Section, chosen
from services.access import Permission


class Identities(Section):
    """Who is who."""

    needs: ClassVar[Permission | None] = Permission.IDENTITY_MANAGE
    entry = Entry("identity", "Accounts of a person, and linking them", PEOPLE)

    @command_answer
    async def enter(
        self,
        visit: Visit,
        find: str = SlashOption(description="Name or Discord id", required=False, default=""),
    ) -> None:
        await self._find(visit, find.strip())

    @click("identity:list")
    async def page(self, visit: Visit, page: str = "0", query: str = "") -> None:
        found = await self.services.users.find(await visit.shop(), query, number(page))
        await visit.show(cards.who_card(found, query, visit.words))

    @click("identity:search")
    async def ask_words(self, visit: Visit, query: str = "") -> None:
        await visit.form(cards.search_form(query, visit.words))

    @submit("identity:search")
    async def search(self, visit: Visit) -> None:
        await self._find(visit, visit.fields.get("query", ""))

    async def _find(self, visit: Visit, typed: str) -> None:
        query = searchable("identity:list", typed)
        found = await self.services.users.find(await visit.shop(), query)
        if query and found.total == 1:
            await self._show(visit, found.users[0].key)
        else:
            await visit.show(cards.who_card(found, query, visit.words))

    @click("identity:member")
    async def of_member(self, visit: Visit) -> None:
        user = await self.services.users.of_member(await visit.shop(), visit.member, picked(visit))
        await self._show(visit, user.key)

    @click("identity:of")
    async def of_user(self, visit: Visit, user_id: str = "") -> None:
        await self._show(visit, user_id or chosen(visit))

    @click("identity:open")
    async def opened(self, visit: Visit, user_id: str) -> None:
        await self._account(visit, user_id, chosen(visit))

    @click("identity:link")
    async def link(self, visit: Visit, user_id: str) -> None:
        await self.services.identities.link(await visit.shop(), visit.member, user_id, picked(visit))
        await self._show(visit, user_id)

    @click("identity:unlink")
    async def unlink(self, visit: Visit, user_id: str, identity_id: str) -> None:
        await self.services.identities.unlink(await visit.shop(), visit.member, user_id, identity_id)
        await self._show(visit, user_id)

    @click("identity:secret")
    async def ask_secret(self, visit: Visit, user_id: str, identity_id: str) -> None:
        _, identity = await self.services.identities.get(await visit.shop(), user_id, identity_id)
        await visit.form(cards.secret_form(user_id, identity, visit.words))

    @submit("identity:secret")
    async def keep_secret(self, visit: Visit, user_id: str, identity_id: str) -> None:
        name, value = visit.fields.get("name", ""), visit.fields.get("value", "")
        await self.services.identities.keep_secret(
            await visit.shop(), visit.member, user_id, identity_id, name, value
        )
        await self._account(visit, user_id, identity_id)

    async def _account(self, visit: Visit, user_id: str, identity_id: str) -> None:
        user, identity = await self.services.identities.get(await visit.shop(), user_id, identity_id)
        await visit.show(cards.account_card(user, identity, visit.words))

    async def _show(self, visit: Visit, user_id: str) -> None:
        view = await self.services.identities.view(await visit.shop(), user_id)
        await visit.show(cards.accounts_card(view, visit.words))
