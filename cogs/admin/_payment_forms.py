"""What staff fill in to give money back or to fulfil an order anyway, and what can be wrong with it."""

from cogs._ui.form import Form, Input
from cogs._ui.paying import method_name
from cogs._ui.target import Target
from cogs._ui.words import Words
from models.errors import BadInput, NotFound, ProviderError, WrongKeys
from models.payment import Payment, RefundState
from services.payment_desk import PaymentView
from services.settling.shares import largest

_MAX_NOTE = 200


def refund_form(view: PaymentView, w: Words, *, by_hand: bool) -> Form:
    """How much to give back and why; by hand it is only noted down that staff have sent it."""
    payment = view.payment
    amount = Input(
        "amount",
        w("Amount in {currency}", currency=payment.currency),
        w.typed_amount(suggested(payment), payment.currency),
        max_length=20,
        hint=w("You have sent it yourself; I only note it down.") if by_hand else "",
    )
    reason = Input(
        "reason",
        w("Reason, for the staff only"),
        long=True,
        max_length=_MAX_NOTE,
        hint=w("Unless all of the money goes back, the customer keeps every role and item."),
    )
    to = Target("payment:record" if by_hand else "payment:refund", payment.key)
    return Form(w("Refund for {number}", number=payment.order_number), to, [amount, reason])


def fulfil_form(view: PaymentView, w: Words) -> Form:
    """Why an order is handed over though it was not paid as it should be."""
    note = Input("note", w("Why? For the staff only."), long=True, max_length=_MAX_NOTE)
    number = view.payment.order_number
    return Form(
        w("Fulfil {number} anyway", number=number), Target("payment:fulfil", view.payment.key), [note]
    )


def suggested(payment: Payment) -> int:
    """What is too much, else all that is left, as far as one receipt can give it; in minor units."""
    gone = sum(each.amount_cents for each in payment.refunds if each.state is not RefundState.FAILED)
    over = payment.received_cents - gone - payment.amount_cents if payment.settled else 0
    return min(over if over > 0 else payment.refundable_cents, largest(payment))


def wrong_amount(error: BadInput, payment: Payment, w: Words) -> str | None:
    """Why an amount cannot be given back; None when something else is wrong."""
    if error.field != "amount" or error.problem not in {"range", "spread"}:
        return None
    if not payment.refundable_cents:
        return w("There is nothing left to give back.")
    if error.problem == "range":
        most = w.money(payment.refundable_cents, payment.currency)
        return w("Please enter an amount above zero and of at most {amount}.", amount=most)
    most = w.money(suggested(payment), payment.currency)
    return w("The money came in parts. Please give it back in parts, too, now {amount} at most.", amount=most)


def not_asked(error: ProviderError | NotFound, payment: Payment, w: Words) -> str:
    """Why a provider could not be asked, and what to do."""
    name = method_name(payment.method, w)
    if isinstance(error, WrongKeys | NotFound):
        return w("I have no keys that {method} accepts. Enter them with `/admin providers`.", method=name)
    return w("{method} could not be asked just now. Please try again in a minute.", method=name)
