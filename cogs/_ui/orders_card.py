"""A customer's own orders, a page at a time."""

from cogs._ui import labels
from cogs._ui.card import Button, Card, Option, Row, Select, code
from cogs._ui.target import Target
from cogs._ui.words import Words
from models.order import Order
from services.orders import OrdersPage


def orders_card(page: OrdersPage, w: Words) -> Card:
    """One page of orders, newest first, with a way to each."""
    if page.total == 0:
        return Card(
            title=w("Your orders"),
            text=w("You have not ordered anything yet. Have a look around!"),
            rows=[[Button(w("Browse the shop"), Target("shop:page", 0, ""), "primary")]],
        )
    options = [Option(order.order_number, order.key, _note(order, w)) for order in page.orders]
    rows: list[Row] = [Select(w("Choose an order"), Target("orders:choose"), options)]
    if page.pages > 1:
        rows.append(_pager(page, w))
    return Card(title=w("Your orders"), text="\n".join(_line(order, w) for order in page.orders), rows=rows)


def order_label(order: Order, w: Words) -> str:
    """An order in one line without markdown, for menus and suggestions."""
    return f"{order.order_number} · {_note(order, w)}"


def _note(order: Order, w: Words) -> str:
    total, state = w.money(order.total_cents, order.currency), labels.status(order.status, w)
    return f"{w.date(order.created_at)} · {total} · {state}"


def _line(order: Order, w: Words) -> str:
    total = w.money(order.total_cents, order.currency)
    state = labels.status(order.status, w)
    return f"{code(order.order_number)} · **{total}** · {state} · {w.when(order.created_at)}"


def _pager(page: OrdersPage, w: Words) -> list[Button]:
    first, last = page.page == 0, page.page == page.pages - 1
    return [
        Button(w("Newer"), None if first else Target("orders:page", page.page - 1), emoji="◀️"),
        Button(w("Page {n} of {all}", n=page.page + 1, all=page.pages)),
        Button(w("Older"), None if last else Target("orders:page", page.page + 1), emoji="▶️"),
    ]
