"""How a payment on a provider's page reads to its customer: what is due, where it stands, what to do next."""

from cogs._ui.card import Button, Field, block, code
from cogs._ui.paying import method_name
from cogs._ui.target import Target
from cogs._ui.words import Words, later
from models.order import OrderStatus
from models.payment import Payment, PaymentStatus, Refund, RefundState
from services.orders import OrderView
from services.payments import processors

LINK_LENGTH = 512
_MOST_REFUNDS = 5
_PAYABLE = {PaymentStatus.PENDING_PAYMENT, PaymentStatus.FAILED, PaymentStatus.UNDERPAID}
_NEEDS_PAGE = {PaymentStatus.PENDING_PAYMENT, PaymentStatus.FAILED}
_NO_PAGE = {
    "declined": later(
        "{method} does not take this payment. The staff have been told. "
        "Please cancel this order and choose another way to pay."
    ),
    "wrong_keys": later(
        "Paying with {method} does not work at the moment. The staff have been told. "
        "Press **Try again** later, or cancel this order and choose another way to pay."
    ),
}
_REFUNDS = {
    RefundState.ASKED: later("{amount} is on its way back to you."),
    RefundState.PENDING: later("{amount} is on its way back to you."),
    RefundState.DONE: later("{amount} was sent back to you."),
    RefundState.UNKNOWN: later("{amount}: the staff are finding out whether it was sent back."),
}


def is_hosted(view: OrderView) -> bool:
    """Whether a provider confirms the payment, not the staff."""
    return view.payment.method in processors()


def needs_page(view: OrderView) -> bool:
    """Whether there should be a page on which the order is paid."""
    pending = view.order.status is OrderStatus.PENDING_PAYMENT
    return is_hosted(view) and pending and view.payment.status in _NEEDS_PAGE and not view.payment.conflict


def payable(view: OrderView) -> bool:
    """Whether the customer can and should pay now."""
    payment, pending = view.payment, view.order.status is OrderStatus.PENDING_PAYMENT
    asked = pending and payment.status in _PAYABLE and not payment.conflict
    return is_hosted(view) and asked and payment.page_url is not None


def needs_care(view: OrderView) -> bool:
    """Whether something is not as it should be."""
    wrong = {PaymentStatus.FAILED, PaymentStatus.UNDERPAID, PaymentStatus.DISPUTED}
    payment = view.payment
    stuck = needs_page(view) and payment.open_error is not None and payment.page_url is None
    return stuck or payment.status in wrong or payment.conflict is not None


def before_payment(view: OrderView, w: Words) -> list[str]:
    """Where an unpaid order's payment stands, in whole sentences."""
    payment = view.payment
    if payment.conflict:
        return [_conflict(payment, w)]
    if payment.status is PaymentStatus.PROCESSING:
        said = w("We have seen your payment, and it is being confirmed. You need not do anything.")
        return [said, w("We keep everything for you meanwhile.")]
    if payment.page_url is None:
        return [_no_page(payment, w)]
    return [_ask(payment, w), *_long_link(payment, w)]


def _conflict(payment: Payment, w: Words) -> str:
    if payment.conflict == "amount":
        came = w.money(payment.received_cents, payment.currency)
        said = w("{came} has arrived, which is not the amount that was asked for.", came=came)
    else:
        said = w("Your money has arrived, but not as it was asked for.")
    return f"{said} {w('The staff are looking at it. Please do not pay again.')}"


def _no_page(payment: Payment, w: Words) -> str:
    known = _NO_PAGE.get(payment.open_error or "")
    if known is None:
        return w("The page to pay on is not there yet. Press **Try again** in a moment.")
    return w(known, method=method_name(payment.method, w))


def _ask(payment: Payment, w: Words) -> str:
    amount = w.money(payment.amount_cents, payment.currency)
    if payment.status is PaymentStatus.UNDERPAID:
        came = w.money(payment.received_cents, payment.currency)
        said = w(
            "Only a part has arrived: {came} of {amount}. Please pay the rest.", came=came, amount=amount
        )
        return f"{said} {w('If it does not come in time, the staff take care of what you have sent.')}"
    if payment.status is PaymentStatus.FAILED:
        return w("That payment did not go through. Press **Pay now** to try again.")
    if _deposit(payment):
        said = w("Please pay **{amount}** as shown below, or press **Pay now**.", amount=amount)
    else:
        said = w("Please pay **{amount}**. Press **Pay now** to do so.", amount=amount)
    return f"{said} {w('Afterwards press **Check again** to see whether it has arrived.')}"


