"""Any other arrangement, such as cash at a meeting or a bank transfer, in the shop's own words."""

from models.payment_method import PaymentMethod
from services.payments.contract import ByHand, MethodDescriptor, Prefilled, Setting

METHOD = ByHand(
    position=4,
    descriptor=MethodDescriptor(
        value=PaymentMethod.MANUAL,
        display_name="Other",
        kind="manual",
        icon="🤝",
        description="Paid as the shop's own instructions say; staff confirm it.",
    ),
    settings=(
        Setting("text", "How to pay", required=True, example="Bring cash to the Friday meeting."),
        Setting("recipient_name", "Whom to ask", required=False, example="Olivia"),
    ),
    note_supported=True,
    prefill=lambda _values, _due: Prefilled(),
)
