"""A claimed payment as staff see it, in their channel and in the queue; its buttons name the claim."""

from cogs._ui.amounts import gift_line
from cogs._ui.card import Button, Card, Field, code, plain
from cogs._ui.labels import status
from cogs._ui.paying import method_name
from cogs._ui.target import Target
from cogs._ui.text import cut, mention
from cogs._ui.words import Words
from models.order import Order
from models.payment import Payment, PaymentStatus
from services.claims import ClaimView

_MAX_LINES = 10
_MAX_NAME = 60


def claim_card(view: ClaimView, w: Words, *, claims: int | None = None) -> Card:
    """The claim with Approve and Reject while it waits, else what became of it.

    `claims` is the turn that the card was posted for: an older one only says that the customer came again.
    """
    payment = view.payment
    card = Card(
        title=_title(view, w),
        fields=_fields(view, w),
        footer=w("Payment of order {number}", number=payment.order_number),
    )
    if payment.status is not PaymentStatus.AWAITING_ADMIN_APPROVAL:
        card.text = decision(payment, w)
        card.colour = "bad" if payment.status is PaymentStatus.REJECTED else "good"
    elif claims is not None and claims != payment.claims:
        card.text = w("The customer has reported this payment again. Please use the newer card.")
    else:
        card.text = w("Please look for this payment in your account, then approve or reject it.")
        card.colour = "warn"
        card.rows = [claim_buttons(payment, w)]
    return card


def claim_buttons(payment: Payment, w: Words) -> list[Button]:
    """Approve and Reject for exactly this turn of the claim."""
    key, turn = payment.key, payment.claims
    return [
        Button(w("Approve"), Target("claim:approve", key, turn), "success"),
        Button(w("Reject"), Target("claim:reject", key, turn), "danger"),
    ]


def decision(payment: Payment, w: Words) -> str:
    """Who decided what, in one or two lines; the bare state when nobody of the staff did."""
    who = mention(payment.approver_user_id) if payment.approver_user_id else None
    if payment.status is PaymentStatus.CONFIRMED and who and payment.approved_at:
        said = w("Approved by {who} {when}.", who=who, when=w.when(payment.approved_at))
        note = payment.customer_reference_note
        return f"{said}\n" + w("Note seen: {note}", note=code(note)) if note else said
    if payment.status is PaymentStatus.REJECTED and payment.rejected_at:
        return _rejected(payment, who, w)
    return w("This payment is {status}.", status=f"**{status(payment.status, w)}**")


def _rejected(payment: Payment, who: str | None, w: Words) -> str:
    when = w.when(payment.rejected_at) if payment.rejected_at else ""
    by = w("Rejected by {who} {when}.", who=who, when=when) if who else w("Rejected {when}.", when=when)
    reason = payment.rejection_reason
    return f"{by}\n" + w("Reason: {reason}", reason=plain(reason)) if reason else by


def _title(view: ClaimView, w: Words) -> str:
    amount = w.money(view.payment.amount_cents, view.payment.currency)
    return w("{amount} by {method}", amount=amount, method=method_name(view.payment.method, w))


def _fields(view: ClaimView, w: Words) -> list[Field]:
    payment, order = view.payment, view.order
    customer = order.customer
    who = f"{plain(customer.discord_display_name)} ({mention(customer.discord_id)})"
    fields = [
        Field(w("Order"), code(order.order_number), inline=True),
        Field(w("Customer"), who, inline=True),
        Field(w("Amount"), w.money(payment.amount_cents, payment.currency), inline=True),
        Field(
            w("The payer's note"),
            code(payment.reference_text) if payment.reference_text else w("none"),
            inline=True,
        ),
    ]
    if payment.claimed_at:
        fields.append(Field(w("Claimed"), w.when(payment.claimed_at), inline=True))
    fields.append(Field(w("Items"), _items(order, w)))
    return fields


def _items(order: Order, w: Words) -> str:
    lines = [f"{item.quantity} x {plain(cut(item.name, _MAX_NAME))}" for item in order.items[:_MAX_LINES]]
    more = len(order.items) - len(lines)
    lines += [gift_line(order, w)] if order.donation_cents else []
    return "\n".join([*lines, *([w.count(more, "and {n} more", "and {n} more")] if more else [])])
