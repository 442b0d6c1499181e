"""The words of commands as they stand in the source: names, descriptions and options, for translators."""

import ast
from collections.abc import Iterator
from typing import NamedTuple

from cogs._ui.words import COMMAND, OPTION

_MAKERS = ("slash_command", "subcommand")
# Whoever is called by Discord takes these first; what comes after them is an option.
_OWN = 2


class CommandText(NamedTuple):
    """A text, what kind of name it is (None for a description), and its line."""

    text: str
    context: str | None
    line: int


def command_texts(tree: ast.Module) -> Iterator[CommandText]:
    """Every name that is typed behind a slash, and every description that is shown beside one."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from _of_call(node)
        elif isinstance(node, ast.AsyncFunctionDef) and _takes_options(node):
            for argument in node.args.args[_OWN:]:
                yield CommandText(argument.arg, OPTION, argument.lineno)


def _of_call(call: ast.Call) -> Iterator[CommandText]:
    made = _called(call)
    name, description = _given(call, 0, "name"), _given(call, 1, "description")
    if made in {*_MAKERS, "Entry", "Group"} and name and description:
        yield CommandText(f"{_parent(call, made)}{name}", COMMAND, call.lineno)
        yield CommandText(description, None, call.lineno)
    elif made == "SlashOption" and description:
        yield CommandText(description, None, call.lineno)
        yield from (CommandText(choice, None, call.lineno) for choice in _choices(call))


def _choices(call: ast.Call) -> list[str]:
    lists = [each.value for each in call.keywords if each.arg == "choices"]
    return [str(each.value) for each in ast.walk(lists[0]) if isinstance(each, ast.Constant)] if lists else []


def _parent(call: ast.Call, made: str) -> str:
    if made in {"Entry", "Group"}:
        # A group's constant is called as the group is.
        group = [f"{each.id.lower()} " for each in call.args[2:] if isinstance(each, ast.Name)]
        return "".join(["/admin ", *group])
    # A command's function is called as the command is.
    if made == "subcommand" and isinstance(call.func, ast.Attribute):
        return f"/{getattr(call.func.value, 'id', '')} "
    return "/"


def _takes_options(function: ast.AsyncFunctionDef) -> bool:
    decorators = [each for each in function.decorator_list if isinstance(each, ast.Call)]
    return function.name == "enter" or any(_called(each) in _MAKERS for each in decorators)


def _called(call: ast.Call) -> str:
    return getattr(call.func, "id", getattr(call.func, "attr", ""))


def _given(call: ast.Call, place: int, name: str) -> str | None:
    places = [call.args[place]] if len(call.args) > place else []
    values = [*places, *(keyword.value for keyword in call.keywords if keyword.arg == name)]
    return next((str(each.value) for each in values if isinstance(each, ast.Constant)), None)
