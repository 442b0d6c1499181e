"""A tenant's access to an outside service."""

from typing import Any

from models.base import Document, Field, index, stored


class Provider(Document):
    """How to reach one outside service; without a tenant it serves all, secrets in `config` are encrypted."""

    model_config = stored("providers", index("tenantId", "type", unique=True))

    type: str = Field(min_length=1, max_length=40)
    tenant_id: str | None = None
    is_active: bool = True
    config: dict[str, Any] = Field(default_factory=dict, description="Secrets inside are encrypted")

    def __repr_args__(self) -> list[tuple[str | None, Any]]:
        return [(name, value) for name, value in Document.__repr_args__(self) if name != "config"]
