"""Who may do what: people of the platform, their log-ins, roles and permission keys."""

import re
from contextlib import suppress
from typing import Any, Self

from pymongo.errors import DuplicateKeyError

from models.base import (
    Db,
    Document,
    Field,
    TenantDocument,
    Tx,
    given,
    index,
    object_id,
    searchable,
    stored,
)
from models.member import Member


class User(TenantDocument):
    """A person known to the platform in one tenant; `roles` holds role names for display."""

    model_config = stored(
        "users",
        index("tenantId", "discordId", unique=True, only=given("discordId")),
        index("tenantId", "username"),
        index("tenantId", "displayName"),
    )

    tenant_id: str
    username: str = Field(min_length=1, max_length=100)
    display_name: str = Field(min_length=1, max_length=100)
    email: str | None = Field(default=None, max_length=254)
    avatar_url: str | None = None
    discord_id: str | None = None
    roles: list[str] = Field(default_factory=list, description="Role names")
    is_admin: bool = False
    customer_id: str | None = None
    primary_customer_id: str | None = None

    @classmethod
    async def of_discord(
        cls, db: Db, tenant_id: str, discord_id: str, *, tx: Tx | None = None
    ) -> Self | None:
        """The tenant's user with this Discord id."""
        return await cls.find_one(db, {"tenantId": tenant_id, "discordId": discord_id}, tx=tx)

    @classmethod
    async def search(cls, db: Db, tenant_id: str, query: str, *, limit: int) -> list[Self]:
        """Whom staff mean by a Discord id or part of a name; at most `limit` by each, in no order."""
        text = searchable(query).strip()[:100]
        known = await cls.of_discord(db, tenant_id, text)
        found = {known.id: known} if known is not None else {}
        part = {"$regex": re.escape(text), "$options": "i", "$gt": ""}
        for name in ("username", "displayName"):
            # Told which index: to the planner, any that begins with the tenant is as good.
            rows = cls.rows(db).find({"tenantId": tenant_id, name: part}).hint([("tenantId", 1), (name, 1)])
            async for row in rows.limit(limit):
                found[row["_id"]] = cls.model_validate_doc(row)
        return list(found.values())

    @classmethod
    async def how_many(cls, db: Db, tenant_id: str) -> int:
        """The number of a shop's users."""
        return int(await cls.rows(db).count_documents({"tenantId": tenant_id}))

    @classmethod
    async def of_keys(cls, db: Db, tenant_id: str, keys: list[str]) -> list[Self]:
        """The tenant's users with these ids, by name."""
        ids = [found for key in keys if (found := object_id(key))]
        return await cls.find_all(db, {"_id": {"$in": ids}, "tenantId": tenant_id}, sort="username _id")

    @classmethod
    async def hold(cls, db: Db, tenant_id: str, key: str, *, tx: Tx) -> Self | None:
        """Keep it from being changed before this transaction ends; None when there is none."""
        return await cls.change(db, {"_id": object_id(key), "tenantId": tenant_id}, {}, tx=tx)

    @classmethod
    async def set_fields(cls, db: Db, user: Self, fields: dict[str, Any], *, tx: Tx) -> Self | None:
        """Overwrite validated fields, by stored names, in the transaction that read it."""
        return await cls.change(db, {"_id": user.id, "tenantId": user.tenant_id}, {"$set": fields}, tx=tx)

    @classmethod
    async def keys_of(cls, db: Db, tenant_id: str, *, limit: int) -> list[str]:
        """The ids of the tenant's users, by name."""
        found = cls.rows(db).find({"tenantId": tenant_id}, {"_id": 1}).sort("username").limit(limit)
        return [str(row["_id"]) async for row in found]

    @classmethod
    async def of_member(cls, db: Db, tenant_id: str, member: Member) -> Self:
        """The tenant's user for this person, made now if there is none; it gives no rights."""
        for _ in range(2):
            known = await cls.of_discord(db, tenant_id, member.discord_id)
            if known is not None:
                return known
            names = {"username": member.username[:100], "display_name": member.display_name[:100]}
            with suppress(DuplicateKeyError):  # another click of theirs was faster
                return await cls(tenant_id=tenant_id, discord_id=member.discord_id, **names).insert(db)
        raise LookupError("a user came and went at once")


