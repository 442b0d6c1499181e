"""Venmo: a person-to-person payment with a prefilled amount and note."""

import re
from collections.abc import Mapping
from urllib.parse import quote

from models.money import decimal_text
from models.payment_method import PaymentMethod
from services.payments.contract import NAME, TEXT, ByHand, Due, MethodDescriptor, Prefilled, Setting

_USER = re.compile(r"@?[A-Za-z0-9_-]{3,30}")


def _prefill(values: Mapping[str, str], due: Due) -> Prefilled:
    user = quote(values["recipient"].removeprefix("@"), safe="")
    # Unofficial but long-lived; spaces must be %20, and `audience=private` keeps the note out of the feed.
    amount, note = decimal_text(due.amount_cents, due.currency), quote(due.reference, safe="")
    return Prefilled(
        link=f"https://venmo.com/{user}?txn=pay&amount={amount}&note={note}&audience=private",
        qr_text=f"venmo://paycharge?txn=pay&recipients={user}&amount={amount}&note={note}",
    )


METHOD = ByHand(
    position=2,
    descriptor=MethodDescriptor(
        value=PaymentMethod.VENMO,
        display_name="Venmo",
        kind="p2p",
        icon="💙",
        description="Paid in the Venmo app; staff confirm it when it arrives.",
    ),
    settings=(
        Setting(
            "recipient",
            "Venmo user name",
            required=True,
            example="@aurora-shop",
            valid=lambda text: _USER.fullmatch(text) is not None,
        ),
        NAME,
        TEXT,
    ),
    note_supported=True,
    prefill=_prefill,
    currencies=frozenset({"USD"}),
)
