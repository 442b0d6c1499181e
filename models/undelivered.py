"""What waits for staff, as filters over the records that tell of it; every one is served by an index."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from models.base import Db, Document, Where, given
from models.entitlement import EntitlementStatus
from models.order import OrderStatus
from models.outbox import OutboxStatus
from models.payment import RefundState

# Its effect is dead for good: what became of the money is asked at the payment.
REFUND_UNKNOWN = "refund_unknown"
_PAID = [
    OrderStatus.PAID,
    OrderStatus.FULFILLING,
    OrderStatus.SHIPPED,
    OrderStatus.COMPLETE,
    OrderStatus.PARTIALLY_REFUNDED,
]


def deliveries(tenant_id: str, before: datetime) -> Where:
    """Entitlements that failed, or that were owed before that moment and are not handed over."""
    late = {"status": EntitlementStatus.PENDING, "createdAt": {"$lte": before}}
    return {"tenantId": tenant_id, "$or": [{"status": EntitlementStatus.FAILED}, late]}


def effects(tenant_id: str, kinds: Sequence[str], before: datetime) -> Where:
    """Effects of these kinds that are dead, or that were owed before that moment and keep failing."""
    late = {"status": OutboxStatus.PENDING, "createdAt": {"$lte": before}}
    return {
        "tenantId": tenant_id,
        "kind": {"$in": list(kinds)},
        "lastError": {"$gt": "", "$ne": REFUND_UNKNOWN},
        "$or": [{"status": OutboxStatus.DEAD}, late],
    }


def parcels(tenant_id: str, before: datetime) -> Where:
    """Orders paid before that moment whose goods are not on their way, or came back."""
    return {
        "tenantId": tenant_id,
        "awaitsParcel": True,
        "status": {"$in": _PAID},
        "paidAt": {"$lte": before},
    }


def conflicts(tenant_id: str) -> Where:
    """Payments whose money staff must decide about, unless a refund of it is unknown."""
    return {"tenantId": tenant_id, **given("conflict"), "refunds.state": {"$ne": RefundState.UNKNOWN}}


def unsure_refunds(tenant_id: str) -> Where:
    """Payments with a refund of which nobody knows whether it was made."""
    return {"tenantId": tenant_id, "refunds.state": RefundState.UNKNOWN.value}


async def how_many(db: Db, document: type[Document], where: Where) -> int:
    """The number of records that a filter of this file fits."""
    return int(await document.rows(db).count_documents(where))


def only(where: Where, key: Any) -> Where:
    """The same filter for one record."""
    return {**where, "_id": key}
