"""Which codes the shop writes into its audit log, read out of its sources."""

import ast
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

ROOT = Path(__file__).parents[1]
_METHODS = {"record": 2, "record_many": 2}
type Function = ast.FunctionDef | ast.AsyncFunctionDef


class Module:
    """One module, with what encloses each of its parts."""

    def __init__(self, text: str) -> None:
        self._tree = ast.parse(text)
        self._above = {child: node for node in ast.walk(self._tree) for child in ast.iter_child_nodes(node)}

    def codes(self) -> list[str]:
        """Every code that it can write; what cannot be told from the source, as it is written."""
        calls = (node for node in ast.walk(self._tree) if isinstance(node, ast.Call))
        return [
            code
            for call in calls
            if isinstance(call.func, ast.Attribute)
            and call.func.attr in _METHODS
            and "audit" in ast.unparse(call.func.value).lower()
            for code in self._values(self._argument(call, "action", _METHODS[call.func.attr]))
        ]

    def _values(self, node: ast.expr | None) -> Iterator[str]:
        match node:
            case ast.Constant(value=str(code)):
                yield code
            case ast.IfExp():
                yield from chain(self._values(node.body), self._values(node.orelse))
            case ast.Subscript(value=ast.Name()):
                yield from self._named(node.value)
            case ast.Dict():
                yield from chain.from_iterable(map(self._values, node.values))
            case ast.Name():
                yield from self._named(node)
            case _:
                yield "?" if node is None else ast.unparse(node)

    def _named(self, name: ast.expr) -> Iterator[str]:
        """What a name can stand for: what is assigned to it, looped over, or given for it by callers."""
        assert isinstance(name, ast.Name)
        scope: ast.AST | None = name
        while scope is not None:
            scope = self._above.get(scope)
            found = [] if scope is None else [*self._assigned(scope, name.id), *self._given(scope, name.id)]
            if found:
                for each in found:
                    yield from self._values(each)
                return
        yield name.id

    def _assigned(self, scope: ast.AST, name: str) -> Iterator[ast.expr]:
        if not isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef | ast.Module):
            return
        for node in ast.walk(scope):
            if isinstance(node, ast.Assign) and any(ast.unparse(to) == name for to in node.targets):
                yield node.value
            if isinstance(node, ast.For) and isinstance(node.target, ast.Tuple):
                at = [ast.unparse(each) for each in node.target.elts]
                if name in at and isinstance(node.iter, ast.Tuple):
                    rows = (row.elts for row in node.iter.elts if isinstance(row, ast.Tuple))
                    yield from (row[at.index(name)] for row in rows)

    def _given(self, scope: ast.AST, name: str) -> Iterator[ast.expr]:
        if not isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef):
            return
        names = [each.arg for each in scope.args.args if each.arg != "self"]
        if name not in names:
            return
        for node in ast.walk(self._tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == f"self.{scope.name}":
                given = self._argument(node, name, names.index(name))
                if given is not None:
                    yield given

    @staticmethod
    def _argument(call: ast.Call, name: str, place: int) -> ast.expr | None:
        named = (each.value for each in call.keywords if each.arg == name)
        return call.args[place] if len(call.args) > place else next(named, None)


def written() -> dict[str, list[str]]:
    """The codes by module."""
    rooms = (path for room in ("bot", "cogs", "models", "services") for path in (ROOT / room).rglob("*.py"))
    found = {str(path.relative_to(ROOT)): Module(path.read_text()).codes() for path in rooms}
    return {path: codes for path, codes in found.items() if codes}
