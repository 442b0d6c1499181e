"""Products as a file: what is for sale and at which price; stock and keys have files of their own."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from models.base import TenantDocument, Tx
from models.bulk import found_by
from models.errors import BadInput
from models.inventory import InventorySnapshot
from models.product import MAX_DAYS, Product, QtyVisibility
from models.storefront import Storefront
from models.waiting import Waiting
from services.access import Permission
from services.catalog import checked_product
from services.csv.cells import CURRENCY, FLAG, IDS, MONEY, NAME, WHOLE, choice
from services.csv.contract import Column, Context, Desk, Found, Step, Stored
from services.csv.incoming import Editable

# As many as the card of a product lets choose.
MOST_ROLES = 10


class Products(Editable):
    """Found by SKU; a new one is not on sale until the file or somebody says so."""

    name = "products"
    model = Product
    identity = ("sku",)
    order = "nameFolded"
    to_import = to_export = frozenset({Permission.PRODUCT_MANAGE})
    columns = (
        Column("sku", NAME, needed=True, optional=False),
        Column("name", NAME, needed=True, optional=False),
        Column("description"),
        Column("price", MONEY, "price_cents", needed=True, optional=False),
        Column("currency", CURRENCY, optional=False),
        Column("cost", MONEY, "cost_cents"),
        Column("isActive", FLAG, optional=False),
        Column("isDigital", FLAG, optional=False),
        Column("inventoryTracked", FLAG, optional=False),
        Column("qtyVisibility", choice(QtyVisibility)),
        Column("requiredRoleIds", IDS),
        Column("grantedRoleIds", IDS),
        Column("roleDays", WHOLE),
        Column("imageUrl"),
        Column("deliveryText"),
        Column("deliveryLink"),
        Column("deliversKeys", FLAG, shown=True),
    )

    def make(self, desk: Desk, values: Mapping[str, Any], found: Found) -> TenantDocument:
        """A product as `/admin product` would make it."""
        del found
        fields = {"is_active": False, **self._fields(desk, {}, values)}
        with self.by_column():
            return checked_product({**fields, "currency": desk.currency, "tenant_id": desk.shop.id})

    def change(self, desk: Desk, record: Stored, values: Mapping[str, Any], found: Found) -> Stored:
        """What `/admin product` would store."""
        del found
        old = Product.model_validate_doc(record)
        fields = self._fields(desk, record, values)
        with self.by_column():
            edited = checked_product({**old.model_dump(), **fields})
        also = {"name_folded"} if "name" in fields else set[str]()
        return edited.model_dump_doc(include={*fields, *also})

    def _fields(self, desk: Desk, record: Stored, values: Mapping[str, Any]) -> dict[str, Any]:
        fields = self.by_attribute(values)
        known = record.get("currency", desk.currency)
        if fields.pop("currency", known) != known:
            raise BadInput("currency", "example", known)
        for name, column in (
            ("required_role_ids", "requiredRoleIds"),
            ("granted_role_ids", "grantedRoleIds"),
        ):
            if name in fields:
                fields[name] = roles_of(desk, column, fields[name])
        if not 1 <= (fields.get("role_days") or 1) <= MAX_DAYS:
            raise BadInput("roleDays", "range", MAX_DAYS)
        added = set(fields.get("granted_role_ids", ())) - set(record.get("grantedRoleIds", ()))
        if added & desk.guarded:
            raise BadInput("grantedRoleIds", "csv_guarded")
        for name in ("image_url", "delivery_text", "delivery_link", "description"):
            if isinstance(fields.get(name), str):
                fields[name] = fields[name].strip() or None
        return fields

    async def write(self, context: Context, desk: Desk, steps: Sequence[Step], tx: Tx) -> None:
        """Also the empty stock of new ones, and what a change means to those who wait."""
        await super().write(context, desk, steps, tx)
        made = [step.made.key for step in steps if step.made is not None]
        empty = await asyncio.to_thread(_empty, desk.shop.id, made)
        await InventorySnapshot.insert_all(context.db, empty, tx=tx)
        changed = [str(step.record["_id"]) for step in steps if step.record and step.fields]
        for key in await queues(context, desk.shop.id, changed, tx):
            await context.offering.go_round(desk.shop.id, key, tx)
            await context.offering.open_up(desk.shop.id, key, tx)
        await Storefront.mark(context.db, desk.shop.id, context.clock.now(), tx=tx)


def roles_of(desk: Desk, column: str, roles: Sequence[str] | None, most: int = MOST_ROLES) -> list[str]:
    """The roles of a cell; raises BadInput for more than the card lets choose, and for @everyone."""
    if desk.shop.guild_id in (roles or ()):
        raise BadInput(column, "csv_everyone")
    if len(roles or ()) > most:
        raise BadInput(column, "too_many", most)
    return list(roles or ())


def _empty(tenant_id: str, product_ids: Sequence[str]) -> list[InventorySnapshot]:
    return [InventorySnapshot(tenant_id=tenant_id, product_id=key) for key in product_ids]


async def queues(context: Context, tenant_id: str, product_ids: list[str], tx: Tx) -> list[str]:
    """Those of the products for which somebody waits, or one is kept."""
    waited = await Waiting.waited_for(context.db, tenant_id, product_ids, tx=tx)
    stock = await found_by(context.db, InventorySnapshot, tenant_id, "productId", product_ids, tx=tx)
    return [key for key in product_ids if key in waited or stock.get(key, {}).get("offers")]


KIND = Products()