def _long_link(payment: Payment, w: Words) -> list[str]:
    """The page as a link in the text, where it is too long for a button."""
    if _fits(payment):
        return []
    address = (payment.page_url or "").replace("(", "%28").replace(")", "%29").replace(" ", "%20")
    return [f"[{w('Pay now')}]({address})"]


def _fits(payment: Payment) -> bool:
    return payment.page_url is not None and len(payment.page_url) <= LINK_LENGTH


def after_cancelling(view: OrderView, w: Words) -> list[str]:
    """What a customer has to know about the payment of a cancelled order."""
    payment = view.payment
    if payment.received_any:
        arrived = w("Money of yours has arrived for it. The staff are looking at it:")
        return [f"{arrived} {w('they hand your order over, or send the money back.')}"]
    if checkable(view) and not payment.receipts:
        said = w("You need not pay. If you have paid already, press **Check again**; nothing is lost.")
        return [said]
    return []


def after_paying(view: OrderView, w: Words) -> list[str]:
    """What a customer has to know about the payment of a paid order."""
    said = []
    if view.payment.status is PaymentStatus.DISPUTED:
        said.append(w("This payment is disputed. The staff are looking at it."))
    if view.payment.conflict == "second":
        said.append(w("You have paid more than once. The staff will send back what is too much."))
    elif view.payment.conflict:
        said.append(w("More money came than was asked for. The staff are looking at it."))
    return said


def checkable(view: OrderView) -> bool:
    """Whether asking the provider can bring news that the customer waits for."""
    payment = view.payment
    waits = view.order.status in {OrderStatus.PENDING_PAYMENT, OrderStatus.CANCELLED}
    asks = not payment.received_any or payment.status is PaymentStatus.UNDERPAID
    return is_hosted(view) and waits and asks and payment.provider_ref is not None


def looks_again(view: OrderView) -> bool:
    """Whether one of the buttons shows the order anew."""
    pageless = needs_page(view) and view.payment.page_url is None
    return pageless or checkable(view)


def buttons(view: OrderView, w: Words) -> list[Button]:
    """What can be done about the payment now."""
    key, now = view.order.key, []
    if payable(view) and _fits(view.payment):
        now.append(Button(w("Pay now"), url=view.payment.page_url))
    if needs_page(view) and view.payment.page_url is None:
        now.append(Button(w("Try again"), Target("orders:open", key), "primary"))
    if checkable(view):
        now.append(Button(w("Check again"), Target("orders:check", key), "success", emoji="🔄"))
    return now


def fields(view: OrderView, w: Words) -> list[Field]:
    """Where to send coins to, and what was given back."""
    return [*_coins(view, w), *_paid_back(view.payment, w)]


def _deposit(payment: Payment) -> bool:
    return bool(payment.nowpayments_deposit_address and payment.coins_due)


def _coins(view: OrderView, w: Words) -> list[Field]:
    payment, due = view.payment, view.payment.coins_due
    if not (payable(view) and _deposit(payment) and due):
        return []
    ticker = (payment.nowpayments_crypto_currency or "").upper()
    # Each in a block of its own, which a phone copies at a touch.
    said = [
        w("Send exactly this much {coin}:", coin=ticker),
        block(f"{due.normalize():f}"),
        w("to this address:"),
        block(payment.nowpayments_deposit_address or ""),
    ]
    if payment.deposit_memo:
        said.append(w("Add this memo, or the coins are lost: {memo}", memo=code(payment.deposit_memo)))
    # Part of the price gives more time, of which the hold tells.
    if payment.page_ends_at is not None and payment.status is not PaymentStatus.UNDERPAID:
        until, left = w.when(payment.page_ends_at, "f"), w.when(payment.page_ends_at)
        said.append(w("This amount is good until {until}, that is {left}.", until=until, left=left))
    return [Field(w("Pay in {coin}", coin=ticker), "\n".join(said))]


def _paid_back(payment: Payment, w: Words) -> list[Field]:
    known = [each for each in payment.refunds if each.state in _REFUNDS][-_MOST_REFUNDS:]
    lines = [_refund(each, payment.currency, w) for each in known]
    return [Field(w("Paid back"), "\n".join(lines))] if lines else []


def _refund(refund: Refund, currency: str, w: Words) -> str:
    return w(_REFUNDS[refund.state], amount=w.money(refund.amount_cents, currency))
