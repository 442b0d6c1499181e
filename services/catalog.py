"""What is for sale, as a customer and as staff see it."""

from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any, NamedTuple

from pydantic import ValidationError
from pymongo.errors import DuplicateKeyError

from models.base import Db, Tx, transact
from models.errors import AlreadyExists, BadInput, NotFound, RecordChanged
from models.flag import Flag
from models.inventory import InventorySnapshot
from models.member import Member
from models.product import Product, QtyVisibility
from models.required import required
from models.storefront import Storefront
from models.tenant import VisibilityDefault
from models.waiting import Waiting
from services.audit import Audit
from services.clock import Clock
from services.flags import Flags
from services.goods_link import link_of
from services.levels import Levels
from services.memories import Memories
from services.offering import Offering
from services.paging import bounded
from services.remembered import Remembered
from services.shops import Shop

PAGE_SIZE = 6
SUGGESTIONS = 25
# Stock and roles are always of now; names and prices are checked again before anything is ordered.
_REMEMBERED = timedelta(seconds=1)
# Who looks at what everybody sees.
NOBODY = Member("0", "", "")


@dataclass(frozen=True)
class Entry:
    """A product as one person may see it; `available` is None when its stock is not tracked.

    `wait` is theirs for a product that is sold out to everybody else; a unit kept for them is available.
    `lines_up`: who wants one that is sold out may ask to be told.
    """

    product: Product
    available: int | None
    shown_quantity: int | None
    missing_role_ids: tuple[str, ...]
    image_url: str | None
    wait: Waiting | None = None
    lines_up: bool = True

    @property
    def sold_out(self) -> bool:
        """Whether none is left."""
        return self.available == 0


@dataclass(frozen=True)
class CatalogPage:
    """One page of products; `page` counts from 0 and lies within `pages`."""

    entries: list[Entry]
    page: int
    pages: int
    total: int
    query: str


class _Shelf(NamedTuple):
    products: list[Product]
    page: int
    pages: int
    total: int


class Catalog:
    """Reads and edits products."""

    def __init__(
        self,
        db: Db,
        clock: Clock,
        audit: Audit,
        levels: Levels,
        offering: Offering,
        flags: Flags,
        memories: Memories,
    ) -> None:
        self._db = db
        self._clock = clock
        self._audit = audit
        self._levels = levels
        self._offering = offering
        self._flags = flags
        self._shelves: Remembered[tuple[str, str, int], _Shelf] = memories.make("shelves", _REMEMBERED)

    async def page(self, shop: Shop, member: Member, query: str = "", page: int = 0) -> CatalogPage:
        """The active products whose name holds every word of the query."""
        read = partial(self._shelf, shop, query, page)
        return await self._filled(shop, member, query, await self._shelves.get((shop.id, query, page), read))

    async def front_page(self, shop: Shop) -> CatalogPage:
        """The first page as it is now, for a message that everybody sees."""
        return await self._filled(shop, NOBODY, "", await self._shelf(shop, "", 0))

    async def staff_page(self, shop: Shop, query: str = "", page: int = 0) -> CatalogPage:
        """All products, also the inactive, with their real stock."""
        return await self._filled(shop, None, query, await self._shelf(shop, query, page, staff=True))

    async def _shelf(self, shop: Shop, query: str, page: int, *, staff: bool = False) -> _Shelf:
        total = await Product.how_many(self._db, shop.id, query, also_inactive=staff)
        page, pages = bounded(page, total, PAGE_SIZE)
        products = await Product.page(
            self._db, shop.id, query, skip=page * PAGE_SIZE, limit=PAGE_SIZE, also_inactive=staff
        )
        return _Shelf(products, page, pages, total)

    async def _filled(self, shop: Shop, member: Member | None, query: str, shelf: _Shelf) -> CatalogPage:
        entries = await self._entries(shop, member, shelf.products)
        return CatalogPage(entries, shelf.page, shelf.pages, shelf.total, query)

    async def entry(self, shop: Shop, member: Member, product_id: str) -> Entry:
        """One product on sale; raises NotFound."""
        product = await Product.get(self._db, shop.id, product_id)
        if product is None or not product.is_active:
            raise NotFound("product")
        return (await self._entries(shop, member, [product]))[0]

    async def suggest(self, shop: Shop, text: str, *, staff: bool = False) -> list[tuple[str, str]]:
        """(name, id) of products that fit what was typed so far."""
        found = await Product.page(self._db, shop.id, text, skip=0, limit=SUGGESTIONS, also_inactive=staff)
        return [(product.name, product.key) for product in found]

    async def resolve(self, shop: Shop, text: str, *, staff: bool = False) -> Product:
        """The product that a person meant by an id, a SKU or a name; raises NotFound."""
        product = await Product.get(self._db, shop.id, text) or await Product.named(self._db, shop.id, text)
        if product is None:
            near = await Product.page(self._db, shop.id, text, skip=0, limit=2, also_inactive=staff)
            product = near[0] if len(near) == 1 and text.strip() else None
        if product is None or not (staff or product.is_active):
            raise NotFound("product")
        return product

    async def create(self, shop: Shop, actor: Member, fields: dict[str, Any]) -> Product:
        """Put a product on the shelf with no stock; raises BadInput or AlreadyExists("sku")."""
        product = checked_product({"currency": shop.currency, **fields, "tenant_id": shop.id})

        async def work(tx: Tx) -> None:
            await product.insert(self._db, tx=tx)
            await InventorySnapshot(tenant_id=shop.id, product_id=product.key).insert(self._db, tx=tx)
            await self._audit.record(
                shop.id, actor, "product.create", product, after=product.model_dump_doc(), tx=tx
            )
            await Storefront.mark(self._db, shop.id, self._clock.now(), tx=tx)

        await self._unique_sku(work)
        return product

    async def edit(
        self,
        shop: Shop,
        actor: Member,
        product_id: str,
        fields: dict[str, Any],
        *,
        seen: Product | None = None,
    ) -> Product:
        """Change fields, given by their Python names; raises NotFound, BadInput, AlreadyExists.

        With the product as it was `seen`, raises RecordChanged when one of these fields is another by now.
        """
        old = required(seen or await Product.get(self._db, shop.id, product_id), "product")
        edited = checked_product({**old.model_dump(), **fields})
        after = edited.model_dump_doc(include={*fields, *(["name_folded"] if "name" in fields else [])})
        before = {key: value for key, value in old.model_dump_doc().items() if key in after}

        async def work(tx: Tx) -> None:
            if not await Product.set_fields(self._db, old, after, seen=before if seen else None, tx=tx):
                raise RecordChanged
            await self._audit.record(shop.id, actor, "product.edit", old, before=before, after=after, tx=tx)
            await self._offering.go_round(shop.id, old.key, tx)
            await self._offering.open_up(shop.id, old.key, tx)
            await Storefront.mark(self._db, shop.id, self._clock.now(), tx=tx)

        await self._unique_sku(work)
        return edited

    def forget(self) -> None:
        """Read anew what is for sale, after much of it was changed."""
        self._shelves.forget()

    async def _unique_sku(self, work: Any) -> None:
        try:
            await transact(self._db, work)
        except DuplicateKeyError as error:
            raise AlreadyExists("sku") from error
        finally:
            # Also when it is unknown whether the transaction was committed.
            self._shelves.forget()

    async def _entries(self, shop: Shop, member: Member | None, products: list[Product]) -> list[Entry]:
        tracked = [product.key for product in products if product.inventory_tracked]
        stock = await self._levels.of(shop.id, tracked) if tracked else {}
        gone = [key for key in tracked if not stock.get(key)]
        waits = await self.waits(shop, member, gone) if member else {}
        lines_up = not gone or await self._flags.on(shop.id, Flag.WAITLIST)
        made = [_entry(shop, member, product, stock, waits.get(product.key)) for product in products]
        return made if lines_up else [replace(each, lines_up=False) for each in made]

    async def waits(self, shop: Shop, member: Member, product_ids: list[str]) -> dict[str, Waiting]:
        """What a member waits for of these products, by product."""
        if not product_ids or member is NOBODY:
            return {}
        return await Waiting.open_of(self._db, shop.id, member.discord_id, product_ids)


