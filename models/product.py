"""What is for sale."""

import re
from enum import StrEnum
from typing import Any, Self

from models.base import Db, Field, TenantDocument, Tx, Where, index, object_id, searchable, stored
from models.digital_file import DeliveryFile

MAX_DAYS = 3650


class QtyVisibility(StrEnum):
    """Whether customers see how many are left."""

    PUBLIC = "public"
    PRIVATE = "private"
    INHERIT = "inherit"


class Product(TenantDocument):
    """A thing for sale; `price_cents` and `cost_cents` are minor units, cost is for staff only."""

    model_config = stored(
        "products",
        index("tenantId", "sku", unique=True),
        index("tenantId", "isActive", "nameFolded"),
        index("tenantId", "nameFolded"),
    )

    tenant_id: str
    name: str = Field(min_length=1, max_length=100)
    name_folded: str = Field(default="", description="The name, case folded, for search and order")
    description: str | None = Field(default=None, max_length=2000)
    sku: str = Field(min_length=1, max_length=40)
    price_cents: int = Field(ge=0)
    currency: str = Field(default="USD", min_length=3, max_length=3)
    required_role_ids: list[str] = Field(
        default_factory=list, description="Discord roles of which a buyer needs one"
    )
    granted_role_ids: list[str] = Field(
        default_factory=list, description="Discord roles that a buyer receives"
    )
    is_digital: bool = False
    is_active: bool = True
    inventory_tracked: bool = True
    cost_cents: int | None = Field(default=None, ge=0)
    qty_visibility: QtyVisibility | None = QtyVisibility.INHERIT
    image_url: str | None = Field(default=None, max_length=500)
    delivery_text: str | None = Field(
        default=None, max_length=2000, description="What a buyer of a digital item receives"
    )
    delivery_link: str | None = Field(
        default=None, max_length=500, description="The web address that a buyer receives"
    )
    delivery_file: DeliveryFile | None = Field(default=None, description="The file that a buyer receives")
    delivers_keys: bool = Field(default=False, description="Whether a buyer gets one-time keys of a pool")

    role_days: int | None = Field(
        default=None,
        ge=1,
        le=MAX_DAYS,
        description="Days that a buyer keeps the granted roles; none for ever",
    )

    @property
    def ships(self) -> bool:
        """Whether an address is needed to deliver it."""
        return not self.is_digital

    @classmethod
    def matching(cls, tenant_id: str, query: str, *, also_inactive: bool = False) -> Where:
        """The filter for products whose name holds every word of the query; only active ones if not told."""
        where: dict[str, object] = {"tenantId": tenant_id}
        if not also_inactive:
            where["isActive"] = True
        words = [re.escape(word) for word in searchable(query).casefold().split()[:8]]
        if words:
            where["$and"] = [{"nameFolded": {"$regex": word}} for word in words]
        return where

    @classmethod
    async def how_many(cls, db: Db, tenant_id: str, query: str, *, also_inactive: bool = False) -> int:
        """The number of products that fit."""
        where = cls.matching(tenant_id, query, also_inactive=also_inactive)
        return int(await cls.rows(db).count_documents(where))

    @classmethod
    async def page(
        cls, db: Db, tenant_id: str, query: str, *, skip: int, limit: int, also_inactive: bool = False
    ) -> list[Self]:
        """Products that fit, by name."""
        where = cls.matching(tenant_id, query, also_inactive=also_inactive)
        return await cls.find_all(db, where, sort="nameFolded", skip=skip, limit=limit)

    @classmethod
    async def named(cls, db: Db, tenant_id: str, text: str) -> Self | None:
        """The product with exactly this SKU or, case aside, this name."""
        same = [{"sku": text.strip()}, {"nameFolded": text.strip().casefold()}]
        return await cls.find_one(db, {"tenantId": tenant_id, "$or": same})

    @classmethod
    async def set_fields(
        cls, db: Db, product: Self, fields: dict[str, Any], *, seen: Where | None = None, tx: Tx | None = None
    ) -> bool:
        """Overwrite validated fields, by stored names, if those in `seen` still say so; whether they did."""
        where = {**(seen or {}), "_id": product.id, "tenantId": product.tenant_id}
        return await cls.change(db, where, {"$set": fields}, tx=tx) is not None

    @classmethod
    async def granting(cls, db: Db, tenant_id: str, role_ids: list[str], *, tx: Tx) -> Self | None:
        """A product of the tenant whose buyers get one of these roles."""
        return await cls.find_one(db, {"tenantId": tenant_id, "grantedRoleIds": {"$in": role_ids}}, tx=tx)

    @classmethod
    async def uncounted(cls, db: Db, tenant_id: str, keys: list[str]) -> list[str]:
        """Those of these ids that are on sale and not counted."""
        ids = [found for key in keys if (found := object_id(key))]
        where = {"_id": {"$in": ids}, "tenantId": tenant_id, "isActive": True, "inventoryTracked": False}
        return [str(row["_id"]) async for row in cls.rows(db).find(where, {"_id": 1})]

    @classmethod
    async def of_keys(cls, db: Db, tenant_id: str, keys: list[str]) -> dict[str, Self]:
        """The tenant's products among these ids, by id, also inactive ones."""
        ids = [found for key in keys if (found := object_id(key))]
        return {p.key: p for p in await cls.find_all(db, {"_id": {"$in": ids}, "tenantId": tenant_id})}
