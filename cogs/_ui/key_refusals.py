"""What is told when keys, files or links of a product, or files of records, cannot be taken."""

from collections.abc import Callable
from typing import Any

from cogs._ui import csv_words
from cogs._ui.words import Words, later
from models.errors import KeysRefused
from models.problems import KeyProblem

_SHOWN = 10
UNKNOWN = csv_words.UNKNOWN
PROBLEMS = {
    **csv_words.PROBLEMS,
    "keys_need": later(
        "A product that delivers keys is digital, and its stock is counted. Switch its keys off first."
    ),
    "keys_short": later(
        "There are free keys for at most {limit}. Please import more keys; each import adds to the stock."
    ),
    "keys_off": later("This product does not deliver keys. Please switch that on first."),
    "too_many_keys": later("Please import at most {limit} keys at once."),
    "no_spare_key": later("There is no free key to replace it with. Please import more keys first."),
    "file_size": later("That file is too large. Please take one of at most {limit}."),
    "file_lost": later("I could not fetch that file from Discord. Please send it again."),
    "empty_file": later("That file is empty. Please send another one."),
    "not_text": later("I cannot read that file. Please save it as plain text or CSV, in UTF-8."),
    "which_column": later(
        "That table has several columns. Please call the one with the keys `key`, or leave only that one."
    ),
}
_LINES = {
    "blank": later("Line {line} is empty."),
    "too_long": later("Line {line} is too long for a key."),
    "unreadable": later("Line {line} holds characters that nobody sees, such as a zero-width space."),
    "twice": later("Line {line} is the same as line {first}."),
    "known": later("The key on line {line} was imported before."),
}


def _keys_refused(error: KeysRefused, w: Words) -> str:
    said = [w("No key was imported. Please correct these lines and import all of them again.")]
    said += [_line(each, w) for each in error.problems[:_SHOWN]]
    more = len(error.problems) - _SHOWN
    if more > 0:
        said.append(w.count(more, "And {n} more line.", "And {n} more lines."))
    return "\n".join(said)


def _line(problem: KeyProblem, w: Words) -> str:
    return "• " + w(_LINES.get(problem.problem, _LINES["unreadable"]), line=problem.line, first=problem.first)


SAID: dict[type, Callable[[Any, Words], str]] = {KeysRefused: _keys_refused, **csv_words.SAID}
