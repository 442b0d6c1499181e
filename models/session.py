"""A customer's cart and checkout in progress."""

import secrets
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from models.base import Db, Field, TenantDocument, Tx, Utc, index, stored
from models.left import Left
from models.order import OrderItem
from models.states import Life

# A version grows by at most so much at a time.
_STEP = 1_000_000


class SessionState(StrEnum):
    """Where a session stands; OPEN and CONFIRMING ones are the customer's current cart."""

    OPEN = "OPEN"
    CONFIRMING = "CONFIRMING"
    SUBMITTED = "SUBMITTED"
    EXPIRED = "EXPIRED"


SESSION_LIFE = Life(
    {
        SessionState.OPEN: frozenset({SessionState.CONFIRMING, SessionState.EXPIRED}),
        # Back to OPEN when Confirm was refused or its process died.
        SessionState.CONFIRMING: frozenset({SessionState.SUBMITTED, SessionState.OPEN}),
        SessionState.SUBMITTED: frozenset(),
        SessionState.EXPIRED: frozenset(),
    }
)


# An address is kept for an order or in the customer's own book, not for a cart that was left.
_LEFT = {"state": SessionState.EXPIRED, "isOpen": False, "shippingAddress": None}


class SessionStep(StrEnum):
    """The furthest step of checkout that a session reached."""

    CART = "CART"
    ADDRESS = "ADDRESS"
    SHIPPING = "SHIPPING"
    DONATION = "DONATION"
    PAYMENT = "PAYMENT"
    REVIEW = "REVIEW"