class Identity(Document):
    """A log-in of a user at one provider, such as discord or local."""

    __whole__ = "some are of no shop"
    model_config = stored(
        "identities",
        index("tenantId", "provider", "providerUserId", unique=True),
        index("userId"),
    )

    user_id: str
    tenant_id: str | None = None
    provider: str = Field(min_length=1, max_length=40)
    provider_user_id: str = Field(min_length=1, max_length=200)
    profile: dict[str, Any] = Field(default_factory=dict)
    secrets: dict[str, Any] | None = Field(default=None, description="Opaque; never shown")

    @classmethod
    async def of_account(
        cls, db: Db, tenant_id: str, provider: str, provider_user_id: str, *, tx: Tx | None = None
    ) -> Self | None:
        """The tenant's record of an account at a provider."""
        where = {"tenantId": tenant_id, "provider": provider, "providerUserId": provider_user_id}
        return await cls.find_one(db, where, tx=tx)

    @classmethod
    async def of_user(cls, db: Db, user: User, *, tx: Tx | None = None) -> list[Self]:
        """Every log-in of a user, the oldest first."""
        where = {"userId": user.key, "tenantId": user.tenant_id}
        return await cls.find_all(db, where, sort="_id", tx=tx)

    @classmethod
    async def get_of(cls, db: Db, user: User, key: str, *, tx: Tx | None = None) -> Self | None:
        """One log-in of this user; None for anybody else's."""
        where = {"_id": object_id(key), "userId": user.key, "tenantId": user.tenant_id}
        return await cls.find_one(db, where, tx=tx)

    @classmethod
    async def set_fields(
        cls, db: Db, identity: Self, fields: dict[str, Any], *, tx: Tx | None = None
    ) -> Self | None:
        """Overwrite fields, by stored names, if nobody changed it since it was read."""
        where = {"_id": identity.id, "tenantId": identity.tenant_id, "updatedAt": identity.updated_at}
        return await cls.change(db, where, {"$set": fields}, tx=tx)

    @classmethod
    async def remove(cls, db: Db, identity: Self, *, tx: Tx) -> None:
        """Delete it."""
        where = {"_id": identity.id, "tenantId": identity.tenant_id}
        await cls.rows(db).delete_one(where, session=tx)

    def __repr_args__(self) -> list[tuple[str | None, Any]]:
        return [(name, value) for name, value in Document.__repr_args__(self) if name != "secrets"]


class Role(TenantDocument):
    """A named set of permission keys in one tenant."""

    model_config = stored("roles", index("tenantId", "name", unique=True))

    tenant_id: str
    name: str = Field(min_length=1, max_length=100)
    permission_keys: list[str] = Field(default_factory=list)

    @classmethod
    async def all_of(cls, db: Db, tenant_id: str, *, tx: Tx | None = None) -> list[Self]:
        """The tenant's roles, by name."""
        return await cls.find_all(db, {"tenantId": tenant_id}, sort="name", tx=tx)

    @classmethod
    async def hold(cls, db: Db, tenant_id: str, key: str, *, tx: Tx) -> Self | None:
        """Keep it from being changed or deleted before this transaction ends; None when there is none."""
        return await cls.change(db, {"_id": object_id(key), "tenantId": tenant_id}, {}, tx=tx)

    @classmethod
    async def set_fields(cls, db: Db, role: Self, fields: dict[str, Any], *, tx: Tx) -> Self | None:
        """Overwrite validated fields, by stored names, in the transaction that holds it."""
        return await cls.change(db, {"_id": role.id, "tenantId": role.tenant_id}, {"$set": fields}, tx=tx)

    @classmethod
    async def remove(cls, db: Db, role: Self, *, tx: Tx) -> list[str]:
        """Delete it with all its assignments; the ids of the users who held it."""
        held = {"tenantId": role.tenant_id, "roleId": role.key}
        holders = [each.user_id for each in await RoleAssignment.find_all(db, held, tx=tx)]
        await RoleAssignment.rows(db).delete_many(held, session=tx)
        await cls.rows(db).delete_one({"_id": role.id, "tenantId": role.tenant_id}, session=tx)
        return holders


class RoleAssignment(TenantDocument):
    """One role held by one user."""

    model_config = stored(
        "roleassignments",
        index("tenantId", "userId", "roleId", unique=True),
        index("tenantId", "roleId"),
    )

    user_id: str
    tenant_id: str
    role_id: str

    @classmethod
    async def of_role(
        cls, db: Db, tenant_id: str, role_id: str, *, limit: int = 0, tx: Tx | None = None
    ) -> list[Self]:
        """Who holds a role."""
        return await cls.find_all(db, {"tenantId": tenant_id, "roleId": role_id}, limit=limit, tx=tx)

    @classmethod
    async def how_many(cls, db: Db, tenant_id: str, role_id: str) -> int:
        """How many hold a role."""
        return int(await cls.rows(db).count_documents({"tenantId": tenant_id, "roleId": role_id}))

    @classmethod
    async def of_pair(
        cls, db: Db, tenant_id: str, user_id: str, role_id: str, *, tx: Tx | None = None
    ) -> Self | None:
        """Whether this user holds this role."""
        where = {"tenantId": tenant_id, "userId": user_id, "roleId": role_id}
        return await cls.find_one(db, where, tx=tx)

    @classmethod
    async def remove(cls, db: Db, assignment: Self, *, tx: Tx) -> None:
        """Take a role from its holder."""
        where = {"_id": assignment.id, "tenantId": assignment.tenant_id}
        await cls.rows(db).delete_one(where, session=tx)


async def roles_of(db: Db, user: User, *, tx: Tx | None = None) -> list[Role]:
    """The roles that a user holds, by name."""
    mine = {"tenantId": user.tenant_id, "userId": user.key}
    held = await RoleAssignment.find_all(db, mine, tx=tx)
    role_ids = [found for assignment in held if (found := object_id(assignment.role_id))]
    if not role_ids:
        return []
    return await Role.find_all(db, {"_id": {"$in": role_ids}, "tenantId": user.tenant_id}, sort="name", tx=tx)


async def name_roles(db: Db, tenant_id: str, user_ids: list[str], *, tx: Tx) -> None:
    """Write the names of the roles that users hold beside them, after those changed."""
    for key in user_ids:
        user = await User.get(db, tenant_id, key, tx=tx)
        if user is not None:
            names = [role.name for role in await roles_of(db, user, tx=tx)]
            await User.set_fields(db, user, {"roles": names}, tx=tx)
