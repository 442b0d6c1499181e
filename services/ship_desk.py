"""Staff's work with parcels: what has to be sent, what goes into one, and what became of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from models import undelivered
from models.base import Db, visible
from models.errors import BadInput, ChangedMeanwhile, NotFound, RecordChanged, Refused
from models.member import Member
from models.order import Order, OrderItem
from models.payment import Payment, RefundState
from models.required import required
from models.shipment import Parcel, ParcelState, Shipment
from services.audit import Audit
from services.clock import Clock
from services.customers import read_address
from services.packing import Packer, Packing, moved, new_parcel
from services.paging import bounded
from services.parcels import packed, paid_back, to_send
from services.settling.credit import pieces_of
from services.shops import Shop

PAGE_SIZE = 10
_CARRIER_LENGTH, _NUMBER_LENGTH, _NOTE_LENGTH = 60, 100, 500
_LAST_PAGE = 199
# What a partner knew of another parcel.
_UNFOLLOWED = {
    **dict.fromkeys(("partner", "track_ref", "tracking_url", "movement", "moved_at")),
    "state": ParcelState.SENT,
    "delivered_at": None,
    "error": None,
}


@dataclass(frozen=True)
class ShipLine:
    """A line that has to be sent: how many pieces are in parcels, went back, and are to be packed still."""

    item: OrderItem
    packed: int
    back: int
    left: int


@dataclass(frozen=True)
class ShipView:
    """An order with its parcels, oldest first; `left` is what is in none of them, pieces by product id."""

    order: Order
    payment: Payment
    shipment: Shipment
    left: dict[str, int]
    alone: frozenset[str]  # keys of parcels whose label was begun, and nobody is there to buy it

    @property
    def lines(self) -> list[ShipLine]:
        """What there is to send, in the order's own order."""
        back = [each for each in self.payment.refunds if each.state is not RefundState.FAILED]
        return [
            ShipLine(
                item,
                packed(self.shipment.parcels, item.product_id),
                pieces_of(back, item.product_id),
                self.left.get(item.product_id, 0),
            )
            for item in self.order.items
            if not item.is_digital
        ]

    def state(self, parcel: Parcel) -> ParcelState:
        """Where a parcel is as staff have to deal with it: a label that nobody buys is in doubt."""
        return ParcelState.UNKNOWN if parcel.key in self.alone else parcel.state

    def unwanted(self, parcel: Parcel) -> bool:
        """Whether a parcel that has not left yet holds what was paid back since."""
        gone = paid_back(self.order, self.payment, self.shipment)
        waits = parcel.state in {ParcelState.BUYING, ParcelState.UNKNOWN, ParcelState.LABELLED}
        return waits and any(line.product_id in gone for line in parcel.lines)

    @property
    def movable(self) -> bool:
        """Whether its address can be put right still: nothing of it is packed."""
        return not any(each.holding for each in self.shipment.parcels)

    @property
    def made(self) -> int:
        """How many parcels were made; it only ever grows."""
        return made(self.shipment)


@dataclass(frozen=True)
class ShipPage:
    """One page of orders of which something has to be sent, the oldest first; `page` counts from 0."""

    orders: list[Order]
    page: int
    pages: int
    total: int


