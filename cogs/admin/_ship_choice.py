"""What staff have chosen for an order's next parcel, as its buttons carry it."""

from collections.abc import Mapping

from cogs.admin import _choice
from models.order import Order
from services.ship_desk import ShipView


def packed(pieces: Mapping[str, int], order: Order) -> str:
    """Pieces by product id, as buttons carry them."""
    values = [pieces.get(item.product_id, 0) for item in order.items]
    return _choice.packed(values, _choice.bases_of(order))


def unpacked(text: str, view: ShipView) -> dict[str, int]:
    """The pieces that a button carries: all that are left where it says nothing, none for nonsense."""
    if not text:
        return dict(view.left)
    values = _choice.unpacked(text, _choice.bases_of(view.order)) or []
    return {item.product_id: many for item, many in zip(view.order.items, values, strict=False) if many}


def possible(pieces: Mapping[str, int], view: ShipView) -> dict[str, int]:
    """What of an older choice is still there to be packed."""
    wanted = {key: min(many, view.left.get(key, 0)) for key, many in pieces.items()}
    return {key: many for key, many in wanted.items() if many > 0}