def missing_roles(product: Product, member: Member) -> tuple[str, ...]:
    """The roles of which a member needs one to buy this product; empty when nothing stands in the way."""
    required = product.required_role_ids
    return () if not required or member.role_ids & set(required) else tuple(required)


def _entry(
    shop: Shop, member: Member | None, product: Product, stock: dict[str, int], wait: Waiting | None
) -> Entry:
    available = stock.get(product.key, 0) if product.inventory_tracked else None
    if wait is not None and wait.offered:
        available = 1
    shown = member is None or shows_stock(shop, product)
    return Entry(
        product=product,
        available=available,
        shown_quantity=available if shown else None,
        missing_role_ids=missing_roles(product, member) if member else (),
        image_url=product.image_url or shop.config.default_product_image_url,
        wait=wait,
    )


def shows_stock(shop: Shop, product: Product) -> bool:
    """Whether customers may know how many are left."""
    if product.qty_visibility in {None, QtyVisibility.INHERIT}:
        return shop.config.default_qty_visibility is VisibilityDefault.PUBLIC
    return product.qty_visibility is QtyVisibility.PUBLIC


def checked_product(fields: dict[str, Any]) -> Product:
    """A product of these fields, by Python names, as all of its makers want it; raises BadInput."""
    if isinstance(fields.get("name"), str):
        fields |= {"name": fields["name"].strip(), "name_folded": fields["name"].strip().casefold()}
    if isinstance(fields.get("sku"), str):
        fields["sku"] = fields["sku"].strip()
    if fields.get("image_url") and not str(fields["image_url"]).startswith(("https://", "http://")):
        raise BadInput("image_url", "not_a_link")
    if fields.get("delivery_link"):
        fields["delivery_link"] = link_of(str(fields["delivery_link"]))
    for needed in ("is_digital", "inventory_tracked"):
        if fields.get("delivers_keys") and not fields.get(needed, True):
            raise BadInput(needed, "keys_need")
    try:
        return Product(**fields)
    except ValidationError as error:
        first = error.errors()[0]
        limits = first.get("ctx", {})
        limit = limits.get("max_length", limits.get("ge"))
        raise BadInput(
            str(first["loc"][0]), "length" if "max_length" in limits else "not_allowed", limit
        ) from error
