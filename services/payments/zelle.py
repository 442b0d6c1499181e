"""Zelle: a bank transfer to an e-mail address or phone number; the QR code carries the recipient only."""

import base64
import json
import re
from collections.abc import Mapping
from urllib.parse import quote

from models.payment_method import PaymentMethod
from services.payments.contract import NAME, TEXT, ByHand, Due, MethodDescriptor, Prefilled, Setting

_EMAIL_OR_PHONE = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}\.[^@\s]{2,}|\+?[0-9][0-9 ().-]{6,20}")


def _prefill(values: Mapping[str, str], _due: Due) -> Prefilled:
    # Reverse-engineered by wallets, not documented by Zelle: recipient without amount or note.
    token = {
        "name": values.get("recipient_name") or values["recipient"],
        "token": values["recipient"],
        "action": "payment",
    }
    data = base64.b64encode(json.dumps(token, separators=(",", ":")).encode()).decode()
    return Prefilled(qr_text=f"https://enroll.zellepay.com/qr-codes?data={quote(data, safe='')}")


METHOD = ByHand(
    position=1,
    descriptor=MethodDescriptor(
        value=PaymentMethod.ZELLE,
        display_name="Zelle",
        kind="p2p",
        icon="🏦",
        description="Sent from the payer's bank with Zelle; staff confirm it when it arrives.",
    ),
    settings=(
        Setting(
            "recipient",
            "E-mail address or phone number",
            required=True,
            example="pay@aurora.example",
            valid=lambda text: _EMAIL_OR_PHONE.fullmatch(text) is not None,
        ),
        NAME,
        TEXT,
    ),
    note_supported=False,
    prefill=_prefill,
    currencies=frozenset({"USD"}),
)
