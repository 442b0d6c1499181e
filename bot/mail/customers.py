"""What a customer's e-mail says: what happened, what is to do, and the order as it stands now."""

from datetime import UTC, datetime

from babel.dates import format_date, format_time

from bot.mail.letters import Draft, Line, bare, unmarked
from cogs._effects.notices import OF_KEYS, amount_told, note_of, parcel_told
from cogs._ui.amounts import order_parts
from cogs._ui.carriers import tracking_page
from cogs._ui.order_card import standing
from cogs._ui.parcels import contents, shortened
from cogs._ui.paying import method_name, own_words
from cogs._ui.words import Words, later
from models.order import OrderStatus
from models.outbox import OutboxEffect
from models.payment import PaymentStatus
from models.shipment import Parcel
from services.effects import Notice
from services.orders import OrderView
from services.shops import Shop

_SUBJECTS = {
    Notice.ORDER_RECEIVED: later("Your order {number} at {shop}"),
    Notice.PAYMENT_CONFIRMED: later("Order {number}: your payment has arrived"),
    Notice.PAYMENT_REJECTED: later("Order {number}: we could not find your payment"),
    Notice.PAYMENT_UNDERPAID: later("Order {number}: a part is still to be paid"),
    Notice.PAYMENT_FAILED: later("Order {number}: your payment did not go through"),
    Notice.ORDER_CANCELLED: later("Order {number} was cancelled"),
    Notice.REFUNDED: later("Order {number}: your money is on its way back"),
    Notice.ROLE_FAILED: later("Order {number}: your role has to wait"),
    Notice.ORDER_SHIPPED: later("Order {number} is on its way to you"),
    Notice.HOLD_ENDING: later("Order {number}: please pay soon"),
    Notice.KEY_DELIVERED: later("Order {number}: your key is ready"),
    Notice.KEY_REPLACED: later("Order {number}: you have a new key"),
    Notice.ROLE_ENDING: later("Order {number}: the time of your role ends soon"),
    Notice.ROLE_ENDED: later("Order {number}: the time of your role has ended"),
}
_OF_GIFTS = {
    Notice.ORDER_RECEIVED: later("Your gift {number} to the community fund of {shop}"),
    Notice.PAYMENT_CONFIRMED: later("Your gift {number} has arrived"),
    Notice.PAYMENT_REJECTED: later("Your gift {number}: we could not find your payment"),
    Notice.ORDER_CANCELLED: later("Your gift {number} was called off"),
    Notice.HOLD_ENDING: later("Your gift {number}: please pay soon"),
}
_LONGEST = 1500
_LEFT = later("We keep everything for you until {until}.")
_LEFT_FOR_GIFT = later("There is time for that until {until}.")
_NEWS = later("News about your order {number} at {shop}")


def customer_draft(event: Notice, shop: Shop, view: OrderView, owed: OutboxEffect, w: Words) -> Draft:
    """The e-mail for an event, in the customer's language."""
    order = view.order
    return Draft(
        subject=w(_subject(event, view), number=order.order_number, shop=shop.name),
        title=bare(
            note_of(event, order, owed.payload),
            w,
            shop=shop.name,
            amount=amount_told(view, owed.payload, w),
            reason=str(owed.payload.get("reason", "")),
        ),
        greeting=w("Hello {name},", name=order.customer.discord_display_name),
        paragraphs=_paragraphs(event, shop, view, owed, w),
        facts=[*_facts(view, w), *_ends(event, view, owed, w)],
        lines=[
            Line(item.quantity, item.name, w.money(item.line_cents, order.currency)) for item in order.items
        ],
        sums=order_parts(order, w),
        total=(w("Total"), w.money(order.total_cents, order.currency)),
        invoice=(w("Invoice"), view.invoice_url) if view.invoice_url else None,
        small=[
            w("You get this because you ordered at {shop} on Discord.", shop=shop.name),
            w("Choose with /account notifications there what you are told by e-mail."),
        ],
    )


def _subject(event: Notice, view: OrderView) -> str:
    known = _SUBJECTS.get(event, _NEWS)
    return _OF_GIFTS.get(event, known) if view.order.gift_only else known


