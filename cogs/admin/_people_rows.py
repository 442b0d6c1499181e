"""The ways on from a list of people: open one, choose a member, turn the page, search."""

from typing import Any

from cogs._ui.card import Button, PickUser, Row, Select
from cogs._ui.target import Target
from cogs._ui.words import Words
from cogs.admin._paging import pager, searchable
from services.paging import PeoplePage


def people_rows(
    area: str, page: PeoplePage[Any], query: str, w: Words, *, choose: Select, beside: list[Button]
) -> list[Row]:
    """What leads on within an area such as `user`; `beside` stands beside the search."""
    member = PickUser(w("Or choose a member"), Target(f"{area}:member"))
    search = Button(w("Search"), Target(f"{area}:search", searchable(f"{area}:search", query)), "primary")
    turning = pager(w, f"{area}:list", page.page, page.pages, query)
    rows: list[Row] = [choose] if page.people else []
    return [*rows, member, *([turning] if turning else []), [search, *beside]]


def all_again(area: str, query: str, w: Words) -> list[Button]:
    """Back from a search to all of them."""
    return [Button(w("Show all"), Target(f"{area}:list"))] if query else []
