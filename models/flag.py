"""Switches for parts of the shop, for everybody or for one tenant."""

from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from models.base import Db, Document, Field, Tx, index, stored


class Flag(StrEnum):
    """The parts that can be switched; what each gates is told in services/features.py."""

    STOREFRONT = "storefront"
    WAITLIST = "waitlist"
    AUTOMATIC_DISCOUNTS = "automatic_discounts"
    EMAIL = "email"
    TAX_PARTNER = "tax_partner"
    LABELS = "labels"
    DISCORD_PURCHASES = "discord_purchases"


class FlagScope(StrEnum):
    """For whom a flag counts."""

    SYSTEM = "system"
    TENANT = "tenant"


class FeatureFlag(Document):
    """One switch; `tenant_id` is set when the scope is a tenant.

    A system's payload says whether it is `final`: then no tenant can switch it.
    """

    __whole__ = "some are everybody's"
    model_config = stored(
        "featureflags", index("key", "scope", "tenantId", unique=True), index("tenantId", "key")
    )

    name: str = Field(key_name="key", min_length=1, max_length=100)
    scope: FlagScope
    tenant_id: str | None = None
    enabled: bool = False
    payload: dict[str, Any] = Field(default_factory=dict)

    @property
    def final(self) -> bool:
        """Whether the installation leaves tenants no choice."""
        return self.scope is FlagScope.SYSTEM and self.payload.get("final") is True

    @classmethod
    async def that_count(cls, db: Db, tenant_id: str) -> list[Self]:
        """The system's flags and this tenant's own."""
        return await cls.find_all(db, {"tenantId": {"$in": [None, tenant_id]}})

    @classmethod
    async def own(cls, db: Db, tenant_id: str, flag: Flag, *, tx: Tx | None = None) -> Self | None:
        """The tenant's own word on a flag."""
        return await cls.find_one(db, {"tenantId": tenant_id, "key": flag.value}, tx=tx)

    @classmethod
    async def put(
        cls, db: Db, tenant_id: str, flag: Flag, fields: dict[str, Any], seen: datetime | None, *, tx: Tx
    ) -> Self | None:
        """Keep the tenant's word if nobody changed it since it was seen; `seen` is None where there was none.

        Raises DuplicateKeyError when somebody else gave the first word at the same moment.
        """
        if seen is None:
            made = {"enabled": True, "payload": {}} | fields
            own = cls(name=flag.value, scope=FlagScope.TENANT, tenant_id=tenant_id, **made)
            return await own.insert(db, tx=tx)
        where = {"tenantId": tenant_id, "key": flag.value, "updatedAt": seen}
        return await cls.change(db, where, {"$set": fields}, tx=tx)

    @classmethod
    async def set_system(cls, db: Db, flag: Flag, *, enabled: bool, final: bool) -> None:
        """Keep the installation's word on a flag; safe to repeat, and to run in two processes at once."""
        where = {"key": flag.value, "scope": FlagScope.SYSTEM.value, "tenantId": None}
        said = {"enabled": enabled, "payload": {"final": True} if final else {}}
        await cls.change(db, where, {"$set": said}, upsert=True)

    @classmethod
    async def drop_system(cls, db: Db, kept: list[Flag]) -> None:
        """Forget the installation's word on every flag but these."""
        where = {"scope": FlagScope.SYSTEM.value, "tenantId": None, "key": {"$nin": kept}}
        await cls.rows(db).delete_many(where)
