"""Texts that people read and no translator would ever see, found in the source."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from cogs._ui.sentences import KEYWORDS

ROOT = Path(__file__).parents[3]
FOLDERS = ("cogs", "bot/web", "bot/mail")
# What shows a text: the places or names of its arguments that people read.
SHOWN: dict[str, set[int | str]] = {
    "Card": {0, 1, "title", "text", "footer", "note"},
    "Field": {0, 1, "name", "value"},
    "Button": {0, "label"},
    "Option": {0, 2, "label", "description"},
    "Select": {0, "placeholder"},
    "PickRole": {0, "placeholder"},
    "PickUser": {0, "placeholder"},
    "PickChannel": {0, "placeholder"},
    "Form": {0, "title"},
    "Input": {1, "label", "placeholder", "hint"},
    "say": {0},
}
# Calls whose texts are marked, are found without a mark, or are read by nobody but a maintainer.
_MARKED = {*KEYWORDS, "slash_command", "subcommand", "SlashOption", "Entry", "Group", "command", "option"}
_OWN = {"getLogger", "debug", "info", "warning", "error", "exception", "write", "compile"}
_SENTENCE = re.compile(r"[^\W\d_]{2,}[,:;.!?]? [^\W\d_]{2,}")
_WORD = re.compile(r"[^\W\d_]{2,}")
_MARKUP = re.compile(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}|<style.*?</style>|<[^>]*>|&\w+;", re.DOTALL)


def sentences(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Every text of two words or more that stands outside of a mark, wherever it goes."""
    quiet = _quiet(tree)
    for node in ast.walk(tree):
        text = node.value if isinstance(node, ast.Constant) and node not in quiet else None
        if isinstance(text, str) and _SENTENCE.search(text):
            yield getattr(node, "lineno", 0), text


def labels(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Every text, be it one word, that is handed unmarked to something that people read."""
    quiet = _quiet(tree)
    for call in _calls(tree):
        places = SHOWN.get(_name(call.func), set())
        given = [*enumerate(call.args), *((keyword.arg, keyword.value) for keyword in call.keywords)]
        for argument in (each for place, each in given if place in places):
            for text in _literals(argument, quiet):
                yield call.lineno, text


def translated(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Every text that is handed to `w(...)` by a variable or a table of its file."""
    tables = _tables(tree)
    for call in _calls(tree):
        if _name(call.func) in {"w", "words", "_words"} and call.args:
            for name in ast.walk(call.args[0]):
                for value in tables.get(name.id, []) if isinstance(name, ast.Name) else []:
                    yield from ((call.lineno, text) for text in _values(value) if _WORD.search(text))


def on_pages(html: str) -> list[str]:
    """The words of a page that stand beside its marks, tags and values."""
    return [line.strip() for line in _MARKUP.sub("\n", html).splitlines() if _WORD.search(line)]


def _quiet(tree: ast.Module) -> set[ast.AST]:
    """What is marked, or said to nobody: marks, docstrings, errors, logs and patterns."""
    quiet: set[ast.AST] = set()
    for node in ast.walk(tree):
        calls = isinstance(node, ast.Call) and _name(node.func) in _MARKED | _OWN
        if calls or isinstance(node, ast.Raise) or _is_docstring(node):
            quiet.update(ast.walk(node))
    return quiet


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _literals(argument: ast.expr, quiet: set[ast.AST]) -> Iterator[str]:
    """The words in an argument itself, not in what it calls or is keyed by."""
    if isinstance(argument, ast.Constant):
        if isinstance(argument.value, str) and argument not in quiet and _WORD.search(argument.value):
            yield argument.value
    elif isinstance(argument, ast.JoinedStr | ast.IfExp | ast.BinOp | ast.BoolOp):
        parts = [argument.body, argument.orelse] if isinstance(argument, ast.IfExp) else []
        for part in parts or ast.iter_child_nodes(argument):
            if isinstance(part, ast.expr):
                yield from _literals(part, quiet)


def _tables(tree: ast.Module) -> dict[str, list[ast.expr]]:
    """What the names at the top of a file hold."""
    held: dict[str, list[ast.expr]] = {}
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        value = getattr(node, "value", None)
        for target in targets:
            if isinstance(target, ast.Name) and isinstance(value, ast.expr):
                held.setdefault(target.id, []).append(value)
    return held


def _values(value: ast.expr) -> Iterator[str]:
    """The texts of a table, not its keys and not what is within its marks."""
    if isinstance(value, ast.Dict):
        for each in value.values:
            yield from _values(each)
    elif isinstance(value, ast.Tuple | ast.List | ast.Set):
        for each in value.elts:
            yield from _values(each)
    elif isinstance(value, ast.Constant) and isinstance(value.value, str):
        yield value.value
    elif isinstance(value, ast.Call) and _name(value.func) == "later":
        for each in value.args:
            yield from _values(each)


def _calls(tree: ast.Module) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def _name(called: ast.expr) -> str:
    return str(getattr(called, "id", getattr(called, "attr", "")))
