"""What Discord refuses in an application command: names, counts, order and the 8,000 characters."""

import re
from typing import Any

from bot.sandbox.errors import JSON, Path, Problems

MAX_COMMANDS = 100
MAX_OPTIONS = 25
MAX_CHARACTERS = 8000
CHAT_INPUT = 1
SUBCOMMAND, SUBCOMMAND_GROUP = 1, 2
STRING, INTEGER, NUMBER = 3, 4, 10
_NAME = re.compile(r"[-_'\w]{1,32}")


def check_command(body: JSON, path: Path) -> None:
    """Raise Invalid Form Body when Discord would not store this command."""
    problems = Problems()
    if body.get("type", CHAT_INPUT) == CHAT_INPUT:
        _check_name(body.get("name"), (*path, "name"), problems)
        problems.text(body.get("description"), (*path, "description"), 100, low=1, needed=True)
        _check_translations(body, path, problems)
        _check_options(body.get("options") or [], (*path, "options"), problems, depth=0)
        if characters(body) > MAX_CHARACTERS:
            problems.add(path, "APPLICATION_COMMAND_TOO_LARGE", "Command exceeds maximum size (8000)")
    else:
        problems.text(body.get("name"), (*path, "name"), 32, low=1, needed=True)
        if body.get("description"):
            problems.add(
                (*path, "description"), "APPLICATION_COMMAND_DESCRIPTION", "Only slash commands have one"
            )
    problems.settle()


def characters(node: JSON) -> int:
    """Count what the 8,000 count: names, descriptions and values, each in its longest translation."""
    total = _longest(node, "name") + _longest(node, "description")
    for choice in node.get("choices") or []:
        total += _longest(choice, "name") + len(str(choice.get("value", "")))
    return total + sum(characters(option) for option in node.get("options") or [])


def check_choices(choices: Any, kind: int, path: Path, problems: Problems) -> None:
    """Check the choices of an option, or of an autocomplete answer (kind 0: any value goes)."""
    for index, choice in enumerate(problems.items(choices, path, 0, 25)):
        here = (*path, index)
        problems.text(choice.get("name"), (*here, "name"), 100, low=1, needed=True)
        value = choice.get("value")
        if isinstance(value, str) and kind in (0, STRING):
            problems.text(value, (*here, "value"), 100)
        elif value is None or isinstance(value, bool | str) or kind == STRING:
            problems.add((*here, "value"), "BASE_TYPE_REQUIRED", "This field is required")


def _longest(node: JSON, key: str) -> int:
    translations = node.get(f"{key}_localizations") or {}
    return max(len(node.get(key) or ""), *(len(text) for text in translations.values()), 0)


def _check_name(name: Any, path: Path, problems: Problems) -> None:
    if not isinstance(name, str) or not _NAME.fullmatch(name) or name != name.lower():
        problems.add(path, "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")


def _check_translations(node: JSON, path: Path, problems: Problems) -> None:
    for locale, name in (node.get("name_localizations") or {}).items():
        _check_name(name, (*path, "name_localizations", locale), problems)
    for locale, text in (node.get("description_localizations") or {}).items():
        problems.text(text, (*path, "description_localizations", locale), 100, low=1, needed=True)


def _check_options(options: Any, path: Path, problems: Problems, depth: int) -> None:
    names: dict[str | None, set[str]] = {}
    optional_seen = False
    for index, option in enumerate(problems.items(options, path, 0, MAX_OPTIONS)):
        here = (*path, index)
        _check_option(option, here, problems, depth)
        if not _is_new(option, names):
            problems.add(here, "APPLICATION_COMMAND_OPTIONS_NAME_DUPLICATE", "Option names must be unique")
        if option.get("required") and optional_seen:
            problems.add(
                here, "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", "Required options must be placed first"
            )
        optional_seen = optional_seen or not option.get("required")
    kinds = {option.get("type") in (SUBCOMMAND, SUBCOMMAND_GROUP) for option in options}
    if len(kinds) > 1:
        problems.add(
            path, "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", "Sub-command and option types are exclusive"
        )


def _is_new(option: JSON, names: dict[str | None, set[str]]) -> bool:
    """Whether no option before it has its name, nor its name in one of the languages."""
    called = {None: option.get("name") or "", **(option.get("name_localizations") or {})}
    new = all(name not in names.get(locale, set()) for locale, name in called.items())
    for locale, name in called.items():
        names.setdefault(locale, set()).add(name)
    return new


def _check_option(option: JSON, path: Path, problems: Problems, depth: int) -> None:
    _check_name(option.get("name"), (*path, "name"), problems)
    problems.text(option.get("description"), (*path, "description"), 100, low=1, needed=True)
    _check_translations(option, path, problems)
    kind = option.get("type")
    problems.whole(kind if kind is not None else 0, (*path, "type"), 1, 11)
    if kind in (SUBCOMMAND, SUBCOMMAND_GROUP):
        if depth >= (2 if kind == SUBCOMMAND else 1):
            problems.add((*path, "type"), "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", "Nested too deeply")
        _check_options(option.get("options") or [], (*path, "options"), problems, depth + 1)
        return
    if option.get("choices"):
        check_choices(option["choices"], kind or 0, (*path, "choices"), problems)
        if option.get("autocomplete"):
            problems.add((*path, "autocomplete"), "APPLICATION_COMMAND_AUTOCOMPLETE", "Choices are fixed")
    if option.get("autocomplete") and kind not in (STRING, INTEGER, NUMBER):
        problems.add((*path, "autocomplete"), "APPLICATION_COMMAND_AUTOCOMPLETE", "Not for this type")
    problems.whole(option.get("min_length"), (*path, "min_length"), 0, 6000)
    problems.whole(option.get("max_length"), (*path, "max_length"), 1, 6000)
