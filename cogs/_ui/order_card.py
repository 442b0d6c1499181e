"""How an order is shown to its customer: where it stands, what is due, how to pay, and what can be done."""

from typing import Literal

from cogs._ui import amounts, hosted_card
from cogs._ui.address import address_text
from cogs._ui.card import Button, Card, Field, Picture, Row
from cogs._ui.gift_step import notice
from cogs._ui.parcels import parcel_fields
from cogs._ui.paying import how_to_pay, method_name
from cogs._ui.target import Target
from cogs._ui.text import cut, plain
from cogs._ui.words import Words, later
from models.entitlement import EntitlementStatus
from models.order import Order, OrderStatus
from models.payment import PaymentStatus
from services.orders import OrderView
from services.payments.contract import Instructions
from services.payments.methods import PaymentMethods

_REASON_LENGTH = 500
_CANCELLED = {
    "by_customer": later("You cancelled this order."),
    "hold_ended": later("This order was not paid in time, so it was cancelled and its items went back."),
    "by_staff": later("The staff cancelled this order."),
}
_AFTER_PAYMENT = {
    OrderStatus.PAID: later("Your payment has arrived. Thank you!"),
    OrderStatus.FULFILLING: later("Your payment has arrived, and your order is being prepared."),
    OrderStatus.SHIPPED: later("Your order is on its way to you."),
    OrderStatus.COMPLETE: later("Everything has been handed over. Enjoy!"),
    OrderStatus.PARTIALLY_REFUNDED: later("Part of your money was paid back."),
    OrderStatus.REFUNDED: later("Your money was paid back."),
}
_MISSING = later("Some of your order has not reached you yet. The staff look after it.")


def order_card(view: OrderView, methods: PaymentMethods, w: Words, *, note: str | None = None) -> Card:
    """A customer's own order, with a picture to pay by where the method has one."""
    order, due = view.order, _due(view)
    return Card(
        title=w("Order {number}", number=order.order_number),
        text=f"{standing(view, w)}\n\n{amounts.order_lines(order, view.payment, w)}",
        fields=[
            *_how_to_pay(due, w),
            *hosted_card.fields(view, w),
            *parcel_fields(view.parcels, order, w),
            *_contents(order, w),
        ],
        rows=_rows(view, due, w),
        colour=_colour(view),
        footer=w("Ordered on {date}", date=w.date(order.created_at)),
        note=note,
        pictures=_pictures(view, due, methods),
    )


def _pictures(view: OrderView, due: Instructions | None, methods: PaymentMethods) -> list[Picture]:
    text = due.qr_text if due else None
    if hosted_card.payable(view):
        text = methods.payment_uri(view.payment, view.order.order_number)
    return [Picture("pay.png", methods.qr_png(text))] if text else []


def _due(view: OrderView) -> Instructions | None:
    """How to pay, while the customer is expected to do so."""
    return view.instructions if view.can_claim else None


def standing(view: OrderView, w: Words) -> str:
    """Where an order stands and what comes next, in whole sentences."""
    order, payment = view.order, view.payment
    if order.status is OrderStatus.CANCELLED:
        return _cancelled(view, w)
    if order.status is not OrderStatus.PENDING_PAYMENT:
        return _after_payment(view, w)
    if payment.status is PaymentStatus.AWAITING_ADMIN_APPROVAL:
        if order.gift_only:
            return w("Thank you! The staff are checking your payment.")
        return w("Thank you! The staff are checking your payment. Your items are kept for you meanwhile.")
    return "\n".join([*_before_payment(view, w), *_held(order, w)])


def _before_payment(view: OrderView, w: Words) -> list[str]:
    payment, said = view.payment, []
    if hosted_card.is_hosted(view):
        return hosted_card.before_payment(view, w)
    if payment.status is PaymentStatus.REJECTED:
        said.append(w("The staff could not find your payment. They wrote: “{reason}”", reason=_reason(view)))
        said.append(w("Please check it, then press **I have paid** again."))
    else:
        said.append(w("Please pay **{amount}**.", amount=w.money(payment.amount_cents, payment.currency)))
    return said


def _held(order: Order, w: Words) -> list[str]:
    if order.hold_ends_at is None:
        return []
    until, left = w.when(order.hold_ends_at, "f"), w.when(order.hold_ends_at)
    if order.gift_only:
        return [w("There is time for that until {until}, that is {left}.", until=until, left=left)]
    return [w("We keep everything for you until {until}, that is {left}.", until=until, left=left)]


def _cancelled(view: OrderView, w: Words) -> str:
    said = [w(_CANCELLED.get(view.order.cancel_reason or "", later("This order was cancelled.")))]
    if view.order.gift_only and view.order.cancel_reason == "hold_ended":
        said = [w("This gift was not paid in time, so it was called off.")]
    reason = _reason(view)
    if reason:
        by_staff = view.order.cancel_reason == "by_staff"
        wrote = later("They wrote: “{reason}”") if by_staff else later("The staff wrote: “{reason}”")
        said.append(w(wrote, reason=reason))
    if view.payment.status is PaymentStatus.AWAITING_ADMIN_APPROVAL:
        said.append(w("You told us that you have paid all the same. The staff are looking at it."))
    elif view.can_claim:
        said.append(w("You need not pay. If you have paid already, press **I have paid** at your order."))
    said.extend(hosted_card.after_cancelling(view, w))
    return "\n".join(said)


