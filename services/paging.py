"""Which page of a list is shown, for every desk that shows one, and a page of people who were looked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

# So many people on a page; a search that finds more than so many is cut.
PEOPLE, MOST_FOUND = 5, 100


def bounded(page: int, total: int, size: int) -> tuple[int, int]:
    """The page that there is, counted from 0, and how many pages there are: at least one."""
    pages = max(1, -(-total // size))
    return min(max(page, 0), pages - 1), pages


@dataclass(frozen=True)
class PeoplePage[Person]:
    """One page of people; `page` counts from 0. A search finds `total` at most so many that it is cut."""

    people: Sequence[Person]
    page: int
    pages: int
    total: int
    cut: bool = False

    @classmethod
    def of(cls, every: Sequence[Person], page: int, *, cut: bool) -> Self:
        """A page of all that were found."""
        page, pages = bounded(page, len(every), PEOPLE)
        return cls(every[page * PEOPLE : (page + 1) * PEOPLE], page, pages, len(every), cut)
