"""How a checkout is shown: one question at a time, then the review with Confirm."""

from collections.abc import Sequence

from cogs._ui import amounts, labels
from cogs._ui.address import address_label, address_text
from cogs._ui.card import Button, Card, Field, Option, Row, Select
from cogs._ui.discount_code import code_button, code_note, found_name
from cogs._ui.gift_step import amount_rows, gift_question, given_note, hiding
from cogs._ui.target import Target
from cogs._ui.words import Words
from models.session import SessionStep
from services.checkout import CheckoutView
from services.payments.contract import MethodDescriptor

_MOST_OPTIONS = 25


def checkout_card(
    view: CheckoutView, w: Words, *, note: str | None = None, down: Sequence[MethodDescriptor] = ()
) -> Card:
    """The step that comes next, with a way back to the steps before it.

    `down` are the ways to pay that the shop offers but whose provider does not answer at the moment.
    """
    if view.step is SessionStep.ADDRESS:
        card = _address(view, w)
    elif view.step is SessionStep.SHIPPING:
        card = _shipping(view, w)
    elif view.step is SessionStep.DONATION:
        card = _gift(view, w)
    elif view.step is SessionStep.PAYMENT:
        card = _payment(view, down, w)
    else:
        card = _review(view, w)
    card.note = note
    return card


def _title(view: CheckoutView, w: Words) -> str:
    giving = [SessionStep.DONATION] if view.fund.enabled else []
    # What costs nothing is never asked how it is paid; while something ships, its cost is not known at first.
    free = view.step is SessionStep.REVIEW and not view.totals.total and not view.session.ships
    steps = [*giving, *([] if free else [SessionStep.PAYMENT]), SessionStep.REVIEW]
    if view.session.ships:
        steps = [SessionStep.ADDRESS, *([SessionStep.SHIPPING] if view.shipping_types else []), *steps]
    return w("Checkout, step {n} of {all}", n=steps.index(view.step) + 1, all=len(steps))


def _sum(view: CheckoutView, w: Words) -> Field:
    return Field(w("Total"), amounts.totals(view.totals, w, discount=found_name(view.found)))


def _back(w: Words) -> Button:
    return Button(w("Back to my cart"), Target("cart:view"), emoji="◀️")


def _again(step: SessionStep, label: str) -> Button:
    return Button(label, Target("checkout:reopen", step))


def _address(view: CheckoutView, w: Words) -> Card:
    rows: list[Row] = []
    said = w("Where should we send it?")
    if view.addresses:
        said = w("Where should we send it? Choose an address, or enter a new one.")
        options = [
            Option(address_label(saved.address, w), saved.id) for saved in view.addresses[:_MOST_OPTIONS]
        ]
        rows.append(Select(w("Choose an address"), Target("checkout:address"), options))
    enter = Button(w("Enter an address"), Target("checkout:enter"), "primary")
    return Card(title=_title(view, w), text=said, fields=[_sum(view, w)], rows=[*rows, [enter, _back(w)]])


def _shipping(view: CheckoutView, w: Words) -> Card:
    options = [
        Option(kind.label, kind.code, _shipping_note(kind.cost_cents, kind.estimated_days, view, w))
        for kind in view.shipping_types[:_MOST_OPTIONS]
    ]
    return Card(
        title=_title(view, w),
        text=w("How should we send it?"),
        fields=[*_where(view, w), _sum(view, w)],
        rows=[
            Select(w("Choose how to ship"), Target("checkout:shipping"), options),
            [_again(SessionStep.ADDRESS, w("Change the address")), _back(w)],
        ],
    )


def _shipping_note(cost: int, days: int | None, view: CheckoutView, w: Words) -> str:
    price = w.money(cost, view.totals.currency) if cost else w("free")
    if days is None:
        return price
    return f"{price} · {w.count(days, 'about {n} day', 'about {n} days')}"


def _gift(view: CheckoutView, w: Words) -> Card:
    rules, hidden = view.fund, view.session.donation_anonymous
    more = [Button(w("Another amount"), Target("checkout:custom"))] if rules.custom_amount_allowed else []
    none = Button(w("No, thank you"), Target("checkout:give", 0), "primary")
    to_hide = Target("checkout:hide", int(not hidden))
    return Card(
        title=_title(view, w),
        text=gift_question(rules, w, anonymous=hidden),
        fields=[*_where(view, w), *_how(view, w), _sum(view, w)],
        rows=[
            *amount_rows(rules, view.totals.currency, lambda cents: Target("checkout:give", cents), w),
            [*more, none, *hiding(rules, to_hide, w, anonymous=hidden)],
            [*_earlier(view, w), _back(w)],
        ],
    )


