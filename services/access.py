"""Who may do what behind the counter."""

from enum import StrEnum

from models.access import User, permission_keys
from models.base import Db
from models.errors import NotAllowed
from models.member import Member
from services.shops import Shop


class Permission(StrEnum):
    """The keys that `/admin` subcommands name and that a Role can carry."""

    SETUP_RUN = "setup.run"
    CONFIG_MANAGE = "config.manage"
    PRODUCT_MANAGE = "product.manage"
    STOCK_MANAGE = "stock.manage"
    ORDER_VIEW = "order.view"
    ORDER_MANAGE = "order.manage"
    ORDER_SHIP = "order.ship"
    PAYMENT_APPROVE = "payment.approve"
    PAYMENT_REFUND = "payment.refund"
    PROVIDER_MANAGE = "provider.manage"
    WEBHOOK_MANAGE = "webhook.manage"
    DISCOUNT_MANAGE = "discount.manage"
    CUSTOMER_MANAGE = "customer.manage"
    STOREFRONT_MANAGE = "storefront.manage"
    DATA_IMPORT = "data.import"
    DATA_EXPORT = "data.export"


EVERYTHING = frozenset(Permission)
STAFF = EVERYTHING - {Permission.SETUP_RUN, Permission.CONFIG_MANAGE, Permission.PROVIDER_MANAGE}


class Access:
    """Answers whether a member may take a step; asked anew at every click."""

    def __init__(self, db: Db) -> None:
        self._db = db

    async def permissions_of(self, shop: Shop, member: Member) -> frozenset[Permission]:
        """All keys that a member holds by ownership, Discord role or a Role of the shop."""
        if self._rules(shop, member):
            return EVERYTHING
        user = await User.of_discord(self._db, shop.id, member.discord_id)
        if user is not None and user.is_admin:
            return EVERYTHING
        given = STAFF if member.role_ids & set(shop.config.staff_role_ids) else frozenset[Permission]()
        keys = await permission_keys(self._db, shop.id, member.discord_id)
        return given | {key for key in EVERYTHING if key in keys}

    async def require(self, shop: Shop, member: Member, permission: Permission) -> None:
        """Return if the member may; raises NotAllowed with the key that is missing."""
        if permission not in await self.permissions_of(shop, member):
            raise NotAllowed(permission)

    @staticmethod
    def _rules(shop: Shop, member: Member) -> bool:
        owners = {shop.tenant.owner_user_id, *shop.tenant.admin_user_ids}
        return (
            member.owns_guild
            or member.discord_id in owners
            or bool(member.role_ids & set(shop.config.admin_role_ids))
        )
