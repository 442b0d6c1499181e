"""What customers read of a way to pay, shown to who sets it up."""

from cogs._ui.card import Button, Card, Picture
from cogs._ui.paying import how_to_pay
from cogs._ui.target import Target
from cogs._ui.words import Words
from services.payments.contract import Instructions


def preview_card(due: Instructions, qr: bytes | None, where: str, w: Words) -> Card:
    """How to pay an invented order, as a customer reads it."""
    back = Target("setup:step", "methods") if where == "setup" else Target("config:part", "methods")
    ways = [Button(w("Back"), back)]
    if due.link is not None:
        ways.append(Button(w("Pay now"), url=due.link))
    return Card(
        title=w("What customers read"),
        text=how_to_pay(due, w),
        pictures=[Picture("pay.png", qr)] if qr else [],
        rows=[ways],
        footer=w("Amount and reference are invented."),
    )
