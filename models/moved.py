"""What of a shop belongs to its server: roles and channels, which mean nothing once it has moved."""

from typing import Any, NamedTuple

from models.base import Db, Tx, Where
from models.discount import Discount
from models.entitlement import Entitlement, EntitlementStatus, EntitlementType
from models.fund import CommunityFundConfig
from models.order import Order, OrderStatus
from models.payment import Payment
from models.product import Product
from models.waiting import Waiting

type Changes = dict[str, dict[str, Any]]


class LeftBehind(NamedTuple):
    """How many products and discounts name roles, roles are owed, claims wait, unpaid orders grant roles."""

    products: int
    discounts: int
    roles_owed: int
    claims: int
    unpaid: int


def of_products(tenant_id: str) -> Where:
    """The products that grant or ask for roles."""
    named = [{"grantedRoleIds.0": {"$exists": True}}, {"requiredRoleIds.0": {"$exists": True}}]
    return {"tenantId": tenant_id, "$or": named}


def of_discounts(tenant_id: str) -> Where:
    """The discounts that are for roles only."""
    return {"tenantId": tenant_id, "roleIds.0": {"$exists": True}}


async def left_behind(db: Db, tenant_id: str, *, tx: Tx | None = None) -> LeftBehind:
    """What would be cleared, and what could not be delivered any more."""
    owed = {
        "tenantId": tenant_id,
        "type": EntitlementType.DISCORD_ROLE,
        "status": {"$in": [EntitlementStatus.PENDING, EntitlementStatus.FAILED]},
    }
    unpaid = {
        "tenantId": tenant_id,
        "status": OrderStatus.PENDING_PAYMENT,
        "items.grantedRoleIds.0": {"$exists": True},
    }
    return LeftBehind(
        await Product.rows(db).count_documents(of_products(tenant_id), session=tx),
        await Discount.rows(db).count_documents(of_discounts(tenant_id), session=tx),
        await Entitlement.rows(db).count_documents(owed, session=tx),
        await Payment.how_many_waiting(db, tenant_id),
        await Order.rows(db).count_documents(unpaid, session=tx),
    )


class Cleared(NamedTuple):
    """What was cleared; products and discounts by id, each as it was `before` and is `after`."""

    counts: LeftBehind
    products: Changes
    discounts: Changes


async def clear(db: Db, tenant_id: str, *, tx: Tx) -> Cleared:
    """Clear roles that are granted, and channels; what names roles is taken off sale, or not given any more.

    Who may buy keeps the roles of the old server: nobody has them in the new one, so that nothing is
    everybody's before somebody chose that.
    """
    found = await left_behind(db, tenant_id, tx=tx)
    off: dict[str, Any] = {"isActive": False}
    products = await _change(db, Product, of_products(tenant_id), {**off, "grantedRoleIds": []}, tx)
    discounts = await _change(db, Discount, of_discounts(tenant_id), off, tx)
    channel = {"$set": {"celebrationChannelId": None}}
    await Waiting.forget_roles(db, tenant_id, tx=tx)
    await CommunityFundConfig.change(db, {"tenantId": tenant_id}, channel, tx=tx)
    return Cleared(found, products, discounts)


async def _change(
    db: Db, kind: type[Product | Discount], where: Where, fields: dict[str, Any], tx: Tx
) -> Changes:
    found = kind.rows(db).find(where, dict.fromkeys(fields, 1), session=tx)
    before = {str(row.pop("_id")): row async for row in found}
    update = {"$set": fields, "$currentDate": {"updatedAt": True}}
    await kind.rows(db).update_many(where, update, session=tx)
    return {key: {"before": row, "after": fields} for key, row in before.items() if row != fields}
