"""What of an order has to be sent still, and where it stands with all its parcels: pure arithmetic."""

from collections.abc import Iterable
from dataclasses import dataclass

from models.order import Order, OrderStatus, ShippingStatus
from models.payment import Payment, RefundState
from models.shipment import Parcel, ParcelState, Shipment, ShipmentStatus
from services.settling.credit import pieces_of

P = ParcelState
_SENT = {P.SENT, P.DELIVERED, P.EXCEPTION}
_GONE = {OrderStatus.REFUNDED, OrderStatus.CANCELLED, OrderStatus.PENDING_PAYMENT}
_SHIPMENT = {
    ShippingStatus.PENDING: ShipmentStatus.PENDING,
    ShippingStatus.LABEL_CREATED: ShipmentStatus.LABEL_CREATED,
    ShippingStatus.SHIPPED: ShipmentStatus.IN_TRANSIT,
    ShippingStatus.DELIVERED: ShipmentStatus.DELIVERED,
    ShippingStatus.FAILED: ShipmentStatus.EXCEPTION,
}


@dataclass(frozen=True)
class Standing:
    """Where an order stands with its parcels.

    `reached` is how far it has come by them; None before the first is made. `awaits`: somebody has to act.
    `more`: some of it has not left yet.
    """

    status: ShippingStatus
    awaits: bool
    more: bool
    reached: OrderStatus | None

    @property
    def shipment(self) -> ShipmentStatus:
        """The same as a shipment says it."""
        return _SHIPMENT[self.status]


def to_send(order: Order, payment: Payment, shipment: Shipment) -> dict[str, int]:
    """Pieces by product id that are in no parcel yet; what went back, or is about to, is not sent.

    A refund is taken to be of what was not sent yet, as far as there is such: what came back by post is
    noted on its parcel.
    """
    return {key: many for key, many in _owed(order, payment, shipment).items() if many > 0}


def paid_back(order: Order, payment: Payment, shipment: Shipment) -> set[str]:
    """Product ids of which more is in parcels than is to be sent by now, because it was paid back since."""
    return {key for key, many in _owed(order, payment, shipment).items() if many < 0}


def _owed(order: Order, payment: Payment, shipment: Shipment) -> dict[str, int]:
    """Pieces by product id that are to be sent, less those in parcels."""
    back = [each for each in payment.refunds if each.state is not RefundState.FAILED]
    # Of all its money nothing is left, also where that names no lines.
    nothing = order.status in _GONE or (bool(back) and payment.refundable_cents == 0)
    return {
        item.product_id: (0 if nothing else item.quantity - pieces_of(back, item.product_id))
        - packed(shipment.parcels, item.product_id)
        for item in order.items
        if not item.is_digital
    }


def packed(parcels: Iterable[Parcel], product_id: str) -> int:
    """How many pieces of a line are in parcels that were sent or are about to be."""
    lines = (line for each in parcels if each.holding for line in each.lines)
    return sum(line.quantity for line in lines if line.product_id == product_id)


def standing(order: Order, payment: Payment, shipment: Shipment) -> Standing:
    """Where all of it stands; the least advanced parcel decides."""
    states = {each.state for each in shipment.parcels if each.holding}
    left = bool(to_send(order, payment, shipment))
    status = _status(states, left=left)
    awaits = left or bool(states - {P.SENT, P.DELIVERED})
    return Standing(status, awaits, left or bool(states - _SENT), _reached(states, left=left))


def _status(states: set[ParcelState], *, left: bool) -> ShippingStatus:
    if P.EXCEPTION in states:
        return ShippingStatus.FAILED
    if left or states & {P.BUYING, P.UNKNOWN} or not states:
        return ShippingStatus.PENDING
    if P.LABELLED in states:
        return ShippingStatus.LABEL_CREATED
    return ShippingStatus.SHIPPED if P.SENT in states else ShippingStatus.DELIVERED


def _reached(states: set[ParcelState], *, left: bool) -> OrderStatus | None:
    if not states:
        return None
    return OrderStatus.SHIPPED if states <= _SENT and not left else OrderStatus.FULFILLING
