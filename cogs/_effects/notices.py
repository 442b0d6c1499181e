"""What a customer's DM says about an order; the same can be seen with /orders at any time."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cogs._ui import amounts
from cogs._ui.card import Button, Card, Field, code, plain
from cogs._ui.claim_card import method_name
from cogs._ui.labels import status
from cogs._ui.linked import linked
from cogs._ui.target import Target
from cogs._ui.words import Words, later
from models.entitlement import Entitlement, EntitlementType
from models.order import OrderStatus
from services.effects import Notice
from services.orders import OrderView
from services.shops import Shop

# A DM shows the first texts; Get my items has them all.
_MOST_TEXTS = 5
_CANCELLED = {
    "by_customer": later("You cancelled it."),
    "by_staff": later("The staff cancelled it."),
    "hold_ended": later("It was not paid in time, so the items went back on the shelf."),
}


@dataclass(frozen=True)
class Told:
    """What a notice is made from; `roles` names the order's roles by entitlement."""

    shop: Shop
    view: OrderView
    roles: Mapping[str, str]
    words: Words
    payload: Mapping[str, Any]


def card(event: Notice, told: Told) -> Card:
    """The DM for an event."""
    made = _CARDS[event](told)
    made.footer = told.shop.name
    return made


def _received(told: Told) -> Card:
    w, order = told.words, told.view.order
    fields = [
        Field(w("Items"), amounts.lines(order.items, order.currency, w)),
        Field(w("Sum"), amounts.order_totals(order, w)),
    ]
    text = w("Thank you for your order!")
    due = told.view.instructions
    pay: list[Button] = []
    if due is not None:
        fields.append(Field(w("How to pay"), _how_to_pay(told)))
        pay = [Button(w("Pay with {method}", method=method_name(told.view.payment)), url=due.link)] * bool(
            due.link
        )
    if told.view.can_claim and order.status is OrderStatus.PENDING_PAYMENT:
        pay.append(Button(w("I have paid"), Target("orders:paid", order.key), "success"))
    rows = [[*pay, _show_order(told)]]
    return Card(w("Order {number}", number=order.order_number), text, fields, rows)


def _how_to_pay(told: Told) -> str:
    w, due = told.words, told.view.instructions
    if due is None:
        return ""
    amount = w.money(due.amount_cents, due.currency)
    method = method_name(told.view.payment)
    to = plain(due.recipient) if due.recipient else None
    said = [
        w("Send **{amount}** by {method} to **{to}**.", amount=amount, method=method, to=to)
        if to
        else w("Pay **{amount}** by {method}.", amount=amount, method=method)
    ]
    if due.recipient_name:
        said.append(w("The name you will see is {name}.", name=plain(due.recipient_name)))
    said.append(w("Write {reference} into the note.", reference=code(due.reference)))
    if due.extra_text:
        said.append(linked(due.extra_text))
    ends = told.view.order.hold_ends_at
    if ends is not None:
        said.append(w("We keep your items until {when}.", when=w.when(ends, "f")))
    return "\n".join(said)


def _confirmed(told: Told) -> Card:
    w, order = told.words, told.view.order
    total = w.money(order.total_cents, order.currency)
    fields = [Field(w("Items"), amounts.lines(order.items, order.currency, w))]
    roles = [entitlement for entitlement in told.view.entitlements if entitlement.key in told.roles]
    if roles:
        fields.append(Field(w("Roles"), "\n".join(_role_state(each, told) for each in roles)))
    fields += _texts(told)
    if order.needs_shipping:
        fields.append(Field(w("Delivery"), w("We will send your parcel soon.")))
    return Card(
        w("Order {number} is paid", number=order.order_number),
        w("We received {total}. Thank you!", total=total) if order.total_cents else w("Thank you!"),
        fields,
        [_ways(told)],
        colour="good",
    )


def _role_state(entitlement: Entitlement, told: Told) -> str:
    state = status(entitlement.status, told.words)
    return f"**{plain(told.roles[entitlement.key])}**: {state}"


def _texts(told: Told) -> list[Field]:
    names = {item.product_id: item.name for item in told.view.order.items}
    items = [each for each in told.view.entitlements if each.type is EntitlementType.DIGITAL_ITEM]
    return [
        Field(plain(names.get(each.product_id, "")), linked(str(each.metadata.get("text", ""))))
        for each in items[:_MOST_TEXTS]
    ]


def _rejected(told: Told) -> Card:
    w, order = told.words, told.view.order
    number = order.order_number
    said = [
        w("The staff could not find your payment."),
        w("Reason: {reason}", reason=plain(str(told.payload.get("reason", "")))),
    ]
    rows = [[_show_order(told)]]
    if told.view.can_claim:
        said.append(w("Please check it, then tell us again that you have paid."))
        rows[0].insert(0, Button(w("I have paid"), Target("orders:paid", order.key), "success"))
    if order.hold_ends_at is not None:
        said.append(w("We keep your items until {when}.", when=w.when(order.hold_ends_at, "f")))
    title = w("Payment of order {number} was not found", number=number)
    return Card(title, "\n".join(said), rows=rows, colour="warn")


def _cancelled(told: Told) -> Card:
    w, order = told.words, told.view.order
    why = _CANCELLED.get(str(told.payload.get("why")))
    said = [w(why)] if why else []
    note = told.payload.get("note")
    if note:
        said.append(w("Reason: {reason}", reason=plain(str(note))))
    if order.paid_at is None:
        said.append(w("Nothing is due. If you have paid already, please tell the staff."))
    title = w("Order {number} is cancelled", number=order.order_number)
    return Card(title, "\n".join(said), rows=[[_show_order(told)]], colour="warn")


def _role_failed(told: Told) -> Card:
    w, order = told.words, told.view.order
    role = plain(told.roles.get(str(told.payload.get("entitlementId")), w("a role")))
    said = [w("I could not give you the role **{role}** yet.", role=role)]
    if told.payload.get("reason") == "member_left":
        said.append(w("You are not in the server at the moment. Join it again and you will get it."))
    else:
        said.append(w("The staff have been told, and I keep trying. You need not do anything."))
    return Card(
        w("Order {number}", number=order.order_number),
        "\n".join(said),
        rows=[_ways(told)],
        colour="warn",
    )


def _ways(told: Told) -> list[Button]:
    w, key = told.words, told.view.order.key
    ways = [Button(w("Get my items"), Target("orders:items", key), "primary"), _show_order(told)]
    if told.view.invoice_url:
        ways.append(Button(w("Invoice"), url=told.view.invoice_url))
    return ways


def _show_order(told: Told) -> Button:
    return Button(told.words("Show order"), Target("orders:open", told.view.order.key))


_CARDS: dict[Notice, Callable[[Told], Card]] = {
    Notice.ORDER_RECEIVED: _received,
    Notice.PAYMENT_CONFIRMED: _confirmed,
    Notice.PAYMENT_REJECTED: _rejected,
    Notice.ORDER_CANCELLED: _cancelled,
    Notice.ROLE_FAILED: _role_failed,
}
