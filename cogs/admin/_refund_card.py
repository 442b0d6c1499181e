"""A refund in the making, as staff see it: what can go back, what is chosen, and what that is worth."""

from cogs._ui.amounts import name_of
from cogs._ui.card import Button, Card, Field, Option, Row, Select, code
from cogs._ui.form import Form, Input
from cogs._ui.labels import status
from cogs._ui.paying import method_name
from cogs._ui.target import Target
from cogs._ui.text import cut, mention
from cogs._ui.words import Words
from cogs.admin._choice import with_number
from cogs.admin._order_card import label
from cogs.admin._refund_choice import Choice, packed
from models.order import Order, OrderItem
from services.refund_desk import RefundView
from services.refunds import REASON_LENGTH
from services.settling.credit import restockable

_NAME_LENGTH = 60


def latest_card(orders: list[Order], w: Words) -> Card:
    """Which order a refund is about."""
    options = [Option(label(order, w), order.key, description=w.date(order.created_at)) for order in orders]
    menu: list[Row] = [Select(w("Open an order"), Target("refund:open"), options)] if options else []
    said = w("Choose an order below, or search for its number.")
    return Card(
        title=w("Refunds"),
        text=said if orders else w("No order has money that could go back."),
        rows=[*menu, [Button(w("Search"), Target("refund:search"), "primary")]],
    )


def search_form(w: Words) -> Form:
    """The number of an order."""
    return Form(w("Refunds"), Target("refund:search"), [Input("order", w("Order number"), max_length=50)])


def refund_card(view: RefundView, choice: Choice, w: Words) -> Card:
    """The order with its lines, and every step of the refund."""
    order, payment = view.order, view.payment.payment
    return Card(
        title=w("Refund for {number}", number=order.order_number),
        text=f"{_standing(view, w)}\n\n{_lines(view, w)}",
        fields=[
            Field(w("Customer"), mention(order.customer.discord_id), inline=True),
            Field(w("Order"), f"{code(order.order_number)} · {status(order.status, w)}", inline=True),
            Field(
                w("Payment"), f"{method_name(payment.method, w)} · {status(payment.status, w)}", inline=True
            ),
            *_chosen(view, choice, w),
        ],
        colour="warn" if view.credit.cents else "plain",
        rows=[row for row in _rows(view, choice, w) if row],
    )


def _standing(view: RefundView, w: Words) -> str:
    payment = view.payment.payment
    came = w.money(payment.received_cents, payment.currency)
    left = w.money(payment.refundable_cents, payment.currency)
    said = [w("{came} came in; {left} of it can go back.", came=came, left=left)]
    if not payment.refundable_cents:
        return said[0]
    if view.left.pieces:
        said.append(w("Choose what goes back. What goes back wholly is taken from the customer."))
    elif view.order.paid_at is None:
        said.append(w("The order was not paid by it, so no goods go back."))
    return "\n".join(said)


def _lines(view: RefundView, w: Words) -> str:
    lines = [_line(item, view, w) for item in view.order.items]
    if view.left.gift_cents:
        amount = w.money(view.left.gift_cents, view.order.currency)
        lines.append(w("Community fund: {amount}, goes back only with all the rest", amount=amount))
    return "\n".join(lines)


def _line(item: OrderItem, view: RefundView, w: Words) -> str:
    chosen = view.picked.pieces.get(item.product_id, 0)
    said = [f"{'▶️ ' if chosen else ''}{item.quantity} x **{name_of(item.name)}**"]
    gone = view.gone.get(item.product_id, 0)
    if gone:
        said.append(w("{n} went back", n=gone))
    on_its_way = item.quantity - gone - view.left.pieces.get(item.product_id, 0)
    if on_its_way > 0 and view.order.paid_at is not None:
        said.append(w("{n} on the way back", n=on_its_way))
    if chosen:
        said.append(f"**{w('{n} chosen', n=chosen)}**")
    return " · ".join(said)


def _chosen(view: RefundView, choice: Choice, w: Words) -> list[Field]:
    if not view.credit.cents:
        return []
    money, names = view.payment.payment.currency, {item.product_id: item.name for item in view.order.items}
    said = [
        f"{line.quantity} x {name_of(names[line.product_id])} · {w.money(line.cents, money)}"
        for line in view.credit.lines
    ]
    if view.credit.shipping_cents:
        said.append(w("Shipping: {amount}", amount=w.money(view.credit.shipping_cents, money)))
    if view.credit.gift_cents:
        said.append(w("Community fund: {amount}", amount=w.money(view.credit.gift_cents, money)))
    said.append(f"**{w.money(view.credit.cents, money)}**")
    if view.credit.whole:
        said.append(w("That is all that is left: every role and item is taken back."))
    if _restockable(view):
        said.append(w("Goes back on the shelf.") if choice.restock else w("Does not go back on the shelf."))
    return [Field(w("Goes back now"), "\n".join(said))]


