"""What is shown wherever somebody is asked to give to the community fund."""

from collections.abc import Callable

from cogs._ui.card import Button, Row
from cogs._ui.form import Form, Input
from cogs._ui.target import Target
from cogs._ui.text import plain
from cogs._ui.words import Words
from models.fund import CommunityFundConfig

_IN_A_ROW = 5
_LONGEST = 20


def notice(text: str | None, w: Words) -> str:
    """What the shop has to say about its fund, translated if it is ours; empty where nothing is asked."""
    return f"📌 {plain(w(text), lines=True)}" if text else ""


def given_note(text: str | None, w: Words, *, anonymous: bool) -> str:
    """The same beside a gift that was chosen, and who is told of it."""
    hidden = w("The community is not told that it comes from you; the shop's staff can see it.")
    return "\n".join([*([hidden] if anonymous else []), notice(text, w)])


def gift_question(rules: CommunityFundConfig, w: Words, *, anonymous: bool) -> str:
    """Whether somebody wants to give, what is told of it, and the notice."""
    said = [w("Would you like to give something to the community fund?")]
    if anonymous:
        said.append(w("The community is not told that it comes from you; the shop's staff can see it."))
    else:
        said.append(w("Your name is shown with your gift."))
    return "\n\n".join([" ".join(said), notice(rules.disclaimer_text, w)])


def amount_rows(
    rules: CommunityFundConfig, currency: str, to: Callable[[int], Target], w: Words
) -> list[Row]:
    """A button for each amount that is offered."""
    buttons = [
        Button(w.money(cents, currency), to(cents), "success") for cents in rules.allowed_amounts_cents
    ]
    return [buttons[at : at + _IN_A_ROW] for at in range(0, len(buttons), _IN_A_ROW)]


def hiding(rules: CommunityFundConfig, to: Target, w: Words, *, anonymous: bool) -> list[Button]:
    """The switch between giving with and without one's name, where that is allowed."""
    if not rules.anonymity_allowed:
        return []
    return [Button(w("Show my name") if anonymous else w("Give anonymously"), to, emoji="🎭")]


def custom_form(rules: CommunityFundConfig, currency: str, to: Target, w: Words) -> Form:
    """Any other amount."""
    low = w.money(rules.custom_amount_min_cents, currency)
    high = w.money(rules.custom_amount_max_cents, currency)
    hint = w("From {low} to {high}", low=low, high=high)
    amount = Input("amount", w("How much would you like to give?"), max_length=_LONGEST, hint=hint)
    return Form(w("Community fund"), to, [amount])
