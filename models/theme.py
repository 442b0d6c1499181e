"""How pages look, and what a user chose."""

from typing import Any

from models.base import Document, Field, index, stored


class UserTheme(Document):
    """A look for pages; `owner_user_id` is None for the system's own."""

    model_config = stored("userthemes", index("slug", unique=True), index("ownerUserId"))

    name: str = Field(min_length=1, max_length=100)
    slug: str = Field(min_length=1, max_length=100)
    owner_user_id: str | None = None
    is_system: bool = False
    base_theme_id: str | None = None
    overrides: dict[str, Any] = Field(default_factory=dict)


class UserSettings(Document):
    """What one user chose for themselves."""

    model_config = stored("usersettings", index("userId", unique=True))

    user_id: str
    display_name: str | None = Field(default=None, max_length=100)
    active_theme_id: str | None = None
    notifications: dict[str, Any] = Field(default_factory=dict)
