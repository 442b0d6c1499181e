"""What staff have chosen to refund: pieces, shipping, and whether they go back on the shelf."""

from dataclasses import dataclass, replace

from cogs.admin import _choice
from models.order import Order
from services.settling.credit import Picked


@dataclass(frozen=True)
class Choice:
    """Pieces and shipping that go back, and whether what is counted goes back on the shelf."""

    picked: Picked
    restock: bool = True

    def of_line(self, product_id: str, pieces: int) -> "Choice":
        """The choice with so many pieces of a line."""
        chosen = {**self.picked.pieces, product_id: pieces}
        return replace(self, picked=replace(self.picked, pieces=chosen))


def packed(choice: Choice, order: Order) -> str:
    """The choice as buttons carry it."""
    pieces = (choice.picked.pieces.get(item.product_id, 0) for item in order.items)
    gift = choice.picked.gift and order.donation_cents > 0
    # Turned round, so that the shortest text is the usual choice.
    flags = [int(not choice.restock), int(choice.picked.shipping), int(gift)]
    return _choice.packed([*flags, *pieces], _bases(order))


def unpacked(text: str, order: Order) -> Choice:
    """The choice that a button carries; nothing chosen for what is no choice among these lines."""
    values = _choice.unpacked(text, _bases(order))
    if values is None:
        return Choice(Picked())
    kept, shipping, gift, *pieces = values
    lines = zip(order.items, pieces, strict=True)
    chosen = {item.product_id: many for item, many in lines if many}
    return Choice(Picked(chosen, shipping=bool(shipping), gift=bool(gift)), restock=not kept)


def _bases(order: Order) -> list[int]:
    # What gives nothing has one digit less to carry.
    return [2, 2, 2 if order.donation_cents else 1, *_choice.bases_of(order)]
