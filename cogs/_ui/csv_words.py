"""What staff read when a file, or a row of it, cannot be taken."""

from collections.abc import Callable
from typing import Any

from cogs._ui.text import code
from cogs._ui.words import Words, later
from models.errors import ImportStale, ImportUnderWay

_LONGEST = 40
PROBLEMS = {
    "utf_16": later("That file is in UTF-16. Please save it as CSV UTF-8 and send it again."),
    "no_rows": later("That file has a header and no rows. Please send another one."),
    "too_many_rows": later("A file takes at most {limit} rows. Please split it."),
    "csv_too_many_products": later("A file of keys is for at most {limit} products. Please split it."),
    "column_twice": later("The column {limit} is there twice. Please keep one of them."),
    "column_missing": later("I need the column {limit}. Please name the columns in the first line."),
    "csv_needed": later("A new record needs {limit}. Please fill it in."),
    "csv_twice": later("Line {limit} is about the same record. Please keep one of them."),
    "csv_unknown": later("I know no record with this {field}. Please check it."),
    "csv_cells": later("This line has more cells than the header. Please put texts with commas in quotes."),
    "csv_guarded": later(
        "This role opens `/admin` or has power in the server, so no file can put it on sale."
    ),
    "csv_by_keys": later("This product sells as many as it has keys. Please import keys instead."),
    "csv_terms": later("This discount is on or was used, so its terms stay. Only `isActive` can change."),
    "csv_one_of": later("Please leave {field} empty: the type says that the other one counts."),
    "csv_merged": later("This customer was merged with another one. Please change that one."),
    "csv_code_taken": later("Another discount has this code. Please choose another one."),
    "csv_control": later(
        "This holds a character that nobody sees, such as a line break. Please type it anew."
    ),
    "csv_erased": later("This person was erased, so nothing is kept about them. Please take the row out."),
    "csv_everyone": later("This is @everyone, which all have. Please choose another role."),
    "csv_key_long": later("This key is too long."),
    "csv_key_unseen": later("This key holds characters that nobody sees, such as a zero-width space."),
    "csv_key_known": later("This key was imported before."),
    "csv_wrong": later(
        "Lines of that file have to be corrected first. Please press Check again to see them."
    ),
    "csv_no_period": later("Only orders and the ledger have a period. Please leave the days out."),
    "not_ids": later("I need whole Discord ids. A spreadsheet may have cut them: keep that column as text."),
}
UNKNOWN = {
    "csv_kind": later("I cannot take that kind of record. Please choose one from the list."),
    "import": later("That file is not kept any more. Please send it again with `/admin import`."),
}


def _stale(error: ImportStale, w: Words) -> str:
    named = ", ".join(code(row[:_LONGEST]) for row in error.rows)
    return w(
        "Nothing was imported, because {n} changed since you looked: {rows}. Please press Check again.",
        n=error.total,
        rows=f"{named} …" if error.total > len(error.rows) else named,
    )


def _under_way(_: ImportUnderWay, w: Words) -> str:
    return w("Another import is running. Please press Import again when it is done.")


SAID: dict[type, Callable[[Any, Words], str]] = {ImportStale: _stale, ImportUnderWay: _under_way}
