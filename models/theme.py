"""How pages and cards look, and what a user chose."""

from typing import Any, Self

from models.base import Db, Document, Field, Tx, given, index, object_id, stored


class UserTheme(Document):
    """A look for pages and cards; the system's own have no tenant and are everybody's.

    `overrides` holds what differs from the base: sidebar, container, sectionBg, text, and under `colors` the
    rest, each as #rrggbb. `owner_user_id` is the user who made it.
    """

    __whole__ = "some are everybody's, and a slug is taken once"
    model_config = stored(
        "userthemes",
        index("slug", unique=True),
        index("tenantId", "name", unique=True),
        index("ownerUserId"),
    )

    name: str = Field(min_length=1, max_length=100)
    slug: str = Field(min_length=1, max_length=100)
    owner_user_id: str | None = None
    tenant_id: str | None = Field(default=None, description="Whose own it is; None for everybody's")
    is_system: bool = False
    base_theme_id: str | None = None
    overrides: dict[str, Any] = Field(default_factory=dict)

    @property
    def version(self) -> int:
        """Which state of it this is, small enough for a button."""
        return int(self.updated_at.timestamp() * 1000)

    @classmethod
    async def visible(cls, db: Db, tenant_id: str, *, tx: Tx | None = None) -> list[Self]:
        """The system's themes and the tenant's own, in order of their names."""
        where = {"tenantId": {"$in": [None, tenant_id]}}
        return await cls.find_all(db, where, sort="tenantId name", tx=tx)

    @classmethod
    async def get(cls, db: Db, tenant_id: str, key: str, *, tx: Tx | None = None) -> Self | None:
        """A theme that this tenant may use; None for a malformed, unknown or foreign id."""
        found, mine = object_id(key), {"tenantId": {"$in": [None, tenant_id]}}
        return None if found is None else await cls.find_one(db, {"_id": found, **mine}, tx=tx)

    @classmethod
    async def edit(
        cls, db: Db, tenant_id: str, seen: Self, fields: dict[str, Any], *, tx: Tx | None = None
    ) -> Self | None:
        """Change one of the tenant's own, by stored names, if nobody changed it since it was read."""
        where = {"_id": seen.id, "tenantId": tenant_id, "isSystem": False, "updatedAt": seen.updated_at}
        return await cls.change(db, where, {"$set": fields}, tx=tx)

    @classmethod
    async def drop(cls, db: Db, tenant_id: str, seen: Self, *, tx: Tx | None = None) -> bool:
        """Delete one of the tenant's own as it was read; False when it was changed or is gone."""
        where = {"_id": seen.id, "tenantId": tenant_id, "isSystem": False, "updatedAt": seen.updated_at}
        return (await cls.rows(db).delete_one(where, session=tx)).deleted_count == 1

    @classmethod
    async def set_system(cls, db: Db, slug: str, name: str, overrides: dict[str, Any]) -> None:
        """Keep one of the system's themes as it ships; writes nothing where it is so already."""
        where = {"tenantId": None, "slug": slug}
        said = {"name": name, "isSystem": True, "baseThemeId": None, "overrides": overrides}
        if await cls.find_one(db, where | said) is None:
            await cls.change(db, where, {"$set": said | {"ownerUserId": None}}, upsert=True)


class UserSettings(Document):
    """What one user chose for themselves; `tenant_id` is the user's."""

    __whole__ = "one for each person, not for each shop"
    model_config = stored(
        "usersettings",
        index("userId", unique=True),
        index("tenantId", "activeThemeId", only=given("activeThemeId")),
    )

    user_id: str
    tenant_id: str | None = None
    display_name: str | None = Field(default=None, max_length=100)
    active_theme_id: str | None = None
    notifications: dict[str, Any] = Field(default_factory=dict)

    @classmethod
    async def of_user(cls, db: Db, tenant_id: str, user_id: str) -> Self | None:
        """What this user of the tenant chose."""
        return await cls.find_one(db, {"userId": user_id, "tenantId": tenant_id})

    @classmethod
    async def choose_theme(cls, db: Db, tenant_id: str, user_id: str, theme_id: str | None) -> Self | None:
        """Let this be the user's theme; None for the shop's. Raises DuplicateKeyError when raced."""
        said = {"tenantId": tenant_id, "activeThemeId": theme_id}
        fresh: dict[str, Any] = {"displayName": None, "notifications": {}}
        update = {"$set": said, "$setOnInsert": fresh}
        return await cls.change(db, {"userId": user_id}, update, upsert=True)

    @classmethod
    async def any_theme(cls, db: Db, tenant_id: str) -> bool:
        """Whether anybody in this tenant chose a theme."""
        where = {"tenantId": tenant_id, "activeThemeId": {"$gt": ""}}
        return await cls.rows(db).find_one(where, {"_id": True}) is not None

    @classmethod
    async def let_go(cls, db: Db, tenant_id: str, theme_id: str, *, tx: Tx | None = None) -> int:
        """Take a deleted theme from everybody in the tenant who chose it; how many."""
        where = {"tenantId": tenant_id, "activeThemeId": theme_id}
        done = await cls.rows(db).update_many(
            where, {"$set": {"activeThemeId": None}, "$currentDate": {"updatedAt": True}}, session=tx
        )
        return done.modified_count
