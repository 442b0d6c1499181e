"""The switchable parts of a shop as staff see them: all of them, and one with what can be set about it."""

from collections.abc import Sequence

from cogs._ui.card import Button, Card, Field, Option, Row, Select
from cogs._ui.form import Form, Input
from cogs._ui.target import Target
from cogs._ui.words import Words, later
from services.features import OPTIONS, Payload, Setting, settings_of
from services.flags import Change, FlagState

_SAID = {
    "default": later("As the bot comes; nobody has changed it."),
    "system": later("As the installation has it; your shop can have it otherwise."),
    "shop": later("As your shop has it."),
    "final": later("Off for every shop here. Only who runs the bot can change that."),
}


def flag_list(states: Sequence[FlagState], w: Words) -> Card:
    """Every part, what it is for, and whether it is on."""
    options = [
        Option(w(each.feature.title), each.feature.flag.value, emoji=_lamp(each), description=_on(each, w))
        for each in states
    ]
    return Card(
        title=w("Parts of the shop"),
        text=w("Switch off what you do not need. What is owed already is still done."),
        fields=[Field(f"{_lamp(each)} {w(each.feature.title)}", w(each.feature.about)) for each in states],
        rows=[Select(w("Open a part"), Target("flags:open"), options)],
    )


def flag_card(state: FlagState, change: Change | None, w: Words) -> Card:
    """One part: how it stands, who said so, and what can be set."""
    feature = state.feature
    settings = list(settings_of(feature.payload))
    fields = [Field(w("How it stands"), f"{_lamp(state)} {_on(state, w)}\n{w(_SAID[state.said])}")]
    fields += [Field(w(each.label), _value(each, state.payload, w)) for each in settings]
    if change is not None:
        told = w("{who}, {when}", who=f"<@{change.actor_id}>", when=w.when(change.at))
        fields.append(Field(w("Last changed by"), told))
    return Card(
        title=w(feature.title),
        text=w(feature.about),
        fields=fields,
        rows=[*_menus(state, settings, w), _buttons(state, settings, w)],
        colour="plain" if state.on else "warn",
    )


def numbers_form(state: FlagState, w: Words) -> Form:
    """The numbers of a part."""
    inputs = [
        Input(each.name, w(each.label), _typed(each, state.payload), required=False, max_length=10)
        for each in settings_of(state.feature.payload)
        if not each.options
    ]
    target = Target("flags:numbers", state.feature.flag.value, state.version)
    return Form(w(state.feature.title), target, inputs)


def _lamp(state: FlagState) -> str:
    return "🟢" if state.on else "⚫"


def _on(state: FlagState, w: Words) -> str:
    return w("on") if state.on else w("off")


def _value(setting: Setting, payload: Payload, w: Words) -> str:
    if setting.options:
        return "\n".join(f"• {w(OPTIONS[each])}" for each in getattr(payload, setting.name)) or w("none")
    return _typed(setting, payload) or w("as installed")


def _typed(setting: Setting, payload: Payload) -> str:
    value = getattr(payload, setting.name)
    return "" if value is None else str(value)


def _menus(state: FlagState, settings: Sequence[Setting], w: Words) -> list[Row]:
    if state.said == "final":
        return []
    flag, version = state.feature.flag.value, state.version
    return [
        Select(
            w(each.label),
            Target("flags:menu", flag, version),
            [Option(w(OPTIONS[word]), word, default=word in chosen) for word in each.options],
            max_values=len(each.options),
        )
        for each in settings
        if each.options and (chosen := getattr(state.payload, each.name)) is not None
    ]


def _buttons(state: FlagState, settings: Sequence[Setting], w: Words) -> list[Button]:
    back, flag = Button(w("All parts"), Target("flags:list")), state.feature.flag.value
    if state.said == "final":
        return [back]
    if state.on:
        switch = Button(w("Switch off"), Target("flags:off", flag), "danger")
    else:
        switch = Button(w("Switch on"), Target("flags:on", flag), "success")
    change = Button(w("Change"), Target("flags:numbers", flag, state.version))
    return [switch, *([change] if any(not each.options for each in settings) else []), back]
