"""Payments as staff browse them: by what they need, by state, or all."""

from cogs._ui.card import Button, Card, Field, Option, Row, Select
from cogs._ui.labels import status
from cogs._ui.paying import method_name
from cogs._ui.target import Target
from cogs._ui.text import mention
from cogs._ui.words import Words, later
from cogs.admin._paging import pager
from models.payment import PaymentStatus
from services.payment_desk import PaymentsPage, PaymentView

_KINDS = {
    "waiting": later("Waiting for approval"),
    "deciding": later("Money to decide about"),
    "all": later("All payments"),
}
# Why money needs a decision, in a line.
CONFLICTS = {
    "amount": later("What came is not the amount that was asked for."),
    "currency": later("What came is in another currency."),
    "late": later("It came after the order was cancelled."),
    "second": later("The order was paid more than once."),
    "underpaid": later("Only a part came before the order was cancelled."),
}


def known_kind(kind: str) -> str:
    """What can be listed: a kind or a state; all payments for anything else."""
    return kind if kind in _KINDS or kind in set(PaymentStatus) else "all"


def payment_list(page: PaymentsPage, kind: str, w: Words) -> Card:
    """One page of payments, newest first, with the way to each and to others."""
    rows: list[Row] = [choose_kind(kind, w)]
    if page.payments:
        options = [_option(view, w) for view in page.payments]
        rows.insert(0, Select(w("Open a payment"), Target("payment:open"), options))
    again = Button(w("Look again"), Target("payments:list", page.page, kind))
    rows.append([*pager(w, "payments:list", page.page, page.pages, kind), again])
    return Card(
        title=w.count(page.total, "{n} payment", "{n} payments"),
        text=_heading(page, kind, w),
        fields=[_line(view, w) for view in page.payments],
        rows=rows,
    )


def _heading(page: PaymentsPage, kind: str, w: Words) -> str | None:
    if kind == "deciding":
        if not page.total:
            return w("There is nothing to decide. Thank you!")
        return w("Open one to give the money back, or to fulfil the order anyway.")
    return None if page.total else w("There are none.")


def choose_kind(kind: str, w: Words) -> Select:
    """The menu of what else can be listed; `kind` is what is listed now."""
    options = [Option(w(label), each, default=each == kind) for each, label in _KINDS.items()]
    options += [
        Option(status(each, w), each.value, default=each == kind)
        for each in PaymentStatus
        if each is not PaymentStatus.AWAITING_ADMIN_APPROVAL
    ]
    return Select(w("Show other payments"), Target("payments:show"), options)


def _name(view: PaymentView, w: Words) -> str:
    payment = view.payment
    return f"{payment.order_number} · {w.money(payment.amount_cents, payment.currency)}"


def _line(view: PaymentView, w: Words) -> Field:
    payment, who = view.payment, mention(view.order.customer.discord_id)
    said = f"{who} · **{status(payment.status, w)}** · {w.when(payment.created_at)}"
    if payment.conflict:
        why = CONFLICTS.get(payment.conflict, later("It needs a decision."))
        said = f"{said}\n⚠️ {w(why)}"
    return Field(f"{_name(view, w)} · {method_name(payment.method, w)}", said)


def _option(view: PaymentView, w: Words) -> Option:
    said = f"{method_name(view.payment.method, w)} · {status(view.payment.status, w)}"
    return Option(_name(view, w), view.payment.key, description=said)
