"""Brings an order in line with its parcels, in the transaction that changes either."""

from datetime import datetime
from typing import Any

from models.base import Db, Tx
from models.entitlement import Entitlement, EntitlementStatus
from models.order import ORDER_LIFE, Order, OrderEvent, OrderStatus
from models.payment import Payment
from models.shipment import Parcel, ParcelState, Shipment
from services.clock import Clock
from services.parcels import Standing, standing

_RANKS = [OrderStatus.PAID, OrderStatus.FULFILLING, OrderStatus.SHIPPED, OrderStatus.COMPLETE]
_REFUNDED = {OrderStatus.PARTIALLY_REFUNDED, OrderStatus.REFUNDED}
_OPEN = {EntitlementStatus.PENDING, EntitlementStatus.FAILED}


class Fulfilment:
    """Whoever changes parcels, or what of an order went back, calls it before the transaction ends."""

    def __init__(self, db: Db, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def follow(self, order: Order, payment: Payment, tx: Tx) -> Order:
        """Write down where the order stands now: its shipping, and its own state as far as parcels lead."""
        if order.shipment_id is None or order.paid_at is None:
            return order
        shipment = await Shipment.of_order(self._db, order.tenant_id, order.key, tx=tx)
        if shipment is None:
            return order
        now, stands = self._clock.now(), standing(order, payment, shipment)
        summed = {**_summed_up(shipment, stands, now), "paidAt": order.paid_at}
        await Shipment.record(self._db, shipment, summed, tx=tx)
        fields = {
            "shippingStatus": stands.status,
            "awaitsParcel": stands.awaits,
            "moreToSend": stands.more,
            "trackingNumber": _newest(shipment).tracking_number if _held(shipment) else None,
        }
        changed = await Order.patch(self._db, order, fields, tx=tx) or order
        return await self._advance(changed, stands.reached, now, tx)

    async def _advance(self, order: Order, reached: OrderStatus | None, now: datetime, tx: Tx) -> Order:
        to = await self._end(order, reached, tx)
        if to is None or _rank(to) <= _rank(_stage(order)):
            return order
        event = OrderEvent(at=now, what=to)
        if order.status in _REFUNDED:
            # It keeps saying that money went back; its history says how far it has come.
            return await Order.note(self._db, order, event, tx=tx) or order
        if not ORDER_LIFE.allows(order.status, to):
            return order
        return await Order.move(self._db, order, to, event, tx=tx) or order

    async def _end(self, order: Order, reached: OrderStatus | None, tx: Tx) -> OrderStatus | None:
        """COMPLETE instead of SHIPPED where nothing is owed any more."""
        if reached is not OrderStatus.SHIPPED or not order.arrived:
            return reached
        owed = await Entitlement.of_order(self._db, order.tenant_id, order.key, tx=tx)
        return reached if any(each.status in _OPEN for each in owed) else OrderStatus.COMPLETE


def _stage(order: Order) -> OrderStatus:
    """How far an order has come, whatever of it was refunded since."""
    if order.status not in _REFUNDED:
        return order.status
    come = (each.what for each in reversed(order.history) if each.what in set(_RANKS))
    return OrderStatus(next(come, OrderStatus.PAID))


def _rank(status: OrderStatus) -> int:
    return _RANKS.index(status) if status in _RANKS else 0


def _held(shipment: Shipment) -> list[Parcel]:
    return [each for each in shipment.parcels if each.holding]


def _newest(shipment: Shipment) -> Parcel:
    return max(_held(shipment), key=lambda each: each.number)


def _summed_up(shipment: Shipment, stands: Standing, now: datetime) -> dict[str, Any]:
    """The shipment's own fields: those of its newest parcel, and when all was sent and delivered."""
    held = _held(shipment)
    newest = _newest(shipment) if held else None
    sent = [each.sent_at for each in held if each.sent_at]
    delivered = bool(held) and all(each.state is ParcelState.DELIVERED for each in held) and not stands.awaits
    return {
        "status": stands.shipment,
        "carrier": newest.carrier if newest else None,
        "trackingNumber": newest.tracking_number if newest else None,
        "labelUrl": newest.label_url if newest else None,
        "shippedAt": min(sent) if sent else None,
        "deliveredAt": (shipment.delivered_at or now) if delivered else None,
    }
