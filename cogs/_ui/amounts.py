"""Lines and sums of carts and orders, and what changed in them, in a person's words."""

from collections.abc import Iterable

from cogs._ui.discount_code import discount_name
from cogs._ui.text import cut, plain, width
from cogs._ui.words import Words, later
from models.order import Order, OrderItem
from models.payment import Payment
from models.problems import Change
from services.lines import CartLine, Totals
from services.settling.credit import went_back

_NAME_LENGTH = 80
# A full cart must fit on a card, so a name that is nearly all markup, which escaping doubles, is cut shorter.
_ESCAPED_LENGTH = 120
_MARKUP_LENGTH = 50


_CHANGES = {
    "gone": later("This is no longer sold."),
    "roles": later("This needs a role that you do not have."),
    "discount": later("The discount has changed."),
    "term": later("Its role now lasts for ever."),
    "tax": later("The tax has changed."),
    "donation": later("Your gift to the community fund cannot be taken like that any more."),
}


def name_of(text: str) -> str:
    """A product's name in a line of its own, short enough to leave room for the rest."""
    shown = plain(cut(text, _NAME_LENGTH))
    return shown if width(shown) <= _ESCAPED_LENGTH else plain(cut(text, _MARKUP_LENGTH))


def line(item: OrderItem, currency: str, w: Words) -> str:
    """One line of a cart or an order, such as 2 x **Mug** · $30.00 ($15.00 each)."""
    said = f"{item.quantity} x **{name_of(item.name)}** · {w.money(item.line_cents, currency)}"
    if item.quantity == 1:
        return said
    return f"{said} ({w('{price} each', price=w.money(item.unit_price_cents, currency))})"


def order_lines(order: Order, payment: Payment, w: Words) -> str:
    """The lines of an order, each with what went back of it, and whether its shipping did."""
    back, said = went_back(payment), []
    for item in order.items:
        said.append(line(item, order.currency, w))
        pieces, cents = back.lines.get(item.product_id, (0, 0))
        if pieces:
            amount = w.money(cents, order.currency)
            said.append(f"↩️ {w('{n} went back: {amount}', n=pieces, amount=amount)}")
    if order.gift_only:
        said.append(gift_line(order, w))
    if back.shipping_cents:
        amount = w.money(back.shipping_cents, order.currency)
        said.append(f"↩️ {w('Shipping went back: {amount}', amount=amount)}")
    return "\n".join(said)


def gift_line(order: Order, w: Words) -> str:
    """What an order gives to the community fund."""
    amount = w.money(order.donation_cents, order.currency)
    if order.donation_anonymous:
        return w("Community fund: {amount}, anonymously", amount=amount)
    return w("Community fund: {amount}", amount=amount)


def cart_lines(of: Iterable[CartLine], currency: str, w: Words) -> str:
    """The lines of a cart, each with what stands in its way."""
    return "\n".join(_cart_line(each, currency, w) for each in of)


def _cart_line(each: CartLine, currency: str, w: Words) -> str:
    said = line(each.item, currency, w)
    return f"{said}\n⚠️ {change(each.problem, currency, w)}" if each.problem else said


def change(moved: Change, currency: str, w: Words) -> str:
    """What changed about one product, without its name."""
    if moved.kind == "price" and moved.old is not None and moved.new is not None:
        old, new = w.money(moved.old, currency), w.money(moved.new, currency)
        return w("The price changed from {old} to {new}.", old=old, new=new)
    if moved.kind == "stock" and moved.new is None:
        return w("Fewer are left.")
    if moved.kind == "stock":
        return w.count(moved.new, "Only {n} left.", "Only {n} left.") if moved.new else w("Sold out.")
    if moved.kind == "term" and moved.new is not None:
        return w.count(moved.new, "Its role now lasts {n} day.", "Its role now lasts {n} days.")
    return w(_CHANGES.get(moved.kind, later("This has changed.")))


def changes(moved: Iterable[Change], currency: str, w: Words) -> str:
    """What changed, a line for each product; empty when nothing is known to have changed."""
    return "\n".join(f"• {_named(each)}{change(each, currency, w)}" for each in moved)


def _named(moved: Change) -> str:
    return f"**{name_of(moved.name)}**: " if moved.name else ""


def totals(sums: Totals, w: Words, *, discount: str = "") -> str:
    """What a cart comes to, with every part that is not zero; `discount` is what it is called."""
    return _sums(
        w,
        sums.currency,
        total=sums.total,
        parts=(sums.subtotal, sums.discount, sums.shipping, sums.tax),
        named=discount,
        gift=sums.gift,
    )


def order_totals(order: Order, w: Words) -> str:
    """What an order comes to, as it was frozen at Confirm."""
    parts = (
        order.subtotal_cents,
        order.discount_amount_cents,
        order.shipping_cost_cents,
        order.tax_amount_cents,
    )
    named = discount_name(order.discount_label, order.discount_code)
    gift = order.donation_cents
    return _sums(w, order.currency, total=order.total_cents, parts=parts, named=named, gift=gift)


def order_parts(order: Order, w: Words) -> list[tuple[str, str]]:
    """What an order's total is made of, a name and an amount each; empty when its lines say it all."""
    if order.subtotal_cents == order.total_cents and not order.discount_amount_cents:
        return []
    off = discount_name(order.discount_label, order.discount_code)
    named = w("Discount ({name})", name=off) if off else w("Discount")
    parts = [
        (w("Items"), order.subtotal_cents),
        (named, -order.discount_amount_cents),
        (w("Shipping"), order.shipping_cost_cents),
        (w("Tax"), order.tax_amount_cents or 0),
        (w("Community fund"), order.donation_cents),
    ]
    return [(label, w.money(cents, order.currency)) for label, cents in parts if cents]


def _sums(
    w: Words, currency: str, *, total: int, parts: tuple[int, int, int, int | None], named: str, gift: int
) -> str:
    subtotal, discount, shipping, tax = parts
    said = []
    alone = gift == total and not subtotal  # nothing was bought
    if subtotal != total and not alone:
        said.append(w("Items: {amount}", amount=w.money(subtotal, currency)))
    if discount and named:
        off = w.money(discount, currency)
        said.append(w("Discount ({name}): -{amount}", name=plain(named), amount=off))
    elif discount:
        said.append(w("Discount: -{amount}", amount=w.money(discount, currency)))
    if shipping:
        said.append(w("Shipping: {amount}", amount=w.money(shipping, currency)))
    if tax is None:
        said.append(w("Tax: could not be worked out, so none is added"))
    elif tax:
        said.append(w("Tax: {amount}", amount=w.money(tax, currency)))
    if gift:
        said.append(w("Community fund: {amount}", amount=w.money(gift, currency)))
    said.append(f"**{w.money(total, currency)}**")
    return "\n".join(said)
