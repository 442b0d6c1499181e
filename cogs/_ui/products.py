"""How products are shown to customers: a shelf of several, and a card of one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from cogs._ui.card import Button, Card, Field, Option, Row, Select
from cogs._ui.linked import linked
from cogs._ui.role_names import RoleName, lasting, named
from cogs._ui.target import Target, written
from cogs._ui.text import cut, plain, width
from cogs._ui.words import Words
from services.catalog import CatalogPage, Entry
from services.shops import Shop

# What is left of a custom_id beside the action, a product's id and a page number.
_QUERY_LENGTH = 36
_PAGE_DIGITS = 5


class Place(NamedTuple):
    """Where in the catalogue somebody stands, small enough to travel in a custom_id."""

    page: int = 0
    query: str = ""

    @classmethod
    def read(cls, page: str, query: str) -> "Place":
        """The place that a custom_id names, also a forged one."""
        known = page.isdecimal() and len(page) <= _PAGE_DIGITS
        return cls(int(page) if known else 0, searchable(query))


def searchable(text: str) -> str:
    """What of a query is searched for: whole characters, as many as a custom_id holds."""
    query = " ".join(text.split())[:_QUERY_LENGTH]
    while width(written(query)) > _QUERY_LENGTH:
        query = query[:-1]
    return query.strip()


@dataclass(slots=True)
class Shelf(Card):
    """A card with a small one for each product below it."""

    below: Sequence[Card] = ()

    def payload(self, guild_prefix: str | None = None) -> dict[str, Any]:
        """The message as Discord wants it."""
        made = Card.payload(self, guild_prefix)
        below = [replace(card, accent=self.accent) for card in self.below]
        made["embeds"] += [embed for card in below for embed in card.payload()["embeds"]]
        return made


def availability(entry: Entry, w: Words) -> str:
    """Whether it can be had, and how many are left where the shop shows that."""
    if entry.wait is not None and entry.wait.offered:
        return w("Kept for you")
    if entry.sold_out:
        return w("Sold out")
    if entry.shown_quantity is None:
        return w("In stock")
    return w.count(entry.shown_quantity, "{n} left", "{n} left")


def _price(entry: Entry, w: Words) -> str:
    product = entry.product
    return w.money(product.price_cents, product.currency) if product.price_cents else w("free")


def catalogue_card(page: CatalogPage, shop: Shop, w: Words, role: RoleName) -> Card:
    """One page of the catalogue, with a way to every product and to the other pages."""
    place = Place(page.page, page.query)
    rows: list[Row] = [menu] if (menu := product_menu(page, place, w)) else []
    if asks := _to_be_told_of(page.entries):
        rows.append(Select(w("Tell me when it is back"), Target("shop:await", *place), asks))
    if page.pages > 1:
        rows.append(_pager(page, w))
    rows.append(_ways_on(page, w))
    return Shelf(
        title=plain(shop.name),
        text=_summary(page, w),
        rows=rows,
        below=[small(entry, w, role) for entry in page.entries],
    )


def product_menu(page: CatalogPage, place: Place, w: Words) -> Select | None:
    """The menu of a page's products; None when there are none."""
    options = [
        Option(entry.product.name, entry.product.key, f"{_price(entry, w)} · {availability(entry, w)}")
        for entry in page.entries
    ]
    return Select(w("Choose a product"), Target("shop:open", *place), options) if options else None


def _summary(page: CatalogPage, w: Words) -> str:
    if page.total == 0 and page.query:
        return w("I found nothing for “{query}”. Please try another word.", query=plain(page.query))
    if page.total == 0:
        return w("The shelves are empty today. Please come back soon.")
    if page.query:
        return w.count(
            page.total,
            "{n} product for “{query}”. Choose it to see more.",
            "{n} products for “{query}”. Choose one to see more.",
            query=plain(page.query),
        )
    return w.count(
        page.total,
        "We have {n} product. Choose it to see more.",
        "We have {n} products. Choose one to see more.",
    )


def small(entry: Entry, w: Words, role: RoleName) -> Card:
    """One product among others."""
    product = entry.product
    said = [f"**{_price(entry, w)}** · {availability(entry, w)}"]
    if product.required_role_ids:
        said.append(w("For members with {roles}", roles=named(product.required_role_ids, role)))
    return Card(
        title=plain(product.name),
        text="\n".join(said),
        thumbnail_url=entry.image_url,
        colour="warn" if entry.sold_out else "plain",
    )


