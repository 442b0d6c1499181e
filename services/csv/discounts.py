"""Discounts as a file: what they take off, of what, for how long."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from pydantic import ValidationError

from models.base import Db, TenantDocument, Tx
from models.bulk import found_by
from models.discount import Discount, DiscountType
from models.errors import BadInput
from models.product import Product
from services.access import Permission
from services.csv.cells import (
    CURRENCY,
    FLAG,
    IDS,
    LINES,
    MOMENT,
    MONEY,
    MOST_IDS,
    NAME,
    PERCENT,
    WHOLE,
    Cell,
    choice,
)
from services.csv.contract import Column, Context, Desk, Found, Step, Stored
from services.csv.incoming import Editable
from services.csv.products import roles_of
from services.discount_terms import read_code
from services.offers import folded_code

_MOST_USES, _MOST_PRODUCTS, _LABEL = 1_000_000, 200, 80


def _code(text: str, column: str, _: str) -> str:
    return folded_code(str(NAME.read(text, column, "")))


class Discounts(Editable):
    """Found by id, else by code. Terms that somebody was shown stay (docs/adr/0012)."""

    name = "discounts"
    model = Discount
    identity = ("code", "id")
    order = "createdAt"
    to_import = to_export = frozenset({Permission.DISCOUNT_MANAGE})
    nameless = True
    columns = (
        Column("id", NAME, only_new=True),
        Column("code", Cell(_code, NAME.write)),
        Column("label", NAME),
        Column("type", choice(DiscountType), needed=True, optional=False),
        Column("percent", PERCENT),
        Column("amount", MONEY, "amount_cents"),
        Column("currency", CURRENCY, optional=False),
        Column("appliesToAll", FLAG, optional=False),
        Column("productSkus", LINES),
        Column("roleIds", IDS),
        Column("assignedOnly", FLAG, optional=False),
        Column("isActive", FLAG, optional=False),
        Column("startsAt", MOMENT),
        Column("endsAt", MOMENT),
        Column("usageLimit", WHOLE),
        Column("usageCount", WHOLE, shown=True),
    )

    def named(self, cells: Mapping[str, str]) -> str:
        """Its code as it is stored, else its id."""
        code = _code(cells.get("code", ""), "code", "")
        return code or str(NAME.read(cells.get("id", ""), "id", ""))

    async def enriched(self, db: Db, tenant_id: str, rows: list[Stored], tx: Tx | None) -> list[Stored]:
        """With the SKUs of their products; one that is gone stands there by its id."""
        keys = [key for row in rows for key in row.get("productIds") or ()]
        products = await found_by(db, Product, tenant_id, "_id", keys, tx=tx)
        return [
            row
            | {"id": str(row["_id"])}
            | {"productSkus": [products.get(key, {"sku": key})["sku"] for key in row.get("productIds") or ()]}
            for row in rows
        ]

    async def find(
        self, context: Context, desk: Desk, rows: Sequence[Mapping[str, str]], tx: Tx | None
    ) -> Found:
        """The discounts of these rows, and the products that they name."""
        keys, codes = [_id(cells) for cells in rows], [self.named(cells) for cells in rows]
        found = await found_by(context.db, Discount, desk.shop.id, "_id", keys, tx=tx)
        found |= await found_by(context.db, Discount, desk.shop.id, "code", codes, tx=tx)
        whole = await self.enriched(context.db, desk.shop.id, list(found.values()), tx)
        skus = [sku for cells in rows for sku in LINES.read(cells.get("productSkus", ""), "productSkus", "")]
        products = await found_by(context.db, Product, desk.shop.id, "sku", skus, tx=tx)
        ids = {sku: str(each["_id"]) for sku, each in products.items()}
        return Found(dict(zip(found, whole, strict=True)), ids)

    def judged(self, desk: Desk, line: int, cells: Mapping[str, str], found: Found) -> Step:
        """A known id says which it is, also when its code was edited: that makes no second discount."""
        known, name = found.records.get(_id(cells)), self.named(cells)
        if known is None:
            return super().judged(desk, line, cells, found)
        other = found.records.get(name)
        if other is not None and other["_id"] != known["_id"]:
            raise BadInput("code", "csv_code_taken")
        return super().judged(desk, line, cells, Found({name: known}, found.also))

    def make(self, desk: Desk, values: Mapping[str, Any], found: Found) -> TenantDocument:
        """One that is off until the file or somebody says otherwise."""
        if values.get("id") and not values.get("code"):
            raise BadInput("id", "csv_unknown")
        fields = {"is_active": False, **self._fields(desk, {}, values, found)}
        fields.setdefault("applies_to_all", not fields.get("product_ids"))
        return self._discount({**fields, "tenant_id": desk.shop.id})

    def change(self, desk: Desk, record: Stored, values: Mapping[str, Any], found: Found) -> Stored:
        """What `/admin discount` would store."""
        terms = sorted(set(values) - {"isActive"})
        if terms and (record["isActive"] or record.get("usageCount")):
            raise BadInput(terms[0], "csv_terms")
        fields = self._fields(desk, record, values, found)
        edited = self._discount({**Discount.model_validate_doc(record).model_dump(), **fields})
        return edited.model_dump_doc(include=set(fields))

    def _fields(self, desk: Desk, record: Stored, values: Mapping[str, Any], found: Found) -> dict[str, Any]:
        fields = self.by_attribute(values)
        fields.pop("id", None)
        if fields.pop("currency", desk.currency) != desk.currency:
            raise BadInput("currency", "example", desk.currency)
        if "code" in fields:
            with self.by_column():
                fields["code"] = read_code(fields["code"] or "")
        skus = fields.pop("product_skus", ()) or ()
        if "productSkus" in values:
            fields["product_ids"] = [_product_id(sku, record, found) for sku in skus]
            # Alone it says whether there is any limit to products.
            if "appliesToAll" not in values:
                fields["applies_to_all"] = not skus
        if "roleIds" in values:
            fields["role_ids"] = roles_of(desk, "roleIds", fields["role_ids"], MOST_IDS)
        return fields

    def _discount(self, fields: dict[str, Any]) -> Discount:
        share = fields.get("type") is DiscountType.PERCENT
        percent, amount = fields.get("percent"), fields.get("amount_cents")
        if share and not (percent and 0 < Decimal(percent) <= 100):  # noqa: PLR2004 - the whole price
            raise BadInput("percent", "example", "10")
        if not share and not amount:
            raise BadInput("amount", "too_small")
        if (amount if share else percent) is not None:
            raise BadInput("amount" if share else "percent", "csv_one_of")
        starts, ends = fields.get("starts_at"), fields.get("ends_at")
        if starts is not None and ends is not None and ends <= starts:
            raise BadInput("endsAt", "not_allowed")
        if (fields.get("usage_limit") or 0) > _MOST_USES:
            raise BadInput("usageLimit", "range", _MOST_USES)
        if len(fields.get("product_ids") or ()) > _MOST_PRODUCTS:
            raise BadInput("productSkus", "too_many", _MOST_PRODUCTS)
        if len(fields.get("label") or "") > _LABEL:
            raise BadInput("label", "length", _LABEL)
        try:
            return Discount(**fields)
        except ValidationError as error:
            raise BadInput(str(error.errors()[0]["loc"][0]), "not_allowed") from error


def _id(cells: Mapping[str, str]) -> str:
    return cells.get("id", "").strip()


def _product_id(sku: str, record: Stored, found: Found) -> str:
    if sku in record.get("productIds", ()):
        return sku
    if sku not in found.also:
        raise BadInput("productSkus", "unknown_product", sku[:80])
    return str(found.also[sku])


KIND = Discounts()
