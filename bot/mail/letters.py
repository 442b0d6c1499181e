"""Fills in an e-mail, plain and as HTML, that carries everything it needs."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from babel import Locale
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from cogs._ui.text import BLANK, cut
from cogs._ui.words import Words, languages
from services.mail.contract import Letter
from services.storable import well_formed

TEMPLATES = Path(__file__).parent / "templates"
_LONGEST_NAME, _LONGEST_TEXT = 160, 2000
_LONGEST_SUBJECT = 150
# Controls, also those that turn the reading order around.
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\x80-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
# What the words carry for Discord: marks, escapes, and ways to write people and times.
_ESCAPED = re.compile(r"\\([\\*_~`|\[\]<#>+\-/])")
_MARKS = re.compile(r"(?<!\\)(?:\*\*|`)")
_MENTION = re.compile(r"<[@#][!&]?(\d+)>")


@dataclass(frozen=True)
class Line:
    """One line of an order, with its price as text."""

    quantity: int
    name: str
    amount: str


@dataclass(frozen=True)
class Draft:
    """What goes into an e-mail, in its reader's language; `facts` and `sums` are names with values."""

    subject: str
    title: str
    greeting: str = ""
    paragraphs: Sequence[str] = ()
    facts: Sequence[tuple[str, str]] = ()
    lines: Sequence[Line] = ()
    sums: Sequence[tuple[str, str]] = ()
    total: tuple[str, str] | None = None
    invoice: tuple[str, str] | None = None
    small: Sequence[str] = field(default=())


class Letters:
    """The templates, read once."""

    def __init__(self) -> None:
        self._languages = languages()
        loader = FileSystemLoader(TEMPLATES)
        self._html = Environment(
            loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )
        self._text = Environment(
            loader=loader,
            autoescape=False,  # noqa: S701 - plain text, in which nothing is markup
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        for each in (self._html, self._text):
            each.filters |= {"name": name, "text": text}

    def write(self, draft: Draft, w: Words) -> Letter:
        """The e-mail that a draft comes to."""
        language = w.locale.language if w.locale.language in self._languages else "en"
        values = {"d": draft, "language": language, "direction": Locale(language).text_direction}
        return Letter(
            subject=cut(name(draft.subject), _LONGEST_SUBJECT),
            text=self._text.get_template("letter.txt").render(values),
            html=self._html.get_template("letter.html").render(values),
        )


def name(said: str) -> str:
    """Somebody's text in one line, short, and nothing in it that is not seen."""
    return cut(" ".join(_UNSEEN.sub(" ", well_formed(said)).split()), _LONGEST_NAME)


def text(said: str) -> str:
    """Somebody's text with its lines."""
    lines = (" ".join(line.split()) for line in _UNSEEN.sub("", well_formed(said)).splitlines())
    return cut("\n".join(lines).strip(), _LONGEST_TEXT)


def unmarked(said: str) -> str:
    """A text that was written for Discord, without its marks."""
    bare = _MENTION.sub(r"\1", _MARKS.sub("", said))
    return _ESCAPED.sub(r"\1", bare).replace(BLANK, "")


def bare(sentence: str, w: Words, **values: str) -> str:
    """A sentence whose own marks are left out, while what is filled in stays as it is."""
    return _MARKS.sub("", w(sentence)).format_map(values)
