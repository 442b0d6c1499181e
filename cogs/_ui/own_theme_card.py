"""The theme that a member wears on their own cards and invoices, as they see and choose it."""

from collections.abc import Sequence

from cogs._ui.account_card import ways_on
from cogs._ui.card import Card, Option, Select
from cogs._ui.target import Target
from cogs._ui.theme_names import theme_name
from cogs._ui.words import Words
from models.theme import UserTheme

AS_THE_SHOP = "shop"
_MOST = 24


def own_theme_card(
    themes: Sequence[UserTheme], mine: UserTheme | None, w: Words, *, note: str | None = None
) -> Card:
    """Every theme to choose from, and the shop's own look."""
    options = [Option(w("As the shop looks"), AS_THE_SHOP, default=mine is None)]
    options += [
        Option(theme_name(each, w), each.key, default=mine is not None and each.key == mine.key)
        for each in themes[:_MOST]
    ]
    return Card(
        title=w("My theme"),
        text=w("The colours of my answers to you and of your invoices in this shop. Nobody else sees them."),
        rows=[Select(w("Choose a theme"), Target("account:wear"), options), ways_on("account:theme", w)],
        note=note,
    )
