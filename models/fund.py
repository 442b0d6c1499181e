"""The community fund: what came in, what went out, and its rules."""

from typing import Self

from models.base import Db, Field, TenantDocument, given, index, stored

CELEBRATION = "{donor} gave {amount} to the community fund. Thank you!"
ANONYMOUS_CELEBRATION = "Somebody gave {amount} to the community fund. Thank you!"
DISCLAIMER = "The community fund is an informal pool of this community. Gifts to it are not tax-deductible."


class CommunityFundContribution(TenantDocument):
    """Money given to the fund, in minor units; at most one per order."""

    model_config = stored(
        "communityfundcontributions",
        index("tenantId", "orderId", unique=True, only=given("orderId")),
        index("tenantId", "-createdAt"),
        index("tenantId", "customerId", "-createdAt"),
    )

    tenant_id: str
    customer_id: str
    order_id: str | None = None
    amount_cents: int = Field(ge=1)
    anonymous: bool = False


class CommunityFundDisbursement(TenantDocument):
    """Money paid out of the fund, in minor units; `approved_by` is a Discord user id."""

    model_config = stored("communityfunddisbursements", index("tenantId", "-createdAt"))

    tenant_id: str
    recipient_customer_id: str
    amount_cents: int = Field(ge=1)
    reason: str = Field(min_length=1, max_length=1000)
    approved_by: str


class CommunityFundConfig(TenantDocument):
    """A tenant's rules for its fund; amounts in minor units."""

    model_config = stored("communityfundconfigs", index("tenantId", unique=True))

    tenant_id: str
    enabled: bool = False
    allowed_amounts_cents: list[int] = Field(default_factory=lambda: [500, 1000, 2500, 5000, 10000])
    custom_amount_allowed: bool = True
    custom_amount_min_cents: int = Field(default=100, ge=1)
    custom_amount_max_cents: int = Field(default=100_000, ge=1)
    celebration_channel_id: str | None = None
    celebration_message_template: str = Field(
        default=CELEBRATION, min_length=1, max_length=1000, description="May name {donor} and {amount}"
    )
    anonymous_message_template: str = Field(
        default=ANONYMOUS_CELEBRATION, min_length=1, max_length=1000, description="May name {amount}"
    )
    anonymity_allowed: bool = True
    disbursement_approval_roles: list[str] = Field(
        default_factory=lambda: ["admin", "community_leader"],
        description="Names of the roles that may approve a payment out of the fund",
    )
    disclaimer_text: str = Field(
        default=DISCLAIMER, min_length=1, max_length=1000, description="Shown wherever money is asked for"
    )

    @classmethod
    async def of_tenant(cls, db: Db, tenant_id: str) -> Self:
        """The tenant's rules; made with the defaults at first access."""
        found = await cls.find_one(db, {"tenantId": tenant_id})
        if found is not None:
            return found
        fresh = cls(tenant_id=tenant_id).model_dump_doc()
        del fresh["updatedAt"]
        made = await cls.change(db, {"tenantId": tenant_id}, {"$setOnInsert": fresh}, upsert=True)
        return made or cls(tenant_id=tenant_id)
