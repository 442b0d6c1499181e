"""What is told when a payment provider did not do what was asked."""

from collections.abc import Callable
from functools import partial

from cogs._ui.paying import way_to_pay
from cogs._ui.words import Words, later
from models.errors import Declined, OutcomeUnknown, ProviderError, Unavailable, WrongKeys

_SENTENCES: dict[type[ProviderError], str] = {
    ProviderError: later("{provider} did not do that. Nothing is lost; please try again in a minute."),
    Declined: later("{provider} does not take this. Please choose another way, or ask the staff."),
    WrongKeys: later(
        "{provider} does not accept this shop's keys. The staff can enter them anew with `/admin providers`."
    ),
    Unavailable: later(
        "{provider} does not answer just now, so nothing was done. Please try again in a minute."
    ),
    OutcomeUnknown: later(
        "The answer of {provider} was lost, so I do not know yet whether it worked. "
        "Please do not do it again, and look here in a few minutes."
    ),
}


def _said(text: str, error: ProviderError, w: Words) -> str:
    return w(text, provider=way_to_pay(error.provider, w))


SAID: dict[type[ProviderError], Callable[[ProviderError, Words], str]] = {
    kind: partial(_said, text) for kind, text in _SENTENCES.items()
}
