"""What has to be sent for an order, parcel by parcel, and the life of a parcel."""

from enum import StrEnum
from typing import Any, Self

from models.base import Db, Field, Part, TenantDocument, Tx, Utc, dated, given, index, stored
from models.states import Life


class ShipmentStatus(StrEnum):
    """Where all that has to be sent is, taken together."""

    PENDING = "pending"
    LABEL_CREATED = "label_created"
    IN_TRANSIT = "in_transit"
    DELIVERED = "delivered"
    EXCEPTION = "exception"


class ParcelState(StrEnum):
    """Where one parcel is.

    A QUOTED one is a question of price. BUYING: a label is being paid for; UNKNOWN: nobody knows whether it
    was. LABELLED ones wait for their carrier. EXCEPTION: the carrier cannot deliver it. DROPPED ones were
    never sent, BACK ones came back or were lost.
    """

    QUOTED = "quoted"
    BUYING = "buying"
    UNKNOWN = "unknown"
    LABELLED = "labelled"
    SENT = "sent"
    DELIVERED = "delivered"
    EXCEPTION = "exception"
    DROPPED = "dropped"
    BACK = "back"


P = ParcelState
PARCEL_LIFE = Life(
    {
        P.QUOTED: frozenset({P.BUYING, P.DROPPED}),
        P.BUYING: frozenset({P.LABELLED, P.UNKNOWN, P.DROPPED}),
        P.UNKNOWN: frozenset({P.LABELLED, P.DROPPED}),
        P.LABELLED: frozenset({P.SENT, P.DELIVERED, P.EXCEPTION, P.DROPPED}),
        P.SENT: frozenset({P.DELIVERED, P.EXCEPTION, P.BACK}),
        # Carriers correct themselves, and what was delivered can come back.
        P.DELIVERED: frozenset({P.EXCEPTION, P.BACK}),
        # A label that is void is in trouble, too, as its carrier sees it.
        P.EXCEPTION: frozenset({P.SENT, P.DELIVERED, P.BACK, P.DROPPED}),
        P.DROPPED: frozenset(),
        P.BACK: frozenset(),
    }
)
# Pieces in these are in no other parcel.
HOLDING = frozenset({P.BUYING, P.UNKNOWN, P.LABELLED, P.SENT, P.DELIVERED, P.EXCEPTION})


class ParcelLine(Part):
    """So many pieces of a line of the order."""

    product_id: str
    quantity: int = Field(ge=1)


class LabelRate(Part):
    """What one carrier asks for a label, in minor units of its currency."""

    ref: str
    carrier: str
    service: str
    cents: int
    currency: str
    days: int | None = None


class Parcel(Part):
    """One parcel, or the question what its label would cost; `number` counts an order's from 1."""

    key: str
    number: int
    state: ParcelState
    lines: list[ParcelLine]
    made_at: Utc
    actor_id: str | None = Field(default=None, description="Discord id of whoever packed it")
    carrier: str | None = None
    service: str | None = None
    tracking_number: str | None = None
    tracking_url: str | None = None
    label_url: str | None = None
    partner: str | None = Field(default=None, description="Who sells its label or follows it")
    quote_ref: str | None = Field(default=None, description="The partner's id of the question and its label")
    rates: list[LabelRate] = Field(default_factory=list, description="The answers, until one is taken")
    cost_cents: int | None = Field(default=None, description="What the label costs the shop")
    cost_currency: str | None = None
    asked: bool = Field(default=False, description="The label was asked for, and never is again")
    track_ref: str | None = Field(default=None, description="The partner's id under which it is followed")
    movement: str | None = Field(default=None, description="Where the partner last said it is, in a word")
    moved_at: Utc | None = Field(default=None, description="When, by the partner's clock")
    sent_at: Utc | None = None
    delivered_at: Utc | None = None
    error: str | None = Field(default=None, description="What went wrong, in a word")

    @property
    def holding(self) -> bool:
        """Whether its pieces cannot be sent in another one."""
        return self.state in HOLDING


class Shipment(TenantDocument):
    """What has to be sent for an order; cost in minor units, copied from the shipping type."""

    model_config = stored(
        "shipments",
        index("tenantId", "orderId", unique=True),
        index("tenantId", "status", "createdAt"),
        index("tenantId", "parcels.trackRef", only=given("parcels.trackRef")),
        index("tenantId", "parcels.trackingNumber", only=given("parcels.trackingNumber")),
        index("tenantId", "shippedAt", "paidAt", only=dated("shippedAt")),
        index("tenantId", "deliveredAt", "shippedAt", only=dated("deliveredAt")),
    )

    tenant_id: str
    order_id: str
    status: ShipmentStatus = ShipmentStatus.PENDING
    carrier: str | None = Field(default=None, description="Of the newest parcel, as the next two")
    tracking_number: str | None = None
    label_url: str | None = None
    shipping_type_code: str
    shipping_cost_cents: int = Field(ge=0)
    paid_at: Utc | None = Field(default=None, description="When its order was paid; known once it is packed")
    shipped_at: Utc | None = None
    delivered_at: Utc | None = None
    metadata: dict[str, Any] = Field(default_factory=dict)
    parcels: list[Parcel] = Field(default_factory=list)

    def parcel(self, key: str) -> Parcel | None:
        """One of its parcels by its key."""
        return next((each for each in self.parcels if each.key == key), None)

    def with_parcel(self, parcel: Parcel) -> list[Parcel]:
        """All parcels, this one new or in place of the one of its key."""
        if self.parcel(parcel.key) is None:
            return [*self.parcels, parcel]
        return [parcel if each.key == parcel.key else each for each in self.parcels]

    @classmethod
    async def of_order(cls, db: Db, tenant_id: str, order_id: str, *, tx: Tx | None = None) -> Self | None:
        """What has to be sent for an order; None when nothing has."""
        return await cls.find_one(db, {"tenantId": tenant_id, "orderId": order_id}, tx=tx)

    @classmethod
    async def of_orders(cls, db: Db, tenant_id: str, order_ids: list[str]) -> list[Self]:
        """What has to be sent for some orders, in no order."""
        return await cls.find_all(db, {"tenantId": tenant_id, "orderId": {"$in": order_ids}})

    @classmethod
    async def sent(cls, db: Db, tenant_id: str, order_id: str) -> list[Parcel]:
        """The parcels of an order that are on their way or there."""
        found = await cls.of_order(db, tenant_id, order_id)
        return [each for each in found.parcels if each.sent_at and each.holding] if found else []

    @classmethod
    async def followed(cls, db: Db, tenant_id: str, track_ref: str, tracking_number: str) -> list[Self]:
        """Shipments with a parcel that a partner follows under this id, or that has this number.

        Several, where orders travel in one box.
        """
        known = await cls.find_all(db, {"tenantId": tenant_id, "parcels.trackRef": track_ref})
        if not tracking_number:
            return known
        others = {"_id": {"$nin": [each.id for each in known]}}
        same = {"tenantId": tenant_id, "parcels.trackingNumber": tracking_number, **others}
        return [*known, *await cls.find_all(db, same)]

    @classmethod
    async def record(cls, db: Db, shipment: Self, fields: dict[str, Any], *, tx: Tx) -> Self:
        """Set fields, by stored names, in the transaction that read it."""
        where = {"_id": shipment.id, "tenantId": shipment.tenant_id}
        return await cls.change(db, where, {"$set": fields}, tx=tx) or shipment