def _paragraphs(event: Notice, shop: Shop, view: OrderView, owed: OutboxEffect, w: Words) -> list[str]:
    said = _to_pay(view, w) if _payable(view) else [unmarked(standing(view, w))]
    parcel = parcel_told(view, owed.payload) if event is Notice.ORDER_SHIPPED else None
    if parcel is not None:
        said += _on_its_way(parcel, view, w)
    if view.order.donation_disclaimer and _payable(view):
        said.append(w(view.order.donation_disclaimer))
    if event in OF_KEYS:
        said.append(w("Open the order there and press Get my items to read it."))
    where = w(
        "Everything about your order is on Discord: type /orders list in the server of {shop}.",
        shop=shop.name,
    )
    return [*said, where]


def _on_its_way(parcel: Parcel, view: OrderView, w: Words) -> list[str]:
    """What lies in a parcel, and where it can be followed."""
    inside = unmarked(shortened(contents(parcel, view.order), w, _LONGEST))
    said = [w("On its way to you") + ":\n" + inside]
    page = tracking_page(parcel)
    return [*said, w("Follow it here: {address}", address=page)] if page else said


def _payable(view: OrderView) -> bool:
    waiting = {PaymentStatus.AWAITING_ADMIN_APPROVAL, PaymentStatus.PROCESSING}
    return view.order.status is OrderStatus.PENDING_PAYMENT and view.payment.status not in waiting


def _to_pay(view: OrderView, w: Words) -> list[str]:
    """What to do about an order that is not paid yet; the ways themselves are on Discord."""
    payment, order, said = view.payment, view.order, []
    if payment.status is PaymentStatus.REJECTED and payment.rejection_reason:
        why = payment.rejection_reason
        said.append(w("The staff could not find your payment. They wrote: “{reason}”", reason=why))
    if view.instructions is not None:
        said.append(w("Please pay as below, then press I have paid at your order on Discord."))
        if view.instructions.extra_text:
            said.append(own_words(view.instructions, w))
    else:
        said.append(w("To pay, open your order on Discord and press Pay now."))
    if order.hold_ends_at is not None:
        said.append(w(_LEFT_FOR_GIFT if order.gift_only else _LEFT, until=_moment(order.hold_ends_at, w)))
    return said


def _moment(at: datetime, w: Words) -> str:
    at = at.astimezone(UTC)
    return f"{format_date(at, 'medium', w.locale)}, {format_time(at, 'short', locale=w.locale)} UTC"


def _facts(view: OrderView, w: Words) -> list[tuple[str, str]]:
    order, payment, due = view.order, view.payment, view.instructions
    facts = [(w("Order"), order.order_number)]
    if _payable(view) and order.total_cents:
        facts.append((w("Still to pay"), w.money(_due_cents(view), payment.currency)))
        facts.append((w("Way to pay"), method_name(payment.method, w)))
    if _payable(view) and due is not None:
        to = [(w("Send it to"), due.recipient), (w("Name"), due.recipient_name)]
        facts += [(label, value) for label, value in to if value]
        facts.append((w("Write into the note"), due.reference))
    facts += [(w("Tracking number"), _number(each)) for each in view.parcels[-5:] if each.tracking_number]
    if order.refunded_cents:
        facts.append((w("Refunded"), w.money(order.refunded_cents, order.currency)))
    return facts


def _number(parcel: Parcel) -> str:
    return " ".join(part for part in (parcel.carrier, parcel.tracking_number) if part)


def _ends(event: Notice, view: OrderView, owed: OutboxEffect, w: Words) -> list[tuple[str, str]]:
    """Until when a role was bought, where the e-mail is about that."""
    if event not in {Notice.ROLE_ENDING, Notice.ROLE_ENDED}:
        return []
    about = [each for each in view.entitlements if each.key == owed.payload.get("entitlementId")]
    return [(w("Ends"), _moment(each.expires_at, w)) for each in about if each.expires_at]


def _due_cents(view: OrderView) -> int:
    return max(0, view.payment.amount_cents - view.payment.received_cents)
