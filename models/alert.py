"""What staff should look at."""

from enum import StrEnum
from typing import Any

from models.base import Field, TenantDocument, given, index, stored


class AlertType(StrEnum):
    """What happened."""

    LOW_INVENTORY = "LOW_INVENTORY"
    NEW_ORDER = "NEW_ORDER"
    PAYMENT_FAILED = "PAYMENT_FAILED"
    FULFILLMENT_FAILED = "FULFILLMENT_FAILED"
    REFUND = "REFUND"
    COMMUNITY_FUND = "COMMUNITY_FUND"


class AlertSeverity(StrEnum):
    """How soon somebody should look."""

    INFO = "INFO"
    WARN = "WARN"
    ERROR = "ERROR"


class Alert(TenantDocument):
    """A note for staff; `message` is a stable word, put into a sentence where it is shown."""

    model_config = stored(
        "alerts",
        index("tenantId", "isRead", "-createdAt"),
        index("tenantId", "-createdAt"),
        index("tenantId", "entityId", only=given("entityId")),
    )

    tenant_id: str
    type: AlertType
    severity: AlertSeverity
    message: str
    params: dict[str, Any] = Field(default_factory=dict)
    entity_type: str | None = None
    entity_id: str | None = None
    is_read: bool = False
