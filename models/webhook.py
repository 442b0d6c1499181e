"""What providers told us, kept before it is acted upon."""

from enum import StrEnum
from typing import Any

from models.base import Field, TenantDocument, Utc, index, stored


class WebhookProvider(StrEnum):
    """Who sent it."""

    PAYPAL = "PAYPAL"
    CASHAPP_PAY = "CASHAPP_PAY"
    COINBASE_COMMERCE = "COINBASE_COMMERCE"
    DISCORD = "DISCORD"
    STRIPE = "STRIPE"
    NOWPAYMENTS = "NOWPAYMENTS"
    SQUARE = "SQUARE"
    EASYPOST = "EASYPOST"


class WebhookEvent(TenantDocument):
    """One event of a provider, stored once however often it is delivered; `received_at` in UTC."""

    model_config = stored(
        "webhookevents",
        index("tenantId", "provider", "eventId", unique=True),
        index("tenantId", "-receivedAt"),
    )

    tenant_id: str
    provider: WebhookProvider
    event_id: str = Field(min_length=1, max_length=255)
    received_at: Utc
    payload: dict[str, Any] = Field(default_factory=dict)
