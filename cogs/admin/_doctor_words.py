"""What the doctor found, in a sentence, and what to do about it in another."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from cogs._effects.alerts import REMEDIES
from cogs._ui.card import code, plain
from cogs._ui.paying import method_name, provider_name
from cogs._ui.text import cut
from cogs._ui.words import Words
from cogs.admin._doctor_said import CHANNELS, PERMISSIONS, SAID
from models.payment_method import PaymentMethod
from services.doctor.contract import Finding

_NAMES, _NAME_LENGTH, _REASON_LENGTH = 3, 60, 100


def wrong(finding: Finding, w: Words) -> str:
    """What was found."""
    return w(SAID[finding.code].wrong, **_values(finding, w))


def remedy(finding: Finding, w: Words) -> str:
    """What to do about it."""
    return w(SAID[finding.code].remedy, **_values(finding, w))


def _values(finding: Finding, w: Words) -> dict[str, Any]:
    return {name: _SHOWN.get(name, _as_it_is)(value, w) for name, value in finding.values.items()}


def _as_it_is(value: Any, _: Words) -> Any:
    return value


def _names(names: Sequence[str], w: Words) -> str:
    shown = ", ".join(plain(cut(name, _NAME_LENGTH)) for name in names[:_NAMES])
    more = len(names) - _NAMES
    return w.count(more, "{shown} and {n} more", "{shown} and {n} more", shown=shown) if more > 0 else shown


def _permissions(names: Sequence[str], w: Words) -> str:
    return ", ".join(w(PERMISSIONS[name]) if name in PERMISSIONS else name for name in names)


def _moment(moment: datetime, w: Words) -> str:
    return w.when(moment)


def _reason(reason: str, w: Words) -> str:
    known = REMEDIES.get(reason)
    return w(known) if known else w("The reason was {reason}.", reason=code(cut(reason, _REASON_LENGTH)))


_SHOWN: dict[str, Callable[[Any, Words], Any]] = {
    "names": _names,
    "permissions": _permissions,
    "channel": lambda channel, _: f"<#{channel}>",
    "role": lambda role, _: f"<@&{role}>",
    "field": lambda field, w: w(CHANNELS[field]),
    "since": _moment,
    "paid": _moment,
    "provider": lambda name, _: provider_name(name),
    "providers": lambda names, _: ", ".join(provider_name(name) for name in names),
    "method": lambda value, w: method_name(PaymentMethod(value), w),
    "reason": _reason,
    "why": lambda why, _: code(cut(str(why), _NAME_LENGTH)) if why else "-",
    "check": lambda name, _: code(name),
    "reference": lambda name, _: code(name),
}
