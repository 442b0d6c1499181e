"""One processor's payment as staff see it: what came, what went back, what happened, what can be done."""

from cogs._ui.card import Button, Card, Field, Row, code, plain
from cogs._ui.labels import status
from cogs._ui.paying import method_name
from cogs._ui.target import Target
from cogs._ui.text import cut, mention, width
from cogs._ui.words import Words, later
from cogs.admin._payment_list import CONFLICTS
from models.payment import Dispute, Payment, PaymentEvent, Receipt, Refund, RefundState
from services.payment_desk import PaymentView
from services.payments import processors

_SHOWN, _SHOWN_NOTE, _SHOWN_REF, _FIELD_LENGTH = 8, 60, 100, 1000
EVENTS = {
    "page_made": later("The page to pay on was made"),
    "page_expired": later("The page ended"),
    "processing": later("Money is on its way"),
    "approved": later("The payer has agreed"),
    "failed": later("A try failed"),
    "try_failed": later("An earlier try failed"),
    "returned": later("Money came that had gone back"),
    "paid": later("Paid"),
    "paid_late": later("Paid after the order was cancelled"),
    "underpaid": later("A part came"),
    "conflict_amount": later("Another amount came"),
    "conflict_currency": later("Another currency came"),
    "conflict_late": later("Money came too late"),
    "conflict_second": later("Paid once more"),
    "conflict_underpaid": later("A part came too late"),
    "refund_asked": later("A refund was asked for"),
    "refund_pending": later("A refund is on its way"),
    "refunded": later("Money went back"),
    "refund_failed": later("A refund failed"),
    "disputed": later("Disputed"),
    "dispute_won": later("The dispute is won"),
    "dispute_lost": later("The dispute is lost"),
    "fulfil_anyway": later("Fulfilled anyway"),
}
REFUNDS = {
    RefundState.ASKED: later("asked for"),
    RefundState.PENDING: later("on its way"),
    RefundState.DONE: later("made"),
    RefundState.FAILED: later("failed"),
    RefundState.UNKNOWN: later("nobody knows"),
}
_NO_PAGE = {
    "declined": later("The provider refused to make a page to pay on. Please look on its site why."),
    "wrong_keys": later(
        "No page to pay on could be made: the provider does not accept the shop's keys. "
        "Enter them anew with `/admin providers`."
    ),
}
DISPUTES = {"open": later("open"), "won": later("won"), "lost": later("lost")}


def payment_card(view: PaymentView, w: Words) -> Card:
    """The payment with its whole story."""
    payment = view.payment
    amount = w.money(payment.amount_cents, payment.currency)
    return Card(
        title=w("{amount} by {method}", amount=amount, method=method_name(payment.method, w)),
        text=_standing(payment, w),
        fields=_fields(view, w),
        colour="warn" if payment.conflict or _unsure(payment) else "plain",
        footer=w("Payment of order {number}", number=payment.order_number),
        rows=_rows(view, w),
    )


def _unsure(payment: Payment) -> Refund | None:
    """The first refund of which nobody knows whether it was made."""
    return next((each for each in payment.refunds if each.state is RefundState.UNKNOWN), None)


def _standing(payment: Payment, w: Words) -> str:
    said = [w("This payment is {status}.", status=f"**{status(payment.status, w)}**")]
    unsure = _unsure(payment)
    if payment.conflict:
        said.append(f"⚠️ {w(CONFLICTS.get(payment.conflict, later('It needs a decision.')))}")
    if unsure is not None:
        amount = w.money(unsure.amount_cents, payment.currency)
        asked = w("Nobody knows whether the refund of {amount} was made.", amount=amount)
        look = w("Please look on the provider's site, then tell me below.")
        said.append(f"⚠️ {asked} {look}")
    if payment.open_error and payment.page_url is None:
        said.append(f"⚠️ {w(_NO_PAGE.get(payment.open_error, _NO_PAGE['declined']))}")
    return "\n".join(said)


