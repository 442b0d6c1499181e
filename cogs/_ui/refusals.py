"""The one translator of refusals: what stopped the person and what to do next, said kindly and shortly."""

from collections.abc import Callable
from typing import Any

from cogs._ui import (
    desk_refusals,
    discount_code,
    key_refusals,
    labels,
    people_refusals,
    provider_refusals,
    report_refusals,
    ship_refusals,
    stock_refusals,
    theme_refusals,
)
from cogs._ui.text import cut, plain
from cogs._ui.words import Words, later
from models.errors import (
    AlreadyDecided,
    AlreadyExists,
    BadInput,
    CartChanged,
    CartEmpty,
    ChangedMeanwhile,
    ConfirmInProgress,
    NoShop,
    NotAllowed,
    NotFound,
    ReferenceUsed,
    Refused,
    RolesMissing,
    SessionExpired,
    ShopError,
    StepMissing,
    TaxUnknown,
)
from models.problems import Amount, Change

_LONGEST_NAME = 200


class GuildNeeded(ShopError):
    """A command or click came from a place that no shop belongs to."""


class GuildLeft(ShopError):
    """A click in a DM came from somebody who is not, or whose shop is not, in the guild any more."""


def mentioned(role_id: str) -> str:
    """A role as Discord's clients show it in its guild; nobody is pinged by it."""
    return f"<@&{role_id}>"


def sentence(error: ShopError, words: Words, role: Callable[[str], str] = mentioned) -> str:
    """What to tell the person; every refusal of models/errors.py has its sentence.

    `role` says what to call a role where the sentence will be read.
    """
    if isinstance(error, RolesMissing):
        return _roles_missing(error, words, role)
    for kind in type(error).__mro__:
        if kind in _SAID:
            return _SAID[kind](error, words)
    raise TypeError(f"{type(error).__name__} is no refusal")


def changes(moved: CartChanged, w: Words) -> list[str]:
    """What moved since the customer looked, a line each, without amounts: the cart shows those."""
    return [w(_CHANGES.get(change.kind, _CHANGED), **_change(change)) for change in moved.changes]


_CHANGED = later("**{name}** has changed.")
_CHANGES = {
    "price": later("The price of **{name}** has changed."),
    "gone": later("**{name}** is not sold any more."),
    "roles": later("**{name}** now needs a role that you do not have."),
    "stock": later("Fewer of **{name}** are left than you chose."),
    "shipping": later("The shipping **{name}** has changed."),
    "term": later("The time for which **{name}** gives its role has changed."),
    "discount": later("Your discount has changed."),
    "tax": later("The tax has changed."),
    "donation": later("Your gift to the community fund cannot be taken like that any more."),
}
_PARTS = (
    *(desk_refusals, key_refusals, people_refusals, provider_refusals, report_refusals, ship_refusals),
    *(stock_refusals, theme_refusals),
)


def _of_parts(name: str) -> dict[Any, Any]:
    """What the other files of refusals say under this name."""
    return {key: said for part in _PARTS for key, said in getattr(part, name, {}).items()}


_PROBLEMS = {
    **_of_parts("PROBLEMS"),
    "not_an_amount": later("I cannot read that as an amount. Please write it like 12.50."),
    "too_many_decimals": later(
        "That amount has more decimals than the currency. Please write it like 12.50."
    ),
    "too_large": later("That is too large. Please enter a smaller value for {field}."),
    "at_least": later("Please enter at least {limit} for {field}."),
    "at_most": later("Please enter at most {limit} for {field}."),
    "too_small": later("That is too small. Please enter a larger value for {field}."),
    "length": later("Please enter something for {field} that has at most {limit} characters."),
    "range": later("Please enter a whole number for {field}, at most {limit}."),
    "not_a_number": later("Please enter a whole number for {field}, using digits only."),
    "not_allowed": later("I cannot take that for {field}. Please check it and try again."),
    "not_a_link": later("Please enter a full web address for {field}, beginning with https://."),
    "not_a_state": later(
        "I cannot find that {field} in the country. Please write its name or its short form, like {limit}."
    ),
    "not_a_country": later("Please write the country as its two letters, such as US or DE."),
    "not_a_currency": later("Please write the currency as its three letters, such as USD or EUR."),
    "in_use": later("Your products are priced in {limit}, so {field} cannot change any more."),
    "required": later("Please fill in {field}."),
    "example": later("I cannot take that for {field}. Please write it like {limit}."),
    "too_many_of_one": later("Your cart holds at most {limit} of one product. Please check out first."),
    "too_many_lines": later("Your cart holds at most {limit} different products. Please remove one first."),
    "spread": later("That money came in several payments. Please give it back in smaller parts."),
    **{f"code_{each}": said for each, said in discount_code.PROBLEMS.items()},
    "unknown_product": later("I know no product called {limit}. Please check its SKU or name."),
}
_UNKNOWN = {
    **_of_parts("UNKNOWN"),
    "product": later("I cannot find that product. Please choose one with `/shop browse`."),
    "order": later("I cannot find that order. Please choose one with `/orders list`."),
    "payment": later("I cannot find that payment. It may have been settled or removed."),
    "address": later("I cannot find that address. Please choose another or enter it again."),
    "line": later("That product is not in your cart any more."),
    "shipping_type": later("That way of shipping is not offered any more. Please choose another."),
    "part": later("I cannot find that setting. Please open `/admin config` again."),
    "discount": later("I cannot find that discount. Please choose one with `/admin discount`."),
    "payment_method": later("That way of paying is not offered here. Please choose another."),
    "provider": later("I cannot find working keys for that provider. Enter them with `/admin providers`."),
    "refund": later("I cannot find that refund. Please open the payment again."),
    "shop": later("I cannot find that shop. It may have been closed."),
    "key": later("I cannot find that key. Please open the order again."),
    "queue": later("That is settled already, or somebody was faster. Look again with `/admin queue`."),
}
_TAKEN = {
    **_of_parts("TAKEN"),
    "guild": later("This server has a shop already. Use `/admin config` to change it."),
    "sku": later("Another product has that SKU. Please enter a different one."),
}
_STEPS = {
    "ADDRESS": later("Please enter where we should ship to first."),
    "SHIPPING": later("Please choose how we should ship first."),
    "PAYMENT": later("Please choose how you want to pay first."),
}


