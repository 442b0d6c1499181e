"""What staff are told of the community fund: payments out of it, mistakes, and a balance below zero."""

from collections.abc import Callable

from cogs._ui.card import plain
from cogs._ui.text import cut
from cogs._ui.words import Words
from models.alert import Alert

_REASON_LENGTH = 500


def _amount(alert: Alert, key: str, w: Words) -> str:
    return w.money(int(alert.params[key]), str(alert.params["currency"]))


def _named(alert: Alert, w: Words) -> dict[str, str]:
    to = alert.params.get("to")
    return {
        "amount": _amount(alert, "amount", w),
        "by": f"<@{alert.params['by']}>",
        "to": f"<@{to}>" if to else w("somebody who is gone"),
        "reason": plain(cut(str(alert.params["reason"]), _REASON_LENGTH)),
    }


def _paid_out(alert: Alert, w: Words) -> str:
    said = w("{by} has paid {amount} out of the community fund to {to}: “{reason}”", **_named(alert, w))
    return f"💸 {said}"


def _taken_back(alert: Alert, w: Words) -> str:
    said = w("{by} has taken back a payment of {amount} to {to} as a mistake: “{reason}”", **_named(alert, w))
    return f"↩️ {said}"


def _below_zero(alert: Alert, w: Words) -> str:
    return w(
        "The community fund is {amount} below zero: a gift went back to its giver after it was paid out. "
        "Nothing can be paid out until new gifts have made up for it.",
        amount=_amount(alert, "short", w),
    )


LINES: dict[str, Callable[[Alert, Words], str]] = {
    "fund_paid_out": _paid_out,
    "fund_taken_back": _taken_back,
    "fund_below_zero": _below_zero,
}