def _fields(view: PaymentView, w: Words) -> list[Field]:
    payment, order = view.payment, view.order
    fields = [
        Field(w("Order"), f"{code(order.order_number)} · {status(order.status, w)}", inline=True),
        Field(w("Customer"), mention(order.customer.discord_id), inline=True),
    ]
    if payment.approver_user_id and payment.approved_at:
        who, when = mention(payment.approver_user_id), w.when(payment.approved_at)
        note = payment.customer_reference_note
        seen = f"\n{w('Note seen: {note}', note=code(note))}" if note else ""
        fields.append(Field(w("Approved"), f"{who} · {when}{seen}"))
    if payment.provider_ref:
        fields.append(Field(w("Provider's reference"), code(cut(payment.provider_ref, _SHOWN_REF))))
    by_hand = payment.method not in processors()
    parts = {
        w("Money that came"): [_receipt(each, w, by_hand=by_hand) for each in payment.receipts],
        w("Refunds"): [_refund(each, payment.currency, w) for each in payment.refunds],
        w("Disputes"): [_dispute(each, w) for each in payment.disputes],
        w("History"): [_event(each, w) for each in payment.history[-_SHOWN:]],
    }
    return [*fields, *(Field(name, _newest(lines)) for name, lines in parts.items() if lines)]


def _newest(lines: list[str]) -> str:
    """The newest first, as many whole lines as a field holds."""
    shown: list[str] = []
    for line in reversed(lines):
        if len(shown) == _SHOWN or sum(width(each) + 1 for each in (*shown, line)) > _FIELD_LENGTH:
            return "\n".join([*shown, "…"])
        shown.append(line)
    return "\n".join(shown)


def _receipt(receipt: Receipt, w: Words, *, by_hand: bool) -> str:
    coins = f" ({receipt.coins} {(receipt.ticker or '').upper()})" if receipt.coins else ""
    more = f" · {w('too much')}" if receipt.surplus else ""
    amount = w.money(receipt.amount_cents, receipt.currency)
    # What staff approved has no reference but the payment's own id.
    ref = "" if by_hand else f" · {code(cut(receipt.ref, _SHOWN_REF))}"
    return f"{w.when(receipt.at, 'f')} · **{amount}**{coins}{more}{ref}"


def _refund(refund: Refund, currency: str, w: Words) -> str:
    said = [w.when(refund.asked_at, "f"), f"**{w.money(refund.amount_cents, currency)}**"]
    said.append(w(REFUNDS[refund.state]))
    if refund.by_hand:
        said.append(w("sent by hand"))
    if refund.actor_id:
        said.append(mention(refund.actor_id))
    why = _word(refund.error) if refund.error else _note(refund.reason)
    return " · ".join([*said, *([why] if why else [])])


def _note(text: str) -> str:
    return plain(cut(text, _SHOWN_NOTE))


def _dispute(dispute: Dispute, w: Words) -> str:
    known = DISPUTES.get(dispute.state)
    said = f"{w.when(dispute.at, 'f')} · **{w(known) if known else plain(dispute.state)}**"
    return f"{said} · {_word(dispute.reason)}" if dispute.reason else said


def _word(text: str) -> str:
    """A provider's own code as words."""
    return plain(cut(text.replace("_", " "), _SHOWN_NOTE))


def _event(event: PaymentEvent, w: Words) -> str:
    known = EVENTS.get(event.what)
    who = f" · {mention(event.actor_id)}" if event.actor_id else ""
    written = _word if event.actor_id is None else _note
    note = f": {written(event.note)}" if event.note else ""
    return f"{w.when(event.at, 'f')} · {w(known) if known else status(event.what, w)}{who}{note}"


def _rows(view: PaymentView, w: Words) -> list[Row]:
    key = view.payment.key
    ways = [
        Button(w("All payments"), Target("payments:list", 0, "all")),
        Button(w("Order"), Target("order:open", view.order.key)),
        Button(w("Look again"), Target("payment:open", key)),
    ]
    return [_acts(view, w), _answers(view.payment, w), ways]


def _acts(view: PaymentView, w: Words) -> list[Button]:
    key, acts = view.payment.key, []
    if view.can_check:
        acts.append(Button(w("Check with provider"), Target("payment:check", key), "primary"))
    if view.can_fulfil:
        acts.append(Button(w("Fulfil anyway"), Target("payment:fulfil", key), "success"))
    if view.refundable_cents and view.order.paid_at is not None:
        acts.append(Button(w("Refund items"), Target("refund:open", view.order.key), "danger"))
    if view.refundable_cents and view.refunds_itself:
        acts.append(Button(w("Refund"), Target("payment:refund", key), "danger"))
    if view.refundable_cents:
        acts.append(Button(w("Record a refund made elsewhere"), Target("payment:record", key)))
    return acts


def _answers(payment: Payment, w: Words) -> list[Button]:
    unsure = _unsure(payment)
    if unsure is None:
        return []
    return [
        Button(w("It was refunded"), Target("payment:made", payment.key, unsure.key), "success"),
        Button(w("It was not"), Target("payment:unmade", payment.key, unsure.key), "danger"),
    ]
