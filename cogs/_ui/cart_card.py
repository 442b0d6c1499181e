"""How a cart is shown: its lines with what stands in their way, and everything that can change them."""

from collections.abc import Sequence

from cogs._ui import amounts
from cogs._ui.card import Button, Card, Field, Option, Row, Select
from cogs._ui.discount_code import code_button, code_note, found_name
from cogs._ui.target import Target
from cogs._ui.text import cut
from cogs._ui.words import Words
from services.carts import MAX_QUANTITY, CartView
from services.lines import CartLine
from services.waitlist import Wait

_MOST_KEPT = 5


def kept_card(cart: CartView, kept: Sequence[Wait], w: Words) -> Card:
    """The cart, with what is kept for its customer and how to take it."""
    card, inside = cart_card(cart, w), {each.item.product_id for each in cart.lines}
    shown = [each for each in kept if each.waiting.offered and each.product.key not in inside][:_MOST_KEPT]
    if shown:
        card.fields = [*card.fields, Field(w("Kept for you"), "\n".join(_kept(each, w) for each in shown))]
        buttons = [
            Button(w("Buy {name}", name=cut(each.product.name, 40)), Target("shop:buy", each.product.key))
            for each in shown
        ]
        card.rows = [*card.rows, buttons]
    return card


def _kept(wait: Wait, w: Words) -> str:
    name, until = amounts.name_of(wait.product.name), wait.waiting.offered_until
    return w("**{name}** until {time}", name=name, time=w.when(until, "t")) if until else f"**{name}**"


def cart_card(cart: CartView, w: Words, *, chosen: str | None = None, note: str | None = None) -> Card:
    """The cart; the buttons change the chosen line, the first one when none is chosen."""
    if cart.empty:
        return Card(
            title=w("Your cart"),
            text=w("Your cart is empty. Have a look around!"),
            rows=[[Button(w("Browse the shop"), Target("shop:page", 0, ""), "primary")]],
            note=note,
        )
    line = next((each for each in cart.lines if each.item.product_id == chosen), cart.lines[0])
    problems = any(each.problem for each in cart.lines)
    lines = amounts.cart_lines(cart.lines, cart.totals.currency, w)
    return Card(
        title=w("Your cart"),
        text="\n\n".join(filter(None, [lines, code_note(cart.session, cart.found, w)])),
        fields=[Field(w("Total"), amounts.totals(cart.totals, w, discount=found_name(cart.found)))],
        rows=[*_line_rows(cart, line, w), [*_ways_on(w, problems=problems), *_code(cart, w)]],
        colour="warn" if problems else "plain",
        footer=_added_later(cart, w),
        note=note,
    )


def _code(cart: CartView, w: Words) -> list[Button]:
    return [code_button("cart", cart.session, w)] if cart.session else []


def _added_later(cart: CartView, w: Words) -> str | None:
    """What is not in the total yet."""
    ships = any(not each.item.is_digital for each in cart.lines)
    if ships and cart.taxed:
        return w("Shipping and tax, if any, are added at the checkout.")
    if ships:
        return w("Shipping, if any, is added at the checkout.")
    return w("Tax, if any, is added at the checkout.") if cart.taxed else None


def _line_rows(cart: CartView, line: CartLine, w: Words) -> list[Row]:
    if len(cart.lines) == 1:
        return [_line_buttons(line, w)]
    options = [
        Option(
            each.item.name,
            each.item.product_id,
            w("Quantity {n}", n=each.item.quantity),
            default=each is line,
        )
        for each in cart.lines
    ]
    return [Select(w("Choose what to change"), Target("cart:line"), options), _line_buttons(line, w)]


def _line_buttons(line: CartLine, w: Words) -> list[Button]:
    key, quantity = line.item.product_id, line.item.quantity
    most = MAX_QUANTITY if line.available is None else min(line.available, MAX_QUANTITY)
    stuck = line.problem is not None and line.problem.kind in {"gone", "roles"}
    return [
        Button("", Target("cart:less", key), emoji="\N{HEAVY MINUS SIGN}"),
        Button(w.count(quantity, "{n} piece", "{n} pieces")),
        Button("", Target("cart:more", key), emoji="\N{HEAVY PLUS SIGN}", disabled=stuck or quantity >= most),
        Button(w("Enter quantity"), Target("cart:ask", key), disabled=stuck),
        Button(w("Remove"), Target("cart:remove", key)),
    ]


def _ways_on(w: Words, *, problems: bool) -> list[Button]:
    ways = [
        Button(w("Browse the shop"), Target("shop:page", 0, "")),
        Button(w("Empty the cart"), Target("cart:clear"), "danger"),
    ]
    if problems:
        return [Button(w("Update my cart"), Target("cart:renew"), "primary"), *ways]
    return [Button(w("Check out"), Target("checkout:open"), "success"), *ways]