class OrderSession(TenantDocument):
    """The one open cart of a customer in a tenant; `version` grows with every change."""

    model_config = stored(
        "ordersessions",
        index("tenantId", "discordUserId", unique=True, only={"isOpen": True}),
        index("state", "expiresAt", only={"isOpen": True}),
        index("tenantId", "createdAt", "step", "state"),
        index("tenantId", "discordUserId", "-createdAt"),
    )

    tenant_id: str
    discord_user_id: str
    guild_id: str | None = None
    state: SessionState = SessionState.OPEN
    items: list[OrderItem] = Field(default_factory=list)
    shipping_address: dict[str, Any] | None = None
    payment_method: str | None = None
    submitted_order_id: str | None = Field(default=None, description="The order that came of it")
    expires_at: Utc
    is_open: bool = Field(
        default=True, description="Whether this is the current cart; its uniqueness hangs on it"
    )
    version: int = Field(default=0, description="Grows with every change")
    step: SessionStep = SessionStep.CART
    shipping_type_code: str | None = None
    shipping_cost_cents: int | None = Field(
        default=None, description="What that way to ship cost when the customer last saw it"
    )
    discount_code: str | None = Field(default=None, description="What the customer typed")
    discount_id: str | None = Field(default=None, description="The discount the customer last saw")
    discount_cents: int = Field(default=0, description="What it took off then")
    tax_cents: int | None = Field(
        default=0, description="The tax the customer last saw; None when it could not be computed"
    )
    donation_cents: int | None = Field(
        default=None, description="For the community fund, 0 for none; None: not asked or not answered"
    )
    donation_anonymous: bool = Field(default=False, description="Nobody is told who gives it")
    confirming_order_id: str | None = Field(default=None, description="The order id that Confirm is writing")
    confirming_since: Utc | None = Field(default=None, description="When Confirm began")

    @property
    def subtotal_cents(self) -> int:
        """The lines' sum in minor units."""
        return sum(item.line_cents for item in self.items)

    @property
    def ships(self) -> bool:
        """Whether any line needs an address."""
        return any(not item.is_digital for item in self.items)

    @classmethod
    async def current(cls, db: Db, tenant_id: str, discord_user_id: str) -> Self | None:
        """The customer's open cart, also while it is being confirmed."""
        return await cls.find_one(
            db, {"tenantId": tenant_id, "discordUserId": discord_user_id, "isOpen": True}
        )

    @classmethod
    async def edit(cls, db: Db, seen: Self, fields: dict[str, Any]) -> Self | None:
        """Write fields given by stored names if nobody changed the cart since it was read; else None.

        A cart may lose its last moment with a server: Confirm, which is no light write, then finds another
        version than the one that was seen. Steps of chance keep a lost version from coming up again.
        """
        where = {
            "_id": seen.id,
            "tenantId": seen.tenant_id,
            "state": SessionState.OPEN,
            "version": seen.version,
        }
        step = 1 + secrets.randbelow(_STEP)
        return await cls.change(db, where, {"$set": fields, "$inc": {"version": step}}, lightly=True)

    @classmethod
    async def begin_confirm(cls, db: Db, seen: Self, order_id: str, now: datetime) -> Self | None:
        """OPEN → CONFIRMING for this order id, if the cart is still the one that was seen; else None."""
        return await cls.change(
            db,
            {"_id": seen.id, "tenantId": seen.tenant_id, "state": SessionState.OPEN, "version": seen.version},
            {
                "$set": {
                    "state": SessionState.CONFIRMING,
                    "confirmingOrderId": order_id,
                    "confirmingSince": now,
                }
            },
        )

    @classmethod
    async def end_confirm(cls, db: Db, seen: Self, order_id: str, *, tx: Tx) -> bool:
        """CONFIRMING → SUBMITTED inside the transaction that writes the order; False if taken back."""
        mine = {"_id": seen.id, "tenantId": seen.tenant_id}
        where = {**mine, "state": SessionState.CONFIRMING, "confirmingOrderId": order_id}
        fields = {"state": SessionState.SUBMITTED, "isOpen": False, "submittedOrderId": order_id}
        done = await cls.rows(db).update_one(
            where, {"$set": fields, "$currentDate": {"updatedAt": True}}, session=tx
        )
        return done.modified_count == 1

    @classmethod
    async def stop_confirm(cls, db: Db, tenant_id: str, order_id: str) -> bool:
        """CONFIRMING → OPEN: from here on no transaction for this order id can commit; False if none was."""
        where = {
            "tenantId": tenant_id,
            "state": SessionState.CONFIRMING,
            "isOpen": True,
            "confirmingOrderId": order_id,
        }
        fields = {"state": SessionState.OPEN, "confirmingOrderId": None, "confirmingSince": None}
        update = {"$set": fields, "$inc": {"version": 1}, "$currentDate": {"updatedAt": True}}
        return bool((await cls.rows(db).update_one(where, update)).modified_count)

    @classmethod
    async def stuck(cls, db: Db, before: datetime) -> list[Left]:
        """Sessions, of every tenant, whose Confirm began before that moment and did not end."""
        where = {"state": SessionState.CONFIRMING, "isOpen": True, "confirmingSince": {"$lt": before}}
        found = cls.rows(db).find(where, {"tenantId": 1, "confirmingOrderId": 1, "items.productId": 1})
        return [
            Left(row["tenantId"], row["confirmingOrderId"], [each["productId"] for each in row["items"]])
            async for row in found
        ]

    @classmethod
    async def expire_one(cls, db: Db, tenant_id: str, discord_user_id: str, now: datetime) -> None:
        """OPEN → EXPIRED for one customer's session if it was left too long."""
        where = {"tenantId": tenant_id, "discordUserId": discord_user_id, "isOpen": True}
        await cls.change(
            db,
            {**where, "state": SessionState.OPEN, "expiresAt": {"$lte": now}},
            {"$set": _LEFT},
        )

    @classmethod
    async def expire_all(cls, db: Db, tenant_id: str, *, tx: Tx) -> None:
        """OPEN → EXPIRED for every customer of a shop that closes; an order being placed is left alone."""
        where = {"tenantId": tenant_id, "state": SessionState.OPEN, "isOpen": True}
        update = {"$set": _LEFT, "$currentDate": {"updatedAt": True}}
        await cls.rows(db).update_many(where, update, session=tx)

    @classmethod
    async def expire(cls, db: Db, now: datetime) -> int:
        """OPEN → EXPIRED for every tenant's sessions that were left too long; how many."""
        done = await cls.rows(db).update_many(
            {"state": SessionState.OPEN, "isOpen": True, "expiresAt": {"$lte": now}},
            {"$set": _LEFT, "$currentDate": {"updatedAt": True}},
        )
        return int(done.modified_count)
