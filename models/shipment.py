"""A parcel on its way."""

from enum import StrEnum
from typing import Any

from models.base import Field, TenantDocument, Utc, index, stored


class ShipmentStatus(StrEnum):
    """Where a parcel is."""

    PENDING = "pending"
    LABEL_CREATED = "label_created"
    IN_TRANSIT = "in_transit"
    DELIVERED = "delivered"
    EXCEPTION = "exception"


class Shipment(TenantDocument):
    """What has to be sent for an order; cost in minor units, copied from the shipping type."""

    model_config = stored(
        "shipments", index("tenantId", "orderId", unique=True), index("tenantId", "status", "createdAt")
    )

    tenant_id: str
    order_id: str
    status: ShipmentStatus = ShipmentStatus.PENDING
    carrier: str | None = None
    tracking_number: str | None = None
    label_url: str | None = None
    shipping_type_code: str
    shipping_cost_cents: int = Field(ge=0)
    shipped_at: Utc | None = None
    delivered_at: Utc | None = None
    metadata: dict[str, Any] = Field(default_factory=dict)
