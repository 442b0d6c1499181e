"""Claims in the queue as staff see them, with the forms by which they decide."""

from cogs._ui.card import Button, Card, Field, Option, Select, code, plain
from cogs._ui.claim_card import claim_card
from cogs._ui.form import Form, Input
from cogs._ui.paying import method_name
from cogs._ui.refusals import sentence
from cogs._ui.target import Target
from cogs._ui.text import mention
from cogs._ui.words import Words
from cogs.admin._paging import pager
from cogs.admin._payment_list import choose_kind
from models.errors import OutOfStock, ReferenceUsed
from models.order import Order
from services.claims import ClaimView, WaitingPage

_NOTE_LENGTH = 200


def own(view: ClaimView, w: Words) -> Card:
    """A claim with the ways back from it."""
    card = claim_card(view, w)
    back = Button(w("All waiting payments"), Target("payments:queue", 0))
    order = Button(w("Order"), Target("order:open", view.order.key))
    card.rows = [*card.rows, [back, order]]
    return card


def queue(waiting: WaitingPage, deciding: int, w: Words) -> Card:
    """Claims that wait for staff, oldest first, and a hint at the payments that need another decision."""
    again = Button(w("Look again"), Target("payments:queue", waiting.page))
    hint = _hint(deciding, w)
    if not waiting.claims:
        said = w("When a customer says that they have paid, it is shown here and in the staff channel.")
        return Card(
            title=w("No payment waits"),
            text="\n".join([said, *hint]),
            rows=[choose_kind("waiting", w), [again]],
        )
    options = [_option(view, w) for view in waiting.claims]
    return Card(
        title=w.count(waiting.total, "{n} payment waits", "{n} payments wait"),
        text="\n".join([w("Oldest first. Open one to approve or reject it."), *hint]),
        fields=[_line(view, w) for view in waiting.claims],
        rows=[
            Select(w("Open a payment"), Target("payments:open"), options),
            [*pager(w, "payments:queue", waiting.page, waiting.pages), again],
            choose_kind("waiting", w),
        ],
    )


def _hint(deciding: int, w: Words) -> list[str]:
    if not deciding:
        return []
    said = w.count(
        deciding,
        "{n} other payment needs a decision about its money: choose it below.",
        "{n} other payments need a decision about their money: choose them below.",
    )
    return [f"⚠️ {said}"]


def _line(view: ClaimView, w: Words) -> Field:
    payment = view.payment
    note = code(payment.reference_text) if payment.reference_text else w("none")
    since = w.when(payment.claimed_at) if payment.claimed_at else ""
    who = mention(view.order.customer.discord_id)
    amount = w.money(payment.amount_cents, payment.currency)
    name = f"{payment.order_number} · {amount} · {method_name(payment.method, w)}"
    return Field(name, w("{who}, note {note}, {since}", who=who, note=note, since=since))


def _option(view: ClaimView, w: Words) -> Option:
    payment = view.payment
    amount = w.money(payment.amount_cents, payment.currency)
    return Option(
        f"{payment.order_number} · {amount}",
        payment.key,
        description=view.order.customer.discord_display_name,
    )


def note_form(view: ClaimView, claims: str, w: Words) -> Form:
    """What staff see on the payment that they approve."""
    payment = view.payment
    hint = w(
        "As it stands in your account, for example {note}",
        note=payment.reference_text or payment.order_number,
    )
    return Form(
        w("Approve {number}", number=payment.order_number),
        Target("claim:approve", payment.key, claims),
        [
            Input(
                "note",
                w("Note or name that you see on the payment"),
                max_length=_NOTE_LENGTH,
                placeholder=hint,
            )
        ],
    )


def reason_form(view: ClaimView, claims: str, w: Words) -> Form:
    """Why a claim is rejected; the customer reads it."""
    payment = view.payment
    return Form(
        w("Reject {number}", number=payment.order_number),
        Target("claim:reject", payment.key, claims),
        [
            Input(
                "reason",
                w("Why? The customer will read this."),
                long=True,
                max_length=_NOTE_LENGTH,
                placeholder=w(
                    "For example: I cannot find this payment yet. Which name did you send it from?"
                ),
            )
        ],
    )


def used_before(used: ReferenceUsed, payment_id: str, claims: str, note: str, w: Words) -> Card:
    """The warning that a note was approved before; it carries the note."""
    return Card(
        title=w("That note was used before"),
        text=sentence(used, w),
        colour="warn",
        # Discord shows a footer as it is, so the note comes back from there unchanged.
        footer=" ".join(note.split()),
        rows=[
            [
                Button(w("Approve all the same"), Target("claim:again", payment_id, claims), "danger"),
                Button(w("Back"), Target("claim:show", payment_id)),
            ]
        ],
    )


def approved(order: Order, w: Words) -> Card:
    """What has come of an approval, and what is still to be done for it."""
    if order.gift_only:
        return Card(note=w("Approved. The gift is in the community fund."))
    if not order.needs_shipping:
        return Card(note=w("Approved. The order is paid and its goods are on their way."))
    ship = Button(w("Ship"), Target("ship:open", order.key), "primary")
    return Card(note=w("Approved. The order is paid. Now it has to be sent."), rows=[[ship]])


def gone(gone: OutOfStock, w: Words) -> str:
    """What to do about a late payment whose goods are gone."""
    return w(
        "This payment came after its hold had ended, and **{name}** is gone. "
        "Restock it and approve again, or reject and send the money back.",
        name=plain(gone.product_name),
    )
