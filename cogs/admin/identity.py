"""/admin people identity: accounts of a person, linked and unlinked, and secrets that only go in."""

from typing import ClassVar

from cogs._ui.card import Card
from cogs._ui.desk import Visit, click, submit
from cogs._ui.words import Words
from cogs.admin import _identity_card as cards
from cogs.admin._finding import FindingUsers
from cogs.admin._rights import picked
from cogs.admin._root import PEOPLE, Entry, Section, chosen
from models.access import User
from services.access import Permission
from services.paging import PeoplePage


class Identities(FindingUsers, Section):
    """Who is who."""

    area = "identity"
    needs: ClassVar[Permission | None] = Permission.IDENTITY_MANAGE
    entry = Entry("identity", "Accounts of a person, and linking them", PEOPLE)

    def listed(self, page: PeoplePage[User], query: str, w: Words) -> Card:
        return cards.who_card(page, query, w)

    @click("identity:of")
    async def of_user(self, visit: Visit, user_id: str = "") -> None:
        await self.show(visit, user_id or chosen(visit))

    @click("identity:open")
    async def opened(self, visit: Visit, user_id: str) -> None:
        await self._account(visit, user_id, chosen(visit))

    @click("identity:link")
    async def link(self, visit: Visit, user_id: str) -> None:
        await self.services.identities.link(await visit.shop(), visit.member, user_id, picked(visit))
        await self.show(visit, user_id)

    @click("identity:unlink")
    async def unlink(self, visit: Visit, user_id: str, identity_id: str) -> None:
        await self.services.identities.unlink(await visit.shop(), visit.member, user_id, identity_id)
        await self.show(visit, user_id)

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

    async def show(self, visit: Visit, key: str) -> None:
        view = await self.services.identities.view(await visit.shop(), key)
        await visit.show(cards.accounts_card(view, visit.words))
