"""What may be wrong with a shop, as bounded questions to its records, for the doctor alone."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from models.base import Db, Where
from models.digital_key import DigitalKey
from models.discount import Discount
from models.order import Order, OrderStatus
from models.outbox import OutboxEffect, OutboxStatus
from models.payment import Payment
from models.payment_life import SETTLED
from models.payment_method import PaymentMethod
from models.product import Product
from models.webhook import WebhookEvent, WebhookState

_MOST = 1000


class RoleUse(NamedTuple):
    """Something of the shop's that names roles."""

    name: str
    granted: Sequence[str]
    required: Sequence[str]


class Waits(NamedTuple):
    """How many wait, and since when the first of them."""

    many: int
    since: datetime


class Dead(NamedTuple):
    """How many effects were given up for one reason."""

    reason: str
    many: int


class Sealed(NamedTuple):
    """A key that is sold, as it is kept, of a product."""

    product_id: str
    digest: str
    sealed: str


async def roles_of_products(db: Db, tenant_id: str) -> list[RoleUse]:
    """The products on sale that grant or ask for roles."""
    named = [{"grantedRoleIds.0": {"$exists": True}}, {"requiredRoleIds.0": {"$exists": True}}]
    where = {"tenantId": tenant_id, "isActive": True, "$or": named}
    wanted = {"name": 1, "grantedRoleIds": 1, "requiredRoleIds": 1}
    found = Product.rows(db).find(where, wanted).limit(_MOST)
    return [
        RoleUse(row["name"], row.get("grantedRoleIds", []), row.get("requiredRoleIds", []))
        async for row in found
    ]


async def roles_of_discounts(db: Db, tenant_id: str) -> list[RoleUse]:
    """The discounts in use that are for roles only."""
    where = {"tenantId": tenant_id, "isActive": True, "roleIds.0": {"$exists": True}}
    found = await Discount.find_all(db, where, limit=_MOST)
    return [RoleUse(each.name, [], each.role_ids) for each in found]


async def names_of(db: Db, tenant_id: str, product_ids: Sequence[str]) -> list[str]:
    """What these products are called, those that are gone by their ids."""
    known = await Product.of_keys(db, tenant_id, list(product_ids))
    return [known[key].name if key in known else key for key in product_ids]


async def ships_anything(db: Db, tenant_id: str) -> bool:
    """Whether something is on sale that has to be sent."""
    where = {"tenantId": tenant_id, "isActive": True, "isDigital": False}
    return await Product.rows(db).find_one(where, {"_id": 1}) is not None


async def overdue_effects(db: Db, tenant_id: str, before: datetime) -> Waits | None:
    """Effects that were due before that moment and that nobody took; None without any."""
    where = {"tenantId": tenant_id, "status": OutboxStatus.PENDING, "nextAttemptAt": {"$lt": before}}
    return await _waits(db, OutboxEffect, where, "nextAttemptAt", "next_attempt_at")


async def dead_effects(db: Db, tenant_id: str) -> list[Dead]:
    """Why effects were given up, the commonest first."""
    pipeline: list[dict[str, Any]] = [
        {"$match": {"tenantId": tenant_id, "status": OutboxStatus.DEAD}},
        {"$group": {"_id": "$lastError", "n": {"$sum": 1}}},
        {"$sort": {"n": -1, "_id": 1}},
    ]
    return [Dead(str(row["_id"]), row["n"]) async for row in OutboxEffect.rows(db).aggregate(pipeline)]


async def waiting_events(db: Db, tenant_id: str, before: datetime) -> Waits | None:
    """What providers told before that moment and nobody acted upon; None without any."""
    where = {"tenantId": tenant_id, "state": WebhookState.WAITING, "receivedAt": {"$lt": before}}
    return await _waits(db, WebhookEvent, where, "receivedAt", "received_at")


async def dead_events(db: Db, tenant_id: str, after: datetime) -> Waits | None:
    """What providers told since and was given up; None without any."""
    where = {"tenantId": tenant_id, "state": WebhookState.DEAD, "receivedAt": {"$gt": after}}
    return await _waits(db, WebhookEvent, where, "receivedAt", "received_at")


async def overdue_holds(db: Db, tenant_id: str, before: datetime) -> Waits | None:
    """Unpaid orders whose hold ended before that moment and that still hold stock; None without any."""
    where = {
        "tenantId": tenant_id,
        "status": OrderStatus.PENDING_PAYMENT,
        "holdEndsAt": {"$gt": datetime.fromtimestamp(0, before.tzinfo), "$lt": before},
    }
    return await _waits(db, Order, where, "holdEndsAt", "hold_ends_at")


async def overdue_polls(db: Db, tenant_id: str, before: datetime) -> Waits | None:
    """Payments about which a provider was to be asked before that moment; None without any."""
    where = {"tenantId": tenant_id, "nextPollAt": {"$lt": before}}
    return await _waits(db, Payment, where, "nextPollAt", "next_poll_at")


async def last_paid(db: Db, tenant_id: str, method: PaymentMethod, after: datetime) -> datetime | None:
    """When the newest payment was made since that settled by this method."""
    where = {"tenantId": tenant_id, "createdAt": {"$gt": after}, "method": method}
    found = await Payment.find_all(
        db, {**where, "status": {"$in": [each.value for each in SETTLED]}}, sort="-createdAt", limit=1
    )
    return found[0].created_at if found else None


async def sealed_keys(db: Db, tenant_id: str, limit: int) -> list[Sealed]:
    """The oldest keys that are sold: those that an earlier secret may have sealed."""
    wanted = {"productId": 1, "digest": 1, "sealed": 1}
    found = DigitalKey.rows(db).find({"tenantId": tenant_id}, wanted).limit(limit)
    return [Sealed(row["productId"], row["digest"], row["sealed"]) async for row in found]


async def _waits(db: Db, document: type[Any], where: Where, stored: str, name: str) -> Waits | None:
    many = await document.rows(db).count_documents(where, limit=_MOST)
    first = await document.find_all(db, where, sort=stored, limit=1) if many else []
    return Waits(many, getattr(first[0], name)) if first else None
