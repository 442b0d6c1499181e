"""How a discount reads to its customer: its name, why a code gives nothing, and where to enter one."""

from cogs._ui.card import Button, code
from cogs._ui.form import Form, Input
from cogs._ui.target import Target
from cogs._ui.text import cut
from cogs._ui.words import Words, later
from models.session import OrderSession
from services.discounts import Found

_LENGTH = 40
PROBLEMS = {
    "unknown": later("I do not know that code. Please check how it is written."),
    "not_yet": later("That code cannot be used yet. Please try again when its time has come."),
    "ended": later("That code has ended."),
    "used_up": later("That code was used as often as it could be."),
    "not_for_you": later("That code is not for you."),
    "nothing_here": later("That code is for other products than those in your cart."),
    "better": later("You save more without that code, so I left it out."),
}


def discount_name(label: str | None, typed: str | None) -> str:
    """What a discount is called beside its amount; empty when it has no name."""
    return cut(label or typed or "", _LENGTH)


def found_name(found: Found) -> str:
    """What the discount of a cart is called."""
    offer = found.offer
    return discount_name(offer.discount.label, offer.discount.code) if offer else ""


def code_note(session: OrderSession | None, found: Found, w: Words) -> str | None:
    """Why the code that was entered takes nothing off now; None when all is well."""
    if session is None or session.discount_code is None or found.code_problem is None:
        return None
    why = w(PROBLEMS[found.code_problem])
    return f"{code(session.discount_code)}: {why}"


def code_button(area: str, session: OrderSession, w: Words) -> Button:
    """The way to enter a code, or to forget the one that was entered; `area` is cart or checkout."""
    if session.discount_code is None:
        return Button(w("Enter a code"), Target(f"{area}:code"))
    return Button(w("Forget the code"), Target(f"{area}:uncode"))


def code_form(area: str, w: Words) -> Form:
    """What is filled in for a discount."""
    typed = Input("code", w("Discount code"), max_length=_LENGTH)
    return Form(w("Discount code"), Target(f"{area}:code"), [typed])
