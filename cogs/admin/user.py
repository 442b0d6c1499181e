"""/admin people user: find or choose somebody, read what they are here, give and take roles, make admins."""

from typing import ClassVar

from cogs._ui.card import Card
from cogs._ui.desk import Visit, click
from cogs._ui.target import Target
from cogs._ui.words import Words
from cogs.admin import _user_card as cards
from cogs.admin._finding import FindingUsers
from cogs.admin._rights import show_rights
from cogs.admin._root import PEOPLE, Entry, Section, chosen
from models.access import User
from services.access import Permission
from services.paging import PeoplePage


class Users(FindingUsers, Section):
    """The people behind the counter, and whoever may come to stand there."""

    area = "user"
    needs: ClassVar[Permission | None] = Permission.USER_MANAGE
    entry = Entry("user", "Find a user, give roles, make admins", PEOPLE)

    def listed(self, page: PeoplePage[User], query: str, w: Words) -> Card:
        return cards.user_list(page, query, w)

    @click("user:open")
    async def opened(self, visit: Visit, user_id: str = "") -> None:
        await self.show(visit, user_id or chosen(visit))

    @click("user:give")
    async def give(self, visit: Visit, user_id: str) -> None:
        shop, role_id = await visit.shop(), chosen(visit)
        await self.services.role_desk.assign(shop, visit.member, role_id, user_id)
        await self.show(visit, user_id)

    @click("user:take")
    async def take(self, visit: Visit, user_id: str) -> None:
        shop, role_id = await visit.shop(), chosen(visit)
        await self.services.role_desk.take(shop, visit.member, role_id, user_id)
        await self.show(visit, user_id)

    @click("user:admin")
    async def make_admin(self, visit: Visit, user_id: str) -> None:
        shop = await visit.shop()
        user = await self.services.users.get(shop, user_id)
        await self.services.ownership.make_admin(shop, visit.member, user.discord_id or "")
        await self.show(visit, user_id, anew=True)

    @click("user:unadmin")
    async def unmake_admin(self, visit: Visit, user_id: str) -> None:
        shop = await visit.shop()
        user = await self.services.users.get(shop, user_id)
        await self.services.ownership.unmake_admin(shop, visit.member, user.discord_id or "")
        await self.show(visit, user_id, anew=True)

    @click("user:may")
    async def may(self, visit: Visit, user_id: str) -> None:
        user = await self.services.users.get(await visit.shop(), user_id)
        await show_rights(visit, user.discord_id or "", Target("user:open", user.key))

    async def show(self, visit: Visit, key: str, *, anew: bool = False) -> None:
        shop = await (self.services.shops.of_guild(visit.guild_id) if anew else visit.shop())
        view = await self.services.users.view(shop, key)
        roles = [role for role, _ in await self.services.role_desk.every(shop)]
        await visit.show(cards.user_card(view, roles, visit.words))
