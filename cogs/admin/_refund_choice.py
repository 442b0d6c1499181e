"""What staff have chosen to refund, as it travels in the buttons: one number for all of it."""

from dataclasses import dataclass, replace

from models.order import Order
from services.settling.credit import Picked

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_MOST = 30
# Stands between a choice and the number that goes with it.
_AND = "X"
# The largest order costs this many digits of minor units.
_LONGEST = 12


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
    """The choice in letters and digits: a full cart takes 27 of them."""
    number = 0
    for value, base in zip(_values(choice, order), _bases(order), strict=True):
        number = number * base + value
    text = ""
    while number:
        number, digit = divmod(number, len(_DIGITS))
        text = _DIGITS[digit] + text
    return text or "0"


def unpacked(text: str, order: Order) -> Choice:
    """The choice that a button carries; nothing chosen for what is no choice among these lines."""
    known = 0 < len(text) <= _MOST and set(text) <= set(_DIGITS)
    number = int(text, len(_DIGITS)) if known else 0
    values = []
    for base in reversed(_bases(order)):
        number, value = divmod(number, base)
        values.append(value)
    if number or not known:
        return Choice(Picked())
    kept, shipping, gift, *pieces = reversed(values)
    lines = zip(order.items, pieces, strict=True)
    chosen = {item.product_id: many for item, many in lines if many}
    # Turned round, so that the shortest text is the usual choice.
    return Choice(Picked(chosen, shipping=bool(shipping), gift=bool(gift)), restock=not kept)


def with_number(code: str, number: int) -> str:
    """A packed choice and a number in one argument of a button."""
    return f"{code}{_AND}{number}"


def number_of(text: str) -> tuple[str, int]:
    """The choice and its number; -1, which is nothing that could be meant, where there is none."""
    code, _, number = text.partition(_AND)
    known = number.isascii() and number.isdigit() and len(number) <= _LONGEST
    return code, int(number) if known else -1


def _bases(order: Order) -> list[int]:
    # What gives nothing has one digit less to carry.
    return [2, 2, 2 if order.donation_cents else 1, *(item.quantity + 1 for item in order.items)]


def _values(choice: Choice, order: Order) -> list[int]:
    pieces = (choice.picked.pieces.get(item.product_id, 0) for item in order.items)
    gift = choice.picked.gift and order.donation_cents > 0
    return [int(not choice.restock), int(choice.picked.shipping), int(gift), *pieces]
