"""Money off: what a discount gives, to whom, and how often."""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

from bson.decimal128 import Decimal128
from odmantic.bson import WithBsonSerializer
from pydantic import BeforeValidator

from models.base import Field, TenantDocument, Utc, given, index, stored


class DiscountType(StrEnum):
    """Whether a discount is a share or a sum."""

    PERCENT = "PERCENT"
    AMOUNT = "AMOUNT"


class AssignmentRule(StrEnum):
    """How often a customer may use an assigned discount."""

    ONE_TIME = "one_time"
    NEXT_N = "next_n"
    FOREVER = "forever"


def _exact(value: Any) -> Any:
    # A plain number, as other programs store it: by its digits, so that 12.5 stays 12.5.
    return Decimal(str(value)) if type(value) in (int, float) else value


def _decimal128(value: Decimal | None) -> Decimal128 | None:
    return None if value is None else Decimal128(value)


# ODMantic finds the serializer of an optional Decimal only on the outside.
Percent = Annotated[Decimal | None, BeforeValidator(_exact), WithBsonSerializer(_decimal128)]


class Discount(TenantDocument):
    """Percent or minor units off; with a code it is typed in, without one it applies by itself."""

    model_config = stored(
        "discounts",
        index("tenantId", "code", unique=True, only=given("code")),
        index("tenantId", "isActive", "-createdAt"),
    )

    tenant_id: str
    code: str | None = Field(default=None, min_length=1, max_length=40)
    type: DiscountType
    percent: Percent = Field(default=None, description="Above 0, at most 100")
    amount_cents: int | None = Field(default=None, ge=1)
    applies_to_all: bool = False
    product_ids: list[str] = Field(default_factory=list)
    role_ids: list[str] = Field(default_factory=list, description="Discord role ids")
    customer_ids: list[str] = Field(default_factory=list)
    is_active: bool = True
    starts_at: Utc | None = None
    ends_at: Utc | None = None
    usage_limit: int | None = Field(default=None, ge=0)
    usage_count: int = Field(default=0, ge=0)
    consumed_order_ids: list[str] = Field(default_factory=list)


class DiscountAssignment(TenantDocument):
    """A discount that one customer holds; revoked by an `expires_at` that has passed."""

    model_config = stored(
        "discountassignments",
        index("tenantId", "customerId", "expiresAt"),
        index("tenantId", "discountId", "customerId"),
    )

    tenant_id: str
    discount_id: str
    customer_id: str
    rule: AssignmentRule
    total_allowed: int | None = Field(default=None, ge=1, description="None for forever")
    used_count: int = Field(default=0, ge=0)
    expires_at: Utc | None = None
