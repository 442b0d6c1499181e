"""Who waits for a product that is sold out, in order of asking, and whose turn it is (docs/adr/0019)."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Self

from models.base import Db, Field, ObjectId, TenantDocument, Tx, Utc, index, stored
from models.states import Life


class WaitStatus(StrEnum):
    """Where somebody stands; WAITING and OFFERED ones are in the line, OPENED ones need none any more."""

    WAITING = "WAITING"
    OFFERED = "OFFERED"
    TAKEN = "TAKEN"
    LAPSED = "LAPSED"
    WITHDRAWN = "WITHDRAWN"
    OPENED = "OPENED"


W = WaitStatus
WAIT_LIFE = Life(
    {
        # OPENED when the product is counted no more: whoever wants one can have it.
        W.WAITING: frozenset({W.OFFERED, W.WITHDRAWN, W.OPENED}),
        # Back to WAITING when the product is taken off the shelf.
        W.OFFERED: frozenset({W.TAKEN, W.LAPSED, W.WITHDRAWN, W.WAITING}),
        W.TAKEN: frozenset(),
        W.LAPSED: frozenset(),
        W.WITHDRAWN: frozenset(),
        W.OPENED: frozenset(),
    }
)
_KEPT = timedelta(days=90)


class Waiting(TenantDocument):
    """One member who asked for one unit of a product; at most one of them is open for both."""

    model_config = stored(
        "waitings",
        index("tenantId", "discordUserId", "productId", unique=True, only={"isOpen": True}),
        index("status", "tenantId", "productId", "askedAt", "_id", only={"status": "WAITING"}),
        index("tenantId", "discordUserId"),
        index("tenantId", "-createdAt"),
        index("endedAt", only={"isOpen": False}, expire_after=int(_KEPT.total_seconds())),
    )

    tenant_id: str
    product_id: str
    discord_user_id: str
    role_ids: list[str] = Field(
        default_factory=list, description="Discord roles held when asking, or when looking since"
    )
    locale: str | None = None
    asked_at: Utc
    status: WaitStatus = WaitStatus.WAITING
    is_open: bool = Field(default=True, description="Whether it is in the line; its uniqueness hangs on it")
    offers: int = Field(default=0, description="How often a unit was offered")
    offered_until: Utc | None = Field(default=None, description="Until when a unit is kept")
    order_id: str | None = Field(default=None, description="The order that took the unit")
    ended_at: Utc | None = None

    @property
    def opened(self) -> bool:
        """Whether it ended because nobody has to wait any more."""
        return self.status is WaitStatus.OPENED

    @property
    def offered(self) -> bool:
        """Whether a unit is kept for this member."""
        return self.status is WaitStatus.OFFERED

    @classmethod
    async def open_of(
        cls, db: Db, tenant_id: str, discord_user_id: str, product_ids: list[str]
    ) -> dict[str, Self]:
        """What a member waits for of these products, by product."""
        mine = {"tenantId": tenant_id, "discordUserId": discord_user_id, "isOpen": True}
        found = await cls.find_all(db, {**mine, "productId": {"$in": product_ids}})
        return {each.product_id: each for each in found}

    @classmethod
    async def all_of(cls, db: Db, tenant_id: str, discord_user_id: str, limit: int) -> list[Self]:
        """Everything that a member waits for."""
        mine = {"tenantId": tenant_id, "discordUserId": discord_user_id, "isOpen": True}
        return await cls.find_all(db, mine, limit=limit)

    @classmethod
    async def how_many(cls, db: Db, tenant_id: str, product_id: str) -> int:
        """How many wait for a product and have been offered none."""
        where = {"tenantId": tenant_id, "productId": product_id, "status": WaitStatus.WAITING}
        return int(await cls.rows(db).count_documents(where))

    @classmethod
    async def waited_for(cls, db: Db, tenant_id: str, product_ids: list[str], *, tx: Tx) -> set[str]:
        """Those of the products for which somebody waits who has been offered none."""
        where = {"status": WaitStatus.WAITING, "tenantId": tenant_id, "productId": {"$in": product_ids}}
        cursor = cls.rows(db).find(where, {"productId": 1, "_id": 0}, session=tx)
        return {row["productId"] async for row in cursor}

    @classmethod
    async def next_in_line(
        cls, db: Db, tenant_id: str, product_id: str, role_ids: list[str], limit: int, *, tx: Tx
    ) -> list[Self]:
        """Those who asked first; where roles are named, only who held one of them when asking."""
        where: dict[str, Any] = {
            "tenantId": tenant_id,
            "productId": product_id,
            "status": WaitStatus.WAITING,
        }
        if role_ids:
            where["roleIds"] = {"$in": role_ids}
        return await cls.find_all(db, where, sort="askedAt _id", limit=limit, tx=tx)

    @classmethod
    async def offer(cls, db: Db, tenant_id: str, waits: list[Self], until: datetime, *, tx: Tx) -> None:
        """WAITING → OFFERED, for those that were read in the same transaction."""
        ids = [each.id for each in waits]
        where = {"tenantId": tenant_id, "_id": {"$in": ids}, "status": WaitStatus.WAITING}
        update = {
            "$set": {"status": WaitStatus.OFFERED, "offeredUntil": until},
            "$inc": {"offers": 1},
            "$currentDate": {"updatedAt": True},
        }
        await cls.rows(db).update_many(where, update, session=tx)

    @classmethod
    async def renew(cls, db: Db, seen: Self, role_ids: list[str]) -> Self | None:
        """Note the roles that a member in the line has by now; None when it is over."""
        where = {"_id": seen.id, "tenantId": seen.tenant_id, "isOpen": True}
        return await cls.change(db, where, {"$set": {"roleIds": role_ids}})

    @classmethod
    async def forget_roles(cls, db: Db, tenant_id: str, *, tx: Tx) -> None:
        """Forget the roles of everybody in the line, for they were those of another server."""
        where = {"tenantId": tenant_id, "isOpen": True, "roleIds.0": {"$exists": True}}
        update = {"$set": {"roleIds": []}, "$currentDate": {"updatedAt": True}}
        await cls.rows(db).update_many(where, update, session=tx)

    @classmethod
    async def line_up_again(cls, db: Db, tenant_id: str, keys: list[str], *, tx: Tx) -> None:
        """OFFERED → WAITING, at the old place in the line."""
        ids = list(map(ObjectId, keys))
        where = {"tenantId": tenant_id, "_id": {"$in": ids}, "status": WaitStatus.OFFERED}
        fields = {"status": WaitStatus.WAITING, "offeredUntil": None}
        await cls.rows(db).update_many(
            where, {"$set": fields, "$currentDate": {"updatedAt": True}}, session=tx
        )

    @classmethod
    async def end(
        cls,
        db: Db,
        tenant_id: str,
        keys: list[str],
        status: WaitStatus,
        now: datetime,
        *,
        order_id: str | None = None,
        tx: Tx | None = None,
    ) -> int:
        """Leave the line as WAIT_LIFE allows; how many did."""
        where = {
            "tenantId": tenant_id,
            "_id": {"$in": list(map(ObjectId, keys))},
            "status": {"$in": WAIT_LIFE.before(status)},
        }
        fields = {"status": status, "isOpen": False, "endedAt": now, "orderId": order_id}
        done = await cls.rows(db).update_many(
            where, {"$set": fields, "$currentDate": {"updatedAt": True}}, session=tx
        )
        return int(done.modified_count)

    @classmethod
    async def lines(cls, db: Db) -> list[tuple[str, str]]:
        """(tenant, product) pairs, of every tenant, for which somebody waits."""
        pairs = cls.rows(db).aggregate(
            [
                {"$match": {"status": WaitStatus.WAITING}},
                {"$group": {"_id": {"tenantId": "$tenantId", "productId": "$productId"}}},
            ]
        )
        return [(pair["_id"]["tenantId"], pair["_id"]["productId"]) async for pair in pairs]
