"""Who may do what behind the counter."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from models.access import User, roles_of
from models.base import Db, Tx
from models.errors import NoShop, NotAllowed
from models.member import Member
from models.tenant import BotConfig, Tenant
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
    FUND_MANAGE = "fund.manage"
    USER_MANAGE = "user.manage"
    ROLE_MANAGE = "role.manage"
    IDENTITY_MANAGE = "identity.manage"
    CUSTOMER_ERASE = "customer.erase"
    PANEL_VIEW = "panel.view"
    ALERT_VIEW = "alert.view"
    AUDIT_VIEW = "audit.view"
    ANALYTICS_VIEW = "analytics.view"
    DOCTOR_RUN = "doctor.run"
    FLAG_MANAGE = "flag.manage"
    THEME_MANAGE = "theme.manage"
    DATA_IMPORT = "data.import"
    DATA_EXPORT = "data.export"
    ANALYTICS_SHARE = "analytics.share"


# Not a key: to hold a role by whose name payments out of the community fund are approved.
FUND_APPROVAL = "fund.approve"
# Nor is this: to say who carries the shop's e-mails, which is for those who own or administer it.
MAIL_CARRIER = "mail.carrier"
EVERYTHING = frozenset(Permission)
STAFF = EVERYTHING - {
    Permission.SETUP_RUN,
    Permission.CONFIG_MANAGE,
    Permission.PROVIDER_MANAGE,
    Permission.FLAG_MANAGE,
    Permission.THEME_MANAGE,
    Permission.FUND_MANAGE,
    Permission.DOCTOR_RUN,
    Permission.USER_MANAGE,
    Permission.ROLE_MANAGE,
    Permission.IDENTITY_MANAGE,
    Permission.CUSTOMER_ERASE,
}


class Source(StrEnum):
    """Where a permission comes from; whoever has one of the first five rules the shop."""

    GUILD_OWNER = "guild_owner"
    TENANT_OWNER = "tenant_owner"
    TENANT_ADMIN = "tenant_admin"
    ADMIN_ROLE = "admin_role"
    USER_ADMIN = "user_admin"
    STAFF_ROLE = "staff_role"
    SHOP_ROLE = "shop_role"


_RULING = frozenset(Source) - {Source.STAFF_ROLE, Source.SHOP_ROLE}


@dataclass(frozen=True)
class Grant:
    """One reason for which somebody may do something; `name` is a Discord role's id or a shop role's name."""

    source: Source
    name: str = ""
    keys: frozenset[Permission] = EVERYTHING


@dataclass(frozen=True)
class Held:
    """All that somebody may do, and why."""

    grants: tuple[Grant, ...]

    @property
    def permissions(self) -> frozenset[Permission]:
        """The keys, whatever they come from."""
        return frozenset[Permission]().union(*(each.keys for each in self.grants))

    @property
    def rules(self) -> bool:
        """Whether they own or administer the shop."""
        return any(each.source in _RULING for each in self.grants)

    @property
    def role_names(self) -> frozenset[str]:
        """The shop's own roles that they hold."""
        return frozenset(each.name for each in self.grants if each.source is Source.SHOP_ROLE)

    def lacking(self, keys: Iterable[str]) -> tuple[str, ...]:
        """Those of the keys that they do not hold; one that is unknown is held by whoever rules."""
        return () if self.rules else tuple(sorted(set(keys) - self.permissions))

    def reasons(self, permission: Permission) -> list[Grant]:
        """Why they may do this; empty when they may not."""
        return [each for each in self.grants if permission in each.keys]


class Access:
    """Answers whether a member may take a step; asked anew at every click."""

    def __init__(self, db: Db) -> None:
        self._db = db

    async def permissions_of(self, shop: Shop, member: Member) -> frozenset[Permission]:
        """All keys that a member holds by ownership, Discord role or a Role of the shop."""
        if any(each.source in _RULING for each in _standing(shop, member)):
            return EVERYTHING
        return (await self.held(shop, member)).permissions

    async def held(self, shop: Shop, member: Member, *, tx: Tx | None = None) -> Held:
        """The same with every reason."""
        grants = list(_standing(shop, member))
        user = await User.of_discord(self._db, shop.id, member.discord_id, tx=tx)
        if user is not None:
            if user.is_admin:
                grants.append(Grant(Source.USER_ADMIN))
            for role in await roles_of(self._db, user, tx=tx):
                keys = frozenset(key for key in Permission if key in role.permission_keys)
                grants.append(Grant(Source.SHOP_ROLE, role.name, keys))
        return Held(tuple(grants))

    async def now(self, shop: Shop, member: Member, *, tx: Tx) -> Held:
        """The same as the transaction sees it: a shop that was read for a click may be seconds old."""
        tenant = await Tenant.find_one(self._db, {"tenantId": shop.id}, tx=tx)
        config = await BotConfig.find_one(self._db, {"tenantId": shop.id}, tx=tx)
        if tenant is None or config is None:
            raise NoShop
        return await self.held(Shop(tenant, config), member, tx=tx)

    async def require(self, shop: Shop, member: Member, permission: Permission) -> None:
        """Return if the member may; raises NotAllowed with the key that is missing."""
        if permission not in await self.permissions_of(shop, member):
            raise NotAllowed(permission)

    async def holds_role(self, shop: Shop, member: Member, names: Collection[str]) -> bool:
        """Whether the member holds a Role of the shop with one of these names, or may do everything here."""
        held = await self.held(shop, member)
        return held.rules or bool(held.role_names & set(names))


def _standing(shop: Shop, member: Member) -> Iterator[Grant]:
    """What somebody may do without any record of theirs."""
    if member.owns_guild:
        yield Grant(Source.GUILD_OWNER)
    if member.discord_id == shop.tenant.owner_user_id:
        yield Grant(Source.TENANT_OWNER)
    if member.discord_id in shop.tenant.admin_user_ids:
        yield Grant(Source.TENANT_ADMIN)
    for role_id in shop.config.admin_role_ids:
        if role_id in member.role_ids:
            yield Grant(Source.ADMIN_ROLE, role_id)
    for role_id in shop.config.staff_role_ids:
        if role_id in member.role_ids:
            yield Grant(Source.STAFF_ROLE, role_id, STAFF)
