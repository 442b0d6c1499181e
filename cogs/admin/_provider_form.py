"""The form for a provider's keys, and what is said about keys that were entered or tried out."""

from collections.abc import Sequence

from cogs._ui.card import code
from cogs._ui.form import Form, Input
from cogs._ui.refusals import sentence
from cogs._ui.target import Target
from cogs._ui.text import cut
from cogs._ui.words import Words
from cogs.admin._provider_words import use_label
from models.errors import BadInput, Declined, ProviderError, WrongKeys
from services.provider_keys import KeyField
from services.providers import ProviderView

_CODE_LENGTH = 100


def keys_form(view: ProviderView, w: Words) -> Form:
    """One input for each key; of secrets nothing is shown, and those left empty stay."""
    return Form(
        w("Keys to {provider}", provider=view.company),
        Target("providers:keys", view.name),
        [_input(field, view, w) for field in view.fields],
        edits=True,
        beside=[f"{key} {value}" for key, value in view.values.items()],
        private=True,
    )


def _input(field: KeyField, view: ProviderView, w: Words) -> Input:
    kept = field.secret and view.readable and bool(view.values[field.key])
    return Input(
        field.key,
        w(field.label),
        "" if field.secret else view.values.get(field.key, ""),
        required=field.required and not kept,
        long=field.lines,
        max_length=field.length,
        placeholder=w("Stored. Leave this empty to keep it.") if kept else field.example,
        hint=w(field.description) if field.description else "",
    )


def wrong_value(error: BadInput, fields: Sequence[KeyField], w: Words) -> str:
    """What is wrong with a key, called as in the form."""
    label = next((w(field.label) for field in fields if field.key == error.field), error.field)
    return sentence(BadInput(label, error.problem, error.limit), w)


def works(view: ProviderView, w: Words) -> str:
    """The provider took the keys; what that proves, and what it does not."""
    said = [w("{provider} accepts these keys.", provider=f"**{view.company}**")]
    if view.last_event is None and view.webhook_url is not None:
        said.append(w("Whether its messages reach me will show when the first one comes."))
    if view.opens and not view.offered:
        label = use_label(view, w)
        said.append(w("Press {button} when you are ready.", button=f"**{label}**"))
    return " ".join(said)


def fails(error: ProviderError, view: ProviderView, w: Words) -> str:
    """Why the keys could not be used, and what to do."""
    name = f"**{view.company}**"
    if isinstance(error, WrongKeys):
        return _wrong(error, view, w)
    if isinstance(error, Declined):
        given = code(cut(error.code or "?", _CODE_LENGTH))
        said = w(
            "{provider} knows these keys and refuses all the same: {reason}", provider=name, reason=given
        )
        return f"{said} {w('Please look at your account there.')}"
    said = w("{provider} could not be asked just now, so I do not know whether they work.", provider=name)
    return f"{said} {w('Please test them again in a minute.')}"


def _wrong(error: WrongKeys, view: ProviderView, w: Words) -> str:
    name = f"**{view.company}**"
    label = next((w(field.label) for field in view.fields if field.key == error.code), None)
    if label is not None:
        said = w("{provider} does not accept this: {field}.", provider=name, field=f"**{label}**")
    else:
        said = w("{provider} does not accept these keys.", provider=name)
    if not view.has_sandbox:
        return f"{said} {w('Please compare them with what it shows you.')}"
    if view.environment == "live":
        return f"{said} {w('Please compare them, and press **Use the sandbox** if they are for that.')}"
    return f"{said} {w('Please compare them, and press **Use the live site** if they are for that.')}"
