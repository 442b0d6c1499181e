"""The shop's own roles: who may do what, given only by those who may do it themselves (docs/adr/0024)."""

from collections.abc import Collection
from dataclasses import dataclass

from pymongo.errors import DuplicateKeyError

from models.access import Role, RoleAssignment, User, name_roles
from models.base import Db, Tx, transact, visible
from models.errors import (
    AlreadyExists,
    BadInput,
    BeyondOwnKeys,
    ChangedMeanwhile,
    NotAllowed,
    RecordChanged,
)
from models.fund import CommunityFundConfig
from models.member import Member
from models.required import required
from services.access import FUND_APPROVAL, Access, Held, Permission
from services.audit import Audit
from services.shops import Shop

# What a menu of Discord's can offer.
MAX_ROLES = 25
_NAME_LENGTH = 100
_SHOWN = 20


@dataclass(frozen=True)
class RoleView:
    """A role with those who hold it, the first of `total`."""

    role: Role
    holders: list[User]
    total: int


def stamp(role: Role) -> str:
    """Names the state of a role that somebody was shown."""
    return str(round(role.updated_at.timestamp() * 1000))


class RoleDesk:
    """Every change is in the audit log, and decided by what the transaction itself sees of both sides."""

    def __init__(self, db: Db, *, access: Access, audit: Audit) -> None:
        self._db = db
        self._access = access
        self._audit = audit

    async def every(self, shop: Shop) -> list[tuple[Role, int]]:
        """All roles, by name, each with how many hold it."""
        roles = await Role.all_of(self._db, shop.id)
        return [(each, await RoleAssignment.how_many(self._db, shop.id, each.key)) for each in roles]

    async def view(self, shop: Shop, role_id: str) -> RoleView:
        """A role and who holds it; raises NotFound."""
        role = required(await Role.get(self._db, shop.id, role_id), "role")
        total = await RoleAssignment.how_many(self._db, shop.id, role.key)
        held = await RoleAssignment.of_role(self._db, shop.id, role.key, limit=_SHOWN)
        users = await User.of_keys(self._db, shop.id, [each.user_id for each in held])
        return RoleView(role, users, total)

    async def create(self, shop: Shop, actor: Member, name: str) -> Role:
        """A new role without keys; raises BadInput, AlreadyExists, and BeyondOwnKeys for a name of power."""
        named = _named(name)

        async def work(tx: Tx) -> Role:
            held = await self._held(shop, actor, tx, Permission.ROLE_MANAGE)
            await self._check(shop, held, Role(tenant_id=shop.id, name=named), tx)
            if len(await Role.all_of(self._db, shop.id, tx=tx)) >= MAX_ROLES:
                raise BadInput("roles", "too_many", MAX_ROLES)
            role = await Role(tenant_id=shop.id, name=named).insert(self._db, tx=tx)
            await self._audit.record(shop.id, actor, "role.create", role, after={"name": named}, tx=tx)
            return role

        try:
            return await transact(self._db, work)
        except DuplicateKeyError as error:
            raise AlreadyExists("role_name") from error

    async def rename(
        self, shop: Shop, actor: Member, role_id: str, name: str, *, seen: str | None = None
    ) -> Role:
        """Call it something else; raises as `create` does, and NotFound.

        With the name that was `seen`, raises RecordChanged when it is called otherwise by now.
        """
        named = _named(name)

        async def work(tx: Tx) -> Role:
            role, held = await self._mine(shop, actor, role_id, tx)
            if seen not in {None, role.name}:
                raise RecordChanged
            after = {"name": named}
            await self._check(shop, held, role.model_copy(update=after), tx)
            renamed = await Role.set_fields(self._db, role, after, tx=tx) or role
            await self._rename_beside_users(role, tx)
            before = {"name": role.name}
            await self._audit.record(shop.id, actor, "role.rename", role, before=before, after=after, tx=tx)
            return renamed

        try:
            return await transact(self._db, work)
        except DuplicateKeyError as error:
            raise AlreadyExists("role_name") from error

    async def set_keys(
        self,
        shop: Shop,
        actor: Member,
        role_id: str,
        offered: Collection[str],
        chosen: Collection[str],
        seen: str,
    ) -> Role:
        """Let the role carry the chosen ones of those keys that a menu offered; its other keys stay.

        `seen` is the stamp of the role that was shown. Raises NotFound, ChangedMeanwhile, BadInput for a key
        that was not offered, and BeyondOwnKeys when the role carries, or would, what the actor lacks.
        """
        if not set(chosen) <= set(offered):
            raise BadInput("permission_keys", "not_allowed")

        async def work(tx: Tx) -> Role:
            shown = await Role.get(self._db, shop.id, role_id, tx=tx)
            if shown is not None and stamp(shown) != seen:
                raise ChangedMeanwhile
            role, held = await self._mine(shop, actor, role_id, tx)
            keys = sorted({*(set(role.permission_keys) - set(offered)), *chosen})
            if lacking := held.lacking(set(keys) | set(role.permission_keys)):
                raise BeyondOwnKeys(lacking)
            before, after = {"permissionKeys": role.permission_keys}, {"permissionKeys": keys}
            await self._audit.record(shop.id, actor, "role.keys", role, before=before, after=after, tx=tx)
            return await Role.set_fields(self._db, role, after, tx=tx) or role

        return await transact(self._db, work)

    async def remove(self, shop: Shop, actor: Member, role_id: str) -> int:
        """Delete it and take it from everybody; from how many. Raises NotFound and BeyondOwnKeys."""

        async def work(tx: Tx) -> int:
            role, _ = await self._mine(shop, actor, role_id, tx)
            users = await Role.remove(self._db, role, tx=tx)
            await name_roles(self._db, shop.id, users, tx=tx)
            before = {"name": role.name, "permissionKeys": role.permission_keys, "users": users}
            await self._audit.record(shop.id, actor, "role.delete", role, before=before, tx=tx)
            return len(users)

        return await transact(self._db, work)

    async def assign(self, shop: Shop, actor: Member, role_id: str, user_id: str) -> bool:
        """Give a user the role; False when they had it. Raises NotFound and BeyondOwnKeys."""

        async def work(tx: Tx) -> bool:
            role, user = await self._pair(shop, actor, role_id, user_id, tx)
            if await RoleAssignment.of_pair(self._db, shop.id, user.key, role.key, tx=tx):
                return False
            held = RoleAssignment(tenant_id=shop.id, user_id=user.key, role_id=role.key)
            await held.insert(self._db, tx=tx)
            await name_roles(self._db, shop.id, [user.key], tx=tx)
            after = {"userId": user.key, "role": role.name}
            await self._audit.record(shop.id, actor, "role.assign", role, after=after, tx=tx)
            return True

        return await transact(self._db, work)

    async def take(self, shop: Shop, actor: Member, role_id: str, user_id: str) -> bool:
        """Take the role from a user; False when they did not have it. Raises NotFound and BeyondOwnKeys."""

        async def work(tx: Tx) -> bool:
            role, user = await self._pair(shop, actor, role_id, user_id, tx)
            held = await RoleAssignment.of_pair(self._db, shop.id, user.key, role.key, tx=tx)
            if held is None:
                return False
            await RoleAssignment.remove(self._db, held, tx=tx)
            await name_roles(self._db, shop.id, [user.key], tx=tx)
            before = {"userId": user.key, "role": role.name}
            await self._audit.record(shop.id, actor, "role.take", role, before=before, tx=tx)
            return True

        return await transact(self._db, work)

    async def _pair(self, shop: Shop, actor: Member, role_id: str, user_id: str, tx: Tx) -> tuple[Role, User]:
        """A role and a user whom this actor may bring together or part."""
        keys = (Permission.ROLE_MANAGE, Permission.USER_MANAGE)
        role, _ = await self._mine(shop, actor, role_id, tx, *keys)
        user = required(await User.get(self._db, shop.id, user_id, tx=tx), "user")
        return role, user

    async def _mine(
        self, shop: Shop, actor: Member, role_id: str, tx: Tx, *needs: Permission
    ) -> tuple[Role, Held]:
        """A role that this actor may change, held until the transaction ends."""
        held = await self._held(shop, actor, tx, *(needs or (Permission.ROLE_MANAGE,)))
        role = required(await Role.hold(self._db, shop.id, role_id, tx=tx), "role")
        await self._check(shop, held, role, tx)
        return role, held

    async def _held(self, shop: Shop, actor: Member, tx: Tx, *needs: Permission) -> Held:
        held = await self._access.now(shop, actor, tx=tx)
        if not held.permissions & set(needs):
            raise NotAllowed(needs[0])
        return held

    async def _check(self, shop: Shop, held: Held, role: Role, tx: Tx) -> None:
        lacking = held.lacking(role.permission_keys)
        if not held.rules and role.name not in held.role_names and await self._approves(shop, role, tx):
            lacking = (*lacking, FUND_APPROVAL)
        if lacking:
            raise BeyondOwnKeys(lacking)

    async def _approves(self, shop: Shop, role: Role, tx: Tx) -> bool:
        """Whether its name lets its holders approve payments out of the community fund."""
        rules = await CommunityFundConfig.find_one(self._db, {"tenantId": shop.id}, tx=tx)
        names = (rules or CommunityFundConfig(tenant_id=shop.id)).disbursement_approval_roles
        return role.name.casefold() in {name.strip().casefold() for name in names}

    async def _rename_beside_users(self, role: Role, tx: Tx) -> None:
        held = await RoleAssignment.of_role(self._db, role.tenant_id, role.key, tx=tx)
        await name_roles(self._db, role.tenant_id, [each.user_id for each in held], tx=tx)


def _named(text: str) -> str:
    name = " ".join(text.split())
    if not visible(name):
        raise BadInput("role_name", "required")
    if len(name) > _NAME_LENGTH:
        raise BadInput("role_name", "length", _NAME_LENGTH)
    return name
