"""What people read when staff have closed something to them, or cannot set the shop up as they tried to."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from cogs._ui.text import cut, plain
from cogs._ui.words import Words, later
from models.errors import (
    DiscountUsedUp,
    FundClosed,
    FundShort,
    NotApprover,
    OrdersClosed,
    RecordChanged,
    RecordsAway,
    TooFast,
    UnderWay,
)

_NAME = 60
PROBLEMS = {
    "too_many": later("There is room for at most {limit}. Please remove one first."),
    "same_customer": later("That is the same customer. Please choose another one to merge with."),
    "names_donor": later("This message must not say who gave: please leave the name out of {field}."),
}
UNKNOWN = {
    "panel": later("I cannot find that record. Please open the list again with `/admin panel`."),
    "alert": later("I cannot find that alert. Please look again with `/admin alerts`."),
    "audit": later("I cannot find that act. Please look again with `/admin audit`."),
    "webhook": later("I cannot find that webhook event. It may have been cleared away."),
    "customer": later("I cannot find that customer. Please look for them with `/admin customer`."),
    "disbursement": later("I cannot find that payment. Please look in `/admin fund`."),
}


def _records_away(_: RecordsAway, w: Words) -> str:
    return w(
        "The shop cannot reach its records at the moment. Nothing is lost: please wait a minute, "
        "look whether your last step was done, and repeat it if it was not."
    )


def _orders_closed(_: OrdersClosed, w: Words) -> str:
    return w(
        "This shop takes no new orders from you at the moment. Please ask its staff. "
        "What you have paid for still arrives."
    )


def _too_fast(error: TooFast, w: Words) -> str:
    # Discord's clients count whole seconds, and one that is already over looks like a mistake.
    when = w.when(error.again_at + timedelta(seconds=1))
    return w("That was a lot at once, so I did nothing this time. Please go on {when}.", when=when)


def _discount_used_up(_: DiscountUsedUp, w: Words) -> str:
    return w(
        "Others have used up this order's discount meanwhile. Open its payment to decide about the money."
    )


def _under_way(_: UnderWay, w: Words) -> str:
    return w("I am trying that at this very moment. Please look again in half a minute.")


def _fund_closed(_: FundClosed, w: Words) -> str:
    return w("The community fund of this shop is closed at the moment, so nothing was given.")


def _fund_short(error: FundShort, w: Words) -> str:
    amount = w.money(error.balance_cents, error.currency)
    if error.balance_cents <= 0:
        return w("Nothing can be paid out: the fund stands at {amount}.", amount=amount)
    return w("Only {amount} is in the fund. Please pay out at most that.", amount=amount)


def _not_approver(error: NotApprover, w: Words) -> str:
    roles = ", ".join(f"**{plain(cut(name, _NAME))}**" for name in error.roles)
    if not roles:
        return w("Only the owner and the admins may pay out of the fund. Please ask one of them.")
    return w(
        "Only the owner, the admins and holders of {roles} may pay out of the fund. Please ask one of them.",
        roles=roles,
    )


def _record_changed(_: RecordChanged, w: Words) -> str:
    return w(
        "Somebody changed this record since you opened it, so nothing was stored. "
        "Look at it again, and repeat your change."
    )


SAID: dict[type, Callable[[Any, Words], str]] = {
    RecordsAway: _records_away,
    TooFast: _too_fast,
    OrdersClosed: _orders_closed,
    UnderWay: _under_way,
    DiscountUsedUp: _discount_used_up,
    FundClosed: _fund_closed,
    FundShort: _fund_short,
    NotApprover: _not_approver,
    RecordChanged: _record_changed,
}
