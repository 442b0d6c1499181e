"""Files that are sold: kept in the database, so that every process has them and a backup holds them."""

from datetime import datetime

from models.base import Db, Field, Part, TenantDocument, Tx, Utc, index, object_id, stored


class DeliveryFile(Part):
    """Names a stored file; its size in bytes."""

    file_id: str
    name: str
    size: int


class DigitalFile(TenantDocument):
    """A file that buyers get; never changed: another upload is another file, and bought ones stay."""

    model_config = stored(
        "digitalfiles",
        index("replacedAt", only={"offered": False}),
        index("tenantId", "-createdAt"),
    )

    tenant_id: str
    product_id: str
    name: str = Field(min_length=1, max_length=100)
    size: int = Field(ge=1, description="In bytes")
    content: bytes
    offered: bool = Field(default=True, description="Whether its product hands it out to new buyers")
    replaced_at: Utc | None = Field(default=None, description="Since when it does not")

    @property
    def reference(self) -> DeliveryFile:
        """How products and orders name it."""
        return DeliveryFile(file_id=self.key, name=self.name, size=self.size)

    @classmethod
    async def set_replaced(cls, db: Db, tenant_id: str, file_id: str, now: datetime, *, tx: Tx) -> None:
        """Note that its product offers it no longer."""
        found = await cls.get(db, tenant_id, file_id, tx=tx)
        if found is not None:
            fields = {"offered": False, "replacedAt": now}
            await cls.change(db, {"_id": found.id, "tenantId": tenant_id}, {"$set": fields}, tx=tx)

    @classmethod
    async def replaced(cls, db: Db, before: datetime) -> list[tuple[str, str]]:
        """(tenant, file id), of every tenant, of files that were replaced before that moment."""
        cursor = cls.rows(db).find({"offered": False, "replacedAt": {"$lt": before}}, {"tenantId": 1})
        return [(row["tenantId"], str(row["_id"])) async for row in cursor]

    @classmethod
    async def drop(cls, db: Db, tenant_id: str, file_id: str) -> bool:
        """Forget a replaced file; False when it is gone already."""
        where = {"_id": object_id(file_id), "tenantId": tenant_id, "offered": False}
        return bool((await cls.rows(db).delete_one(where)).deleted_count)
