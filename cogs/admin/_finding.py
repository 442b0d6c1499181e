"""Sections in which staff look for somebody first: by words, on pages, or as a member whom they choose."""

from abc import abstractmethod

from nextcord import SlashOption

from cogs._ui.card import Card
from cogs._ui.desk import Visit, click, command_answer, submit
from cogs._ui.form import Form, Input
from cogs._ui.target import Target
from cogs._ui.words import Words
from cogs.admin._paging import number, searchable
from cogs.admin._rights import picked
from cogs.admin._root import Section
from models.access import User
from models.base import Document
from services.paging import PeoplePage
from services.shops import Shop


class Finding[Person: Document](Section):
    """Whoever is found alone is shown at once, and several are listed."""

    @abstractmethod
    async def found(self, shop: Shop, query: str, page: int = 0) -> PeoplePage[Person]:
        """Those who fit."""

    @abstractmethod
    def listed(self, page: PeoplePage[Person], query: str, w: Words) -> Card:
        """The card of several, or of nobody."""

    @abstractmethod
    def asked(self, query: str, w: Words) -> Form:
        """The form that asks whom to look for."""

    @abstractmethod
    async def show(self, visit: Visit, key: str) -> None:
        """Show one of them."""

    @click(":list")
    async def page(self, visit: Visit, page: str = "0", query: str = "") -> None:
        found = await self.found(await visit.shop(), query, number(page))
        await visit.show(self.listed(found, query, visit.words))

    @click(":search")
    async def ask_words(self, visit: Visit, query: str = "") -> None:
        await visit.form(self.asked(query, visit.words))

    @submit(":search")
    async def search(self, visit: Visit) -> None:
        await self.find(visit, visit.fields.get("query", ""))

    async def find(self, visit: Visit, typed: str) -> None:
        """The one that fits, or the list of those that do."""
        query = searchable(f"{self.area}:list", typed)
        found = await self.found(await visit.shop(), query)
        if query and found.total == 1:
            await self.show(visit, found.people[0].key)
        else:
            await visit.show(self.listed(found, query, visit.words))


class FindingUsers(Finding[User]):
    """The same for users; a member who is none yet becomes one by being chosen."""

    @command_answer
    async def enter(
        self,
        visit: Visit,
        find: str = SlashOption(description="Name or Discord id", required=False, default=""),
    ) -> None:
        await self.find(visit, find.strip())

    async def found(self, shop: Shop, query: str, page: int = 0) -> PeoplePage[User]:
        return await self.services.users.find(shop, query, page)

    def asked(self, query: str, w: Words) -> Form:
        words = Input("query", w("Name or Discord id"), query, required=False, max_length=50)
        return Form(w("Search users"), Target(f"{self.area}:search"), [words])

    @click(":member")
    async def of_member(self, visit: Visit) -> None:
        user = await self.services.users.of_member(await visit.shop(), visit.member, picked(visit))
        await self.show(visit, user.key)
