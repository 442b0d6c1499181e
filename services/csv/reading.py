"""Reads a file into rows: which text it is, what parts its cells, and which columns it has."""

import codecs
import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from models.errors import BadInput
from services.csv.incoming import Incoming

MAX_BYTES = 10 * 1024 * 1024
MAX_ROWS = 50_000
# Bytes of a number that was seen with a row.
SEEN = 4
_SHOWN = 80
_DELIMITERS = ",;\t"
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of one line, by column; those that the file does not have are not there."""

    line: int
    cells: dict[str, str]
    odd: bool = False
    # The number that was there when somebody was shown what would change.
    seen: int | None = None


@dataclass(frozen=True)
class Table:
    """What a file holds; `unknown` are columns that are not read."""

    rows: list[Row]
    unknown: list[str]


def read_table(kind: Incoming, content: bytes, seen: bytes = b"") -> Table:
    """The rows of a file, with the numbers that were seen with them; raises BadInput for no such table."""
    if len(content) > MAX_BYTES:
        raise BadInput("csv_file", "file_size", "10 MiB")
    lines = _records(_decoded(content))
    header = next(lines, None)
    if header is None:
        raise BadInput("csv_file", "empty_file")
    names, unknown = _columns(kind, header[1])
    filled = ((at, row) for at, row in lines if any(cell.strip() for cell in row))
    # Ten MiB may hold five million rows: none is made that would not be taken.
    rows = [
        Row(
            at,
            {name: row[place] for place, name in names if place < len(row)},
            odd=len(row) > len(header[1]),
            seen=_number(seen, number),
        )
        for number, (at, row) in enumerate(islice(filled, kind.most_rows + 1))
    ]
    if not rows:
        raise BadInput("csv_file", "no_rows")
    if len(rows) > kind.most_rows:
        raise BadInput("csv_file", "too_many_rows", kind.most_rows)
    if kind.most_named is not None and len({_first(kind, row) for row in rows}) > kind.most_named:
        raise BadInput("csv_file", "csv_too_many_products", kind.most_named)
    return Table(rows, unknown)


def _number(seen: bytes, at: int) -> int | None:
    part = seen[at * SEEN : (at + 1) * SEEN]
    return int.from_bytes(part, signed=True) if part else None


def _first(kind: Incoming, row: Row) -> str:
    return row.cells.get(kind.identity[0], "").strip()


def _decoded(content: bytes) -> str:
    if content.startswith(_UTF16) or b"\0" in content[:64]:
        raise BadInput("csv_file", "utf_16")
    if b"\0" in content:
        raise BadInput("csv_file", "not_text")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput("csv_file", "not_text") from error


def _records(text: str) -> Iterator[tuple[int, list[str]]]:
    """Each record with the line on which it begins, from 1."""
    first = text.lstrip("\r\n").split("\n", 1)[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(_DELIMITERS, key=first.count))
    at = 1
    try:
        for row in reader:
            if row:
                yield at, row
            at = reader.line_num + 1
    except csv.Error as error:
        raise BadInput("csv_file", "not_text") from error


def _columns(kind: Incoming, header: Sequence[str]) -> tuple[list[tuple[int, str]], list[str]]:
    known = {column.name.casefold(): column.name for column in kind.columns}
    typed = [cell.strip().casefold() for cell in header]
    found = [(place, known[name]) for place, name in enumerate(typed) if name in known]
    names = [name for _, name in found]
    for name in names:
        if names.count(name) > 1:
            raise BadInput("csv_file", "column_twice", name)
    if not set(names) & set(kind.identity):
        raise BadInput("csv_file", "column_missing", kind.identity[0])
    cells = [cell.strip() for cell in header]
    return found, [cell[:_SHOWN] for cell in cells if cell and cell.casefold() not in known]
