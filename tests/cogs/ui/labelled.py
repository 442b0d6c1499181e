"""Which sentences the cogs put on buttons, menus and forms, found in their source, with Discord's limits."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.partners import known_partners
from services.payments import by_hand, processors
from services.provider_keys import key_fields

COGS = Path(__file__).parents[3] / "cogs"
# By what is made: the place or name of an argument, and the most characters that Discord shows of it.
LIMITS: dict[str, dict[int | str, int]] = {
    "Button": {0: 80, "label": 80},
    "Form": {0: 45, "title": 45},
    "Input": {1: 45, "label": 45, "placeholder": 100, "hint": 100},
    "Option": {0: 100, "label": 100, 2: 100, "description": 100},
    "Select": {0: 150, "placeholder": 150},
    "PickRole": {0: 150, "placeholder": 150},
    "PickChannel": {0: 150, "placeholder": 150},
    # Functions that hand their text on to one of these.
    "_again": {1: 80},
    "pick": {0: 150},
}
_WORDS = {"w", "words", "later"}


@dataclass(frozen=True)
class Labelled:
    """A sentence as it stands in the source, and how long its translation may be."""

    text: str
    limit: int
    where: str


def labelled() -> set[Labelled]:
    """Every sentence on a control, directly or through variables and tables of its file."""
    return {
        Labelled(text, limit, f"{path.name}:{call.lineno}")
        for path in sorted(COGS.rglob("*.py"))
        for call, limit, argument, names in _arguments(ast.parse(path.read_text(encoding="utf-8")))
        for text in _texts(argument, names, set())
    }


def _arguments(tree: ast.Module) -> Iterator[tuple[ast.Call, int, ast.expr, dict[str, list[ast.expr]]]]:
    names = _bound(tree)
    for call in ast.walk(tree):
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in LIMITS):
            continue
        limits = LIMITS[call.func.id]
        given: list[tuple[int | str | None, ast.expr]] = [
            *enumerate(call.args),
            *((keyword.arg, keyword.value) for keyword in call.keywords),
        ]
        for place, argument in given:
            limit = limits.get(place) if place is not None else None
            if limit is not None:
                yield call, limit, argument, names


def _name(called: ast.expr) -> str:
    return getattr(called, "id", getattr(called, "attr", ""))


def _bound(tree: ast.Module) -> dict[str, list[ast.expr]]:
    """What every name of a file is given, be it a table, a variable or what runs through a loop."""
    names: dict[str, list[ast.expr]] = {}
    for node in ast.walk(tree):
        targets, value = _binding(node)
        for target in targets:
            for name in ast.walk(target):
                if isinstance(name, ast.Name) and value is not None:
                    names.setdefault(name.id, []).append(value)
    return names


def _binding(node: ast.AST) -> tuple[list[ast.expr], ast.expr | None]:
    if isinstance(node, ast.Assign):
        return node.targets, node.value
    if isinstance(node, ast.AnnAssign):
        return [node.target], node.value
    if isinstance(node, ast.comprehension | ast.For):
        return [node.target], node.iter
    return [], None


def _texts(argument: ast.expr, names: dict[str, list[ast.expr]], seen: set[str]) -> Iterator[str]:
    """The sentences that an argument may come to."""
    if isinstance(argument, ast.Call) and _name(argument.func) in {*_WORDS, "count"}:
        yield from _said(argument, names, seen)
    elif isinstance(argument, ast.Name):
        if argument.id not in seen:
            for value in names.get(argument.id, []):
                yield from _texts(value, names, {*seen, argument.id})
    elif isinstance(argument, ast.Attribute):
        yield from _of_payment_methods(argument.attr)
        yield from _texts(argument.value, names, seen)
    else:
        for part in ast.iter_child_nodes(argument):
            if isinstance(part, ast.expr):
                yield from _texts(part, names, seen)


def _said(call: ast.Call, names: dict[str, list[ast.expr]], seen: set[str]) -> Iterator[str]:
    spoken = call.args[1:] if _name(call.func) == "count" else call.args
    for each in spoken:
        if isinstance(each, ast.Constant):
            yield str(each.value)
        else:
            yield from _texts(each, names, seen)


def _of_payment_methods(attribute: str) -> Iterator[str]:
    sources: list[Any] = []
    for method in by_hand().values():
        sources += [method.descriptor, *method.settings]
    sources += [processor.descriptor for processor in processors().values()]
    for partner in known_partners():
        sources += [partner, *key_fields(partner.keys)]
    for source in sources:
        text = getattr(source, attribute, None)
        if isinstance(text, str) and text:
            yield text
