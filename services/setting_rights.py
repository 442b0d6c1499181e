"""Settings that are power: nobody gets by a setting what the shop did not give them (docs/adr/0041)."""

from collections.abc import Mapping
from typing import Any

from models.base import Db, Tx
from models.errors import BadInput, BeyondOwnKeys, OwnerOnly
from models.member import Member
from models.product import Product
from services.access import MAIL_CARRIER, STAFF, Access, Permission, Source
from services.partner import PartnerKind
from services.shops import Shop

# What is told in the staff's channels and e-mails: who says where that goes has to be allowed to read it.
TOLD = frozenset({Permission.ORDER_VIEW, Permission.ALERT_VIEW, Permission.ANALYTICS_VIEW})
_OWNERS = frozenset({Source.GUILD_OWNER, Source.TENANT_OWNER})
_MAIL = PartnerKind.MAIL.value
_ROLES = ("adminRoleIds", "staffRoleIds")
_NEEDS: Mapping[str, frozenset[Permission]] = {
    "staffRoleIds": STAFF,
    "defaultOrderChannelId": TOLD,
    "announcementChannelId": TOLD,
    "adminChannelId": TOLD,
    "adminNotifyEmail": TOLD,
}
_ATTRIBUTES = {"adminRoleIds": "admin_role_ids", "staffRoleIds": "staff_role_ids"}


class SettingRights:
    """Asked inside the transaction that changes the settings, of whoever acts as they are at that moment."""

    def __init__(self, db: Db, access: Access) -> None:
        self._db = db
        self._access = access

    async def mail(self, shop: Shop, actor: Member, tx: Tx) -> None:
        """Return if the actor may say who carries the shop's e-mails; raises BeyondOwnKeys.

        Whoever carries them reads links to invoices, what customers bought, and what staff are told.
        """
        held = await self._access.now(shop, actor, tx=tx)
        if lacking := held.lacking({MAIL_CARRIER}):
            raise BeyondOwnKeys(lacking)

    async def check(self, shop: Shop, actor: Member, changed: Mapping[str, Any], tx: Tx) -> None:
        """Return if the actor may set these, by stored names; to set nothing is always allowed.

        Raises OwnerOnly for who the admins are, BeyondOwnKeys naming the keys that are missing, and BadInput
        for a role of admins or staff that is on sale.
        """
        if (carrier := changed.get("partners", {}).get(_MAIL)) and carrier != shop.config.partners.get(_MAIL):
            await self.mail(shop, actor, tx)
        needed = [name for name, value in changed.items() if name in _NEEDS and value is not None]
        if not needed and "adminRoleIds" not in changed:
            return
        held = await self._access.now(shop, actor, tx=tx)
        if "adminRoleIds" in changed and not _OWNERS & {each.source for each in held.grants}:
            raise OwnerOnly
        if lacking := held.lacking(frozenset[str]().union(*(_NEEDS[name] for name in needed))):
            raise BeyondOwnKeys(lacking)
        for name in _ROLES:
            await self._not_sold(shop, name, changed.get(name, ()), tx)

    async def _not_sold(self, shop: Shop, name: str, role_ids: list[str], tx: Tx) -> None:
        """Whoever buys it would get behind the counter."""
        added = set(role_ids) - set(getattr(shop.config, _ATTRIBUTES[name]))
        sold = await Product.granting(self._db, shop.id, sorted(added), tx=tx) if added else None
        if sold is not None:
            raise BadInput(_ATTRIBUTES[name], "role_sold", sold.name)
