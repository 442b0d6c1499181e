"""Turning pages of a list, with the search that made it kept in the buttons."""

from cogs._ui.card import Button
from cogs._ui.target import Target
from cogs._ui.words import Words


def pager(w: Words, action: str, page: int, pages: int, query: str = "") -> list[Button]:
    """Back, where we are, and on; nothing when everything is on one page."""
    if pages <= 1:
        return []
    kept = searchable(action, query)
    before = _page(action, page - 1, kept) if page > 0 else None
    after = _page(action, page + 1, kept) if page + 1 < pages else None
    where = w("Page {page} of {pages}", page=page + 1, pages=pages)
    return [Button(w("Back"), before, emoji="◀️"), Button(where), Button(w("Next"), after, emoji="▶️")]


def searchable(action: str, query: str) -> str:
    """As much of a search as a button can carry; what is cut off only widens what is found."""
    kept = " ".join(query.split())[:50]
    while kept:
        try:
            _page(action, 9999, kept)
        except ValueError:
            kept = kept[:-1]
        else:
            break
    return kept.strip()


def number(text: str) -> int:
    """A page number out of a custom_id; 0 for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 6 else 0  # noqa: PLR2004 - no list is longer


def _page(action: str, page: int, query: str) -> Target:
    return Target(action, page, query) if query else Target(action, page)
