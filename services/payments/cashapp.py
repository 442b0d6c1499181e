"""Cash App: a person-to-person payment with a prefilled amount; its note cannot be relied on."""

import re
from collections.abc import Mapping
from urllib.parse import quote

from models.money import decimal_text
from models.payment_method import PaymentMethod
from services.payments.contract import NAME, TEXT, ByHand, Due, MethodDescriptor, Prefilled, Setting

_CASHTAG = re.compile(r"\$?[A-Za-z][A-Za-z0-9_-]{0,19}")


def _prefill(values: Mapping[str, str], due: Due) -> Prefilled:
    tag = quote(values["recipient"].removeprefix("$"), safe="")
    link = f"https://cash.app/${tag}/{decimal_text(due.amount_cents, due.currency)}"
    return Prefilled(link=link, qr_text=link)


METHOD = ByHand(
    position=3,
    descriptor=MethodDescriptor(
        value=PaymentMethod.CASHAPP,
        display_name="Cash App",
        kind="p2p",
        icon="💵",
        description="Paid in Cash App; staff confirm it when it arrives.",
    ),
    settings=(
        Setting(
            "recipient",
            "Cashtag",
            required=True,
            example="$AuroraShop",
            valid=lambda text: _CASHTAG.fullmatch(text) is not None,
        ),
        NAME,
        TEXT,
    ),
    note_supported=False,
    prefill=_prefill,
    currencies=frozenset({"USD", "GBP"}),
)
