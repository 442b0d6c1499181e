"""Reads keys out of what staff paste or upload, and says line by line what cannot be taken."""

import codecs
import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass

from models.errors import BadInput, KeysRefused
from models.problems import KeyProblem

MAX_KEYS = 5_000
MAX_LENGTH = 500
MAX_BYTES = 2 * 1024 * 1024
# How shops, and the programs they come from, call the column.
_HEADINGS = {
    "key", "keys", "code", "codes", "license", "licence", "license key", "licence key", "serial",
    "serial number", "gift code", "gift card code", "product key", "activation key", "voucher", "coupon",
    "schlüssel", "lizenzschlüssel", "gutscheincode",
}  # fmt: skip
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_DELIMITERS = ",;\t"


@dataclass(frozen=True)
class KeyLine:
    """A key, or what stands in its place, and the line on which it was found, from 1."""

    line: int
    text: str


def lines_of(text: str) -> list[KeyLine]:
    """One key a line, as it is typed into a form; blank lines at the end are none."""
    rows = text.lstrip("\ufeff").splitlines()
    while rows and not rows[-1].strip():
        rows.pop()
    return [KeyLine(at, row.strip()) for at, row in enumerate(rows, start=1)]


def file_lines(name: str, content: bytes) -> list[KeyLine]:
    """The keys of an uploaded file: a CSV's column of keys, of any other text each line.

    Raises BadInput for what is too large, no text, or a table in which nobody can tell the keys.
    """
    if len(content) > MAX_BYTES:
        raise BadInput("keys_file", "file_size", "2 MiB")
    text = _text(content)
    return _column(text) if name.casefold().endswith((".csv", ".tsv")) else lines_of(text)


def _text(content: bytes) -> str:
    coding = "utf-16" if content.startswith(_UTF16) else "utf-8-sig"
    try:
        return content.decode(coding)
    except UnicodeDecodeError as error:
        raise BadInput("keys_file", "not_text") from error


def _column(text: str) -> list[KeyLine]:
    first = text.split("\n", 1)[0]
    delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        rows = [(reader.line_num, [cell.strip() for cell in row]) for row in reader]
    except csv.Error as error:
        raise BadInput("keys_file", "not_text") from error
    while rows and not any(rows[-1][1]):
        rows.pop()
    at = _heading(rows[0][1]) if rows else None
    if at is not None:
        rows = rows[1:]
    elif any(len(row) > 1 and any(row[1:]) for _, row in rows):
        raise BadInput("keys_file", "which_column")
    place = at or 0
    return [KeyLine(line, row[place] if place < len(row) else "") for line, row in rows]


def _heading(cells: list[str]) -> int | None:
    return next((at for at, cell in enumerate(cells) if cell.casefold() in _HEADINGS), None)


def checked(lines: list[KeyLine]) -> list[KeyLine]:
    """The same lines, when each is a key and none stands there twice; raises BadInput or KeysRefused."""
    if not lines:
        raise BadInput("keys", "required")
    if len(lines) > MAX_KEYS:
        raise BadInput("keys", "too_many_keys", MAX_KEYS)
    refuse(list(_problems(lines)))
    return lines


def key_problem(text: str) -> str | None:
    """What is wrong with one key by itself, in a word; None when it can be taken."""
    if not text:
        return "blank"
    if len(text) > MAX_LENGTH:
        return "too_long"
    # What nobody sees is copied along with a key all the same, and makes it wrong.
    return None if text.isprintable() else "unreadable"


def refuse(problems: list[KeyProblem]) -> None:
    """Raise KeysRefused if there is any problem."""
    if problems:
        raise KeysRefused(tuple(problems))


def _problems(lines: list[KeyLine]) -> Iterable[KeyProblem]:
    seen: dict[str, int] = {}
    for each in lines:
        if problem := key_problem(each.text):
            yield KeyProblem(each.line, problem)
        elif each.text in seen:
            yield KeyProblem(each.line, "twice", seen[each.text])
        else:
            seen[each.text] = each.line
