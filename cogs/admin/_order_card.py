"""Orders as staff see them: the list that was found, and one with everything known about it."""

from cogs._ui import amounts
from cogs._ui.address import address_text
from cogs._ui.card import Button, Card, Field, Option, Row, Select, code, plain
from cogs._ui.claim_card import decision
from cogs._ui.form import Form, Input
from cogs._ui.labels import status
from cogs._ui.paying import method_name
from cogs._ui.target import Target
from cogs._ui.text import cut, mention
from cogs._ui.words import Words, later
from cogs.admin._paging import pager, searchable
from models.entitlement import Entitlement, EntitlementStatus, EntitlementType
from models.order import Order, OrderEvent, OrderStatus
from models.payment import PaymentStatus
from services.orders import OrdersPage, OrderView
from services.payments import processors
from services.role_terms import EXPIRED

_MAX_NOTE, _SHOWN_NOTE, _SHOWN_EVENTS = 500, 200, 8
_LINK_LENGTH = 512
EVENTS = {
    "note": later("Note"),
    "by_hand": later("Done by hand"),
    "payment_claimed": later("The customer says that it is paid"),
    "payment_rejected": later("Payment rejected"),
    "payment_processing": later("Money is on its way"),
    "payment_failed": later("A try to pay failed"),
    "payment_underpaid": later("Only a part came"),
    "payment_amount": later("Another amount came"),
    "payment_currency": later("Another currency came"),
    "payment_returned": later("Money came that had gone back"),
    "page_expired": later("The page to pay on ended"),
    "refunded": later("Money went back"),
    "refund_pending": later("A refund is on its way"),
    "refund_failed": later("A refund failed"),
    "disputed": later("The payment is disputed"),
    "dispute_won": later("The dispute is won"),
    "dispute_lost": later("The dispute is lost"),
    "key_replaced": later("Key replaced"),
    "parcel_sent": later("A parcel was sent"),
    "parcel_delivered": later("A parcel has arrived"),
    "parcel_back": later("A parcel came back or was lost"),
    "parcel_exception": later("A parcel cannot be delivered"),
    "parcel_corrected": later("Carrier or number corrected"),
    "parcel_buying": later("A label is being bought"),
    "parcel_labelled": later("A label was bought"),
    "parcel_unknown": later("Nobody knows whether a label was bought"),
    "parcel_dropped": later("A parcel was not sent"),
    "parcel_voided": later("A label was voided"),
    "readdressed": later("Address corrected"),
    OrderStatus.PENDING_PAYMENT: later("Ordered"),
    OrderStatus.PAID: later("Paid"),
    OrderStatus.FULFILLING: later("Being prepared"),
    OrderStatus.SHIPPED: later("Shipped"),
    OrderStatus.COMPLETE: later("Complete"),
    OrderStatus.CANCELLED: later("Cancelled"),
}
WHY = {
    "by_customer": later("The customer cancelled it."),
    "by_staff": later("The staff cancelled it."),
    "hold_ended": later("It was not paid in time."),
}
FAILED = {
    "missing_permission": later("I lack the permission Manage Roles"),
    "role_too_high": later("my role stands below it"),
    "role_gone": later("the role was deleted"),
    "role_guarded": later("the role has power, so I give it to nobody"),
    "member_left": later("the customer left the server"),
    "guild_gone": later("I am not in the server"),
    "no_keys": later("no free key is left"),
}


def looked_for(typed: str, w: Words) -> str:
    """What somebody looks for; a state by its name in their language becomes the one of the order book."""
    names = {status(state, w).casefold(): state.value for state in OrderStatus}
    return names.get(typed.strip().casefold(), typed)


def order_list(page: OrdersPage, query: str, w: Words) -> Card:
    """The orders that were found, newest first, with ways to open one and to search on."""
    options = [_option(order, w) for order in page.orders]
    states = [
        Option(status(state, w), state.value, default=state.value == query.upper()) for state in OrderStatus
    ]
    rows: list[Row] = [
        *([Select(w("Open an order"), Target("order:open"), options)] if options else []),
        Select(w("Show those in a state"), Target("order:state"), states),
        pager(w, "order:list", page.page, page.pages, query),
        _search_buttons(query, w),
    ]
    return Card(
        title=w.count(page.total, "{n} order", "{n} orders"),
        text=_found(page, query, w),
        fields=[_listed(order, w) for order in page.orders],
        rows=[row for row in rows if row],
    )


