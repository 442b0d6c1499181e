"""What people read when roles, ownership, accounts or a person's data cannot be changed."""

from collections.abc import Callable
from typing import Any

from cogs._ui import labels
from cogs._ui.permission_words import permission_words
from cogs._ui.text import plain
from cogs._ui.words import Words, later
from models.errors import BeyondOwnKeys, BotNotHere, ClaimNotAllowed, MayNotMake, OwnerOnly, StillOwed
from models.problems import Debt

PROBLEMS = {
    "not_an_email": later(
        "That does not look like an e-mail address. Please write it like name@example.com."
    ),
    "not_a_phone": later("That does not look like a phone number. Please write it like +1 555 0100."),
    "same_customer": later("That is the same customer. Please choose another one to merge with."),
    "data_too_large": later("Your data is too large to be sent here. Please ask the staff for it."),
    "is_owner": later("The shop's owner stays in charge of it. Please choose somebody else."),
    "not_confirmed": later("That is not what I asked for, so nothing was changed. Please try again."),
    "linked_here": later("That account is linked to this person already."),
    "linked_elsewhere": later("That account is linked to somebody else. Please unlink it there first."),
    "has_accounts": later("That person has linked accounts, too. Please unlink those first."),
    "role_sold": later(
        "That role comes with **{limit}**: its buyers would get behind the counter. Please choose another."
    ),
    "role_rules": later(
        "A role that opens `/admin` or could rule the server is not for sale. Please choose another."
    ),
    "own_account": later("That is the account this user came with. Only linked ones can be unlinked."),
}
UNKNOWN = {
    "member": later("I cannot find that member here. Please check the name."),
    "customer": later("I cannot find that customer. Please look for them with `/admin customer`."),
    "account": later("I cannot find that account. Please open it again with `/admin people identity`."),
    "role": later("I cannot find that role. Please choose one with `/admin people roles`."),
    "moving_shop": later(
        "I know no shop of yours that may move here. Its owner allows it first, in its old server, "
        "with `/admin people user`."
    ),
    "user": later("I cannot find that user. Please choose them with `/admin people user`."),
}
TAKEN = {"role_name": later("There is a role of that name already. Please enter a different one.")}


def _owner_only(_: OwnerOnly, w: Words) -> str:
    return w("Only the shop's owner may do that. `/admin people user` shows who that is.")


def _claim_not_allowed(_: ClaimNotAllowed, w: Words) -> str:
    return w(
        "This server has no shop yet. Its owner, or somebody with the permission Manage Server, "
        "can open one with `/admin setup`."
    )


def _bot_not_here(_: BotNotHere, w: Words) -> str:
    return w(
        "I am not a member of this server yet. Please invite me first (press my name, then Add App), "
        "then run `/admin setup` again."
    )


def _may_not_make(_: MayNotMake, w: Words) -> str:
    return w(
        "I may not make channels here. Please give my role the permission Manage Channels, "
        "or make one yourself and choose it above."
    )


def _beyond_own_keys(error: BeyondOwnKeys, w: Words) -> str:
    names = ", ".join(f"**{permission_words(key, w)}**" for key in error.keys[:8])
    said = w("This takes permissions that you do not have yourself: {permissions}.", permissions=names)
    return f"{said} {w('Please ask somebody who has them.')}"


_SHOWN = 12
_DEBTS = {
    "order": later("Order {name} is {status}"),
    "payment": later("The payment of order {name} is {status}"),
    "conflict": later("Somebody has to decide about money for order {name}"),
    "refund": later("A refund for order {name} is not settled"),
    "goods": later("Something that order {name} brings has not arrived"),
    "parcel": later("A parcel of order {name} is on its way"),
    "effect": later("Something for order {name} is still to be done; see `/admin queue`"),
    "cart": later("They are placing an order at this moment"),
    "import": later("A file is being imported; look again in a minute"),
    "runs": later("They run this shop; see `/admin people user`"),
    "role": later("They hold the role {name} of the shop; see `/admin people user`"),
}


def debts(owed: tuple[Debt, ...], w: Words) -> str:
    """What is in the way of erasing a person, a line each."""
    lines = [f"• {_debt(each, w)}" for each in owed[:_SHOWN]]
    more = len(owed) - _SHOWN
    return "\n".join([*lines, *([w.count(more, "and {n} more", "and {n} more")] if more > 0 else [])])


def _debt(debt: Debt, w: Words) -> str:
    name, status = f"**{plain(debt.name)}**", labels.status(debt.status, w)
    return w(_DEBTS.get(debt.kind, _DEBTS["effect"]), name=name, status=status)


def _still_owed(error: StillOwed, w: Words) -> str:
    said = w("Their data is still needed, so nothing was erased. Please settle this first.")
    return f"{said}\n{debts(error.debts, w)}"


SAID: dict[type, Callable[[Any, Words], str]] = {
    OwnerOnly: _owner_only,
    ClaimNotAllowed: _claim_not_allowed,
    BotNotHere: _bot_not_here,
    MayNotMake: _may_not_make,
    BeyondOwnKeys: _beyond_own_keys,
    StillOwed: _still_owed,
}
