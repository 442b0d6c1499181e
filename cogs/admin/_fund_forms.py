"""What is filled in to set the community fund up, to pay out of it, and to take a mistake back."""

from cogs._ui.form import Form, Input
from cogs._ui.target import Target
from cogs._ui.words import Words
from models.fund import (
    ANONYMOUS_CELEBRATION,
    CELEBRATION,
    DISCLAIMER,
    CommunityFundConfig,
    CommunityFundDisbursement,
)
from services.fund_desk import REASON_LENGTH

_TEXT = 1000
_AMOUNT = 20
_OURS = {
    "celebration_message_template": CELEBRATION,
    "anonymous_message_template": ANONYMOUS_CELEBRATION,
    "disclaimer_text": DISCLAIMER,
}


def amounts_form(rules: CommunityFundConfig, currency: str, w: Words) -> Form:
    """The amounts that are offered, and the bounds of any other."""
    offered = " ".join(w.typed_amount(cents, currency) for cents in rules.allowed_amounts_cents)
    custom = rules.custom_amount_allowed
    low = w.typed_amount(rules.custom_amount_min_cents, currency) if custom else ""
    high = w.typed_amount(rules.custom_amount_max_cents, currency) if custom else ""
    return Form(
        w("Amounts"),
        Target("fundrule:amounts"),
        [
            Input(
                "amounts",
                w("Amounts on buttons"),
                offered,
                required=False,
                max_length=200,
                placeholder=w.typed("5 10 25.50"),
                hint=w("At most ten, with spaces between them"),
            ),
            Input(
                "lowest",
                w("Smallest other amount"),
                low,
                required=False,
                max_length=_AMOUNT,
                hint=w("Leave this and the next empty to take no other amounts"),
            ),
            Input("highest", w("Largest other amount"), high, required=False, max_length=_AMOUNT),
        ],
        edits=True,
    )


def texts_form(rules: CommunityFundConfig, w: Words) -> Form:
    """Both messages and the notice."""
    both = w("Write {donor} and {amount} where they belong")
    return Form(
        w("Messages and notice"),
        Target("fundrule:texts"),
        [
            _text("celebration_message_template", w("Message with the name"), rules, both, w),
            _text(
                "anonymous_message_template",
                w("Message without the name"),
                rules,
                w("Write {amount} where it belongs"),
                w,
            ),
            _text(
                "disclaimer_text",
                w("Notice"),
                rules,
                w("Shown wherever somebody is asked to give"),
                w,
            ),
        ],
        edits=True,
    )


def texts_of(fields: dict[str, str], w: Words) -> dict[str, str]:
    """What that form says; a text that is still ours is kept so, and each reads it in their language."""
    typed = {key: fields.get(key, "") for key in _OURS}
    return {key: ours if typed[key] == w(ours) else typed[key] for key, ours in _OURS.items()}


def _text(key: str, label: str, rules: CommunityFundConfig, hint: str, w: Words) -> Input:
    return Input(key, label, w(str(getattr(rules, key))), long=True, max_length=_TEXT, hint=hint)


def pay_form(customer_id: str, payment_id: str, name: str, w: Words) -> Form:
    """How much somebody gets, and why."""
    return Form(
        w("Pay out to {name}", name=name),
        Target("fundbook:pay", customer_id, payment_id),
        [
            Input("amount", w("How much?"), max_length=_AMOUNT, placeholder=w.typed("25.00")),
            Input(
                "reason",
                w("What for?"),
                long=True,
                max_length=REASON_LENGTH,
                hint=w("Told to the staff, and kept in the audit log"),
            ),
        ],
    )


def undo_form(paid: CommunityFundDisbursement, w: Words) -> Form:
    """Why a payment was a mistake."""
    amount = w.money(paid.amount_cents, paid.currency)
    why = Input("reason", w("What was wrong?"), long=True, max_length=REASON_LENGTH)
    return Form(w("Take {amount} back", amount=amount), Target("fundbook:undo", paid.key), [why])
