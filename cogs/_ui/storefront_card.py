"""The shop's permanent message: the first page of the catalogue, with buttons that work for everybody."""

from cogs._ui.card import Button, Card, Row, plain
from cogs._ui.products import Place, Shelf, product_menu, small
from cogs._ui.refusals import mentioned
from cogs._ui.target import Target
from cogs._ui.words import Words
from services.catalog import CatalogPage
from services.shops import Shop


def storefront_card(page: CatalogPage, shop: Shop, w: Words) -> Card:
    """What stands in the channel; each button answers whoever presses it, and nobody else sees that."""
    rows: list[Row] = [menu] if (menu := product_menu(page, Place(), w)) else []
    return Shelf(
        title=plain(shop.name),
        text=_welcome(page, w),
        rows=[*rows, _ways(w)],
        below=[small(entry, w, mentioned) for entry in page.entries],
    )


def _welcome(page: CatalogPage, w: Words) -> str:
    if page.total == 0:
        return w("The shelves are empty today. Please come back soon.")
    return w.count(
        page.total,
        "We have {n} product. Choose it to see more; only you will see my answer.",
        "We have {n} products. Choose one to see more; only you will see my answer.",
    )


def _ways(w: Words) -> list[Button]:
    return [
        Button(w("Browse the shop"), Target("shop:page", 0, ""), "primary", emoji="🔍"),
        Button(w("My cart"), Target("cart:view"), emoji="🛒"),
        Button(w("My orders"), Target("orders:page", 0)),
        Button(w("Help"), Target("help:open")),
    ]
