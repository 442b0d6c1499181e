"""What a customer is told who wants more of something than there is."""

from collections.abc import Callable
from typing import Any

from cogs._ui.text import cut, plain
from cogs._ui.words import Words
from models.errors import OutOfStock

_LONGEST_NAME = 200


def _out_of_stock(error: OutOfStock, w: Words) -> str:
    name = plain(cut(error.product_name, _LONGEST_NAME))
    if error.left is None:
        return w("There are not that many of **{name}**. Please choose a smaller quantity.", name=name)
    if error.left <= 0:
        return w("**{name}** is sold out. Please choose something else or come back later.", name=name)
    if error.in_cart >= error.left:
        return w.count(
            error.left,
            "The last one of **{name}** is in your cart already. Go on with `/cart view`.",
            "The last {n} of **{name}** are in your cart already. Go on with `/cart view`.",
            name=name,
        )
    return w.count(
        error.left,
        "Only {n} of **{name}** is left. Please choose a smaller quantity.",
        "Only {n} of **{name}** are left. Please choose a smaller quantity.",
        name=name,
    )


SAID: dict[type, Callable[[Any, Words], str]] = {OutOfStock: _out_of_stock}
