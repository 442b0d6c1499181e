"""Who may do what: people of the platform, their log-ins, roles and permission keys."""

from contextlib import suppress
from typing import Any, Self

from pymongo.errors import DuplicateKeyError

from models.base import Db, Document, Field, TenantDocument, given, index, object_id, stored
from models.member import Member


class User(TenantDocument):
    """A person known to the platform in one tenant; `roles` holds role names for display."""

    model_config = stored(
        "users",
        index("tenantId", "discordId", unique=True, only=given("discordId")),
        index("tenantId", "username"),
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
    async def of_discord(cls, db: Db, tenant_id: str, discord_id: str) -> Self | None:
        """The tenant's user with this Discord id."""
        return await cls.find_one(db, {"tenantId": tenant_id, "discordId": discord_id})

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

    def __repr_args__(self) -> list[tuple[str | None, Any]]:
        return [(name, value) for name, value in Document.__repr_args__(self) if name != "secrets"]


class Role(TenantDocument):
    """A named set of permission keys in one tenant."""

    model_config = stored("roles", index("tenantId", "name", unique=True))

    tenant_id: str
    name: str = Field(min_length=1, max_length=100)
    permission_keys: list[str] = Field(default_factory=list)


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


async def permission_keys(db: Db, tenant_id: str, discord_id: str) -> frozenset[str]:
    """Every permission key that a Discord user holds in this tenant through assigned roles; empty if none."""
    user = await User.of_discord(db, tenant_id, discord_id)
    if user is None:
        return frozenset()
    held = await RoleAssignment.find_all(db, {"tenantId": tenant_id, "userId": user.key})
    role_ids = [found for assignment in held if (found := object_id(assignment.role_id))]
    if not role_ids:
        return frozenset()
    roles = await Role.find_all(db, {"_id": {"$in": role_ids}, "tenantId": tenant_id})
    return frozenset(key for role in roles for key in role.permission_keys)
