"""What staff should look at."""

from enum import StrEnum
from typing import Any, NamedTuple, Self

from models.base import Db, Field, TenantDocument, Tx, given, index, object_id, stored


class AlertType(StrEnum):
    """What happened."""

    LOW_INVENTORY = "LOW_INVENTORY"
    NEW_ORDER = "NEW_ORDER"
    PAYMENT_FAILED = "PAYMENT_FAILED"
    FULFILLMENT_FAILED = "FULFILLMENT_FAILED"
    REFUND = "REFUND"
    COMMUNITY_FUND = "COMMUNITY_FUND"


class AlertSeverity(StrEnum):
    """How soon somebody should look."""

    INFO = "INFO"
    WARN = "WARN"
    ERROR = "ERROR"


class AlertFilter(NamedTuple):
    """Which alerts are looked for; None means any."""

    type: AlertType | None = None
    severity: AlertSeverity | None = None
    unread: bool = False


class Alert(TenantDocument):
    """A note for staff; `message` is a stable word, put into a sentence where it is shown."""

    model_config = stored(
        "alerts",
        index("tenantId", "isRead", "-createdAt"),
        index("tenantId", "-createdAt"),
        index("tenantId", "entityId", only=given("entityId")),
        index("tenantId", "type", "-createdAt"),
        index("tenantId", "severity", "-createdAt"),
    )

    tenant_id: str
    type: AlertType
    severity: AlertSeverity
    message: str
    params: dict[str, Any] = Field(default_factory=dict)
    entity_type: str | None = None
    entity_id: str | None = None
    is_read: bool = False

    @classmethod
    async def page(cls, db: Db, tenant_id: str, by: AlertFilter, *, skip: int, limit: int) -> list[Self]:
        """The tenant's alerts that fit, newest first."""
        where, hint = _matching(tenant_id, by)
        cursor = cls.rows(db).find(where).hint(hint).sort("createdAt", -1).skip(skip).limit(limit)
        return [cls.model_validate_doc(row) async for row in cursor]

    @classmethod
    async def how_many(cls, db: Db, tenant_id: str, by: AlertFilter) -> int:
        """The number of the tenant's alerts that fit."""
        where, hint = _matching(tenant_id, by)
        return int(await cls.rows(db).count_documents(where, hint=hint))

    @classmethod
    async def mark_read(cls, db: Db, tenant_id: str, key: str, *, tx: Tx) -> Self | None:
        """Note that somebody has seen an alert; None when it is unknown or was read before."""
        where = {"_id": object_id(key), "tenantId": tenant_id, "isRead": False}
        return await cls.change(db, where, {"$set": {"isRead": True}}, tx=tx)

    @classmethod
    async def mark_all_read(cls, db: Db, tenant_id: str, by: AlertFilter) -> int:
        """Note that somebody has seen all unread ones that fit; how many."""
        where, hint = _matching(tenant_id, by._replace(unread=True))
        update = {"$set": {"isRead": True}, "$currentDate": {"updatedAt": True}}
        return int((await cls.rows(db).update_many(where, update, hint=hint)).modified_count)


def _matching(tenant_id: str, by: AlertFilter) -> tuple[dict[str, Any], list[tuple[str, int]]]:
    """The filter, and the index that gives what it leaves in the order of time."""
    wanted = {"isRead": False if by.unread else None, "type": by.type, "severity": by.severity}
    chosen = {name: value for name, value in wanted.items() if value is not None}
    first = [(name, 1) for name in list(chosen)[:1]]
    return {"tenantId": tenant_id, **chosen}, [("tenantId", 1), *first, ("createdAt", -1)]
