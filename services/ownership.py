"""Who owns and administers a shop: changed only by its owner, who always stays (docs/adr/0024)."""

from models.access import User
from models.base import Db, Tx, transact
from models.errors import BadInput, ChangedMeanwhile, NoShop, NotFound, OwnerOnly
from models.member import Member
from models.tenant import Tenant
from services.audit import Audit
from services.shops import Shop, Shops

# What a menu of Discord's can offer.
MAX_ADMINS = 25


class Ownership:
    """An admin may do everything but this; each change is in the audit log."""

    def __init__(self, db: Db, *, shops: Shops, audit: Audit) -> None:
        self._db = db
        self._shops = shops
        self._audit = audit

    async def make_admin(self, shop: Shop, actor: Member, discord_id: str) -> Shop:
        """Let somebody do everything; raises OwnerOnly, and BadInput for the owner or too many."""
        return await self._admin(shop, actor, discord_id, wanted=True)

    async def unmake_admin(self, shop: Shop, actor: Member, discord_id: str) -> Shop:
        """Let somebody do no more than their roles say; raises OwnerOnly, and BadInput for the owner."""
        return await self._admin(shop, actor, discord_id, wanted=False)

    async def _admin(self, shop: Shop, actor: Member, discord_id: str, *, wanted: bool) -> Shop:
        async def work(tx: Tx) -> Tenant:
            tenant = await self._tenant(shop, tx)
            if not (actor.owns_guild or actor.discord_id == tenant.owner_user_id):
                raise OwnerOnly
            _check_account(discord_id)
            if discord_id == tenant.owner_user_id:
                raise BadInput("member", "is_owner")
            others = [key for key in tenant.admin_user_ids if key != discord_id]
            admins = [*others, discord_id] if wanted else others
            if len(admins) > MAX_ADMINS:
                raise BadInput("admins", "too_many", MAX_ADMINS)
            await self._mark(shop, discord_id, tx, is_admin=wanted)
            act = "admin.make" if wanted else "admin.unmake"
            return await self._rule(actor, tenant, tenant.owner_user_id, admins, act, tx)

        return await self._done(shop, await transact(self._db, work))

    async def hand_over(self, shop: Shop, actor: Member, discord_id: str, typed: str) -> Shop:
        """Make somebody else the owner; the old one stays as an admin.

        `typed` is what the owner wrote to confirm, the new owner's Discord id. Raises OwnerOnly, also for
        whoever owns the server, and BadInput for another id or the owner's own.
        """

        async def work(tx: Tx) -> Tenant:
            tenant = await self._tenant(shop, tx)
            if actor.discord_id != tenant.owner_user_id:
                raise OwnerOnly
            if discord_id == tenant.owner_user_id:
                raise BadInput("member", "is_owner")
            _check_account(discord_id)
            if typed.strip() != discord_id:
                raise BadInput("new_owner", "not_confirmed")
            admins = [key for key in tenant.admin_user_ids if key != discord_id]
            admins = [*admins[: MAX_ADMINS - 1], actor.discord_id]
            await self._mark(shop, actor.discord_id, tx, is_admin=True)
            return await self._rule(actor, tenant, discord_id, admins, "shop.hand_over", tx)

        return await self._done(shop, await transact(self._db, work))

    async def _tenant(self, shop: Shop, tx: Tx) -> Tenant:
        found = await Tenant.find_one(self._db, {"tenantId": shop.id}, tx=tx)
        if found is None:
            raise NoShop
        return found

    async def _mark(self, shop: Shop, discord_id: str, tx: Tx, *, is_admin: bool) -> None:
        user = await User.of_discord(self._db, shop.id, discord_id, tx=tx)
        if user is not None:
            await User.set_fields(self._db, user, {"isAdmin": is_admin}, tx=tx)

    async def _rule(
        self, actor: Member, tenant: Tenant, owner: str, admins: list[str], act: str, tx: Tx
    ) -> Tenant:
        changed = await Tenant.rule(self._db, tenant, owner, admins, tx=tx)
        if changed is None:
            raise ChangedMeanwhile
        before = {"ownerUserId": tenant.owner_user_id, "adminUserIds": tenant.admin_user_ids}
        after = {"ownerUserId": owner, "adminUserIds": admins}
        await self._audit.record(tenant.tenant_id, actor, act, tenant, before=before, after=after, tx=tx)
        return changed

    async def _done(self, shop: Shop, tenant: Tenant) -> Shop:
        self._shops.forget()
        return Shop(tenant, shop.config)


def _check_account(discord_id: str) -> None:
    if not (discord_id.isascii() and discord_id.isdigit()):
        raise NotFound("member")
