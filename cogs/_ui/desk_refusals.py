"""What people read when staff have closed something to them, or are faster than the shop itself."""

from collections.abc import Callable
from typing import Any

from cogs._ui.words import Words
from models.errors import OrdersClosed, RecordChanged, UnderWay


def _orders_closed(_: OrdersClosed, w: Words) -> str:
    return w(
        "This shop takes no new orders from you at the moment. Please ask its staff. "
        "What you have paid for still arrives."
    )


def _under_way(_: UnderWay, w: Words) -> str:
    return w("I am trying that at this very moment. Please look again in half a minute.")


def _record_changed(_: RecordChanged, w: Words) -> str:
    return w(
        "Somebody changed this record since you opened it, so nothing was stored. "
        "Look at it again, and repeat your change."
    )


SAID: dict[type, Callable[[Any, Words], str]] = {
    OrdersClosed: _orders_closed,
    UnderWay: _under_way,
    RecordChanged: _record_changed,
}
