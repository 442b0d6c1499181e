"""Who did what to which record."""

from typing import Any

from models.base import Field, TenantDocument, index, stored


class AuditLog(TenantDocument):
    """One act of a person; `actor_id` is a Discord user id, `meta` holds before and after."""

    model_config = stored(
        "auditlogs",
        index("tenantId", "-createdAt"),
        index("tenantId", "entityType", "entityId", "-createdAt"),
        index("tenantId", "actorId", "-createdAt"),
    )

    tenant_id: str
    actor_id: str
    action: str
    entity_type: str
    entity_id: str
    meta: dict[str, Any] = Field(default_factory=dict)
