"""Looks at a whole file without changing anything: what each row comes to, and which cannot be taken."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from models.base import Tx
from models.errors import BadInput
from services.csv.contract import Context, Desk, Found, Step
from services.csv.incoming import Incoming
from services.csv.reading import SEEN, Row

PRINT = 8
_SAMPLES, _MOST_KEPT = 5, 10_000
_UNREADABLE = b"\xff" * PRINT

type Progress = Callable[[int, int], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a row cannot be taken; `identity` is empty where nobody can tell what it is about."""

    line: int
    identity: str
    error: BadInput


@dataclass
class Look:
    """What a file would do: rows counted by what they come to, the first changes, and the wrong ones."""

    added: int = 0
    changed: int = 0
    same: int = 0
    wrong: int = 0
    samples: list[Step] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    prints: bytearray = field(default_factory=bytearray)
    seen: bytearray = field(default_factory=bytearray)

    def note(self, outcome: Step | Problem) -> None:
        """Count a row."""
        if isinstance(outcome, Problem):
            self.wrong += 1
            self.prints += _UNREADABLE
            if len(self.problems) < _MOST_KEPT:
                self.problems.append(outcome)
            return
        self.prints += print_of(outcome)
        self.added += outcome.state == "new"
        self.changed += outcome.state == "changed"
        self.same += outcome.state == "same"
        if outcome.state != "same" and len(self.samples) < _SAMPLES:
            self.samples.append(outcome)


def print_of(step: Step) -> bytes:
    """Eight bytes that change when what the row meets changes."""
    return hashlib.blake2s(f"{step.identity}\0{step.mark}".encode(), digest_size=PRINT).digest()


async def judged(
    context: Context, kind: Incoming, desk: Desk, rows: Sequence[Row], tx: Tx | None = None
) -> list[Step | Problem]:
    """What some rows come to, as the database is; the thinking is done in a thread, for others to go on."""
    readable, problems = await asyncio.to_thread(_named, kind, rows)
    found = await kind.find(context, desk, [row.cells for row in readable], tx)
    if seen := {kind.named(row.cells): row.seen for row in readable if row.seen is not None}:
        found = replace(found, also={**found.also, "seen": seen})
    return await asyncio.to_thread(_judged, kind, desk, rows, problems, found)


def _named(kind: Incoming, rows: Sequence[Row]) -> tuple[list[Row], dict[int, Problem]]:
    """The rows whose identity can be read, and the problems of the others by line."""
    problems: dict[int, Problem] = {}
    for row in rows:
        if row.odd:
            problems[row.line] = Problem(row.line, "", BadInput(kind.identity[0], "csv_cells"))
            continue
        try:
            kind.named(row.cells)
        except BadInput as error:
            problems[row.line] = Problem(row.line, "", error)
    return [row for row in rows if row.line not in problems], problems


def _judged(
    kind: Incoming, desk: Desk, rows: Sequence[Row], problems: Mapping[int, Problem], found: Found
) -> list[Step | Problem]:
    return [problems.get(row.line) or _one(kind, desk, row, found) for row in rows]


def _one(kind: Incoming, desk: Desk, row: Row, found: Found) -> Step | Problem:
    try:
        return kind.judged(desk, row.line, row.cells, found)
    except BadInput as error:
        return Problem(row.line, kind.named(row.cells), error)


async def look(context: Context, kind: Incoming, desk: Desk, rows: Sequence[Row], progress: Progress) -> Look:
    """Look at every row; `progress` hears how many are done, of how many."""
    found, first = Look(), dict[str, int]()
    for start in range(0, len(rows), kind.batch):
        part = rows[start : start + kind.batch]
        outcomes = await judged(context, kind, desk, part)
        for row, outcome in zip(part, outcomes, strict=True):
            found.note(_once(kind, row, outcome, first))
            found.seen += _number(kind, outcome)
        await progress(start + len(part), len(rows))
    return found


def _number(kind: Incoming, outcome: Step | Problem) -> bytes:
    if kind.counts is None:
        return b""
    record = None if isinstance(outcome, Problem) else outcome.record
    return int((record or {}).get(kind.counts, 0)).to_bytes(SEEN, signed=True)


def _once(kind: Incoming, row: Row, outcome: Step | Problem, first: dict[str, int]) -> Step | Problem:
    """The same, or that an earlier row is about the same record."""
    if isinstance(outcome, Problem):
        return outcome
    record = f"\0{outcome.record['_id']}" if kind.once and outcome.record else ""
    lines = [first.setdefault(name, row.line) for name in (kind.same(row.cells), record) if name]
    before = min(lines, default=row.line)
    if before == row.line:
        return outcome
    error = BadInput(kind.identity[0], "csv_twice", before)
    return Problem(row.line, outcome.identity, error)