class ShipDesk:
    """Packs, sends and follows up.

    All acts raise NotFound for an unknown order or parcel, Refused where a state does not allow them, and
    BadInput.
    """

    def __init__(self, db: Db, clock: Clock, *, audit: Audit, packer: Packer) -> None:
        self._db = db
        self._clock = clock
        self._audit = audit
        self._packer = packer

    async def waiting(self, shop: Shop, page: int = 0) -> ShipPage:
        """Paid orders of which something has to be sent, or came back."""
        where = undelivered.parcels(shop.id, self._clock.now())
        total = await undelivered.how_many(self._db, Order, where)
        page, pages = bounded(page, total, PAGE_SIZE)
        page = min(page, _LAST_PAGE)
        orders = await Order.find_all(self._db, where, sort="paidAt", skip=page * PAGE_SIZE, limit=PAGE_SIZE)
        return ShipPage(orders, page, pages, total)

    async def view(self, shop: Shop, order_id: str) -> ShipView:
        """An order, by id or number; raises NotFound, also for one of which nothing has to be sent."""
        order = await Order.get(self._db, shop.id, order_id)
        order = required(order or await Order.of_number(self._db, shop.id, order_id.strip().upper()), "order")
        payment = await Payment.of_order(self._db, shop.id, order.key)
        shipment = await Shipment.of_order(self._db, shop.id, order.key)
        if payment is None or shipment is None:
            raise NotFound("shipment")
        alone = await self._packer.left_alone(shipment)
        return ShipView(order, payment, shipment, to_send(order, payment, shipment), alone)

    async def send(
        self,
        shop: Shop,
        actor: Member,
        order_id: str,
        pieces: Mapping[str, int],
        *,
        carrier: str = "",
        tracking_number: str = "",
        seen: int | None = None,
    ) -> Parcel:
        """Note that these pieces, by product id, are on their way; the customer is told.

        A letter has no number. Raises ChangedMeanwhile when some of it was packed or paid back since, also
        when more parcels were made than the `seen` ones: two people may mean the same piece of several.
        """
        told = read_tracking(carrier, tracking_number)

        async def work(at: Packing) -> Parcel:
            if seen is not None and seen != made(at.shipment):
                raise ChangedMeanwhile
            now = self._clock.now()
            parcel = new_parcel(at, ParcelState.SENT, at.lines(pieces), now)
            parcel = parcel.model_copy(update={**told, "sent_at": now})
            await self._packer.keep(at, parcel, "sent", after=_summary(parcel))
            await self._packer.tell(at, parcel)
            return parcel

        return await self._packer.act(shop, order_id, work, actor=actor)

    async def hand_over(self, shop: Shop, actor: Member, order_id: str, key: str) -> Parcel:
        """Note that a parcel with a label is with its carrier; the customer is told."""
        return await self._step(shop, actor, order_id, key, ParcelState.SENT)

    async def delivered(self, shop: Shop, actor: Member, order_id: str, key: str) -> Parcel:
        """Take somebody's word that a parcel has arrived."""
        return await self._step(shop, actor, order_id, key, ParcelState.DELIVERED)

    async def came_back(self, shop: Shop, actor: Member, order_id: str, key: str, note: str) -> Parcel:
        """Note that a parcel came back or was lost: its pieces can be sent again, or paid back."""
        return await self._step(shop, actor, order_id, key, ParcelState.BACK, read_note(note))

    async def _step(
        self, shop: Shop, actor: Member, order_id: str, key: str, to: ParcelState, note: str | None = None
    ) -> Parcel:
        async def work(at: Packing) -> Parcel:
            seen = at.parcel(key)
            if to is ParcelState.SENT and seen.state is not ParcelState.LABELLED:
                # Handed over already: what its carrier said since stands.
                raise Refused("parcel", seen.state)
            parcel = moved(seen, to, self._clock.now())
            await self._packer.keep(at, parcel, to, note=note)
            if seen.sent_at is None and to is ParcelState.SENT:
                await self._packer.tell(at, parcel)
            return parcel

        return await self._packer.act(shop, order_id, work, actor=actor)

    async def correct(
        self,
        shop: Shop,
        actor: Member,
        order_id: str,
        key: str,
        *,
        carrier: str,
        tracking_number: str,
        seen: Parcel | None = None,
    ) -> Parcel:
        """Put another carrier and number in place of wrong ones; the customer is told.

        With the parcel as it was `seen`, raises RecordChanged when somebody corrected it since.
        It is on its way then: what was said of the wrong number was said of another parcel.
        """
        fresh = read_tracking(carrier, tracking_number)

        async def work(at: Packing) -> Parcel:
            old = at.parcel(key)
            if not correctable(old):
                raise Refused("parcel", old.state)
            if seen is not None and _tracking(seen) != _tracking(old):
                raise RecordChanged
            parcel = old.model_copy(update={**_UNFOLLOWED, **fresh})
            await self._packer.keep(at, parcel, "corrected", after=_summary(parcel))
            await self._packer.tell(at, parcel)
            return parcel

        return await self._packer.act(shop, order_id, work, actor=actor)

    async def readdress(
        self,
        shop: Shop,
        actor: Member,
        order_id: str,
        fields: Mapping[str, str],
        *,
        seen: Order | None = None,
    ) -> Order:
        """Put right where an order goes, as long as no parcel has a label or is on its way.

        With the order as it was `seen`, raises RecordChanged when it goes elsewhere by now.
        """
        address = read_address(shop, fields)

        async def work(at: Packing) -> Order:
            if seen is not None and seen.shipping_address != at.order.shipping_address:
                raise RecordChanged
            packed = next((each for each in at.shipment.parcels if each.holding), None)
            if packed is not None:
                raise Refused("parcel", packed.state)
            await self._audit.record(shop.id, actor, "ship.readdressed", at.order, tx=at.tx)
            # A label at a price that was asked for before would go to the old address.
            at.shipment.parcels = [
                each for each in at.shipment.parcels if each.state is not ParcelState.QUOTED
            ]
            await self._packer.put(at)
            fields = {"shippingAddress": address.model_dump_doc()}
            at.order = await Order.patch(self._db, at.order, fields, tx=at.tx) or at.order
            await self._packer.note(at, "readdressed")
            return at.order

        return await self._packer.act(shop, order_id, work, actor=actor)


def made(shipment: Shipment) -> int:
    """How many parcels were made of it, whatever became of them; a question of price is none."""
    return sum(each.state is not ParcelState.QUOTED for each in shipment.parcels)


def _tracking(parcel: Parcel) -> tuple[str | None, str | None]:
    return parcel.carrier, parcel.tracking_number


def correctable(parcel: Parcel) -> bool:
    """Whether its number may be wrong: that of a bought label, or of one that staff saw arrive, is not."""
    told = parcel.state is ParcelState.DELIVERED and parcel.movement is not None
    sent = parcel.state in {ParcelState.SENT, ParcelState.EXCEPTION}
    return not parcel.label_url and (sent or told)


def read_tracking(carrier: str, tracking_number: str) -> dict[str, str | None]:
    """Carrier and number as they are stored, empty for none; raises BadInput."""
    carrier, number = " ".join(carrier.split()), "".join(tracking_number.split())
    if len(carrier) > _CARRIER_LENGTH:
        raise BadInput("carrier", "length", _CARRIER_LENGTH)
    if len(number) > _NUMBER_LENGTH:
        raise BadInput("tracking_number", "length", _NUMBER_LENGTH)
    if number and not (number.isascii() and number.replace("-", "").isalnum()):
        raise BadInput("tracking_number", "example", "9400111899223344556677")
    return {"carrier": carrier if visible(carrier) else None, "tracking_number": number or None}


def read_note(text: str) -> str:
    """Why, in staff's words; raises BadInput."""
    cleaned = text.strip()
    if not visible(cleaned):
        raise BadInput("note", "required")
    if len(cleaned) > _NOTE_LENGTH:
        raise BadInput("note", "length", _NOTE_LENGTH)
    return cleaned


def _summary(parcel: Parcel) -> dict[str, Any]:
    lines = [f"{each.quantity} x {each.product_id}" for each in parcel.lines]
    return {"lines": lines, "carrier": parcel.carrier, "trackingNumber": parcel.tracking_number}