def _pager(page: CatalogPage, w: Words) -> list[Button]:
    first, last = page.page == 0, page.page == page.pages - 1
    return [
        Button(w("Back"), None if first else Target("shop:page", page.page - 1, page.query), emoji="◀️"),
        Button(w("Page {n} of {all}", n=page.page + 1, all=page.pages)),
        Button(w("Next"), None if last else Target("shop:page", page.page + 1, page.query), emoji="▶️"),
    ]


def _ways_on(page: CatalogPage, w: Words) -> list[Button]:
    ways = [Button(w("Search"), Target("shop:search"), emoji="🔍")]
    if page.query:
        ways.append(Button(w("Show everything"), Target("shop:page", 0, "")))
    return [*ways, Button(w("My cart"), Target("cart:view"), emoji="🛒")]


def product_card(
    entry: Entry, w: Words, role: RoleName, place: Place, *, in_cart: int = 0, note: str | None = None
) -> Card:
    """One product with everything a customer should know, and the ways to buy it."""
    product = entry.product
    fields = [
        Field(w("Price"), _price(entry, w), inline=True),
        Field(w("Availability"), availability(entry, w), inline=True),
        Field(w("Delivery"), w("Here in Discord") if product.is_digital else w("By post"), inline=True),
    ]
    if product.required_role_ids:
        fields.append(Field(w("For members with"), named(product.required_role_ids, role), inline=True))
    if product.granted_role_ids:
        given = lasting(named(product.granted_role_ids, role), product.role_days, w)
        fields.append(Field(w("Gives you"), given, inline=True))
    wait = entry.wait
    if wait is not None and wait.offered and wait.offered_until is not None:
        fields.append(Field(w("Kept for you until"), w.when(wait.offered_until, "t"), inline=True))
    return Card(
        title=plain(product.name),
        text=linked(cut(product.description or "", 2000)),
        fields=fields,
        image_url=entry.image_url,
        rows=_product_rows(entry, w, place, in_cart),
        colour="warn" if entry.sold_out else "plain",
        note=note or _hindrance(entry, w, role),
    )


def _hindrance(entry: Entry, w: Words, role: RoleName) -> str | None:
    if entry.missing_role_ids:
        return w("You need {roles} to buy this.", roles=named(entry.missing_role_ids, role))
    if entry.wait is not None and entry.wait.offered:
        return w("One is kept for you. Buy it while it is; after that it goes to the next in line.")
    if entry.wait is not None:
        return w("This is sold out. You are in line: I will tell you when one is there for you.")
    if entry.sold_out and not entry.lines_up:
        return w("This is sold out at the moment. Please look in again later.")
    if entry.sold_out:
        return w("This is sold out at the moment. Press **Tell me** and I will tell you when it is back.")
    return None


def _product_rows(entry: Entry, w: Words, place: Place, in_cart: int) -> list[Row]:
    key, closed = entry.product.key, bool(entry.missing_role_ids) or entry.sold_out
    buy = [
        Button(w("Add to cart"), Target("shop:add", key, *place), "primary", emoji="🛒", disabled=closed),
        Button(w("Buy now"), Target("shop:buy", key), "success", disabled=closed),
    ]
    cart = w("My cart ({n})", n=in_cart) if in_cart else w("My cart")
    ways = [
        Button(w("Back to the shop"), Target("shop:page", *place), emoji="◀️"),
        Button(cart, Target("cart:view")),
    ]
    if in_cart:
        ways.append(Button(w("Check out"), Target("checkout:open"), "success"))
    return [[*buy, *_waiting(entry, w, place)], ways]


def _waiting(entry: Entry, w: Words, place: Place) -> list[Button]:
    """The one button by which a member joins the line and leaves it."""
    key, wait = entry.product.key, entry.wait
    if wait is not None:
        label = w("I do not want it") if wait.offered else w("Stop waiting")
        return [Button(label, Target("shop:stop", key, *place), emoji="🔕")]
    if entry.sold_out and entry.lines_up and not entry.missing_role_ids:
        return [Button(w("Tell me"), Target("shop:tell", key, *place), "primary", emoji="🔔")]
    return []


def _to_be_told_of(entries: Sequence[Entry]) -> list[Option]:
    """What one can wait for, of what is sold out."""
    return [
        Option(entry.product.name, entry.product.key)
        for entry in entries
        if entry.sold_out and entry.lines_up and entry.wait is None and not entry.missing_role_ids
    ]
