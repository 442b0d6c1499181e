"""Switches for parts of the shop, for everybody or for one tenant."""

from enum import StrEnum
from typing import Any

from models.base import Document, Field, index, stored


class FlagScope(StrEnum):
    """For whom a flag counts."""

    SYSTEM = "system"
    TENANT = "tenant"


class FeatureFlag(Document):
    """One switch; `tenant_id` is set when the scope is a tenant."""

    model_config = stored(
        "featureflags", index("key", "scope", "tenantId", unique=True), index("tenantId", "key")
    )

    name: str = Field(key_name="key", min_length=1, max_length=100)
    scope: FlagScope
    tenant_id: str | None = None
    enabled: bool = False
    payload: dict[str, Any] = Field(default_factory=dict)
