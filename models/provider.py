"""A tenant's access to an outside service."""

from typing import Any, Self

from models.base import Db, Document, Field, Tx, index, stored


class Provider(Document):
    """How to reach one outside service; without a tenant it serves all, secrets in `config` are encrypted."""

    __whole__ = "some are of no shop"
    model_config = stored("providers", index("tenantId", "type", unique=True))

    type: str = Field(min_length=1, max_length=40)
    tenant_id: str | None = None
    is_active: bool = True
    config: dict[str, Any] = Field(default_factory=dict, description="Secrets inside are encrypted")

    @classmethod
    async def of(cls, db: Db, tenant_id: str, kind: str, *, tx: Tx | None = None) -> Self | None:
        """The tenant's own access to a service."""
        return await cls.find_one(db, {"tenantId": tenant_id, "type": kind}, tx=tx)

    @classmethod
    async def all_of(cls, db: Db, tenant_id: str) -> list[Self]:
        """Everything that the tenant has access to."""
        return await cls.find_all(db, {"tenantId": tenant_id})

    @classmethod
    async def put(
        cls, db: Db, tenant_id: str, kind: str, config: dict[str, Any], *, active: bool, tx: Tx
    ) -> Self:
        """Store the tenant's access, in place of what was there."""
        where = {"tenantId": tenant_id, "type": kind}
        update = {"$set": {"config": config, "isActive": active}}
        stored_now = await cls.change(db, where, update, tx=tx, upsert=True)
        return stored_now or cls(tenant_id=tenant_id, type=kind, config=config, is_active=active)

    def __repr_args__(self) -> list[tuple[str | None, Any]]:
        return [(name, value) for name, value in Document.__repr_args__(self) if name != "config"]
