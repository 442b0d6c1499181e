"""Parcels in a person's words: what became of them, what is in them, and where they can be followed."""

from collections.abc import Iterable

from cogs._ui.amounts import name_of
from cogs._ui.card import Field
from cogs._ui.carriers import carried_by
from cogs._ui.text import width
from cogs._ui.words import Words, later
from models.order import Order
from models.shipment import Parcel, ParcelState
from services.shipping.contract import Movement

STATES = {
    ParcelState.QUOTED: later("prices asked for"),
    ParcelState.BUYING: later("its label is being bought"),
    ParcelState.UNKNOWN: later("nobody knows whether its label was bought"),
    ParcelState.LABELLED: later("has a label, waits for its carrier"),
    ParcelState.SENT: later("on its way"),
    ParcelState.DELIVERED: later("arrived"),
    ParcelState.EXCEPTION: later("its carrier cannot deliver it"),
    ParcelState.DROPPED: later("was not sent"),
    ParcelState.BACK: later("came back or was lost"),
}
# What a customer need not know in more detail.
_FOR_CUSTOMERS = {
    **STATES,
    ParcelState.EXCEPTION: later("held up on its way, the staff look after it"),
}
MOVEMENTS: dict[str, str] = {
    Movement.UNKNOWN: later("not seen by its carrier yet"),
    Movement.PRE_TRANSIT: later("announced, not seen by its carrier yet"),
    Movement.IN_TRANSIT: later("on its way"),
    Movement.OUT_FOR_DELIVERY: later("being delivered today"),
    Movement.READY_FOR_PICKUP: later("waiting to be picked up"),
    Movement.DELIVERED: later("arrived"),
    Movement.RETURNING: later("on its way back to you"),
    Movement.FAILED: later("could not be delivered"),
    Movement.CANCELLED: later("cancelled by its carrier"),
}
# Where a parcel is that its receiver has to be there for, or has to fetch.
_NEAR = frozenset({Movement.OUT_FOR_DELIVERY, Movement.READY_FOR_PICKUP})
_FIELD_LENGTH = 1000


def contents(parcel: Parcel, order: Order) -> list[str]:
    """What lies in a parcel, a line each."""
    names = {item.product_id: item.name for item in order.items}
    return [f"{line.quantity} x {name_of(names.get(line.product_id, '?'))}" for line in parcel.lines]


def parcel_fields(parcels: Iterable[Parcel], order: Order, w: Words) -> list[Field]:
    """A customer's parcels that are on their way or there, the newest first, with what is in which."""
    sent = sorted(parcels, key=lambda each: -each.number)
    if not sent:
        return []
    if len(sent) == 1 and not order.more_to_send:
        return [Field(w("Your parcel"), _where(sent[0], w))]
    said = [f"**{w('Parcel {n}', n=each.number)}** · {_sent(each, order, w)}" for each in sent]
    if order.more_to_send:
        said.insert(0, w("The rest follows."))
    return [Field(w("Your parcels"), shortened(said, w))]


def _sent(parcel: Parcel, order: Order, w: Words) -> str:
    return f"{_where(parcel, w)}\n{shortened(contents(parcel, order), w, _FIELD_LENGTH // 2)}"


def _where(parcel: Parcel, w: Words) -> str:
    near = parcel.state is ParcelState.SENT and parcel.movement in _NEAR
    where = MOVEMENTS[parcel.movement or ""] if near else _FOR_CUSTOMERS[parcel.state]
    return " · ".join(filter(None, (w(where), carried_by(parcel))))


def shortened(lines: list[str], w: Words, most: int = _FIELD_LENGTH) -> str:
    """As many whole lines as a field holds, and how many more there are."""
    shown: list[str] = []
    for line in lines:
        if sum(width(each) + 1 for each in (*shown, line)) > most:
            left = len(lines) - len(shown)
            return "\n".join([*shown, w.count(left, "and {n} more", "and {n} more")])
        shown.append(line)
    return "\n".join(shown)
