"""What staff choose of an order, as it travels in the buttons: one number for all of it."""

from collections.abc import Sequence

from models.errors import BadInput
from models.order import Order, OrderItem

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_MOST = 30
# Stands between a choice and the number that goes with it.
_AND = "X"
# The largest order costs this many digits of minor units.
_LONGEST = 12
_MOST_DIGITS = 4


def packed(values: Sequence[int], bases: Sequence[int]) -> str:
    """Values, each below its base, in letters and digits: all lines of a full cart take 27 of them."""
    number = 0
    for value, base in zip(values, bases, strict=True):
        number = number * base + value
    text = ""
    while number:
        number, digit = divmod(number, len(_DIGITS))
        text = _DIGITS[digit] + text
    return text or "0"


def unpacked(text: str, bases: Sequence[int]) -> list[int] | None:
    """The values that a button carries; None for what is no choice among these."""
    if not (0 < len(text) <= _MOST and set(text) <= set(_DIGITS)):
        return None
    number, values = int(text, len(_DIGITS)), []
    for base in reversed(bases):
        number, value = divmod(number, base)
        values.append(value)
    return None if number else values[::-1]


def bases_of(order: Order) -> list[int]:
    """So many pieces of each line can be chosen, or none."""
    return [item.quantity + 1 for item in order.items]


def with_number(code: str, number: int) -> str:
    """A packed choice and a number in one argument of a button."""
    return f"{code}{_AND}{number}"


def number_of(text: str) -> tuple[str, int]:
    """The choice and its number; -1, which is nothing that could be meant, where there is none."""
    code, _, number = text.partition(_AND)
    known = number.isascii() and number.isdigit() and len(number) <= _LONGEST
    return code, int(number) if known else -1


def line_at(order: Order, at: int) -> OrderItem:
    """The line at a place of the order; raises BadInput."""
    if not 0 <= at < len(order.items):
        raise BadInput("choice", "not_allowed")
    return order.items[at]


def lines_of(order: Order, values: Sequence[str]) -> list[OrderItem]:
    """The lines that were chosen in a menu of their places."""
    wanted = {int(each) for each in values if each.isascii() and each.isdigit() and len(each) <= _MOST_DIGITS}
    return [item for at, item in enumerate(order.items) if at in wanted]


def typed_pieces(typed: str, left: int) -> int:
    """How many pieces somebody typed, at most those that are left; raises BadInput."""
    if not (typed.isascii() and typed.isdigit()):
        raise BadInput("quantity", "not_a_number")
    if len(typed) > _MOST_DIGITS or int(typed) > left:
        raise BadInput("quantity", "range", left)
    return int(typed)