def _found(page: OrdersPage, query: str, w: Words) -> str | None:
    if not page.total:
        return w("Nothing found. Try a number, a customer's name or a state.")
    if not query:
        return None
    named = status(query, w) if query.upper() in set(OrderStatus) else query
    return w("Those with {query} as number, customer or state.", query=code(named))


def _search_buttons(query: str, w: Words) -> list[Button]:
    search = Button(w("Search"), Target("order:search", searchable("order:search", query)), "primary")
    return [search, *([Button(w("Show all"), Target("order:list"))] if query else [])]


def _listed(order: Order, w: Words) -> Field:
    who = mention(order.customer.discord_id)
    total = w.money(order.total_cents, order.currency)
    return Field(
        f"{order.order_number} · {status(order.status, w)}", f"{who} · {total} · {w.when(order.created_at)}"
    )


def label(order: Order, w: Words) -> str:
    """An order in one line, for menus and suggestions, which show no markdown."""
    total = w.money(order.total_cents, order.currency)
    name = cut(order.customer.discord_display_name, 30)
    return f"{order.order_number} · {name} · {total} · {status(order.status, w)}"


def _option(order: Order, w: Words) -> Option:
    return Option(label(order, w), order.key, description=w.date(order.created_at))


def order_card(view: OrderView, w: Words) -> Card:
    """One order with its payment, what it hands over, and its history."""
    order = view.order
    return Card(
        title=w("Order {number}", number=order.order_number),
        text=f"{_standing(view, w)}\n\n{amounts.order_lines(order, view.payment, w)}",
        fields=_fields(view, w),
        colour="warn" if _needs_staff(view) else "plain",
        footer=w("Ordered on {date}", date=w.date(order.created_at)),
        rows=_rows(view, w),
    )


def _standing(view: OrderView, w: Words) -> str:
    order = view.order
    said = [w("This order is {status}.", status=f"**{status(order.status, w)}**")]
    if order.cancel_reason in WHY:
        said.append(w(WHY[order.cancel_reason]))
    if order.hold_ends_at is not None:
        said.append(w("Its goods are held until {when}.", when=w.when(order.hold_ends_at, "f")))
    return " ".join(said)


def _needs_staff(view: OrderView) -> bool:
    failed = any(owed.status is EntitlementStatus.FAILED for owed in view.entitlements)
    return failed or view.payment.status is PaymentStatus.AWAITING_ADMIN_APPROVAL


def _fields(view: OrderView, w: Words) -> list[Field]:
    order, customer = view.order, view.order.customer
    name, account = plain(customer.discord_display_name), plain(customer.discord_username)
    who = f"{mention(customer.discord_id)}\n{name} ({account})"
    fields = [
        Field(w("Customer"), f"{who}\n{plain(customer.email)}" if customer.email else who, inline=True),
        Field(w("Total"), amounts.order_totals(order, w), inline=True),
        Field(w("Payment"), _payment(view, w)),
    ]
    if order.shipping_address is not None:
        way = amounts.name_of(order.shipping_type_label or "")
        fields.append(Field(w("Goes to"), f"{address_text(order.shipping_address, w)}\n{way}", inline=True))
    if order.invoice_number:
        fields.append(Field(w("Invoice"), code(order.invoice_number), inline=True))
    if view.entitlements:
        fields.append(Field(w("Hands over"), "\n".join(_owed(each, order, w) for each in view.entitlements)))
    return [*fields, Field(w("History"), _history(order.history, w))]


def _payment(view: OrderView, w: Words) -> str:
    payment = view.payment
    said = [f"{method_name(payment.method, w)} · {decision(payment, w)}"]
    if payment.reference_text and payment.claimed_at:
        when = w.when(payment.claimed_at)
        said.append(w("Payer's note: {note}, {when}", note=code(payment.reference_text), when=when))
    return "\n".join(said)