def _restockable(view: RefundView) -> bool:
    counted = {item.product_id for item in view.order.items if restockable(item)}
    return any(line.product_id in counted for line in view.credit.lines)


def _rows(view: RefundView, choice: Choice, w: Words) -> list[Row]:
    order, at = view.order, packed(choice, view.order)
    ways = [
        Button(w("Look again"), Target("refund:open", order.key, at)),
        Button(w("Payment"), Target("payment:open", view.payment.payment.key)),
        Button(w("Order"), Target("order:open", order.key)),
        Button(w("Another order"), Target("refund:list")),
    ]
    if not view.payment.refundable_cents:
        return [ways]
    return [*_menus(view, at, w), _switches(view, choice, at, w), _acts(view, at, w), ways]


def _menus(view: RefundView, at: str, w: Words) -> list[Row]:
    left, key = view.left.pieces, view.order.key
    if not left:
        return []
    lines = [(n, item) for n, item in enumerate(view.order.items) if item.product_id in left]
    options = [_option(n, item, view, w) for n, item in lines]
    rows: list[Row] = [
        Select(w("What goes back?"), Target("refund:lines", key, at), options, 0, len(options))
    ]
    several = [
        _option(n, item, view, w, default=False)
        for n, item in lines
        if item.product_id in view.picked.pieces and left[item.product_id] > 1
    ]
    if several:
        rows.append(Select(w("Change how many"), Target("refund:many", key, at), several))
    return rows


def _option(n: int, item: OrderItem, view: RefundView, w: Words, *, default: bool = True) -> Option:
    chosen, left = view.picked.pieces.get(item.product_id, 0), view.left.pieces[item.product_id]
    return Option(
        cut(item.name, _NAME_LENGTH),
        str(n),
        description=w("{chosen} of {left} chosen", chosen=chosen, left=left),
        default=default and chosen > 0,
    )


def _switches(view: RefundView, choice: Choice, at: str, w: Words) -> list[Button]:
    key, made = view.order.key, []
    if view.left.shipping_cents:
        cost = w.money(view.left.shipping_cents, view.order.currency)
        said = w("Keep the shipping") if view.picked.shipping else w("Shipping, too: {cost}", cost=cost)
        made.append(Button(said, Target("refund:ship", key, at)))
    if _restockable(view):
        said = w("Do not restock") if choice.restock else w("Restock")
        made.append(Button(said, Target("refund:shelf", key, at)))
    if not view.credit.whole:
        made.append(Button(w("Choose everything"), Target("refund:all", key, at)))
    return made


def _acts(view: RefundView, at: str, w: Words) -> list[Button]:
    key, cents, payment = view.order.key, view.credit.cents, view.payment
    amount, made = w.money(cents, view.order.currency), []
    chosen = with_number(at, cents)
    if cents and payment.refunds_itself:
        made.append(
            Button(
                w("Refund {amount}", amount=amount),
                Target("refund:ask", key, chosen),
                "danger",
            )
        )
    if cents:
        said = w("I have sent {amount} myself", amount=amount)
        made.append(Button(said, Target("refund:noted", key, chosen), "danger"))
    by_amount = "payment:refund" if payment.refunds_itself else "payment:record"
    made.append(Button(w("An amount instead"), Target(by_amount, payment.payment.key)))
    return made


def many_form(item: OrderItem, at: int, chosen: int, left: int, choice: str, order: Order, w: Words) -> Form:
    """How many pieces of a line go back."""
    many = Input(
        "quantity",
        w("How many go back?"),
        str(chosen),
        max_length=4,
        hint=w("At most {left} of {name}", left=left, name=cut(item.name, _NAME_LENGTH)),
    )
    return Form(
        w("Refund for {number}", number=order.order_number),
        Target("refund:many", order.key, with_number(choice, at)),
        [many],
    )


def reason_form(view: RefundView, choice: Choice, cents: int, *, by_hand: bool, w: Words) -> Form:
    """Why, before the money goes."""
    reason = Input(
        "reason",
        w("Reason, for the staff only"),
        long=True,
        max_length=REASON_LENGTH,
        hint=w("You have sent it yourself; I only note it down.") if by_hand else "",
    )
    amount = w.money(cents, view.order.currency)
    at = with_number(packed(choice, view.order), cents)
    to = Target("refund:noted" if by_hand else "refund:ask", view.order.key, at)
    return Form(w("Refund {amount}", amount=amount), to, [reason])
