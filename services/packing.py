"""An order on the packing table: its parcels change in one transaction that reads and writes all it needs.

Order, payment and shipment are read and written in it, so that of two people who pack the same piece, or of
one who packs and one who refunds it, the second is refused.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bson import ObjectId

from models.base import Db, Tx
from models.errors import BadInput, ChangedMeanwhile, NotFound, Refused
from models.member import Member
from models.order import Order, OrderEvent, OrderStatus
from models.outbox import OutboxEffect
from models.payment import Payment
from models.required import required
from models.shipment import PARCEL_LIFE, Parcel, ParcelLine, ParcelState, Shipment
from services.audit import Audit
from services.clock import Clock
from services.delivery import Delivery
from services.effects import EffectKind, Notice, effect, notice
from services.fulfilment import Fulfilment
from services.outbox import Outbox
from services.parcels import paid_back, to_send
from services.partner import PartnerKind
from services.shops import Shop

MAX_PARCELS = 50
# What was never paid for, or was paid back, is not sent.
_SHIPS = {
    OrderStatus.PAID,
    OrderStatus.FULFILLING,
    OrderStatus.SHIPPED,
    OrderStatus.COMPLETE,
    OrderStatus.PARTIALLY_REFUNDED,
}
# What staff do with a parcel, by what the order's history calls it, as the audit log names it.
_ACTS = {
    "sent": "ship.sent",
    "delivered": "ship.delivered",
    "back": "ship.back",
    "corrected": "ship.corrected",
    "buying": "ship.buying",
    "dropped": "ship.dropped",
    "voided": "ship.voided",
    "unknown": "ship.unknown",
}


@dataclass
class Packing:
    """An order as it lies before whoever packs, inside a transaction."""

    shop: Shop
    order: Order
    payment: Payment
    shipment: Shipment
    tx: Tx
    actor: Member | None = None  # None: a carrier said it

    @property
    def actor_id(self) -> str | None:
        """The Discord id of whoever does it."""
        return self.actor.discord_id if self.actor else None

    def parcel(self, key: str) -> Parcel:
        """One of its parcels; raises NotFound."""
        return required(self.shipment.parcel(key), "parcel")

    def paid_back(self, parcel: Parcel) -> bool:
        """Whether something in a parcel is not to be sent any more."""
        gone = paid_back(self.order, self.payment, self.shipment)
        return any(line.product_id in gone for line in parcel.lines)

    def lines(self, pieces: Mapping[str, int]) -> list[ParcelLine]:
        """The lines of a parcel with these pieces.

        Raises BadInput for none, ChangedMeanwhile for more than is left, Refused for an unpaid order.
        """
        chosen = {key: many for key, many in pieces.items() if many}
        if not chosen:
            raise BadInput("lines", "required")
        if self.order.status not in _SHIPS:
            raise Refused("order", self.order.status)
        left = to_send(self.order, self.payment, self.shipment)
        if any(not 0 < many <= left.get(key, 0) for key, many in chosen.items()):
            raise ChangedMeanwhile
        return [ParcelLine(product_id=key, quantity=many) for key, many in chosen.items()]


class Packer:
    """Brings an order onto the table, and in line with its parcels afterwards."""

    def __init__(
        self,
        db: Db,
        clock: Clock,
        *,
        audit: Audit,
        outbox: Outbox,
        fulfilment: Fulfilment,
        delivery: Delivery,
    ) -> None:
        self._db = db
        self._clock = clock
        self._audit = audit
        self._outbox = outbox
        self._fulfilment = fulfilment
        self._delivery = delivery

    async def act[T](
        self,
        shop: Shop,
        order_id: str,
        work: Callable[[Packing], Awaitable[T]],
        *,
        actor: Member | None = None,
    ) -> T:
        """Do something with the parcels of an order, and bring the order in line; raises NotFound."""

        async def whole(tx: Tx) -> T:
            order = await Order.get(self._db, shop.id, order_id, tx=tx)
            payment = await Payment.of_order(self._db, shop.id, order_id, tx=tx)
            shipment = await Shipment.of_order(self._db, shop.id, order_id, tx=tx)
            if order is None or payment is None or shipment is None:
                raise NotFound("order")
            # Written to, so that a refund of the same pieces cannot be asked for at the same moment.
            payment = await Payment.record(self._db, payment, {}, tx=tx)
            at = Packing(shop, order, payment, shipment, tx, actor)
            done = await work(at)
            await self._fulfilment.follow(at.order, payment, tx)
            return done

        done = await self._outbox.commit(whole)
        # What was handed over while this went on may have been the last of it.
        await self._delivery.complete(shop.id, order_id)
        return done

    async def left_alone(self, shipment: Shipment, *, tx: Tx | None = None) -> frozenset[str]:
        """Keys of parcels whose label is being bought, and nobody is there any more to buy it."""
        buying = frozenset(each.key for each in shipment.parcels if each.state is ParcelState.BUYING)
        if not buying:
            return buying
        owed = await OutboxEffect.to_come(
            self._db, shipment.tenant_id, shipment.order_id, EffectKind.LABEL_BUY, tx=tx
        )
        return buying - {str(each.payload.get("parcel")) for each in owed}

    async def keep(
        self,
        at: Packing,
        parcel: Parcel,
        what: str,
        *,
        note: str | None = None,
        after: dict[str, Any] | None = None,
    ) -> None:
        """Write a parcel down; `what` happened goes into the order's history and, of staff, the audit."""
        at.shipment.parcels = at.shipment.with_parcel(parcel)
        await self.put(at)
        if at.actor is not None:
            said = {"parcel": parcel.number, "state": parcel.state, "note": note, **(after or {})}
            await self._audit.record(at.shop.id, at.actor, _ACTS[what], at.order, after=said, tx=at.tx)
        await self.note(at, f"parcel_{what}", note or _name(parcel))

    async def put(self, at: Packing) -> None:
        """Write down the parcels as they lie on the table."""
        docs = [each.model_dump_doc() for each in at.shipment.parcels]
        at.shipment = await Shipment.record(self._db, at.shipment, {"parcels": docs}, tx=at.tx)

    async def note(self, at: Packing, what: str, note: str | None = None) -> None:
        """Add to the order's history."""
        event = OrderEvent(at=self._clock.now(), what=what, actor_id=at.actor_id, note=note)
        at.order = await Order.note(self._db, at.order, event, tx=at.tx) or at.order

    async def tell(self, at: Packing, parcel: Parcel) -> None:
        """Owe what a parcel calls for that is on its way: its customer is told, and somebody follows it."""
        now, order = self._clock.now(), at.order
        turn = len(order.history)
        told = notice(Notice.ORDER_SHIPPED, at.shop.id, order.key, now, turn=turn, parcel=parcel.key)
        owed = [told]
        if (
            parcel.tracking_number
            and not parcel.track_ref
            and PartnerKind.SHIPPING in at.shop.config.partners
        ):
            payload = {"orderId": order.key, "parcel": parcel.key, "number": parcel.tracking_number}
            # A number that was wrong for a while may be the right one again.
            subject = f"{parcel.key}:{parcel.tracking_number}:{turn}"
            owed.append(
                effect(
                    EffectKind.PARCEL_FOLLOW, at.shop.id, subject, now, payload=payload, order_id=order.key
                )
            )
        await self._outbox.owe(await OutboxEffect.not_owed(self._db, owed, tx=at.tx), at.tx)


def new_parcel(at: Packing, state: ParcelState, lines: list[ParcelLine], now: datetime) -> Parcel:
    """The next parcel of an order; raises BadInput when it has too many."""
    if len(at.shipment.parcels) >= MAX_PARCELS:
        raise BadInput("parcels", "too_many", MAX_PARCELS)
    return Parcel(
        key=str(ObjectId()),
        number=max((each.number for each in at.shipment.parcels), default=0) + 1,
        state=state,
        lines=lines,
        made_at=now,
        actor_id=at.actor_id,
    )


def moved(parcel: Parcel, to: ParcelState, now: datetime) -> Parcel:
    """The parcel a step further; raises Refused when its life does not allow that."""
    if not PARCEL_LIFE.allows(parcel.state, to):
        raise Refused("parcel", parcel.state)
    fields: dict[str, Any] = {"state": to, "error": None}
    if to in {ParcelState.SENT, ParcelState.DELIVERED}:
        fields["sent_at"] = parcel.sent_at or now
    if to is ParcelState.DELIVERED:
        fields["delivered_at"] = now
    return parcel.model_copy(update=fields)


def _name(parcel: Parcel) -> str | None:
    said = " ".join(each for each in (parcel.carrier, parcel.tracking_number) if each)
    return said or None
