"""Whether what has to be sent, what is in parcels and what the order says of it are the same."""

from collections import Counter
from collections.abc import AsyncIterator, Collection, Iterator

from models.order import Order
from models.outbox import OutboxEffect, OutboxStatus
from models.payment import Payment
from models.shipment import Parcel, ParcelState, Shipment
from services.books.contract import Check, Finding, wrong
from services.books.look import Look
from services.effects import EffectKind
from services.parcels import packed, standing


class Parcels(Check):
    """No piece is in two parcels, none is forgotten, and a label that was asked for comes."""

    name = "parcels"
    over = (Order,)
    finds = frozenset(
        {
            "shipment_missing",
            "shipment_extra",
            "parcel_pieces",
            "parcel_twice",
            "shipping_state",
            "label_unasked",
        }
    )

    async def look(self, look: Look) -> AsyncIterator[Finding]:
        """Compare each order with its shipment."""
        shipments = await look.beside(Shipment, "orderId")
        payments = await look.beside(Payment, "orderId")
        buying = [
            key
            for key, mine in shipments.items()
            if any(_bought(each) for one in mine for each in one.parcels)
        ]
        rows = await look.fields(OutboxEffect, "orderId", buying, "kind", "status", "payload.parcel")
        to_come = [
            r for r in rows if r["kind"] == EffectKind.LABEL_BUY and r["status"] == OutboxStatus.PENDING
        ]
        asked = {(r.get("payload") or {}).get("parcel") for r in to_come}
        for order in look.records(Order):
            mine, payment = shipments.get(order.key, []), next(iter(payments.get(order.key, [])), None)
            shipment = next((each for each in mine if each.key == order.shipment_id), None)
            for finding in _there(look, order, mine, shipment):
                yield finding
            if shipment is not None and payment is not None:
                for finding in (
                    *_packed(look, order, shipment),
                    *_said(look, order, payment, shipment),
                    *_unasked(look, order, shipment, asked),
                ):
                    yield finding


def _bought(parcel: Parcel) -> bool:
    return parcel.state is ParcelState.BUYING


def _there(look: Look, order: Order, mine: list[Shipment], shipment: Shipment | None) -> Iterator[Finding]:
    where = {"order": order.key, "shipment": order.shipment_id or ""}
    if order.needs_shipping and shipment is None:
        yield wrong(look, "shipment_missing", order, where=where)
    for each in mine:
        if each is not shipment or not order.needs_shipping:
            yield _at(look, "shipment_extra", order, each)


def _packed(look: Look, order: Order, shipment: Shipment) -> Iterator[Finding]:
    pieces = {item.product_id: item.quantity for item in order.items if not item.is_digital}
    named = {line.product_id for each in shipment.parcels if each.holding for line in each.lines}
    for product in sorted({*pieces, *named}):
        sent, due = packed(shipment.parcels, product), pieces.get(product, 0)
        if sent > due:
            where = {"order": order.key, "shipment": shipment.key, "product": product}
            yield wrong(look, "parcel_pieces", order, where=where, said=sent, due=due)
    keys = Counter(each.key for each in shipment.parcels)
    numbers = Counter(each.number for each in shipment.parcels)
    if max([*keys.values(), *numbers.values()], default=0) > 1:
        yield _at(look, "parcel_twice", order, shipment)


def _said(look: Look, order: Order, payment: Payment, shipment: Shipment) -> Iterator[Finding]:
    """Where the order and the shipment say that it is."""
    if order.paid_at is None:
        return
    stands = standing(order, payment, shipment)
    said = (order.shipping_status, order.awaits_parcel, order.more_to_send, shipment.status)
    due = (
        stands.status,
        stands.awaits,
        stands.more if shipment.paid_at else order.more_to_send,
        stands.shipment,
    )
    if said != due:
        yield _at(
            look, "shipping_state", order, shipment, said=order.shipping_status.value, due=stands.status.value
        )


def _unasked(
    look: Look, order: Order, shipment: Shipment, asked: Collection[str | None]
) -> Iterator[Finding]:
    """Labels that are being bought, and nobody is there to buy them."""
    for each in filter(_bought, shipment.parcels):
        if each.key not in asked:
            where = {"order": order.key, "shipment": shipment.key, "parcel": each.key}
            yield wrong(look, "label_unasked", order, where=where, number=each.number)


def _at(look: Look, code: str, order: Order, shipment: Shipment, **values: str) -> Finding:
    where = {"order": order.key, "shipment": shipment.key}
    return wrong(look, code, order, where=where, **values)


CHECK = Parcels()