def _payment(view: CheckoutView, down: Sequence[MethodDescriptor], w: Words) -> Card:
    ways: list[Row] = []
    if view.methods:
        options = [
            Option(w(method.display_name), method.value, w(method.description), emoji=method.icon)
            for method in view.methods[:_MOST_OPTIONS]
        ]
        ways = [Select(w("Choose how to pay"), Target("checkout:payment"), options)]
    return Card(
        title=_title(view, w),
        text="\n".join([*_how_to_pay(view, down, w), *(_down(each, view, w) for each in down)]),
        fields=[*_where(view, w), *_how(view, w), _sum(view, w)],
        rows=[*ways, [*_earlier(view, w), *_gift_again(view, w), _back(w)]],
        colour="plain" if view.methods else "warn",
    )


def _how_to_pay(view: CheckoutView, down: Sequence[MethodDescriptor], w: Words) -> list[str]:
    if view.methods:
        return [w("How would you like to pay?")]
    if down:
        return []
    return [w("This shop cannot take payments yet. Please tell its staff; your cart stays as it is.")]


def _down(method: MethodDescriptor, view: CheckoutView, w: Words) -> str:
    name = w(method.display_name)
    if view.methods:
        return w("{method} is not reachable right now; please choose another way.", method=name)
    return w(
        "{method} is not reachable right now. Please try again in a minute; your cart stays as it is.",
        method=name,
    )


def _earlier(view: CheckoutView, w: Words) -> list[Button]:
    if not view.session.ships:
        return []
    ways = [_again(SessionStep.ADDRESS, w("Change the address"))]
    if view.shipping_types:
        ways.append(_again(SessionStep.SHIPPING, w("Change the shipping")))
    return ways


def _gift_again(view: CheckoutView, w: Words) -> list[Button]:
    return [_again(SessionStep.DONATION, w("Change the gift"))] if view.fund.enabled else []


def _where(view: CheckoutView, w: Words) -> list[Field]:
    return [Field(w("Goes to"), address_text(view.address, w), inline=True)] if view.address else []


def _how(view: CheckoutView, w: Words) -> list[Field]:
    if view.shipping_type is None:
        return []
    return [Field(w("Shipping"), amounts.name_of(view.shipping_type.label), inline=True)]


def _review(view: CheckoutView, w: Words) -> Card:
    free = view.totals.total == 0
    paid_by = (
        []
        if free or view.method is None
        else [Field(w("You pay with"), w(view.method.display_name), inline=True)]
    )
    problems = any(line.problem for line in view.lines)
    hidden, about = view.session.donation_anonymous, ""
    if view.totals.gift:
        about = given_note(view.fund.disclaimer_text, w, anonymous=hidden)
    lines = amounts.cart_lines(view.lines, view.totals.currency, w)
    said = w("Is everything right? With Confirm you place the order; you pay right after.")
    if problems:
        said = w("Something has changed since you chose it. Please update your order first.")
    elif view.tax.blocks:
        said = _no_tax(view, w)
    elif free:
        said = w("Is everything right? There is nothing to pay.")
    return Card(
        title=_title(view, w),
        text="\n\n".join(filter(None, [said, lines, code_note(view.session, view.found, w), about])),
        fields=[*_where(view, w), *_how(view, w), *paid_by, _sum(view, w)],
        rows=[[_go(view, w, problems=problems), _back(w)], _changes(view, w, free=free)],
        colour="warn" if problems or view.tax.blocks else "plain",
    )


def _no_tax(view: CheckoutView, w: Words) -> str:
    if view.address is not None and view.tax.problem == "tax_declined":
        return w(
            "The tax cannot be worked out for this address, so nothing was ordered. "
            "Please check its state and postal code."
        )
    return w(labels.NO_TAX)


def _go(view: CheckoutView, w: Words, *, problems: bool) -> Button:
    if problems:
        return Button(w("Update my order"), Target("checkout:renew"), "primary")
    if view.tax.blocks:
        return Button(w("Try again"), Target("checkout:open"), "primary")
    seen = Target("checkout:confirm", view.session.key, view.session.version)
    return Button(w("Confirm"), seen, "success")


def _changes(view: CheckoutView, w: Words, *, free: bool) -> list[Button]:
    code = code_button("checkout", view.session, w)
    earlier = [*_earlier(view, w), *_gift_again(view, w)]
    if free:
        return [*earlier, code]
    return [*earlier, code, _again(SessionStep.PAYMENT, w("Change the payment"))]
