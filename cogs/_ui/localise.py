"""Commands in the languages of the shop: what each is called and says of itself where Discord lists it."""

from collections.abc import Callable, Iterable

from nextcord import BaseApplicationCommand, SlashApplicationCommand, SlashApplicationSubcommand
from nextcord.application_command import SlashCommandOption

from cogs._ui.words import Words, languages

# Discord's codes, where a language has others than its own.
_CODES = {
    "es": ("es-ES", "es-419"),
    "pt": ("pt-BR",),
    "sv": ("sv-SE",),
    "zh": ("zh-CN", "zh-TW"),
}

type _Parent = SlashApplicationCommand | SlashApplicationSubcommand


def localise(found: Iterable[BaseApplicationCommand]) -> None:
    """Give every slash command its names and descriptions; a missing one stays English."""
    for command in found:
        if isinstance(command, SlashApplicationCommand):
            _localise(command, f"/{command.name}")


def _localise(command: _Parent, path: str) -> None:
    command.name_localizations = _said(str(command.name), lambda w: w.command(path).lstrip("/").split()[-1])
    description = command.description
    command.description_localizations = _said(description, lambda w: w(description))
    for option in command.options.values():
        _localise_option(option)
    for name, child in command.children.items():
        _localise(child, f"{path} {name}")


def _localise_option(option: SlashCommandOption) -> None:
    name, description = str(option.name), str(option.description)
    option.name_localizations = _said(name, lambda w: w.option(name))
    option.description_localizations = _said(description, lambda w: w(description))
    shown = [str(choice) for choice in option.choices or ()]
    option.choice_localizations = {choice: _said(choice, _text(choice)) for choice in shown}


def _text(english: str) -> Callable[[Words], str]:
    return lambda w: w(english)


def _said(english: str, say: Callable[[Words], str]) -> dict[str, str]:
    """What each language says by Discord's code, but for what is the same in English."""
    said = {language: say(Words.of(language)) for language in languages()}
    return {
        code: text
        for language, text in said.items()
        if text != english
        for code in _CODES.get(language, (language,))
    }
