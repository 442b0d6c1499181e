"""What staff wrote down about a customer; notes are only ever added."""

from typing import Self

from models.base import Db, Field, TenantDocument, Utc, index, stored


class CustomerNote(TenantDocument):
    """One note with who wrote it and when (UTC); `actor_id` is a Discord user id."""

    model_config = stored("customernotes", index("tenantId", "customerId", "-at", "-_id"))

    tenant_id: str
    customer_id: str
    actor_id: str
    at: Utc
    text: str = Field(min_length=1, max_length=4000)

    @classmethod
    async def how_many(cls, db: Db, tenant_id: str, customer_id: str) -> int:
        """The number of notes about a customer."""
        return int(await cls.rows(db).count_documents({"tenantId": tenant_id, "customerId": customer_id}))

    @classmethod
    async def page(cls, db: Db, tenant_id: str, customer_id: str, *, skip: int, limit: int) -> list[Self]:
        """Notes about a customer, newest first."""
        where = {"tenantId": tenant_id, "customerId": customer_id}
        return await cls.find_all(db, where, sort="-at -_id", skip=skip, limit=limit)