def _owed(owed: Entitlement, order: Order, w: Words) -> str:
    role = owed.type is EntitlementType.DISCORD_ROLE
    named = next((item.name for item in order.items if item.product_id == owed.product_id), "")
    what = w("Role {role}", role=f"<@&{owed.role_id}>") if role else amounts.name_of(named)
    if owed.keys:
        what = f"{what}, {w.count(owed.keys, '{n} key', '{n} keys')}"
    if owed.status is not EntitlementStatus.FAILED:
        return f"{what}: {status(owed.status, w)}{_time(owed, w)}"
    why = FAILED.get(owed.failed_reason or "")
    return f"⚠️ {what}: {w(why) if why else status(owed.status, w)}"


def _time(owed: Entitlement, w: Words) -> str:
    """When a role's time ends or has ended."""
    ended = owed.status is EntitlementStatus.REVOKED
    if owed.expires_at is None or (ended and owed.revoked_reason != EXPIRED):
        return ""
    when = w.when(owed.expires_at, "f")
    return " · " + (w("its time ended {when}", when=when) if ended else w("until {when}", when=when))


def _history(events: list[OrderEvent], w: Words) -> str:
    return "\n".join(_event(event, w) for event in reversed(events[-_SHOWN_EVENTS:])) or w("none yet")


def _event(event: OrderEvent, w: Words) -> str:
    known = EVENTS.get(event.what)
    what = w(known) if known else status(event.what, w)
    who = f" · {mention(event.actor_id)}" if event.actor_id else ""
    note = f": {plain(cut(event.note, _SHOWN_NOTE))}" if event.note else ""
    return f"{w.when(event.at, 'f')} · {what}{who}{note}"


def _rows(view: OrderView, w: Words) -> list[Row]:
    order, payment = view.order, view.payment
    acts = [Button(w("Add note"), Target("order:note", order.key), "primary")]
    if payment.status is PaymentStatus.AWAITING_ADMIN_APPROVAL:
        acts.append(Button(w("Check the payment"), Target("claim:show", payment.key), "success"))
    elif payment.method in processors() or payment.settled:
        acts.append(Button(w("Payment"), Target("payment:open", payment.key)))
    if order.shipment_id is not None and order.paid_at is not None:
        acts.append(Button(w("Ship"), Target("ship:open", order.key), "success"))
    if payment.refundable_cents:
        acts.append(Button(w("Refund"), Target("refund:open", order.key), "danger"))
    if order.status is OrderStatus.PENDING_PAYMENT:
        acts.append(Button(w("Cancel the order"), Target("order:cancel", order.key), "danger"))
    if view.invoice_url and len(view.invoice_url) <= _LINK_LENGTH:
        acts.append(Button(w("Invoice"), url=view.invoice_url))
    keys = (
        [Button(w("Keys"), Target("keys:order", 0, order.key))]
        if any(owed.keys for owed in view.entitlements)
        else []
    )
    ways = [
        *keys,
        Button(w("All orders"), Target("order:list")),
        Button(w("Look again"), Target("order:open", order.key)),
        Button(w("Open customer"), Target("customer:order", order.key)),
    ]
    return [acts, ways]


def note_form(order: Order, w: Words) -> Form:
    """A note that only staff see."""
    note = Input("note", w("Note, for the staff only"), long=True, max_length=_MAX_NOTE)
    return Form(w("Note on {number}", number=order.order_number), Target("order:note", order.key), [note])


def cancel_form(order: Order, w: Words) -> Form:
    """Why an order is cancelled; the customer reads it."""
    reason = Input("reason", w("Why? The customer will read this."), long=True, max_length=_MAX_NOTE)
    return Form(w("Cancel {number}", number=order.order_number), Target("order:cancel", order.key), [reason])


def search_form(query: str, w: Words) -> Form:
    """What to look for among the orders."""
    words = Input(
        "query",
        w("Number, customer or state"),
        query,
        required=False,
        max_length=50,
        placeholder=status(OrderStatus.PAID, w),
    )
    return Form(w("Search orders"), Target("order:search"), [words])
