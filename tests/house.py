"""The shop's source files as the rules of the house look at them."""

import ast
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

ROOMS = ("models", "services", "cogs", "bot")  # from the ground up; run.py stands on top

type Breach = tuple[int, str]
type Rule = Callable[[Source], Iterator[Breach]]
type Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Source:
    """One Python file, by its path from the root; `imports` holds (line, dotted name)."""

    path: PurePosixPath
    text: str
    tree: ast.Module
    imports: tuple[tuple[int, str], ...]

    @property
    def room(self) -> str:
        """The top folder, or the file itself when it lies in the root."""
        return self.path.parts[0]

    @property
    def module(self) -> str:
        """The dotted name that others import it by."""
        return module_of(self.path)

    @property
    def is_shop(self) -> bool:
        """Whether it belongs to the shop itself, not to tests or benchmarks."""
        return self.room in ROOMS or self.room == "run.py"

    def functions(self) -> Iterator[Function]:
        """Every function, however deep."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node


def read(root: Path) -> list[Source]:
    """Every Python file of the house."""
    texts = {PurePosixPath(path): (root / path).read_text() for path in _paths(root)}
    known = frozenset(map(module_of, texts))
    return [_source(path, text, known) for path, text in texts.items()]


def broken(sources: list[Source], rule: Rule) -> list[str]:
    """The places where a rule is broken, as `path:line what`."""
    return [f"{source.path}:{line} {what}" for source in sources for line, what in rule(source)]


def module_of(path: PurePosixPath) -> str:
    """The dotted name of a file."""
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def _paths(root: Path) -> list[Path]:
    # What git tracks or would add; a copy without git has no more than that outside hidden folders.
    command = ["git", "ls-files", "-co", "--exclude-standard", "*.py"]
    listed = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)  # noqa: S603 - fixed
    if listed.returncode == 0:
        found = [Path(line) for line in listed.stdout.splitlines()]
    else:
        found = [path.relative_to(root) for path in root.rglob("*.py")]
    hidden = [path for path in found if any(part.startswith(".") for part in path.parts)]
    return sorted(path for path in set(found) - set(hidden) if (root / path).exists())


def _source(path: PurePosixPath, text: str, known: frozenset[str]) -> Source:
    tree = ast.parse(text)
    found = [pair for node in ast.walk(tree) for pair in _imported(node, path, known)]
    return Source(path, text, tree, tuple(found))


def _imported(node: ast.AST, path: PurePosixPath, known: frozenset[str]) -> Iterator[tuple[int, str]]:
    if isinstance(node, ast.Import):
        yield from ((node.lineno, alias.name) for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        above = path.parts[: len(path.parts) - node.level] if node.level else ()
        base = ".".join([*above, *filter(None, [node.module])])
        for alias in node.names:
            full = f"{base}.{alias.name}"
            yield node.lineno, full if full in known else base