def _name(text: str) -> str:
    return plain(cut(text, _LONGEST_NAME))


def _change(change: Change) -> dict[str, Any]:
    return {"name": _name(change.name), "old": change.old, "new": change.new}


def _shop_error(_: ShopError, w: Words) -> str:
    return w("That is not possible right now. Please look again and choose another step.")


def _bad_input(error: BadInput, w: Words) -> str:
    special = ship_refusals.SPECIAL.get((error.field, error.problem))
    problem = special or _PROBLEMS.get(error.problem, _PROBLEMS["not_allowed"])
    return w(problem, field=f"**{labels.field(error.field, w)}**", limit=_limit(error, w))


def _limit(error: BadInput, w: Words) -> object:
    if isinstance(error.limit, Amount):
        return w.money(error.limit.cents, error.limit.currency)
    # It may be what somebody typed.
    return plain(error.limit) if isinstance(error.limit, str) else error.limit


def _not_found(error: NotFound, w: Words) -> str:
    return w(_UNKNOWN.get(error.kind, later("I cannot find that. It may have been removed.")))


def _no_shop(_: NoShop, w: Words) -> str:
    return w("This server has no shop yet. Its owner can open one with `/admin setup`.")


def _not_allowed(error: NotAllowed, w: Words) -> str:
    return w(
        "For this you need the permission `{permission}`. Please ask the server's owner for it.",
        permission=str(error.permission),
    )


def _roles_missing(error: RolesMissing, w: Words, role: Callable[[str], str] = mentioned) -> str:
    roles = ", ".join(role(key) for key in error.role_ids)
    return w("**{name}** is for members with the role {roles}.", name=_name(error.product_name), roles=roles)


def _cart_empty(_: CartEmpty, w: Words) -> str:
    return w("Your cart is empty. Find something with `/shop browse`.")


def _cart_changed(error: CartChanged, w: Words) -> str:
    moved = "\n".join(f"• {line}" for line in changes(error, w))
    said = w(
        "Something changed since you last looked, so nothing was ordered. Please look again with `/checkout`."
    )
    return f"{said}\n{moved}" if moved else said


def _in_progress(_: ConfirmInProgress, w: Words) -> str:
    return w("Your order is being placed at this moment. Please look at `/orders list` in a few seconds.")


def _session_expired(_: SessionExpired, w: Words) -> str:
    return w("Your cart was left for too long and has been closed. Please start again with `/shop browse`.")


def _step_missing(error: StepMissing, w: Words) -> str:
    return w(
        _STEPS.get(error.step.upper(), later("A step of your checkout is missing. Please open `/checkout`."))
    )


def _tax_unknown(_: TaxUnknown, w: Words) -> str:
    return w(labels.NO_TAX)


def _refused(error: Refused, w: Words) -> str:
    if error.kind == "parcel":
        return ship_refusals.refused(error, w)
    status = labels.status(error.status, w)
    if error.kind == "order":
        return w("This order is {status}, so that is not possible any more.", status=f"**{status}**")
    return w("This is {status}, so that is not possible any more.", status=f"**{status}**")


def _already_decided(error: AlreadyDecided, w: Words) -> str:
    return w("Somebody was faster: this payment is {status}.", status=f"**{labels.status(error.status, w)}**")


def _reference_used(error: ReferenceUsed, w: Words) -> str:
    return w(
        "This payment reference was already used for order **{order}**. "
        "Please check that the money came twice.",
        order=_name(error.order_number),
    )


def _already_exists(error: AlreadyExists, w: Words) -> str:
    taken = later("That {field} is taken already. Please enter a different one.")
    return w(_TAKEN.get(error.field, taken), field=labels.field(error.field, w))


def _changed_meanwhile(_: ChangedMeanwhile, w: Words) -> str:
    return w("Somebody changed these settings at the same moment. Please look again and repeat your change.")


def _guild_needed(_: GuildNeeded, w: Words) -> str:
    return w("Please use this in the server where the shop is.")


def _guild_left(_: GuildLeft, w: Words) -> str:
    return w("This belongs to a server that you or the shop have left. Join it again to go on.")


_SAID: dict[type, Callable[[Any, Words], str]] = {
    ShopError: _shop_error,
    BadInput: _bad_input,
    NotFound: _not_found,
    NoShop: _no_shop,
    NotAllowed: _not_allowed,
    RolesMissing: _roles_missing,
    CartEmpty: _cart_empty,
    CartChanged: _cart_changed,
    ConfirmInProgress: _in_progress,
    SessionExpired: _session_expired,
    StepMissing: _step_missing,
    TaxUnknown: _tax_unknown,
    Refused: _refused,
    AlreadyDecided: _already_decided,
    ReferenceUsed: _reference_used,
    AlreadyExists: _already_exists,
    ChangedMeanwhile: _changed_meanwhile,
    GuildNeeded: _guild_needed,
    GuildLeft: _guild_left,
    **_of_parts("SAID"),
}
