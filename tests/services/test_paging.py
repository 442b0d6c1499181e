import pytest

from services.paging import PEOPLE, PeoplePage, bounded


@pytest.mark.parametrize(
    ("page", "total", "shown"),
    [
        (0, 0, (0, 1)),
        (0, 5, (0, 1)),
        (1, 6, (1, 2)),
        (7, 6, (1, 2)),
        (-1, 11, (0, 3)),
    ],
)
def test_a_page_is_always_one_that_there_is(page: int, total: int, shown: tuple[int, int]) -> None:
    """An old button may name one that is gone; an empty list has one page."""
    assert bounded(page, total, 5) == shown


def test_a_page_of_people_is_cut_out_of_all_that_were_found() -> None:
    """The last page holds the rest."""
    every = [f"Fan {number}" for number in range(PEOPLE + 2)]
    first, last = (PeoplePage.of(every, page, cut=False) for page in (0, 9))
    assert [*first.people, *last.people] == every
    assert (first.page, last.page, last.pages, last.total, last.cut) == (0, 1, 2, PEOPLE + 2, False)
