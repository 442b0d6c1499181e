"""What of a shop belongs to its server: roles and channels, which are cleared when it moves."""

from typing import Any, NamedTuple

from models.base import Db, Tx, Where
from models.discount import Discount
from models.entitlement import Entitlement, EntitlementStatus, EntitlementType
from models.fund import CommunityFundConfig
from models.payment import Payment
from models.product import Product


class LeftBehind(NamedTuple):
    """How many products and discounts name roles, roles are still owed, claims wait for an answer."""

    products: int
    discounts: int
    roles_owed: int
    claims: int


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
    return LeftBehind(
        await Product.rows(db).count_documents(of_products(tenant_id), session=tx),
        await Discount.rows(db).count_documents(of_discounts(tenant_id), session=tx),
        await Entitlement.rows(db).count_documents(owed, session=tx),
        await Payment.how_many_waiting(db, tenant_id),
    )


async def clear(db: Db, tenant_id: str, *, tx: Tx) -> LeftBehind:
    """Clear roles and channels; what they kept from everybody is taken off sale, or not given any more."""
    found = await left_behind(db, tenant_id, tx=tx)
    off: dict[str, Any] = {"isActive": False}
    roles: dict[str, Any] = {"grantedRoleIds": [], "requiredRoleIds": []}
    stamp = {"$currentDate": {"updatedAt": True}}
    await Product.rows(db).update_many(
        of_products(tenant_id), {"$set": {**off, **roles}, **stamp}, session=tx
    )
    await Discount.rows(db).update_many(
        of_discounts(tenant_id), {"$set": {**off, "roleIds": []}, **stamp}, session=tx
    )
    channel = {"$set": {"celebrationChannelId": None}}
    await CommunityFundConfig.change(db, {"tenantId": tenant_id}, channel, tx=tx)
    return found
