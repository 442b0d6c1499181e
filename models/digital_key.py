"""One-time keys that are sold: licence keys, gift codes. Each is handed out once and kept sealed."""

from datetime import datetime
from enum import StrEnum
from typing import Self

from models.base import Db, Field, TenantDocument, Tx, Utc, index, stored
from models.entitlement import Entitlement
from models.inventory import InventorySnapshot, fold_within


class KeyStatus(StrEnum):
    """Whether a key can still be handed out; a replaced one was bad and stays with its reason."""

    FREE = "FREE"
    TAKEN = "TAKEN"
    REPLACED = "REPLACED"


K = KeyStatus


class DigitalKey(TenantDocument):
    """One key of a product's pool; FREE → TAKEN → REPLACED, never back.

    `slot` counts from 0 within what it was handed out for, so that two workers at once cannot hand out more
    than was bought.
    """

    model_config = stored(
        "digitalkeys",
        index("tenantId", "productId", "digest", unique=True),
        index("tenantId", "productId", "status"),
        index("tenantId", "entitlementId", "slot", unique=True, only={"status": "TAKEN"}),
        index("tenantId", "orderId"),
    )

    tenant_id: str
    product_id: str
    sealed: str = Field(description="The key as services/vault.py sealed it, never in clear")
    digest: str = Field(description="Keyed digest, by which the same key is known again")
    status: KeyStatus = KeyStatus.FREE
    entitlement_id: str | None = Field(default=None, description="What it was handed out for")
    order_id: str | None = None
    slot: int | None = Field(default=None, description="Which of the keys owed it is, from 0")
    taken_at: Utc | None = None
    replaced_at: Utc | None = None
    replaced_by_id: str | None = Field(default=None, description="Staff member who took it back")
    replaced_reason: str | None = Field(default=None, max_length=500)

    @classmethod
    async def known(
        cls, db: Db, tenant_id: str, product_id: str, digests: list[str], *, tx: Tx | None = None
    ) -> set[str]:
        """Those of the digests that are in the pool already, in any state."""
        where = {"tenantId": tenant_id, "productId": product_id, "digest": {"$in": digests}}
        cursor = cls.rows(db).find(where, {"digest": 1, "_id": 0}, session=tx)
        return {row["digest"] async for row in cursor}

    @classmethod
    async def take(
        cls, db: Db, owed: Entitlement, slot: int, now: datetime, *, tx: Tx | None = None
    ) -> Self | None:
        """FREE → TAKEN for one slot of what is owed; None when no key is free.

        Raises DuplicateKeyError when the slot has its key already.
        """
        where = {"tenantId": owed.tenant_id, "productId": owed.product_id, "status": K.FREE}
        fields = {
            "status": K.TAKEN,
            "entitlementId": owed.key,
            "orderId": owed.order_id,
            "slot": slot,
            "takenAt": now,
        }
        return await cls.change(db, where, {"$set": fields}, tx=tx)

    @classmethod
    async def retire(
        cls, db: Db, key: Self, actor_id: str, reason: str, now: datetime, *, tx: Tx
    ) -> Self | None:
        """TAKEN → REPLACED with the reason; None when somebody was faster."""
        where = {"_id": key.id, "tenantId": key.tenant_id, "status": K.TAKEN}
        fields = {
            "status": K.REPLACED,
            "replacedAt": now,
            "replacedById": actor_id,
            "replacedReason": reason,
        }
        return await cls.change(db, where, {"$set": fields}, tx=tx)

    @classmethod
    async def handed_out(
        cls, db: Db, tenant_id: str, entitlement_ids: list[str], *, tx: Tx | None = None
    ) -> list[Self]:
        """The keys, replaced ones too, that were handed out for these entitlements, in their order."""
        where = {
            "tenantId": tenant_id,
            "entitlementId": {"$in": entitlement_ids},
            "status": {"$in": [K.TAKEN, K.REPLACED]},
        }
        return await cls.find_all(db, where, sort="entitlementId slot takenAt", tx=tx)

    @classmethod
    async def counts(
        cls, db: Db, tenant_id: str, product_id: str, *, tx: Tx | None = None
    ) -> dict[KeyStatus, int]:
        """How many keys of a pool are in each state."""
        grouped = cls.rows(db).aggregate(
            [
                {"$match": {"tenantId": tenant_id, "productId": product_id}},
                {"$group": {"_id": "$status", "count": {"$sum": 1}}},
            ],
            session=tx,
        )
        found = {row["_id"]: row["count"] async for row in grouped}
        return {status: found.get(status, 0) for status in KeyStatus}


async def unserved(db: Db, tenant_id: str, product_id: str, *, tx: Tx | None = None) -> int:
    """How many keys of a product are paid for and not handed out yet."""
    owed = await Entitlement.owing_keys(db, tenant_id, product_id, tx=tx)
    where = {
        "tenantId": tenant_id,
        "entitlementId": {"$in": [each.key for each in owed]},
        "status": K.TAKEN,
    }
    served = await DigitalKey.rows(db).count_documents(where, session=tx)
    return sum(each.keys for each in owed) - int(served)


async def unpromised(db: Db, tenant_id: str, product_id: str, *, tx: Tx) -> int:
    """How many free keys nobody has reserved or paid for: as many may be on sale, 0 or more.

    Counts in what was sold first, so that no key is taken for reserved and paid for at once.
    """
    await fold_within(db, tenant_id, product_id, tx)
    # One who puts the last key on sale and one who hands it out write nothing else in common.
    reserved = (await InventorySnapshot.hold_still(db, tenant_id, product_id, tx=tx)).quantity_reserved
    free = (await DigitalKey.counts(db, tenant_id, product_id, tx=tx))[K.FREE]
    return max(0, free - reserved - await unserved(db, tenant_id, product_id, tx=tx))
