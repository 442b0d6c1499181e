"""Numbers that grow by one without gaps."""

from models.base import Db, TenantDocument, Tx, index, stored


class Counter(TenantDocument):
    """The last number given out for one purpose in one tenant."""

    model_config = stored("counters", index("tenantId", "name", unique=True))

    tenant_id: str
    name: str
    last: int = 0

    @classmethod
    async def next(cls, db: Db, tenant_id: str, name: str, *, tx: Tx) -> int:
        """The next number; it counts as given out only if the short transaction it belongs to commits."""
        where = {"tenantId": tenant_id, "name": name}
        counter = await cls.change(db, where, {"$inc": {"last": 1}}, tx=tx, upsert=True)
        return 1 if counter is None else counter.last
