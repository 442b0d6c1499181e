"""How an import reads: what a file would do, how far it is, and how it ended."""

import csv
import io
from collections.abc import Mapping, Sequence

from cogs._ui.card import Button, Card, Field, Picture, Row, code, plain
from cogs._ui.refusals import sentence
from cogs._ui.target import Target
from cogs._ui.text import cut
from cogs._ui.words import Words, later
from models.data_import import DataImport, ImportState
from services.cells import harmless
from services.csv.contract import Kind, Step
from services.csv.imports import ImportView
from services.csv.looking import Problem

_SHOWN, _CELL, _CELLS = 20, 60, 4
_REASON = 120
KINDS = {
    "products": later("products"),
    "stock": later("stock"),
    "keys": later("keys"),
    "customers": later("customers"),
    "discounts": later("discounts"),
    "orders": later("orders"),
    "ledger": later("ledger"),
}


def start_card(kind: Kind, latest: DataImport | None, w: Words) -> Card:
    """Which columns the file takes, and where to put a few rows without one."""
    wanted = [column for column in kind.columns if not column.shown]
    needed = ", ".join(code(column.name) for column in wanted if column.needed)
    fields = [Field(w("Columns"), ", ".join(code(column.name) for column in wanted))]
    if needed:
        fields.append(Field(w("A new record needs"), needed))
    if latest is not None:
        fields.append(Field(w("Latest import"), ended(latest, w)))
    return Card(
        title=w("Import: {kind}", kind=w(KINDS[kind.name])),
        text=w(
            "Attach a CSV file to `/admin import`, or paste a few rows here. "
            "I show what would change before anything does. Columns that you leave out stay as they are."
        ),
        fields=fields,
        rows=[[Button(w("Paste rows"), Target("import:ask", kind.name), "primary")]],
    )


def working_card(title: str, done: int, total: int, w: Words) -> Card:
    """How far it is."""
    count = w("{done} of {total} rows", done=done, total=total) if total else w("{done} rows", done=done)
    return Card(title=title, text=f"⏳ {count}")


def checked_card(view: ImportView, w: Words) -> Card:
    """What the file would do, and every row that cannot be taken."""
    look, record = view.look, view.record
    wrong, moves = look.wrong, look.added + look.changed
    return Card(
        title=w("Import: {kind}", kind=w(KINDS[record.kind])),
        text=_verdict(view, w),
        fields=[
            Field(w("New"), str(look.added), inline=True),
            Field(w("Changed"), str(look.changed), inline=True),
            Field(w("Unchanged"), str(look.same), inline=True),
            *([Field(w("For example"), _samples(look.samples, w))] if look.samples else []),
            *([Field(w("Lines to correct"), str(wrong))] if wrong else []),
        ],
        colour="bad" if wrong else "good" if moves else "plain",
        footer=cut(record.file_name, 100),
        rows=_steps(record, wrong=wrong, moves=moves, w=w),
        pictures=[Picture("problems.csv", problems_file(look.problems, w), shown=False)] if wrong else [],
    )


def _steps(record: DataImport, *, wrong: int, moves: int, w: Words) -> list[Row]:
    again = Button(w("Check again"), Target("import:again", record.key))
    if wrong or not moves:
        return [[again]]
    return [[Button(w("Import"), Target("import:go", record.key), "success"), again]]


def _verdict(view: ImportView, w: Words) -> str:
    parts = []
    if view.unknown:
        shown = ", ".join(code(name) for name in view.unknown[:_SHOWN])
        parts.append(w("I do not know these columns and leave them out: {columns}", columns=shown))
    if view.look.wrong:
        parts.append(
            w("Nothing is imported until these lines are corrected. The file below has all of them.")
        )
        parts.extend(_problem(each, w) for each in view.look.problems[:_SHOWN])
    elif view.look.added + view.look.changed:
        parts.append(w("Nothing is changed yet. Press Import to do all of it."))
    else:
        parts.append(w("Everything is like that already. There is nothing to import."))
    return "\n".join(parts)


def _problem(problem: Problem, w: Words) -> str:
    about = f" ({code(cut(problem.identity, 40))})" if problem.identity else ""
    said = cut(sentence(problem.error, w), _REASON)
    return f"• {w('Line {line}', line=problem.line)}{about}: {said}"


def problems_file(problems: Sequence[Problem], w: Words) -> bytes:
    """Every row that cannot be taken, with its reason."""
    text = io.StringIO(newline="")
    rows = csv.writer(text)
    rows.writerow([w("Line"), w("Record"), w("Column"), w("Reason")])
    for each in problems:
        said = sentence(each.error, w).replace("*", "").replace("`", "")
        rows.writerow([each.line, harmless(each.identity), harmless(each.error.field), harmless(said)])
    return text.getvalue().encode("utf-8-sig")


def _samples(samples: Sequence[Step], w: Words) -> str:
    return "\n".join(_sample(each, w) for each in samples)


def _sample(step: Step, w: Words) -> str:
    name = code(cut(step.identity, 40) or "–")  # noqa: RUF001 - stands for nothing
    if step.state == "new":
        return (
            f"**{name}** {w('is new')}: {_cells(step.after)}" if step.after else f"**{name}** {w('is new')}"
        )
    changes = list(step.after)[:_CELLS]
    moved = [
        f"{column}: {_cell(step.before.get(column, ''))} → {_cell(step.after[column])}" for column in changes
    ]
    return f"**{name}** {' · '.join(moved)}"


def _cells(cells: Mapping[str, str]) -> str:
    return " · ".join(_cell(text) for text in list(cells.values())[:_CELLS])


def _cell(text: str) -> str:
    return code(cut(text, _CELL)) if text.strip() else "∅"


def done_card(record: DataImport, w: Words) -> Card:
    """How an import ended."""
    late = "\n".join(f"• {plain(row)}" for row in record.left_out[:_SHOWN])
    said = w("Others changed these rows while I was importing, so they were left out:")
    return Card(
        title=w("Import: {kind}", kind=w(KINDS[record.kind])),
        text=f"{ended(record, w)}\n{said}\n{late}" if late else ended(record, w),
        colour="bad" if record.state is ImportState.FAILED else "warn" if late else "good",
        footer=cut(record.file_name, 100),
    )


def ended(record: DataImport, w: Words) -> str:
    """An import in one line."""
    if record.state is ImportState.FAILED:
        return w(
            "{name}: stopped after {done} of {total} rows. Please send the file again: what is done stays.",
            name=code(record.file_name), **_numbers(record),
        )  # fmt: skip
    if record.state is not ImportState.DONE:
        return w("{name}: {done} of {total} rows so far.", name=code(record.file_name), **_numbers(record))
    return w("{name}: {added} new, {changed} changed.", name=code(record.file_name), **_numbers(record))


def _numbers(record: DataImport) -> dict[str, int]:
    return {
        "done": record.done,
        "total": record.total,
        "added": record.added,
        "changed": record.changed,
    }
