"""What the shop logs: names that never change, fields that hold no person's words, all of it listed."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LIST = ROOT / "docs/operating/log.md"
METHODS = {"debug", "info", "warning", "error", "exception", "critical", "log"}
LOGGERS = {"log", "self.logger", "logger", "logging"}
# Logs for others what they name.
THROUGH = "database_away"
NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
# Ids, counts, and words of ours. Whoever adds a field adds it here, and asks whose words it may hold.
FIELDS = {
    *("about", "action", "check", "code", "collection", "count", "done", "effect", "entitlement", "error"),
    *(
        "flag",
        "guild",
        "import",
        "index",
        "key",
        "kind",
        "listener",
        "members",
        "method",
        "migration",
        "milliseconds",
    ),
    *("missing", "ms", "order", "outcome", "outcomes", "payment", "pid", "port", "problem", "provider"),
    *("reason", "reference", "report", "route", "sent", "server", "status", "step", "tenant", "webhook"),
    *("what", "where", "why", "work"),
    *(
        "addresses",
        "left",
        "most",
        "part",
        "remedy",
        "seconds",
        "slow",
        "traceback",
        "wait_seconds",
        "waiting",
    ),
}


def calls(text: str) -> Iterator[ast.Call]:
    """Every call that writes into the log."""
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        if node.func.attr in METHODS and ast.unparse(node.func.value) in LOGGERS:
            yield node


def events(text: str) -> list[str]:
    """The events that a module logs; what is no static name, or has arguments to put in, as it is written."""
    through = [
        call.args[1]
        for call in ast.walk(ast.parse(text))
        if isinstance(call, ast.Call) and ast.unparse(call.func) == THROUGH
    ]
    named = [
        str(ast.literal_eval(each)) if isinstance(each, ast.Constant) else ast.unparse(each)
        for each in through
    ]
    return named + [
        str(ast.literal_eval(call.args[0]))
        if len(call.args) == 1 and isinstance(call.args[0], ast.Constant)
        else ast.unparse(call)
        for call in calls(text)
    ]


def fields(text: str) -> set[str]:
    """The names of fields that are written out in a module's calls."""
    extras = (each.value for call in calls(text) for each in call.keywords if each.arg == "extra")
    keys = (
        key for extra in extras for each in ast.walk(extra) if isinstance(each, ast.Dict) for key in each.keys
    )
    return {ast.literal_eval(key) for key in keys if key is not None}


def sources() -> list[Path]:
    """Every module of the shop."""
    return [path for room in ("bot", "cogs", "models", "services") for path in (ROOT / room).rglob("*.py")]


@pytest.fixture(scope="module")
def logged() -> dict[str, list[str]]:
    """The events by module."""
    return {str(path.relative_to(ROOT)): events(path.read_text()) for path in sources()}


def test_every_event_has_a_static_name(logged: dict[str, list[str]]) -> None:
    """No f-string, no text put together: who counts an event must not meet it under two names."""
    wrong = [(path, name) for path, names in logged.items() for name in names if not NAME.fullmatch(name)]
    assert wrong == []
    assert sum(map(len, logged.values())) > 80


def test_every_event_is_listed_and_nothing_else(logged: dict[str, list[str]]) -> None:
    """An operator finds in the list what the log says."""
    table = LIST.read_text().split("## Events")[1]
    cells = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    listed = [name for cell in cells for name in re.findall(r"`(\w+)`", cell)]
    assert len(listed) == len(set(listed))
    assert set(listed) == {name for names in logged.values() for name in names}


def test_fields_are_of_those_that_hold_no_persons_words() -> None:
    """A name, an address, a note or a key has no field to be in."""
    found = {(path.name, name) for path in sources() for name in fields(path.read_text())}
    assert {(path, name) for path, name in found if name not in FIELDS} == set()


@pytest.mark.parametrize(
    "call",
    [
        "log.info(f'order_{x}')",
        "log.warning('Order paid')",
        "log.error('a_' + b)",
        "logging.info(name)",
        "log.info('paid %s', 1)",
    ],
)
def test_a_planted_breach_is_seen(call: str) -> None:
    """The rule can fail."""
    (name,) = events(call)
    assert not NAME.fullmatch(name)
    assert fields("log.info('x', extra={'email': 1, **{'name': 2}})") - FIELDS == {"email", "name"}