def _after_payment(view: OrderView, w: Words) -> str:
    free = view.order.status is OrderStatus.PAID and view.order.total_cents == 0
    said = [w("Thank you! There is nothing to pay.") if free else w(_standing(view.order))]
    if view.order.gift_only and view.order.status is OrderStatus.COMPLETE:
        said = [w("Your gift has arrived. Thank you for helping the community!")]
    if view.order.status is OrderStatus.PAID and view.order.needs_shipping:
        said.append(w("We send your parcel soon."))
    if any(owed.status is EntitlementStatus.FAILED for owed in view.entitlements):
        said.append(w("Something could not be handed over yet. Press **Get my items** to see why."))
    said.extend(hosted_card.after_paying(view, w))
    return "\n".join(said)


def _standing(order: Order) -> str:
    # It may have come back since it was sent, or even arrived.
    missing = order.awaits_parcel and order.status in {OrderStatus.SHIPPED, OrderStatus.COMPLETE}
    return _MISSING if missing else _AFTER_PAYMENT[order.status]


def _reason(view: OrderView) -> str:
    """What the staff wrote when they rejected the payment or cancelled the order."""
    cancelled = (event.note for event in reversed(view.order.history) if event.what == OrderStatus.CANCELLED)
    return plain(cut(next(cancelled, None) or view.payment.rejection_reason or "", _REASON_LENGTH))


def _how_to_pay(due: Instructions | None, w: Words) -> list[Field]:
    if due is None:
        return []
    return [Field(w("How to pay with {method}", method=method_name(due.method, w)), how_to_pay(due, w))]


def _contents(order: Order, w: Words) -> list[Field]:
    fields = [Field(w("Total"), amounts.order_totals(order, w))]
    if order.donation_cents and order.status is OrderStatus.PENDING_PAYMENT:
        fields.append(Field(w("About the community fund"), notice(order.donation_disclaimer, w)))
    if order.shipping_address is not None:
        fields.append(Field(w("Goes to"), address_text(order.shipping_address, w), inline=True))
    if order.shipping_type_label:
        fields.append(Field(w("Shipping"), amounts.name_of(order.shipping_type_label), inline=True))
    return fields


def _colour(view: OrderView) -> Literal["plain", "good", "warn", "bad"]:
    if view.order.status is OrderStatus.CANCELLED:
        return "bad"
    if hosted_card.needs_care(view):
        return "warn"
    if view.order.paid_at is not None:
        return "good"
    return "warn" if view.payment.status is PaymentStatus.REJECTED else "plain"


def _rows(view: OrderView, due: Instructions | None, w: Words) -> list[Row]:
    key, now = view.order.key, []
    cancelled = view.order.status is OrderStatus.CANCELLED
    if due and due.link and len(due.link) <= hosted_card.LINK_LENGTH:
        now.append(Button(w("Pay now"), url=due.link))
    now.extend(hosted_card.buttons(view, w))
    if view.can_claim:
        style: Literal["secondary", "success"] = "secondary" if cancelled else "success"
        now.append(Button(w("I have paid"), Target("orders:paid", key), style))
    if view.entitlements:
        now.append(Button(w("Get my items"), Target("orders:items", key), "primary"))
    if view.invoice_url and len(view.invoice_url) <= hosted_card.LINK_LENGTH:
        now.append(Button(w("Invoice"), url=view.invoice_url))
    if view.can_cancel:
        now.append(Button(w("Cancel"), Target("orders:cancel", key), "danger"))
    # Trying or checking again shows the order as it stands then, too.
    again = [] if hosted_card.looks_again(view) else [_look_again(key, w)]
    return [now, [*again, Button(w("My orders"), Target("orders:page", 0))]]


def _look_again(key: str, w: Words) -> Button:
    return Button(w("Look again"), Target("orders:open", key), emoji="🔄")


def cancel_card(view: OrderView, w: Words) -> Card:
    """The question before an order is cancelled."""
    key = view.order.key
    said = w("Your items go back on the shelf, and nothing has to be paid. This cannot be undone.")
    if view.order.gift_only:
        said = w("Nothing has to be paid then. This cannot be undone.")
    if view.payment.received_any:
        said = w("Your items go back on the shelf, and the staff decide about the money that has come.")
    return Card(
        title=w("Cancel order {number}?", number=view.order.order_number),
        text=said,
        fields=[Field(w("Total"), amounts.order_totals(view.order, w))],
        rows=[
            [
                Button(w("Yes, cancel it"), Target("orders:cancelled", key), "danger"),
                Button(w("No, keep it"), Target("orders:open", key), "primary"),
            ]
        ],
        colour="warn",
    )
